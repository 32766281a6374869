"""The running connection to a NATS server."""

from typing import Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback

from ...core.bus import Unsubscribe
from ...core.domain.errors import MaestraError
from ...core.nats.client import NatsSettings
from ...core.nats.connection import NatsConnection
from ...core.nats.errors import NatsRefused, NatsSeedInvalid
from ...core.nats.gateway import NatsGateway
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from .flow import nats_settings

NATS_UNREACHABLE: Final = "nats_unreachable"


class NatsConnectionLink(ServiceLink):
    """A connection to a server, whatever is done over it."""

    refusal = (NatsRefused, NatsSeedInvalid)

    def __init__(
        self, hub: Hub, subentry: ConfigSubentry, settings: NatsSettings
    ) -> None:
        """Build, but connect nothing."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self._links = hub.links
        self.connection = NatsConnection(settings)

    @property
    @override
    def connected(self) -> bool:
        """Whether a server is there."""
        return self.connection.connected

    @callback
    @override
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        if connected:
            self.sw_version = self.connection.server_version
            self._links.register(self)
        super()._connection_changed(connected, reason)


class NatsLink(NatsConnectionLink):
    """One NATS server, and what is said there. Its id is the gateway in every Source that comes in here."""

    issue = NATS_UNREACHABLE
    subject = "server"
    model = "NATS server"

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub, subentry, nats_settings(subentry.data))
        self.gateway = NatsGateway(
            subentry.subentry_id, self.connection, hub.domain, hub.encoder
        )

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            self.gateway.start(),
            self.connection.on_connection(self._connection_changed),
        ]

    @override
    async def _serve(self) -> None:
        await self.connection.run()
