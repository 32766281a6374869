"""What we do with private parts of paho, and so only with the version that it was tested with.

Without it everything works, but slower, and with two limits: a reason code that paho does not expect in a packet ends
the connection, and so does a broker that wants fewer unacknowledged messages than we send at first.
"""

from collections.abc import Callable
import socket
import ssl
from typing import Any, Final, Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ..transport.libraries import is_tested
from .reasons import FAILURE, OLD_VERSION

IS_TUNED: Final = is_tested("paho-mqtt")

CHUNK: Final = 8192
"""Bytes that are read in one turn: some 60 messages, a few milliseconds of work."""

type OnReasons = Callable[[tuple[int, ...]], None]


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


def tune(client: paho.Client, on_reasons: OnReasons) -> None:
    """Make acknowledgements quick, and let any reason code pass: `on_reasons` is told those of each packet before it is handled."""
    _shorten_acknowledgements(client)
    _understand_reasons(client, on_reasons)
    opened = client.on_socket_open

    def read_ahead(client: paho.Client, userdata: Any, sock: Any) -> None:
        client._sock = ReadAhead(sock)  # noqa: SLF001  paho has no hook for it
        if opened is not None:
            opened(client, userdata, client._sock)  # noqa: SLF001

    client.on_socket_open = read_ahead


def limit_inflight(client: paho.Client, most: int) -> None:
    """Have at most so many messages on the wire from now on. paho's setter wants to be called before the broker has told."""
    client._max_inflight_messages = most  # noqa: SLF001


def drop(client: paho.Client, mid: int) -> None:
    """Send a message never again. Only while there is no connection."""
    client._out_messages.pop(mid, None)  # noqa: SLF001


def _shorten_acknowledgements(client: paho.Client) -> None:
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


def _understand_reasons(client: paho.Client, on_reasons: OnReasons) -> None:
    """Show paho no reason code that it would end the connection for, and tell what really stood there."""
    handle = client._packet_handle  # noqa: SLF001
    handle_pubrec = client._handle_pubrec  # noqa: SLF001
    refused = ReasonCode(PacketTypes.PUBREC, identifier=FAILURE)
    nothing = Properties(PacketTypes.PUBREC)  # type: ignore[no-untyped-call]

    def handle_packet() -> MQTTErrorCode:
        packet = client._in_packet  # noqa: SLF001
        kind = packet["command"] >> 4
        if (find := _REASONS_AT.get(kind)) is not None:
            body = packet["packet"]
            places = find(body)
            on_reasons(tuple(body[at] for at in places))
            for at in places:
                if body[at] not in _KNOWN[kind]:
                    body[at] = FAILURE if body[at] >= FAILURE else 0
        return handle()

    def pubrec() -> MQTTErrorCode:
        # paho would go on as if it were a success (MQTT 5 §4.3.3).
        packet = client._in_packet["packet"]  # noqa: SLF001
        if len(packet) > 2 and packet[2] >= FAILURE:
            mid = int.from_bytes(packet[:2])
            if mid not in client._out_messages:  # noqa: SLF001
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            return client._do_on_publish(mid, refused, nothing)  # noqa: SLF001
        return handle_pubrec()

    client._packet_handle = handle_packet  # type: ignore[method-assign]  # noqa: SLF001
    client._handle_pubrec = pubrec  # type: ignore[method-assign]  # noqa: SLF001


def _at(position: int) -> Callable[[bytes | bytearray], tuple[int, ...]]:
    return lambda body: (position,) if len(body) > position else ()


def _behind_properties(body: bytes | bytearray) -> tuple[int, ...]:
    """Return where the reasons of SUBACK and UNSUBACK are: behind the packet id, and properties of variable length."""
    length, shift, at = 0, 0, 2
    while at < len(body) and shift < 28:
        byte = body[at]
        length |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not byte & 0x80:
            return tuple(range(at + length, len(body)))
    return ()


_REASONS_AT: Final[dict[int, Callable[[bytes | bytearray], tuple[int, ...]]]] = {
    PacketTypes.CONNACK: _at(1),
    PacketTypes.PUBACK: _at(2),
    PacketTypes.PUBREC: _at(2),
    PacketTypes.PUBREL: _at(2),
    PacketTypes.PUBCOMP: _at(2),
    PacketTypes.SUBACK: _behind_properties,
    PacketTypes.UNSUBACK: _behind_properties,
    PacketTypes.DISCONNECT: _at(0),
}
# Codes that paho knows in each of them; how an old broker answers to CONNECT it looks at itself.
_KNOWN: Final = {
    kind: {
        code
        for code, names in ReasonCode(PacketTypes.PUBACK).names.items()
        if any(kind in kinds for kinds in names.values())
    }
    | ({OLD_VERSION} if kind == PacketTypes.CONNACK else set())
    for kind in _REASONS_AT
}
