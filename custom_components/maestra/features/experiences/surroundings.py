"""What experiences reach in Home Assistant: cue lists, and automations that are switched."""

import asyncio
from collections.abc import Callable, Mapping

from homeassistant.const import SERVICE_TURN_OFF, STATE_OFF, STATE_ON
from homeassistant.core import split_entity_id

from ...core.cues.cue_list import CueList
from ...core.cues.cue_lists import CueLists
from ...core.domain.json_values import JsonObject
from ...hub.hub import Hub
from ...hub.switching import async_turn


class HubSurroundings:
    """The cue lists of the hub, and all of Home Assistant that is on or off."""

    def __init__(self, hub: Hub) -> None:
        """Touch nothing yet."""
        self._hub = hub

    @property
    def _lists(self) -> CueLists:
        lists = self._hub.service(CueLists)
        assert lists is not None
        return lists

    def cue_list(self, key: str) -> JsonObject:
        """Return a cue list by name or id; raises UnknownCueList."""
        return self._lists[key].cues.to_wire()

    def find_cue_list(self, name: str) -> JsonObject | None:
        """Return a cue list by name, None where there is none."""
        player = self._lists.get(name)
        return player.cues.to_wire() if player else None

    def put_cue_list(self, cues: JsonObject) -> None:
        """Add a cue list, or take another version of the one of this name; raises InvalidField, TooMany."""
        self._lists.put(CueList.from_wire(cues))

    def remove_cue_list(self, name: str) -> None:
        """Remove a cue list; one that is not there is none."""
        if self._lists.get(name):
            self._lists.remove(name)

    def is_on(self, name: str) -> bool | None:
        """Whether an entity is on, None for one that is not there or can't be switched off."""
        hass = self._hub.hass
        state = hass.states.get(name)
        if state is None or state.state not in (STATE_ON, STATE_OFF):
            return None
        can_be_off = hass.services.has_service(
            split_entity_id(name)[0], SERVICE_TURN_OFF
        )
        return state.state == STATE_ON if can_be_off else None

    def turn(
        self, automations: Mapping[str, bool], done: Callable[[dict[str, str]], None]
    ) -> None:
        """Begin to switch entities; `done` is called once, with why which of them could not be."""
        _ = self._hub.entry.async_create_background_task(
            self._hub.hass,
            self._async_turn(automations, done),
            "maestra experience automations",
        )

    async def _async_turn(
        self, automations: Mapping[str, bool], done: Callable[[dict[str, str]], None]
    ) -> None:
        hass = self._hub.hass
        reasons = await asyncio.gather(
            *(async_turn(hass, name, on=is_on) for name, is_on in automations.items())
        )
        done(
            {
                name: reason
                for name, reason in zip(automations, reasons, strict=True)
                if reason is not None
            }
        )
