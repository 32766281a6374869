"""A hub that is connected to a real broker, next to a client of that broker."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import (
    CONF_EVENT_SIZE_LIMIT,
    CONF_MQTT_CLIENT_ID,
    CONF_TLS,
    CONF_TRANSPORT,
    DOMAIN,
    SUBENTRY_MQTT_BROKER,
    TRANSPORT_DIRECT,
)
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryDataWithId
from homeassistant.const import CONF_HOST, CONF_PORT, STATE_ON
from homeassistant.core import HomeAssistant

from .broker import Broker, Peer
from .hub import HubKit, unload

BROKER_ID = "brokersubentry"
BROKER_CONNECTION = "binary_sensor.stage_broker_connection"


class MaestraKit(HubKit):
    """A hub, and with `mqtt` a client of its broker."""

    def __init__(
        self, hass: HomeAssistant, entry: MockConfigEntry, broker: Broker, mqtt: Peer
    ) -> None:
        super().__init__(hass, entry)
        self.broker = broker
        self.mqtt = mqtt

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

    async def device_says(self, verb: str, hardware_id: str, **data: Any) -> None:
        """Let a device report: heartbeat, metrics, events, applied."""
        await self.mqtt.publish(f"maestra/device/{verb}/{hardware_id}", data)

    async def register(self, hardware_id: str, name: str, **data: Any) -> None:
        """Let a device register itself."""
        await self.mqtt.publish(
            "maestra/device/register",
            {"hardware_id": hardware_id, "name": name, "device_type": "esp32", **data},
        )

    # What a user does.

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

    async def connected(self) -> None:
        """Wait for the connection to the broker."""
        await self.state_is(BROKER_CONNECTION, STATE_ON)


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
    hass: HomeAssistant, folder: Path, options: Mapping[str, Any], **settings: Any
) -> AsyncGenerator[MaestraKit]:
    """Run a broker with these settings, a connected hub and a client."""
    async with Broker(folder / "broker", **settings) as broker, broker.peer() as peer:
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
