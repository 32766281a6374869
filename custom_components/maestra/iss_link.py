"""The running connection to the telemetry feed of the ISS."""

from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .bus import Unsubscribe
from .domain.errors import MaestraError
from .link import ServiceLink
from .repairs import ISS_UNREACHABLE
from .sources.iss.source import IssSource
from .subentries.iss_telemetry import iss_settings

if TYPE_CHECKING:
    from .runtime import MaestraRuntime


class IssLink(ServiceLink):
    """One feed. What it brings is on the bus, and in `gateway` the latest of it."""

    issue = ISS_UNREACHABLE
    subject = "feed"
    model = "Lightstreamer server"

    def __init__(self, runtime: MaestraRuntime, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(
            runtime.hass, runtime.entry, subentry, runtime.iss.link_changed
        )
        self.gateway = IssSource(
            subentry.subentry_id,
            async_get_clientsession(runtime.hass),
            runtime.domain,
            iss_settings(subentry.data),
        )

    @property
    @override
    def connected(self) -> bool:
        """Whether the server is there."""
        return self.gateway.connection.connected

    @property
    def has_signal(self) -> bool:
        """Whether the station is heard, be it late."""
        return self.gateway.signal.status != "lost"

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            self.gateway.start(),
            self.gateway.connection.on_connection(self._connection_changed),
        ]

    @override
    async def _serve(self) -> None:
        await self.gateway.connection.run()

    @callback
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        if not connected and reason is None:
            # Closed on purpose: Home Assistant is on its way out, and nothing is wrong.
            return
        self._connection_is(connected, reason)
