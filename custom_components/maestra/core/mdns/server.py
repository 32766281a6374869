"""Announcing Maestra's services over DNS-SD."""

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from zeroconf import Error
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from ..bus import get_logger

_LOGGER = get_logger(__name__)

SERVICE_TYPE: Final = "_maestra._tcp.local."
OSCQUERY_TYPE: Final = "_oscjson._tcp.local."
INSTANCE: Final = "Maestra"
HOST: Final = "maestra-server.local."
# Python, TouchDesigner and ESP32 clients read the first keys, JavaScript ones the second.
SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "api_url": ("api_url", "apiUrl"),
    "ws_url": ("ws_url", "wsUrl"),
    "nats_url": ("nats_url", "natsUrl"),
    "mqtt_broker": ("mqtt_broker",),
    "mqtt_url": ("mqttUrl",),
    "mqtt_port": ("mqtt_port", "mqttPort"),
    "version": ("version",),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One service that can be found: its type, addresses of this machine, port and TXT records."""

    service_type: str
    addresses: tuple[str, ...]
    port: int
    properties: tuple[tuple[str, str], ...] = ()

    def info(self, name: str | None = None) -> AsyncServiceInfo:
        """Return it as the library wants it, under the name that it has got on the network."""
        return AsyncServiceInfo(
            self.service_type,
            name or f"{INSTANCE}.{self.service_type}",
            port=self.port,
            parsed_addresses=list(self.addresses),
            properties=dict(self.properties),
            server=HOST,
        )


def properties(endpoints: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return the TXT records of our endpoints, in both spellings; what is not there is left out."""
    return tuple(
        (spelling, str(endpoints[name]))
        for name, spellings in SPELLINGS.items()
        if endpoints.get(name)
        for spelling in spellings
    )


class Announcements:
    """What is announced at the moment."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        """Announce nothing yet."""
        self._zeroconf = zeroconf
        self._announced: dict[str, tuple[Offer, AsyncServiceInfo]] = {}

    async def announce(self, offers: Iterable[Offer]) -> None:
        """Announce exactly these, at most one of a type, and say nothing where that is so already. Never raises."""
        wanted = {offer.service_type: offer for offer in offers}
        for kind in self._announced.keys() - wanted.keys():
            _, info = self._announced.pop(kind)
            await self._say(
                "withdraw", kind, self._zeroconf.async_unregister_service(info)
            )
        for kind, offer in wanted.items():
            known = self._announced.get(kind)
            if known is None:
                info = offer.info()
                # A second Maestra on the network gets another name.
                saying = self._zeroconf.async_register_service(
                    info, allow_name_change=True
                )
            elif known[0] != offer:
                info = offer.info(known[1].name)
                saying = self._zeroconf.async_update_service(info)
            else:
                continue
            # What could not be announced is not tried again until it changes.
            self._announced[kind] = (offer, info)
            await self._say("announce", kind, saying)

    async def _say(
        self, what: str, kind: str, saying: Awaitable[Awaitable[object]]
    ) -> None:
        try:
            # The library answers with what is still being sent.
            await (await saying)
        except (Error, OSError, TimeoutError) as error:
            _LOGGER.warning("Can't %s %s: %r", what, kind, error)
