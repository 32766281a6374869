"""The running connection to a NATS server."""

from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback

from .bus import Unsubscribe
from .domain.errors import MaestraError
from .gateways.nats.connection import NatsConnection
from .gateways.nats.errors import NatsRefused, NatsSeedInvalid
from .gateways.nats.gateway import NatsGateway
from .link import ServiceLink
from .repairs import NATS_UNREACHABLE
from .subentries.nats_server import nats_settings

if TYPE_CHECKING:
    from .runtime import MaestraRuntime


class NatsLink(ServiceLink):
    """One NATS server, and what is said there. Its id is the gateway in every Source that comes in here."""

    issue = NATS_UNREACHABLE
    subject = "server"
    refusal = (NatsRefused, NatsSeedInvalid)
    model = "NATS server"

    def __init__(self, runtime: MaestraRuntime, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(
            runtime.hass, runtime.entry, subentry, runtime.show.link_changed
        )
        self._devices = runtime.devices
        self.connection = NatsConnection(nats_settings(subentry.data))
        self.gateway = NatsGateway(
            subentry.subentry_id, self.connection, runtime.domain, runtime.announcer
        )

    @property
    @override
    def connected(self) -> bool:
        """Whether the server is there."""
        return self.connection.connected

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            self.gateway.start(),
            self.connection.on_connection(self._connection_changed),
        ]

    @override
    async def _serve(self) -> None:
        await self.connection.run()

    @callback
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        if not connected and reason is None:
            # Closed on purpose: Home Assistant is on its way out, and nothing is wrong.
            return
        # Removed in this very turn of the loop: nothing can be registered below it any more.
        if connected and self.id in self._entry.subentries:
            self.sw_version = self.connection.server_version
            self._devices.put_link(self)
        self._connection_is(connected, reason)
