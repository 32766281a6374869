"""Cue lists in Home Assistant: their devices and entities, what outlives a restart, and what can be taken back."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast, override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...core.bus import Unsubscribe, get_logger, together
from ...core.cues.changes import applicable
from ...core.cues.clients import CueClients
from ...core.cues.commands import CueCommands
from ...core.cues.cue_list import CueList, OscOut
from ...core.cues.cue_lists import CueLists
from ...core.cues.events import (
    CueEnded,
    CueFailed,
    CueListChanged,
    CueListReplaced,
    CueStarted,
    Panicked,
    ScheduleChanged,
)
from ...core.cues.fader import Fade
from ...core.cues.osc import OscCues
from ...core.cues.player import CuePlayer
from ...core.cues.schedule import reschedule, scheduled
from ...core.domain.json_values import JsonObject
from ...core.domain.source import HOME_ASSISTANT
from ...hub.actions import refusal
from ...hub.hub import Hub
from ...hub.manager import Manager
from ...hub.saver import Saver, SnapshotStore, snapshot_store
from ...hub.switching import async_turn
from .entities import MaestraCueEvent
from .outside import OutsideEntities
from .presentation import CUE, ENDED, EVENT, FAILED, PANIC, STARTED, presentations

_LOGGER = get_logger(__name__)

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.cues"
SEND_OSC: Final = "send_osc"
"""The action that sends to targets, which are another feature's."""
FORMER_STORAGE_KEY: Final = f"{DOMAIN}.cue_versions"
SCHEDULED_STORAGE_KEY: Final = f"{DOMAIN}.scheduled_changes"
MAX_KEPT: Final = 50
"""Changes that can be taken back, one after the other."""


