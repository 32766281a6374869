"""The dialects that a broker can carry, and how each is made."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from .bus import Counters, Latency, Unsubscribe
from .const import (
    CONF_BRIDGE,
    CONF_DIALECTS,
    CONF_EVENT_SIZE_LIMIT,
    DEFAULT_BRIDGE,
    DEFAULT_DIALECTS,
    DIALECT_F2,
    DIALECT_MAESTRA,
    DIALECT_QS,
)
from .gateways.mqtt.gateway import MaestraGateway
from .sources.qs.source import QsSource

if TYPE_CHECKING:
    from .links import MqttLink


class Dialect(Protocol):
    """A family of topics and payloads, between a transport and the domain."""

    counters: Counters
    latency: Latency

    def start(self) -> Unsubscribe:
        """Listen to both sides until the returned function is called."""


def _maestra(link: MqttLink) -> Dialect:
    data = link.data
    return MaestraGateway(
        link.id,
        link.transport,
        link.runtime.domain,
        link.runtime.announcer,
        event_size_limit=data.get(CONF_EVENT_SIZE_LIMIT, 0),
        bridges=data.get(CONF_BRIDGE, DEFAULT_BRIDGE),
    )


def _qs(link: MqttLink) -> Dialect:
    runtime = link.runtime
    return QsSource(link.id, link.transport, runtime.domain, runtime.qs.desk)


def _f2(link: MqttLink) -> Dialect:
    return link.runtime.f2.make_source(link)


DIALECTS: Final[Mapping[str, Callable[[MqttLink], Dialect]]] = {
    DIALECT_MAESTRA: _maestra,
    DIALECT_QS: _qs,
    DIALECT_F2: _f2,
}


def dialects_of(link: MqttLink) -> list[Dialect]:
    """Make what a broker is to carry."""
    return [
        DIALECTS[name](link) for name in link.data.get(CONF_DIALECTS, DEFAULT_DIALECTS)
    ]
