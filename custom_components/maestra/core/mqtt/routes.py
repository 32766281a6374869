"""Which handlers get the messages of a topic: subscriptions, and a cache by topic."""

from collections.abc import Callable, Iterable
from dataclasses import replace
import socket
import ssl
from typing import Any, Final, Literal

import paho.mqtt.client as paho
from paho.mqtt.client import topic_matches_sub
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ..transport.transport import Handler, Subscription

CHUNK: Final = 8192
"""Bytes that are read in one turn: some 60 messages, a few milliseconds of work."""
FAILURE: Final = 0x80
"""Reasons from here on are failures (MQTT 5 §2.4)."""

MAX_CACHED_TOPICS: Final = 16_384


class ReadAhead:
    """A non-blocking socket that reads in chunks.

    paho asks for the head, the length and the rest of each packet one after the other, and
    goes on until nothing is left. Here it finds nothing left after each chunk, so that a
    flood does not keep the loop from everything else.
    """

    def __init__(self, sock: socket.socket) -> None:
        """Read ahead of whoever reads this."""
        self._sock = sock
        self._data = b""
        self._at = 0

    def __getattr__(self, name: str) -> Any:
        """Be the socket in everything else."""
        return getattr(self._sock, name)

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes; raises BlockingIOError when a chunk is used up."""
        at, data = self._at, self._data
        if at >= len(data):
            if data:
                self._data = b""
                raise BlockingIOError
            self._data = data = self._sock.recv(CHUNK)
            at = 0
        self._at = at + size
        return data[at : at + size]

    def pending(self) -> int:
        """Return how many bytes can be read that no selector tells of."""
        left = len(self._data) - self._at
        if left > 0:
            return left
        self._data = b""
        return self._sock.pending() if isinstance(self._sock, ssl.SSLSocket) else 0


def shorten_acknowledgements(client: paho.Client) -> None:
    """Take a PUBACK that reports no failure in 7 us instead of 23: paho lists all reasons for each."""
    full = client._handle_pubackcomp  # noqa: SLF001
    success = ReasonCode(PacketTypes.PUBACK)
    nothing = Properties(PacketTypes.PUBACK)  # type: ignore[no-untyped-call]

    def short(command: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        packet = client._in_packet["packet"]  # noqa: SLF001
        if len(packet) < 2 or (len(packet) > 2 and packet[2] >= FAILURE):
            return full(command)
        mid = int.from_bytes(packet[:2])
        if mid not in client._out_messages:  # noqa: SLF001
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        return client._do_on_publish(mid, success, nothing)  # noqa: SLF001

    client._handle_pubackcomp = short  # type: ignore[method-assign, assignment]  # noqa: SLF001


class Routes:
    """The subscribed dialects, and a cache from topic to handlers: filters are matched once for each topic."""

    def __init__(self) -> None:
        """Start without dialects."""
        self.former: set[str] = set()
        """Filters that a session of the past may have, wanted or not."""
        self._dialects: dict[Handler, tuple[Subscription, ...]] = {}
        self._cache: dict[str, tuple[Handler, ...]] = {}

    def add(
        self,
        subscriptions: Iterable[Subscription],
        handler: Handler,
        former: Iterable[str] = (),
    ) -> Callable[[], None]:
        """Register a dialect; returns what removes it."""
        self._dialects[handler] = tuple(subscriptions)
        self.former.update(former)
        self._cache.clear()

        def remove() -> None:
            self._dialects.pop(handler, None)
            self._cache.clear()

        return remove

    def wanted(self) -> dict[str, Subscription]:
        """Return the subscriptions by filter, each with the highest QoS that any dialect wants."""
        wanted: dict[str, Subscription] = {}
        for subscriptions in self._dialects.values():
            for subscription in subscriptions:
                known = wanted.get(subscription.filter, subscription)
                wanted[subscription.filter] = replace(
                    subscription,
                    qos=max(known.qos, subscription.qos),
                    no_local=known.no_local and subscription.no_local,
                )
        return wanted

    def find(self, topic: str) -> tuple[Handler, ...]:
        """Return the handlers of a topic, none when nobody wants it."""
        handlers = self._cache.get(topic)
        if handlers is None:
            handlers = tuple(
                handler
                for handler, subscriptions in self._dialects.items()
                if any(
                    topic_matches_sub(subscription.topics, topic)
                    for subscription in subscriptions
                )
            )
            # Topics come from the network: forget all rather than grow without end.
            if len(self._cache) >= MAX_CACHED_TOPICS:
                self._cache.clear()
            self._cache[topic] = handlers
        return handlers
