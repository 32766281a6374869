"""What concerns all MQTT brokers together: renewal of our own certificates, and figures for the system's health."""

import asyncio
from collections.abc import Mapping
from typing import Any, override

from homeassistant.core import callback

from ...core.bus import Unsubscribe
from ...core.pki.service import AuthorityMaintained, CertificateService
from ...hub.hub import Hub
from ...hub.manager import Manager
from .link import MqttLink
from .own_certificate import renew_own_certificates


class MqttManager(Manager):
    """Renews what we show to brokers whenever the certificate authority has done its own maintenance."""

    def __init__(self, hub: Hub) -> None:
        """Renew nothing yet."""
        self._hub = hub
        self._renewing = asyncio.Lock()

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Follow the authority until the returned function is called."""
        return self._hub.domain.bus.subscribe(AuthorityMaintained, self._renew)

    @override
    def health(self) -> Mapping[str, Any]:
        """Return how many brokers are there, and what was heard on them."""
        links = self._hub.links.of(MqttLink)
        return {
            "brokers_connected": f"{sum(link.connected for link in links)}/{len(links)}",
            "messages_received": sum(
                link.transport.counters.received for link in links
            ),
            "messages_refused": sum(link.gateway.counters["refused"] for link in links),
        }

    @callback
    def _renew(self, event: AuthorityMaintained) -> None:
        # Making a key may take longer than the time until the next maintenance.
        if not self._renewing.locked():
            _ = self._hub.entry.async_create_background_task(
                self._hub.hass,
                self._async_renew(event.service),
                "maestra certificates of brokers",
            )

    async def _async_renew(self, service: CertificateService) -> None:
        async with self._renewing:
            await renew_own_certificates(self._hub.hass, self._hub.entry, service)
