"""A loaded hub: its actions, what Home Assistant shows of it, and what is said to it without any wire."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.device import Device
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.domain.stream import Stream, StreamSession
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_ENTITY_ID, EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Context, Event, HomeAssistant, State, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.util import dt as dt_util

from .forms import until

CLIENT = Source("touchdesigner")
TURNS = 12
"""Turns of the loop over which new entities are added: one for each platform and some more."""


class HubKit:
    """Acts as Home Assistant's users do, and lets clients and devices speak as if a gateway had heard them."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.entry = entry

    @property
    def domain(self) -> Domain:
        """What the gateways speak to. It is another one after each reload."""
        domain: Domain = self.entry.runtime_data.domain
        return domain

    async def settled(self) -> None:
        """Wait until Home Assistant shows everything."""
        for _ in range(TURNS):
            await self.hass.async_block_till_done()

    async def act(
        self, action: str, context: Context | None = None, **data: Any
    ) -> None:
        """Run an action, and wait until Home Assistant shows what came of it."""
        await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, context=context
        )
        await self.settled()

    async def call(self, action: str, entity_id: str, **data: Any) -> None:
        """Run an action on a Home Assistant entity: `light.turn_on`."""
        domain, _, service = action.partition(".")
        await self.hass.services.async_call(
            domain, service, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
        )

    async def ask(self, action: str, **data: Any) -> Any:
        """Run an action that answers; returns the answer."""
        answer = await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        await self.settled()
        return answer

    async def reload(self) -> None:
        """Unload and set up again, as a restart does."""
        await self.hass.config_entries.async_reload(self.entry.entry_id)

    async def later(self, delta: timedelta) -> None:
        """Let the timers of that time run now. Time itself goes on: a frozen one would stop the connections."""
        async_fire_time_changed(self.hass, dt_util.utcnow() + delta)
        await self.hass.async_block_till_done()

    async def entity_state(self, slug: str) -> Any:
        """Return the state of a Maestra entity."""
        return (await self.ask("get_state", slug=slug))[slug]["state"]

    async def light(self, slug: str, **data: Any) -> str:
        """Create a light; returns the id of its Home Assistant device."""
        await self.act(
            "create_entity", name=slug, slug=slug, entity_type="light", **data
        )
        return self.device_id(self.domain.entities[slug].id)

    async def registers(self, hardware_id: str, **data: Any) -> Device:
        """Let a device register itself."""
        described = {"name": hardware_id, "device_type": "esp32", **data}
        device = self.domain.devices.register({"hardware_id": hardware_id, **described})
        await self.settled()
        return device

    async def discovers(self, hardware_id: str, **data: Any) -> Device:
        """Let a device ask to be let in."""
        described = {"name": hardware_id, "device_type": "esp32", **data}
        device = self.domain.devices.discover({"hardware_id": hardware_id, **described})
        await self.settled()
        return device

    async def hears(self, slug: str, **state: Any) -> None:
        """Let a client change an entity's state."""
        self.domain.entities.report(slug, state, source=CLIENT)
        await self.settled()

    async def beats(self, hardware_id: str, status: str = "online") -> None:
        """Let a device send its heartbeat."""
        self.domain.devices.heartbeat(hardware_id, status=status)
        await self.settled()

    async def advertises(self, name: str, **data: Any) -> Stream:
        """Let a client advertise a stream, or renew it."""
        described = {
            "publisher_id": "td-1",
            "stream_type": "video",
            "protocol": "srt",
            "address": "192.0.2.30",
            "port": 9000,
            **data,
        }
        stream = self.domain.streams.advertise(
            {"name": name, **described}, source=CLIENT
        )
        await self.settled()
        return stream

    async def withdraws(self, stream: Stream) -> None:
        """Let a client withdraw its stream."""
        self.domain.streams.withdraw(stream.id, source=CLIENT)
        await self.settled()

    async def requests(self, stream: Stream, consumer: str = "screen") -> StreamSession:
        """Let a client request a stream."""
        session = await self.domain.streams.request(
            stream.id,
            {"consumer_id": consumer, "consumer_address": "192.0.2.40"},
            source=CLIENT,
        )
        await self.settled()
        return session

    def notified[E](self, kind: type[E]) -> list[E]:
        """Return a list that fills with the events on the bus from now on."""
        heard: list[E] = []
        self.domain.bus.subscribe(kind, heard.append)
        return heard

    def device_id(self, key: str) -> str:
        """Return the id of the Home Assistant device of a Maestra id."""
        return dr.async_get_device_id_by_identifier(
            self.hass, (DOMAIN, key), config_entry_id=self.entry.entry_id
        )

    def device(self, device_id: str | None) -> dr.DeviceEntry:
        """Return a Home Assistant device."""
        device = dr.async_get(self.hass).async_get(device_id or "")
        assert isinstance(device, dr.DeviceEntry)
        return device

    def label_id(self, name: str) -> str:
        """Return the id of a label."""
        label = lr.async_get(self.hass).async_get_label_by_name(name)
        assert label
        return label.label_id

    def state(self, entity_id: str) -> State:
        """Return the state as it is now."""
        state = self.hass.states.get(entity_id)
        assert state, f"{entity_id} is not there; {self.entity_ids} are"
        return state

    async def state_is(self, entity_id: str, value: str, /, **attributes: Any) -> State:
        """Wait for a state, with these attributes among others."""

        def found() -> State | None:
            state = self.hass.states.get(entity_id)
            return state if state and _shows(state, value, attributes) else None

        return await self.until(
            found, f"{entity_id} is {value} {attributes}", entity_id
        )

    async def appears(self, entity_id: str) -> State:
        """Wait until an entity is there and available."""

        def found() -> State | None:
            state = self.hass.states.get(entity_id)
            return state if state and state.state != STATE_UNAVAILABLE else None

        return await self.until(found, f"{entity_id} appears", entity_id)

    async def appears_with(self, entity_id: str, /, **attributes: Any) -> State:
        """Wait until an entity has these attributes, whatever its state."""

        def found() -> State | None:
            state = self.hass.states.get(entity_id)
            return state if state and _shows(state, state.state, attributes) else None

        return await self.until(found, f"{entity_id} has {attributes}", entity_id)

    async def disappears(self, entity_id: str) -> None:
        """Wait until an entity is gone."""
        await self.until(
            lambda: self.hass.states.get(entity_id) is None,
            f"{entity_id} goes",
            entity_id,
        )

    async def until[T](
        self, find: Callable[[], T | None], what: str, entity_id: str = "", /
    ) -> T:
        """Wait until `find` returns something true, looking again at each event in Home Assistant."""
        try:
            return await until(self.hass, find)
        except TimeoutError:
            now = self.hass.states.get(entity_id)
            raise AssertionError(f"Never: {what} ({now}; {self.entity_ids})") from None

    @asynccontextmanager
    async def counting(self, entity_id: str) -> AsyncGenerator[list[State]]:
        """Collect the states that are written of one entity meanwhile."""
        written: list[State] = []

        @callback
        def collect(event: Event[Any]) -> None:
            written.append(event.data["new_state"])

        @callback
        def is_ours(data: Mapping[str, Any]) -> bool:
            return bool(data[ATTR_ENTITY_ID] == entity_id)

        forget = self.hass.bus.async_listen(EVENT_STATE_CHANGED, collect, is_ours)
        yield written
        forget()

    @property
    def entity_ids(self) -> list[str]:
        """The entities that there are, without those of the hub, the broker and the trackers' platform."""
        own = (
            "zone.",
            "sensor.maestra_",
            "sensor.stage_broker_",
            "binary_sensor.stage_broker_",
        )
        return sorted(
            entity_id
            for entity_id in self.hass.states.async_entity_ids()
            if not entity_id.startswith(own)
        )

    def unique_id(self, entity_id: str) -> str:
        """Return the unique id of a registered entity."""
        entry = er.async_get(self.hass).async_get(entity_id)
        assert entry
        return entry.unique_id

    def registered(self, key: str) -> dr.DeviceEntry | None:
        """Return the registry's device of an entity (by slug), a device (by hardware id), a link or the hub."""
        found = self.domain.entities.get(key) or self.domain.devices.get(key)
        return self.device_of(found.id if found else key)

    def device_of(self, owner_id: str) -> dr.DeviceEntry | None:
        """Return the registry's device of a Maestra id."""
        found = dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, owner_id), self.entry.entry_id
        )
        assert found is None or isinstance(found, dr.DeviceEntry)
        return found


async def unload(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Leave nothing behind, whatever a test did with the entry."""
    await hass.async_block_till_done()
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


def _shows(state: State, value: str, attributes: Mapping[str, Any]) -> bool:
    return state.state == value and all(
        state.attributes.get(name) == wanted for name, wanted in attributes.items()
    )
