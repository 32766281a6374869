"""The hub's listeners on 127.0.0.1, switched on and off while the hub runs."""

from collections.abc import Mapping
from typing import Any, Final

from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.maestra.const import REFRESH_INTERVAL
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .forms import until
from .osc import free_udp_port
from .process import free_port

HOST: Final = "127.0.0.1"
CONNECTIONS: Final[Mapping[str, str]] = {
    "audio": "binary_sensor.audio_listener_connection",
    "fleet_api": "binary_sensor.fleet_api_connection",
    "websocket": "binary_sensor.websocket_gateway_connection",
    "phoenix": "binary_sensor.stream_clients_listener_connection",
    "osc": "binary_sensor.osc_gateway_connection",
}


class ListenerKit:
    """Switches one listener of a hub."""

    def __init__(self, hass: HomeAssistant, hub: MockConfigEntry, name: str) -> None:
        self._hass = hass
        self._hub = hub
        self.name = name
        self.connection = CONNECTIONS[name]
        self.port = free_udp_port() if name == "osc" else free_port()

    async def on(self, **options: Any) -> int:
        """Let it listen, with these options among others, and return the port once it does."""
        self.change(enabled=True, **options)
        await self._hass.async_block_till_done()
        await self.is_shown("on")
        return self.port

    async def off(self) -> None:
        """Let it not listen any more."""
        self.change(enabled=False)
        await until(self._hass, lambda: not self._hass.states.get(self.connection))
        await self._hass.async_block_till_done()

    def change(self, **options: Any) -> None:
        """Change its options."""
        self.port = options.get("port", self.port)
        entries = self._hass.config_entries
        usual: dict[str, Any] = {"host": HOST, "port": self.port}
        if self.name == "audio":
            # Only one of all tests could have the usual one.
            usual["health_port"] = 0
        known = self._hub.options.get(self.name, usual)
        entries.async_update_entry(
            self._hub, options={**self._hub.options, self.name: {**known, **options}}
        )

    async def is_shown(self, state: str) -> None:
        """Wait until Home Assistant shows whether it listens."""

        def found() -> bool:
            shown = self._hass.states.get(self.connection)
            return shown is not None and shown.state == state

        await until(self._hass, found)

    async def sensor(self, key: str, value: str) -> None:
        """Wait until one of its sensors shows a value, looking at the counters now."""
        device = self.connection.partition(".")[2].removesuffix("_connection")
        async_fire_time_changed(self._hass, dt_util.utcnow() + REFRESH_INTERVAL)
        entity_id = f"sensor.{device}_{key}"

        def found() -> bool:
            shown = self._hass.states.get(entity_id)
            return shown is not None and shown.state == value

        await until(self._hass, found)