class CuesManager(Manager):
    """Shows cue lists, and takes changes from actions."""

    lists: CueLists

    def __init__(self, hub: Hub) -> None:
        """Change nothing yet."""
        self._hub = hub
        self._hass = hub.hass
        self._entry = hub.entry
        self._domain = hub.domain
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._saver = Saver(
            hub.hass, hub.entry, _store(hub.hass), lambda: self.lists.snapshot()
        )
        # Apart from where lists stand, which is saved every second while one runs.
        self._former_saver = Saver(
            hub.hass,
            hub.entry,
            _former_store(hub.hass),
            lambda: self.lists.former_snapshot(),
        )
        # The version of each list that is shown.
        self._shown: dict[str, CueList] = {}
        self._scheduled_saver = Saver(
            hub.hass,
            hub.entry,
            _scheduled_store(hub.hass),
            self._what_is_scheduled,
        )
        self._saved: dict[str, Any] = {}
        self._scheduled: dict[str, Any] = {}
        self._former: dict[str, Any] = {}
        self._done: deque[Fade] = deque(maxlen=MAX_KEPT)
        self._outside = OutsideEntities(hub.hass, hub.entry)

    @override
    async def async_load(self) -> None:
        """Bring back the lists, and where each was."""
        self._saved = await self._saver.async_load()
        self._former = await self._former_saver.async_load()
        self._scheduled = await self._scheduled_saver.async_load()

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Be ready to fade, and go on where lists were, until the returned function is called."""
        bus = self._domain.bus
        outside = self._outside
        self.lists = CueLists(
            bus, self._domain.entities, outside, dt_util.get_default_time_zone
        )
        stop = together(
            outside.start(),
            self.lists.close,
            self._hub.provide(CueLists, self.lists),
            self._hub.provide(CueClients, CueClients(self.lists)),
            self._saver.start(),
            self._former_saver.start(),
            self._scheduled_saver.start(),
            OscCues(bus, self.lists).start(),
            CueCommands(self._domain, self.lists).start(),
            bus.subscribe(CueListChanged, self._changed),
            bus.subscribe(CueListReplaced, self._replaced),
            bus.subscribe(ScheduleChanged, lambda _: self._scheduled_saver.soon()),
            bus.subscribe(CueStarted, self._started),
            bus.subscribe(CueEnded, self._ended),
            bus.subscribe(CueFailed, self._failed),
            bus.subscribe(Panicked, self._panicked),
        )
        self.lists.restore(self._saved)
        self.lists.restore_former(self._former)
        self._saved, self._former = {}, {}
        for player in self.lists:
            self._show(player)
        # Until then, what others have is not there.
        return together(async_at_started(self._hass, self._reschedule), stop)

    @callback
    def _reschedule(self, _hass: HomeAssistant) -> None:
        saved, self._scheduled = self._scheduled, {}
        reschedule(self.lists.fader, saved)

    def _what_is_scheduled(self) -> JsonObject:
        return {
            key: [*_list(self._scheduled.get(key)), *cast(list[Any], changes)]
            for key, changes in scheduled(self.lists.fader).items()
        }

    @override
    async def async_save(self) -> None:
        """Save what has changed."""
        await self._saver.async_save()
        await self._former_saver.async_save()
        await self._scheduled_saver.async_save()

    @override
    async def async_stop(self) -> None:
        """Leave no task behind."""
        await self._outside.async_stop()
        await self._saver.async_stop()
        await self._former_saver.async_stop()
        await self._scheduled_saver.async_stop()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The ids of the lists, which are those of their devices."""
        return [player.id for player in self.lists]

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return how much is on its way."""
        fader = self.lists.fader
        return {
            "fades": {
                "moving": fader.moving,
                "waiting": fader.waiting,
                "can_be_undone": len(self._done),
            },
            "cue_lists": {
                player.id: {"cues": len(player.cues.cues), **player.snapshot()}
                for player in self.lists
            },
        }

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return a list, and where it stands."""
        if (player := self.lists.get(owner_id)) is None:
            return None
        return {"cue_list": player.cues.to_wire(), "at": player.snapshot()}

    # What can be taken back.

    @property
    def last(self) -> Fade | None:
        """The change that is taken back next."""
        return self._done[-1] if self._done else None

    def do(self, fade: Fade) -> None:
        """Change what is wanted, all of it or nothing. Raises MaestraError."""
        self.lists.fader.start(fade)
        self._done.append(fade)

    def undo(self, over: float) -> None:
        """Bring back what was there before the last change, as far as it can be; raises MaestraError, ServiceValidationError."""
        if (last := self.last) is None:
            raise refusal("nothing_to_undo")
        fader = self.lists.fader
        fader.cancel(last)
        # Entities may be gone by now, and variables may take what they took no longer.
        states = applicable(fader.stage, last.change.before)
        fader.start(
            Fade(
                states=states, over=over, priority=last.priority, source=HOME_ASSISTANT
            )
        )
        self._done.pop()

    def captured(self, entity_ids: Iterable[str]) -> dict[str, JsonObject]:
        """Return what can be set of entities of other integrations, as it is now, by their ids."""
        return {
            entity_id: state
            for entity_id in entity_ids
            if (state := self._outside.captured(entity_id))
        }

    # What happens to lists.

    def _changed(self, event: CueListChanged) -> None:
        self._saver.soon()
        if event.is_gone:
            self._former_saver.soon()
            self._shown.pop(event.list_id, None)
            self._presenter.withdraw(event.list_id)
            self._devices.remove(event.list_id)
        elif (player := self.lists.get(event.list_id)) is not None:
            self._show(player)

    def _replaced(self, _event: CueListReplaced) -> None:
        self._former_saver.soon()

    def _show(self, player: CuePlayer) -> None:
        """Show a list; one that only stands elsewhere has no other cues, which may be a thousand scenes."""
        if self._shown.get(player.id) is player.cues:
            self._writer.mark_all(
                entity
                for entity in self._presenter.of(player.id)
                if entity.presentation.kind != CUE
            )
            return
        self._shown[player.id] = player.cues
        self._devices.put(
            player.id, name=player.cues.name, model="Cue list", is_service=True
        )
        self._presenter.show(player.id, player, presentations(player))
        self._writer.mark_all(self._presenter.of(player.id))

    def _started(self, event: CueStarted) -> None:
        self._fire(
            event.list_id,
            STARTED,
            {"cue": event.cue.title, "is_automatic": event.is_automatic},
        )
        if event.cue.activates:
            _ = self._entry.async_create_background_task(
                self._hass,
                self._async_activate(event.cue.activates),
                f"maestra cue {event.cue.title}",
            )
        if event.cue.osc:
            _ = self._entry.async_create_background_task(
                self._hass,
                self._async_send(event.cue.osc),
                f"maestra cue {event.cue.title} OSC",
            )

    def _ended(self, event: CueEnded) -> None:
        self._fire(
            event.list_id, ENDED, {"cue": event.cue.title, "is_last": event.is_last}
        )

    def _failed(self, event: CueFailed) -> None:
        self._fire(
            event.list_id, FAILED, {"cue": event.cue.title, "reason": event.reason}
        )

    def _panicked(self, event: Panicked) -> None:
        self._fire(event.list_id, PANIC, {})

    def _fire(self, list_id: str, kind: str, attributes: Mapping[str, Any]) -> None:
        entity = self._presenter.find(list_id, Platform.EVENT, EVENT)
        if entity is not None:
            cast(MaestraCueEvent, entity).fire(kind, attributes)

    async def _async_activate(self, entity_ids: Iterable[str]) -> None:
        """Turn on scenes, scripts and what else a cue names; one that fails or hangs does not keep the others."""
        await asyncio.gather(*map(self._async_turn_on, entity_ids))

    async def _async_turn_on(self, entity_id: str) -> None:
        if (reason := await async_turn(self._hass, entity_id)) is not None:
            _LOGGER.warning("A cue can't turn on %s: %s", entity_id, reason)

    async def _async_send(self, messages: Iterable[OscOut]) -> None:
        """Send what goes with a cue, in its order; one that can't be sent does not keep the others."""
        for message in messages:
            try:
                await self._hass.services.async_call(
                    DOMAIN, SEND_OSC, message.to_wire(), blocking=True
                )
            except HomeAssistantError as error:
                _LOGGER.warning(
                    "A cue can't send %s to %s: %s", message.address, message.to, error
                )


async def async_remove_cues(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    await _store(hass).async_remove()
    await _former_store(hass).async_remove()
    await _scheduled_store(hass).async_remove()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _store(hass: HomeAssistant) -> SnapshotStore:
    return snapshot_store(hass, STORAGE_VERSION, STORAGE_KEY)


def _former_store(hass: HomeAssistant) -> SnapshotStore:
    return snapshot_store(hass, STORAGE_VERSION, FORMER_STORAGE_KEY)


def _scheduled_store(hass: HomeAssistant) -> SnapshotStore:
    return snapshot_store(hass, STORAGE_VERSION, SCHEDULED_STORAGE_KEY)
