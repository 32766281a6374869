"""The hub's listeners: what clients connect to, as its options want them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from itertools import count
from socket import gethostname
import ssl
from typing import Any, Final, Protocol, override

from yarl import URL

from homeassistant.components import network
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant, callback

from ..const import (
    CONF_ENABLED,
    CONF_HOSTS,
    CONF_MAX_CLIENTS,
    CONF_NETWORKS,
    CONF_ORIGINS,
    CONF_RATE,
    CONF_TLS,
    CONF_TOKENS,
    LOCAL_NETWORKS,
)
from ..core.bus import Counters, Latency, Unsubscribe, get_logger
from ..core.transport.access import LOOPBACK, Access, Network, networks
from ..core.transport.errors import ListenFailed
from ..core.transport.reconnect import Backoff
from .hub import Hub
from .link import Link

_LOGGER = get_logger(__name__)

type Options = Mapping[str, Any]

LISTENER_FAILED: Final = "listener_failed"

ANY_ADDRESS: Final = "0.0.0.0"
# What an address may send at once, in seconds of its rate.
BURST: Final = 5
# What part of the connections may be one address's: so many addresses have to come together to shut out others.
PLACES_OF_ONE: Final = 4
MIN_OF_ONE: Final = 8
RETRY: Final = Backoff(timedelta(seconds=1), timedelta(seconds=30))

_USUAL: Final = Access()
USUAL_OPTIONS: Final[Options] = {
    CONF_ENABLED: False,
    CONF_HOST: ANY_ADDRESS,
    CONF_NETWORKS: [LOCAL_NETWORKS],
    CONF_MAX_CLIENTS: _USUAL.max_clients,
    CONF_RATE: int(_USUAL.rate),
}
"""What the options of every listener are as long as nobody changes them, beside its ports."""
HTTP_OPTIONS: Final[Options] = {
    **USUAL_OPTIONS,
    CONF_TLS: False,
    CONF_ORIGINS: [],
    CONF_HOSTS: [],
}
"""The same where browsers come."""


def seen_from_outside(name: str, host: str) -> str:
    """Return a host as others can reach it: a loopback address, or a name among containers, is this machine."""
    try:
        is_here = ip_address(name).is_loopback
    except ValueError:
        is_here = "." not in name
    return host if is_here else name


def service_url(scheme: str, host: str, port: int) -> str:
    """Return the address of a service."""
    return str(URL.build(scheme=scheme, host=host, port=port))


class Listener(Protocol):
    """What the core of every listener is."""

    counters: Counters
    latency: Latency

    @property
    def port(self) -> int:
        """The port that is listened on, 0 for none."""

    @property
    def clients(self) -> int:
        """How many are connected now."""

    async def start(self) -> None:
        """Listen; raises ListenFailed."""

    async def stop(self) -> None:
        """Close all connections and the port."""


class Offer(Protocol):
    """Says what of a running listener is announced on the network."""

    def __call__(self, link: ListenerLink) -> Iterable[tuple[str, int]]:
        """Return types of mDNS services, each with its port."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ListenerKind:
    """One of the listeners that the hub can have.

    `key` names its options, its link, and the gateway in a Source. `ports` are the options that
    are ports (0 for none), each with its protocol.
    """

    key: str
    title: str
    defaults: Options
    ports: tuple[tuple[str, str], ...]
    build: Callable[[Hub, Options], Awaitable[Listener]]
    offers: Offer = lambda link: ()

    def options(self, options: Options) -> dict[str, Any]:
        """Return the listener's own of the hub's options, complete."""
        return {**self.defaults, **options.get(self.key, {})}

    def data(self, entry: ConfigEntry) -> dict[str, Any] | None:
        """Return what it is to be built from, with its token; None where it is off."""
        options = self.options(entry.options)
        if not options[CONF_ENABLED]:
            return None
        return options | {CONF_TOKEN: self.token(entry)}

    def token(self, entry: ConfigEntry) -> str | None:
        """Return the token that it asks for, None where it asks for none."""
        token: str | None = entry.data.get(CONF_TOKENS, {}).get(self.key)
        return token

    def used_ports(self, options: Options) -> set[tuple[str, int]]:
        """Return its ports if it is on: protocol and number."""
        found = self.options(options)
        if not found[CONF_ENABLED]:
            return set()
        return {
            (protocol, found[option])
            for option, protocol in self.ports
            if found[option]
        }


