"""Packets on a TCP connection: after their size (OSC 1.0), or between SLIP's END (OSC 1.1)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol, override

from pythonosc import slip
from pythonosc.parsing import osc_types

from .codec import MAX_PACKET
from .settings import FramingKind

_SIZE: Final = 4
_END: Final = slip.END[0]
_PACKET_STARTS: Final = b"/#"


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
