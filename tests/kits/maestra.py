"""A Home Assistant with Maestra, on a real broker, next to a client of that broker."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.maestra.const import (
    CONF_EVENT_SIZE_LIMIT,
    CONF_MQTT_CLIENT_ID,
    CONF_TLS,
    CONF_TRANSPORT,
    DOMAIN,
    SUBENTRY_MQTT_BROKER,
    TRANSPORT_DIRECT,
)
from custom_components.maestra.domain import Domain
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryDataWithId,
)
from homeassistant.const import (
    ATTR_ENTITY_ID,
    CONF_HOST,
    CONF_PORT,
    EVENT_STATE_CHANGED,
    MATCH_ALL,
    STATE_ON,
    STATE_UNAVAILABLE,
)
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .broker import PATIENCE, Broker, Peer

BROKER_ID = "brokersubentry"
BROKER_CONNECTION = "binary_sensor.stage_broker_connection"


class MaestraKit:
    """Acts as a user of Home Assistant and, with `mqtt`, as a client of the broker."""

    def __init__(
        self, hass: HomeAssistant, entry: MockConfigEntry, broker: Broker, mqtt: Peer
    ) -> None:
        self.hass = hass
        self.entry = entry
        self.broker = broker
        self.mqtt = mqtt

    @property
    def domain(self) -> Domain:
        """What stands behind it all. It is another one after each reload."""
        domain: Domain = self.entry.runtime_data.domain
        return domain

    # What a client says.

    async def update(self, slug: str, **state: Any) -> None:
        """Let a client merge into an entity's state."""
        await self.mqtt.publish(f"maestra/entity/state/update/{slug}", state)

    async def heard(self, slug: str, **state: bool) -> None:
        """Let a client report something new that is true, and wait until it is shown."""
        await self.update(slug, **state)
        for name in state:
            await self.state_is(f"binary_sensor.{slug}_{name}", STATE_ON)

    async def replace(self, slug: str, **state: Any) -> None:
        """Let a client replace an entity's state."""
        await self.mqtt.publish(f"maestra/entity/state/set/{slug}", {"state": state})

    async def device(self, verb: str, hardware_id: str, **data: Any) -> None:
        """Let a device report: heartbeat, metrics, events, applied."""
        await self.mqtt.publish(f"maestra/device/{verb}/{hardware_id}", data)

    async def register(self, hardware_id: str, name: str, **data: Any) -> None:
        """Let a device register itself."""
        await self.mqtt.publish(
            "maestra/device/register",
            {"hardware_id": hardware_id, "name": name, "device_type": "esp32", **data},
        )

    # What a user does.

    async def act(self, action: str, **data: Any) -> None:
        """Run one of Maestra's actions."""
        await self.hass.services.async_call(DOMAIN, action, data, blocking=True)

    async def call(self, action: str, entity_id: str, **data: Any) -> None:
        """Run an action on a Home Assistant entity: `light.turn_on`."""
        domain, _, service = action.partition(".")
        await self.hass.services.async_call(
            domain, service, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
        )

    async def configure(self, **data: Any) -> None:
        """Change the settings of the broker connection."""
        subentry = self.entry.subentries[BROKER_ID]
        self.hass.config_entries.async_update_subentry(
            self.entry, subentry, data={**subentry.data, **data}
        )

    async def add_broker(self, title: str, *, port: int) -> str:
        """Add a connection to another broker on this machine; returns the subentry's id."""
        data = {**self.entry.subentries[BROKER_ID].data, CONF_PORT: port}
        subentry = ConfigSubentry(
            subentry_type=SUBENTRY_MQTT_BROKER,
            title=title,
            unique_id=title,
            data=MappingProxyType(data | {CONF_MQTT_CLIENT_ID: title}),
        )
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    async def reload(self) -> None:
        """Unload and set up again, as a restart does."""
        await self.hass.config_entries.async_reload(self.entry.entry_id)

    def later(self, delta: timedelta) -> None:
        """Let the timers of that time run now. Time itself goes on: a frozen one would stop the connections."""
        async_fire_time_changed(self.hass, dt_util.utcnow() + delta)

    # What Home Assistant shows.

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

    async def connected(self) -> None:
        """Wait for the connection to the broker."""
        await self.state_is(BROKER_CONNECTION, STATE_ON)

    async def until[T](
        self, find: Callable[[], T | None], what: str, entity_id: str = "", /
    ) -> T:
        """Wait until `find` returns something true, looking again at each event in Home Assistant."""
        news = asyncio.Event()

        @callback
        def look(_event: Event) -> None:
            news.set()

        forget = self.hass.bus.async_listen(MATCH_ALL, look)
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := find()):
                    await news.wait()
                    news.clear()
                return found
        except TimeoutError:
            now = self.hass.states.get(entity_id)
            raise AssertionError(f"Never: {what} ({now}; {self.entity_ids})") from None
        finally:
            forget()

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


def broker_subentry(broker: Broker, **data: Any) -> ConfigSubentryDataWithId:
    """Return a subentry for a direct connection to a broker."""
    return ConfigSubentryDataWithId(
        subentry_id=BROKER_ID,
        subentry_type=SUBENTRY_MQTT_BROKER,
        title="Stage broker",
        unique_id=f"{broker.host}:{broker.port}",
        data={
            CONF_TRANSPORT: TRANSPORT_DIRECT,
            CONF_HOST: broker.host,
            CONF_PORT: broker.port,
            CONF_TLS: False,
            CONF_EVENT_SIZE_LIMIT: 0,
            CONF_MQTT_CLIENT_ID: "maestra-kit",
            **data,
        },
    )


@asynccontextmanager
async def maestra_on_broker(
    hass: HomeAssistant, folder: Path, options: Mapping[str, Any]
) -> AsyncGenerator[MaestraKit]:
    """Run a broker, a connected hub and a client."""
    async with Broker(folder / "broker") as broker, broker.peer() as peer:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Maestra",
            entry_id="maestrahub",
            options=options,
            subentries_data=[broker_subentry(broker)],
        )
        entry.add_to_hass(hass)
        kit = MaestraKit(hass, entry, broker, peer)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await kit.connected()
        try:
            yield kit
        finally:
            await unload(hass, entry)


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
