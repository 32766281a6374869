"""Where paho is slow on the hot path: reading packet by packet, and building tables for each acknowledgement."""

import socket
import ssl
from typing import Any, Final, Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

CHUNK: Final = 8192
"""Bytes that are read in one turn: some 60 messages, a few milliseconds of work."""
FAILURE: Final = 0x80
"""Reasons from here on are failures (MQTT 5 §2.4)."""


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
