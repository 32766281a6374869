"""What the hub's options say of its listeners, and what their cores are told of it."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
import ssl
from typing import Any, Final

from homeassistant.components import network
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant

from .const import (
    CONF_ENABLED,
    CONF_MAX_CLIENTS,
    CONF_NETWORKS,
    CONF_ORIGINS,
    CONF_OSCQUERY_PORT,
    CONF_RATE,
    CONF_TCP_PORT,
    CONF_TLS,
    CONF_TOKENS,
    LISTENER_FLEET_API,
    LISTENER_OSC,
    LISTENER_WEBSOCKET,
    LOCAL_NETWORKS,
)
from .gateways.access import LOOPBACK, Access, Network, networks
from .gateways.errors import ListenFailed

type Options = Mapping[str, Any]

ANY_ADDRESS: Final = "0.0.0.0"
# What an address may send at once, in seconds of its rate.
BURST: Final = 5

_USUAL: Final = Access()
_SHARED: Final[Options] = {
    CONF_ENABLED: False,
    CONF_HOST: ANY_ADDRESS,
    CONF_NETWORKS: [LOCAL_NETWORKS],
    CONF_MAX_CLIENTS: _USUAL.max_clients,
    CONF_RATE: int(_USUAL.rate),
}
_HTTP: Final[Options] = {**_SHARED, CONF_TLS: False, CONF_ORIGINS: []}

# What a listener's options are as long as nobody changes them.
DEFAULTS: Final[Mapping[str, Options]] = {
    LISTENER_FLEET_API: {**_HTTP, CONF_PORT: 8080},
    LISTENER_WEBSOCKET: {**_HTTP, CONF_PORT: 8765},
    LISTENER_OSC: {
        **_SHARED,
        # One fader moved by hand sends hundreds of messages a second, a tracking system thousands.
        CONF_RATE: 20_000,
        CONF_PORT: 57120,
        CONF_TCP_PORT: 0,
        CONF_OSCQUERY_PORT: 0,
    },
}
TITLES: Final[Mapping[str, str]] = {
    LISTENER_FLEET_API: "Fleet API",
    LISTENER_WEBSOCKET: "WebSocket gateway",
    LISTENER_OSC: "OSC gateway",
}

# The options that are ports, with what is listened for there; 0 is none.
PORTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    LISTENER_FLEET_API: ((CONF_PORT, "tcp"),),
    LISTENER_WEBSOCKET: ((CONF_PORT, "tcp"),),
    LISTENER_OSC: (
        (CONF_PORT, "udp"),
        (CONF_TCP_PORT, "tcp"),
        (CONF_OSCQUERY_PORT, "tcp"),
    ),
}


def listener_options(options: Options, listener: str) -> dict[str, Any]:
    """Return a listener's options, complete."""
    return {**DEFAULTS[listener], **options.get(listener, {})}


def listener_data(entry: ConfigEntry, listener: str) -> dict[str, Any] | None:
    """Return what a listener is to be built from, with its token; None where it is off."""
    options = listener_options(entry.options, listener)
    if not options[CONF_ENABLED]:
        return None
    return options | {CONF_TOKEN: token_of(entry, listener)}


def token_of(entry: ConfigEntry, listener: str) -> str | None:
    """Return the token that a listener asks for, None where it asks for none."""
    token: str | None = entry.data.get(CONF_TOKENS, {}).get(listener)
    return token


def used_ports(options: Options, listener: str) -> set[tuple[str, int]]:
    """Return the ports of a listener that is on: protocol and number."""
    found = listener_options(options, listener)
    if not found[CONF_ENABLED]:
        return set()
    return {
        (protocol, found[option])
        for option, protocol in PORTS[listener]
        if found[option]
    }


async def async_access(hass: HomeAssistant, data: Options) -> Access:
    """Return whom a listener lets in. What is local is looked up anew with each start."""
    return Access(
        networks=await async_networks(hass, data[CONF_NETWORKS]),
        token=data[CONF_TOKEN],
        origins=tuple(data.get(CONF_ORIGINS, ())),
        max_clients=data[CONF_MAX_CLIENTS],
        rate=data[CONF_RATE],
        burst=data[CONF_RATE] * BURST,
    )


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
