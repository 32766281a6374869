"""Where a device that asks reaches everything: what the Fleet API, and mDNS, tell it (maestra.md §1.2, §9.4)."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from yarl import URL

from homeassistant.components import mqtt
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant

from .const import (
    CONF_TLS,
    CONF_TRANSPORT,
    LISTENER_FLEET_API,
    LISTENER_WEBSOCKET,
    SUBENTRY_MQTT_BROKER,
    SUBENTRY_NATS_SERVER,
    TRANSPORT_DIRECT,
)
from .domain.json_types import JsonObject
from .gateways.fleet_api.request import Request
from .listener_link import ListenerLink

if TYPE_CHECKING:
    from .runtime import MaestraRuntime

API_MOUNT: Final = "/api/maestra"
DEFAULT_MQTT_PORT: Final = 1883


def endpoints_for(runtime: MaestraRuntime, request: Request) -> JsonObject:
    """Return the endpoints for who sent this request: our host is what they call us."""
    http = request.http
    asked = http.url
    host = asked.host or "localhost"
    is_mounted = asked.path.startswith(f"{API_MOUNT}/")
    found = endpoints(runtime, host)
    if is_mounted or found["api_url"] is None:
        mount = API_MOUNT if is_mounted else ""
        found["api_url"] = f"{asked.origin()}{mount}"
    return found


def endpoints(runtime: MaestraRuntime, host: str) -> JsonObject:
    """Return api_url, nats_url, mqtt_broker, mqtt_port and ws_url, as seen by who calls this machine `host`; null for what is not there."""
    broker, port = _broker(runtime, host)
    return {
        "api_url": _listener_url(runtime, LISTENER_FLEET_API, "http", host),
        "nats_url": _nats_url(runtime, host),
        "mqtt_broker": broker,
        "mqtt_port": port,
        "ws_url": _listener_url(runtime, LISTENER_WEBSOCKET, "ws", host),
    }


def _listener_url(
    runtime: MaestraRuntime, key: str, scheme: str, host: str
) -> str | None:
    link = runtime.gateways.get(key)
    if not isinstance(link, ListenerLink) or not link.port:
        return None
    if link.data.get(CONF_TLS):
        scheme += "s"
    return _url(scheme, host, link.port)


def _nats_url(runtime: MaestraRuntime, host: str) -> str | None:
    for subentry in runtime.entry.get_subentries_of_type(SUBENTRY_NATS_SERVER):
        data = subentry.data
        return _url("nats", seen_from_outside(data[CONF_HOST], host), data[CONF_PORT])
    return None


def _broker(runtime: MaestraRuntime, host: str) -> tuple[str | None, int | None]:
    for subentry in runtime.entry.get_subentries_of_type(SUBENTRY_MQTT_BROKER):
        data: Mapping[str, Any] | None = subentry.data
        if subentry.data[CONF_TRANSPORT] != TRANSPORT_DIRECT:
            data = _own_broker(runtime.hass)
        if data:
            return seen_from_outside(data[CONF_HOST], host), data[CONF_PORT]
    return None, None


def _own_broker(hass: HomeAssistant) -> Mapping[str, Any] | None:
    """Return where Home Assistant's own MQTT integration is connected to."""
    for entry in hass.config_entries.async_loaded_entries(mqtt.DOMAIN):
        return {
            CONF_HOST: entry.data[mqtt.CONF_BROKER],
            CONF_PORT: entry.data.get(CONF_PORT, DEFAULT_MQTT_PORT),
        }
    return None


def seen_from_outside(name: str, host: str) -> str:
    """Return a host as others can reach it: a loopback address, or a name among containers, is this machine."""
    try:
        is_here = ip_address(name).is_loopback
    except ValueError:
        is_here = "." not in name
    return host if is_here else name


def _url(scheme: str, host: str, port: int) -> str:
    return str(URL.build(scheme=scheme, host=host, port=port))
