"""What is shown of the ISS in Home Assistant: a device for each discipline, and how often its entities are written."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import callback

from ...const import (
    CONF_CHANNELS,
    CONF_FEED,
    CONF_MIN_INTERVAL,
    CONF_POSITION,
    DEFAULT_MIN_INTERVAL,
    SUBENTRY_ISS_TELEMETRY,
)
from ...core.bus import Unsubscribe, together
from ...core.iss.catalogue import CATALOGUE, STATE_VECTOR, TEAMS
from ...core.iss.events import ReadingTaken, SignalChanged
from ...hub.hub import Hub
from ...hub.manager import Manager
from ...hub.presentation import Presentation
from ...hub.redaction import described_subentry
from ...hub.state_writer import StateWriter, WrittenEntity
from .entities import POSITION_SENSORS, IssUnit
from .link import IssLink

ISS_CHANNEL: Final = "iss_channel"
ISS_POSITION: Final = "iss_position"
STATION: Final = "International Space Station"
POSITION: Final = "position"
POSITION_PRESENTATIONS: Final = (
    Presentation(
        platform=Platform.DEVICE_TRACKER,
        kind=ISS_POSITION,
        key=POSITION,
        shows=STATE_VECTOR,
        is_main=True,
    ),
    *(
        Presentation(
            platform=Platform.SENSOR,
            kind=ISS_POSITION,
            key=key,
            shows=STATE_VECTOR,
        )
        for key in POSITION_SENSORS
    ),
)


class Throttle:
    """Lets an entity be written at once, and then not again for an interval; the newest state is never lost."""

    def __init__(self, writer: StateWriter) -> None:
        """Hold nothing back yet."""
        self._writer = writer
        self._free_at: dict[WrittenEntity, float] = {}
        self._held: dict[WrittenEntity, asyncio.TimerHandle] = {}

    @callback
    def mark(self, entity: WrittenEntity, interval: float) -> None:
        """Write the entity's state when its last one is `interval` seconds old."""
        if entity in self._held:
            return
        loop = asyncio.get_running_loop()
        free_at = self._free_at.get(entity, 0.0)
        if loop.time() >= free_at:
            self._free_at[entity] = loop.time() + interval
            self._writer.mark(entity)
        else:
            self._held[entity] = loop.call_at(free_at, self._release, entity, interval)

    @callback
    def stop(self) -> None:
        """Forget all entities."""
        for timer in self._held.values():
            timer.cancel()
        self._held.clear()
        self._free_at.clear()

    def _release(self, entity: WrittenEntity, interval: float) -> None:
        del self._held[entity]
        self._free_at[entity] = asyncio.get_running_loop().time() + interval
        self._writer.mark(entity)


class IssManager(Manager):
    """The devices of what the feeds bring: one a discipline."""

    def __init__(self, hub: Hub) -> None:
        """Show nothing yet."""
        self._hass = hub.hass
        self._entry = hub.entry
        self._bus = hub.domain.bus
        self._links = hub.links
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._throttle = Throttle(hub.writer)
        self._shown: dict[str, IssUnit] = {}
        # What shows a channel, and how often at most.
        self._showing: dict[str, tuple[tuple[WrittenEntity, float], ...]] = {}

    @override
    async def async_load(self) -> None:
        """Tell feeds apart that were added when they were not."""
        self._name_feeds()

    @override
    async def async_apply(self) -> None:
        """The same for one that is new."""
        self._name_feeds()

    @callback
    def _name_feeds(self) -> None:
        """Let the first feed keep the series that there are, and give each other one its own."""
        feeds = self._entry.get_subentries_of_type(SUBENTRY_ISS_TELEMETRY)
        unnamed = [feed for feed in feeds if CONF_FEED not in feed.data]
        for feed in unnamed[1:]:
            self._hass.config_entries.async_update_subentry(
                self._entry,
                feed,
                data={
                    **feed.data,
                    CONF_FEED: _free_feed(self._entry),
                },
            )

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The identifiers of the devices that are shown."""
        return self._shown

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Follow what the feeds bring until the returned function is called."""
        return together(
            self._throttle.stop,
            self._bus.subscribe(ReadingTaken, self._taken),
            self._bus.subscribe(SignalChanged, self._signal_changed),
        )

    @override
    async def async_started(self) -> None:
        """Show what is asked for of the feeds."""
        self._show()

    @override
    @callback
    def applied(self) -> None:
        """Show what is asked for now."""
        self._show()

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return what is known of the feed that a discipline, or the position, is heard on."""
        if (unit := self._shown.get(owner_id)) is None:
            return None
        link = self._links.get(unit.link_id)
        if not isinstance(link, IssLink):
            return None
        return {
            "link": link.diagnostics(),
            "subentry": described_subentry(link.subentry),
        }

    def _show(self) -> None:
        """Show exactly what is asked for."""
        self._throttle.stop()
        before, self._shown = self._shown, {}
        showing: defaultdict[str, list[tuple[WrittenEntity, float]]] = defaultdict(list)
        for link in self._links.of(IssLink):
            interval = link.data.get(CONF_MIN_INTERVAL, DEFAULT_MIN_INTERVAL)
            for unit, name, presentations in _units(link):
                self._shown[unit.id] = unit
                self._put(link, unit, name, presentations)
                for entity in self._presenter.of(unit.id):
                    for channel in entity.presentation.shows:
                        showing[channel].append((entity, interval))
        self._showing = {channel: tuple(found) for channel, found in showing.items()}
        for owner_id in before.keys() - self._shown.keys():
            self._presenter.withdraw(owner_id)
            self._devices.remove(owner_id)

    def _put(
        self,
        link: IssLink,
        unit: IssUnit,
        name: str,
        presentations: tuple[Presentation, ...],
    ) -> None:
        self._devices.put(
            unit.id,
            subentry_id=link.subentry_id,
            manufacturer="NASA",
            model="ISS Live",
            name=name,
            above=link.id,
            is_service=True,
        )
        self._presenter.show(unit.id, unit, presentations, subentry_id=link.subentry_id)

    def _taken(self, reading: ReadingTaken) -> None:
        for entity, interval in self._showing.get(reading.channel, ()):
            self._throttle.mark(entity, interval)

    def _signal_changed(self, event: SignalChanged) -> None:
        self._writer.mark_all(self._presenter.of(event.gateway))
        for owner_id, unit in self._shown.items():
            if unit.link_id == event.gateway:
                self._writer.mark_all(self._presenter.of(owner_id))


def _units(link: IssLink) -> list[tuple[IssUnit, str, tuple[Presentation, ...]]]:
    data = link.data
    wanted = [CATALOGUE[key] for key in data[CONF_CHANNELS] if key in CATALOGUE]
    units = [
        (
            IssUnit(link.id, team),
            f"ISS {name[:1].lower()}{name[1:]}",
            tuple(
                Presentation(
                    platform=Platform.SENSOR,
                    kind=ISS_CHANNEL,
                    key=channel.id,
                    shows=(channel.id,),
                )
                for channel in wanted
                if channel.team == team
            ),
        )
        for team, name in TEAMS.items()
    ]
    if data[CONF_POSITION]:
        units.append((IssUnit(link.id, POSITION), STATION, POSITION_PRESENTATIONS))
    return [unit for unit in units if unit[2]]


def _free_feed(entry: ConfigEntry[Any]) -> str:
    """Return what tells the series of one more feed from those of the others: a number."""
    taken = {
        subentry.data.get(CONF_FEED)
        for subentry in entry.get_subentries_of_type(SUBENTRY_ISS_TELEMETRY)
    }
    return next(name for name in map(str, count(2)) if name not in taken)
