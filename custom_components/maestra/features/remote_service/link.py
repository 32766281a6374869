"""The running connection to one process manager."""

from typing import Any, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...core.bus import Unsubscribe
from ...core.remote_service.connection import RemoteServiceConnection
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from .flow import remote_service_settings


class RemoteServiceLink(ServiceLink):
    """One process manager."""

    issue = "remote_service_unreachable"
    subject = "service"
    model = "Process manager"
    is_gateway = False

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self.gateway = RemoteServiceConnection(
            async_get_clientsession(hub.hass), remote_service_settings(subentry.data)
        )

    @property
    @override
    def connected(self) -> bool:
        """Whether it answers."""
        return self.gateway.connected

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Return how the connection is; of processes only how many do what."""
        states = [process.state for process in self.gateway.processes.values()]
        return {
            **super().diagnostics(),
            "processes": {
                state.value: states.count(state) for state in sorted({*states})
            },
            "breaker": {
                "state": self.gateway.breaker.state,
                "trips": self.gateway.breaker.trips,
            },
        }

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [self.gateway.on_connection(self._connection_changed)]

    @override
    async def _serve(self) -> None:
        await self.gateway.run()