class ListenerLink(Link):
    """One listener. Its id is the gateway in every Source that comes in here."""

    issue = LISTENER_FAILED
    subject = "listener"

    def __init__(self, hub: Hub, listener: ListenerKind, data: Options) -> None:
        """Listen to nothing yet. `data` is what `ListenerKind.data` returns."""
        super().__init__(hub.hass, hub.entry, hub.links.changed)
        self.data = data
        self.gateway: Listener | None = None
        self.listener = listener
        self._hub = hub
        self._is_listening = False

    @property
    @override
    def id(self) -> str:
        """The listener's name among the options."""
        return self.listener.key

    @property
    @override
    def kind(self) -> str:
        """The same: there is one of each."""
        return self.listener.key

    @property
    @override
    def title(self) -> str:
        """What people call it."""
        return self.listener.title

    @property
    @override
    def connected(self) -> bool:
        """Whether clients can connect."""
        return self._is_listening

    @property
    def port(self) -> int:
        """The port that is listened on, 0 for none."""
        return self.gateway.port if self.gateway else 0

    def url(self, scheme: str, host: str) -> str | None:
        """Return its address for who calls this machine `host`; None while it does not listen."""
        if not self.port:
            return None
        return service_url(
            f"{scheme}{'s' * bool(self.data.get(CONF_TLS))}", host, self.port
        )

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Add what it listens on."""
        clients = self.gateway.clients if self.gateway else 0
        return {**super().diagnostics(), "port": self.port, "clients": clients}

    @override
    def _begin(self) -> list[Unsubscribe]:
        return []

    @override
    async def _serve(self) -> None:
        try:
            await self._listen()
            self._is_listening = True
            self._connection_is(True, None)
            await asyncio.get_running_loop().create_future()
        finally:
            self._is_listening = False
            if self.gateway is not None:
                await self.gateway.stop()

    async def _listen(self) -> None:
        """Try until the port is ours."""
        for failures in count():
            try:
                self.gateway = await self.listener.build(self._hub, self.data)
                await self.gateway.start()
            except ListenFailed as error:
                if self.reason is None:
                    _LOGGER.warning("%s: %s; trying again", self.title, error)
                self._connection_is(False, error)
            else:
                break
            await asyncio.sleep(RETRY.delay(failures))
        _LOGGER.info("%s listens on port %s", self.title, self.port)


class Listeners:
    """Starts, restarts and stops listeners; one that stays as it is goes on."""

    def __init__(self, hub: Hub, kinds: Iterable[ListenerKind]) -> None:
        """Start none yet."""
        self._hub = hub
        self._kinds = tuple(kinds)

    def __iter__(self) -> Iterator[ListenerLink]:
        """Iterate over those that are on."""
        return iter(self._hub.links.of(ListenerLink))

    @callback
    def start(self) -> None:
        """Start what is on and does not run yet."""
        for kind in self._kinds:
            data = kind.data(self._hub.entry)
            if data is not None and self._hub.links.get(kind.key) is None:
                self._hub.links.start(ListenerLink(self._hub, kind, data))

    async def apply(self) -> None:
        """Stop what is off or to be another; what is off shows nothing any more."""
        for link in self:
            data = link.listener.data(self._hub.entry)
            if data == link.data:
                continue
            await self._hub.links.stop(link)
            if data is None:
                self._hub.links.withdraw(link)


def listener_url(hub: Hub, key: str, scheme: str, host: str) -> str | None:
    """Return the address of a listener for who calls this machine `host`; None where it does not run."""
    link = hub.links.get(key)
    return link.url(scheme, host) if isinstance(link, ListenerLink) else None


async def http_settings(hub: Hub, data: Options) -> dict[str, Any]:
    """Return what the core of a listener over HTTP is told: host, port, access, ssl_context; raises ListenFailed."""
    return {
        "host": data[CONF_HOST],
        "port": data[CONF_PORT],
        "access": await async_access(hub.hass, data),
        "ssl_context": await async_ssl_context(hub.hass, data),
    }


async def async_access(hass: HomeAssistant, data: Options) -> Access:
    """Return whom a listener lets in. What is local is looked up anew with each start."""
    return Access(
        networks=await async_networks(hass, data[CONF_NETWORKS]),
        token=data[CONF_TOKEN],
        hosts=(*data.get(CONF_HOSTS, ()), *_own_names(hass)),
        origins=tuple(data.get(CONF_ORIGINS, ())),
        max_clients=data[CONF_MAX_CLIENTS],
        max_of_one=max(data[CONF_MAX_CLIENTS] // PLACES_OF_ONE, MIN_OF_ONE),
        rate=data[CONF_RATE],
        burst=data[CONF_RATE] * BURST,
    )


def _own_names(hass: HomeAssistant) -> Iterator[str]:
    """Yield the names under which Home Assistant itself is reached, as far as it knows them."""
    yield gethostname().lower()
    for url in (hass.config.internal_url, hass.config.external_url):
        if url and (name := URL(url).host):
            yield name


async def async_networks(
    hass: HomeAssistant, texts: Iterable[str]
) -> tuple[Network, ...]:
    """Return networks as they are written in options; raises ValueError for what is none."""
    found: list[Network] = []
    for text in texts:
        if text == LOCAL_NETWORKS:
            found += await _async_local_networks(hass)
        else:
            found += networks([text])
    return tuple(dict.fromkeys(found))


async def _async_local_networks(hass: HomeAssistant) -> tuple[Network, ...]:
    """Return this host, and the private networks that it is in."""
    found = list(LOOPBACK)
    for adapter in await network.async_get_adapters(hass):
        for own in (*adapter["ipv4"], *adapter["ipv6"]):
            address = ip_address(own["address"])
            # A public network holds strangers: of it, only this host itself is local.
            length = (
                own["network_prefix"] if address.is_private else address.max_prefixlen
            )
            found.append(ip_network(f"{address}/{length}", strict=False))
    return tuple(found)


def has_certificate(hass: HomeAssistant) -> bool:
    """Whether Home Assistant itself is served with TLS."""
    return hass.http.ssl_certificate is not None


async def async_ssl_context(
    hass: HomeAssistant, data: Options
) -> ssl.SSLContext | None:
    """Return Home Assistant's certificate, ready to serve, where a listener wants it; raises ListenFailed."""
    if not data.get(CONF_TLS):
        return None
    certificate = hass.http.ssl_certificate
    if certificate is None:
        raise _unusable(data, "Home Assistant has no certificate")
    try:
        return await hass.async_add_executor_job(
            _tls_context, certificate, hass.http.ssl_key
        )
    except (OSError, ValueError) as error:
        # The text of an error of OpenSSL has no more than a number in it.
        raise _unusable(data, f"Home Assistant's certificate: {error}") from error


def _tls_context(certificate: str, key: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def _unusable(data: Options, reason: str) -> ListenFailed:
    return ListenFailed(address=data[CONF_HOST], port=data[CONF_PORT], reason=reason)
