"""OSC over UDP and TCP: packets out of a stream of bytes, decoded, each message delivered at its time tag."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from time import time
from typing import Final, Protocol, override

from pythonosc import slip
from pythonosc.parsing import osc_types

from ..bus import TrafficMeter
from ..transport.commands import Malformed
from .codec import MAX_DATAGRAM, MAX_PACKET, OscMessage, decode, show, split
from .settings import FramingKind

_SIZE: Final = 4
_END: Final = slip.END[0]
_PACKET_STARTS: Final = b"/#"
MAX_WAITING: Final = 10_000
"""Messages whose time has not come."""
LONGEST_WAIT: Final = 3_600.0
"""Seconds that a time tag may lie ahead; the sender's clock is wrong beyond that."""


class BadFraming(Exception):
    """What comes over the connection can't be told apart any more."""


class Framing(Protocol):
    """One way to tell packets apart, for one connection."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what arrived and yield the packets that are complete; raises BadFraming."""

    def frame(self, packet: bytes) -> bytes:
        """Return a packet as it is sent."""


class LengthFraming(Framing):
    """The size of each packet before it."""

    def __init__(self) -> None:
        """Start at the beginning of a packet."""
        self._buffer = bytearray()

    @override
    def feed(self, data: bytes) -> Iterator[bytes]:
        self._buffer += data
        index = 0
        try:
            while len(self._buffer) - index >= _SIZE:
                end = index + _SIZE
                size = int.from_bytes(self._buffer[index:end], signed=True)
                if not 0 < size <= MAX_PACKET:
                    raise BadFraming(f"a packet of {size} bytes")
                if len(self._buffer) < end + size:
                    break
                index = end + size
                yield bytes(self._buffer[end:index])
        finally:
            del self._buffer[:index]

    @override
    def frame(self, packet: bytes) -> bytes:
        return osc_types.write_int(len(packet)) + packet


class SlipFraming(Framing):
    """END around each packet."""

    def __init__(self) -> None:
        """Start between packets."""
        self._buffer = bytearray()

    @override
    def feed(self, data: bytes) -> Iterator[bytes]:
        # Only what is new can have an END.
        first, *others = data.split(slip.END)
        self._buffer += first
        for piece in others:
            complete, self._buffer = bytes(self._buffer), bytearray(piece)
            if complete:
                try:
                    yield slip.decode(complete)
                except slip.ProtocolError:
                    raise BadFraming("a wrong escape") from None
        # Each byte of a packet may be sent as two.
        if len(self._buffer) > 2 * MAX_PACKET:
            raise BadFraming("a packet without an end")

    @override
    def frame(self, packet: bytes) -> bytes:
        return slip.encode(packet)


def detect(first: int) -> Framing:
    """Return the framing of a connection that begins with this byte; raises BadFraming.

    A size below 1 MiB begins with 0, SLIP with END. Some clients leave the first END out.
    """
    if first == 0:
        return LengthFraming()
    if first == _END or first in _PACKET_STARTS:
        return SlipFraming()
    raise BadFraming("it begins neither with a size nor as SLIP")


FRAMINGS: Final[Mapping[FramingKind, Callable[[], Framing]]] = {
    FramingKind.LENGTH: LengthFraming,
    FramingKind.SLIP: SlipFraming,
}


def _address(found: OscMessage | Malformed) -> str:
    """Return the address of a message, empty where even that can't be read."""
    return found.address if isinstance(found, OscMessage) else found.client or ""


class Receiver[P]:
    """Decodes the packets of peers and delivers each message at its time.

    `take` is given a message and its peer, `reject` the peer, the address, a code and the detail. `within_rate`
    is asked for each message after a packet's first: the packet itself is for whoever received it to count.
    """

    def __init__(
        self,
        take: Callable[[OscMessage, P], None],
        reject: Callable[[P, str, str, str], None],
        within_rate: Callable[[P], bool],
        traffic: TrafficMeter,
    ) -> None:
        """Wait for nothing yet."""
        self._take = take
        self._reject = reject
        self._within_rate = within_rate
        self._traffic = traffic
        self._waiting: set[asyncio.TimerHandle] = set()
        self._waiting_messages = 0

    def receive(self, packet: bytes, peer: P, longest: int = MAX_DATAGRAM) -> None:
        """Take one packet of at most `longest` bytes."""
        # How many messages it holds is known once it is decoded.
        with self._traffic.incoming(len(packet), 0):
            show(self._traffic, packet, is_incoming=True)
            found = decode(packet, longest)
            self._traffic.counters.add("messages_in", len(found))
            messages: list[OscMessage] = []
            for index, message in enumerate(found):
                if index and not self._within_rate(peer):
                    self._reject(peer, _address(message), "rate", "too many messages")
                    break
                if isinstance(message, OscMessage):
                    messages.append(message)
                else:
                    self._reject(peer, _address(message), "malformed", message.reason)
            if not any(message.at for message in messages):
                self._deliver(messages, peer)
                return
            for at, due in split(messages):
                delay = at - time() if at else 0.0
                if delay <= 0:
                    self._deliver(due, peer)
                else:
                    self._schedule(delay, due, peer)

    def stop(self) -> None:
        """Forget what waits."""
        for handle in self._waiting:
            handle.cancel()
        self._waiting.clear()
        self._waiting_messages = 0

    def _deliver(self, messages: list[OscMessage], peer: P) -> None:
        for message in messages:
            self._take(message, peer)

    def _schedule(self, delay: float, messages: list[OscMessage], peer: P) -> None:
        if delay > LONGEST_WAIT:
            self._reject(
                peer, messages[0].address, "time_tag", "more than an hour ahead"
            )
            return
        if self._waiting_messages + len(messages) > MAX_WAITING:
            self._reject(
                peer, messages[0].address, "time_tag", "too many messages wait"
            )
            return
        self._waiting_messages += len(messages)
        handle: asyncio.TimerHandle

        def due() -> None:
            self._waiting.discard(handle)
            self._waiting_messages -= len(messages)
            self._deliver(messages, peer)

        handle = asyncio.get_running_loop().call_later(delay, due)
        self._waiting.add(handle)
