"""WebSocket clients that cost next to nothing: raw sockets that count frames."""

import os
import socket
from typing import Final

OPENING: Final = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT: Final = 1


class RawSocket:
    """One client."""

    def __init__(self, port: int, path: str) -> None:
        """Connect."""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(OPENING.format(path=path, port=port).encode())
        self._left = b""
        while b"\r\n\r\n" not in self._left:
            if not (answer := self.socket.recv(4_096)):
                raise ConnectionError("closed before it was opened")
            self._left += answer
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        if b" 101 " not in head.splitlines()[0]:
            raise ConnectionError(head)
        self.socket.setblocking(False)

    def send(self, text: str) -> None:
        """Send a short text frame, masked as a client's must be."""
        data, mask = text.encode(), os.urandom(4)
        size = (
            bytes((0x80 | len(data),))
            if len(data) < 126
            else b"\xfe" + len(data).to_bytes(2)
        )
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self.socket.sendall(b"\x81" + size + mask + masked)

    def receive(self) -> list[bytes]:
        """Return the text frames that are there."""
        try:
            arrived = self.socket.recv(262_144)
        except BlockingIOError:
            return []
        if not arrived:
            raise ConnectionError("closed by the server")
        data = self._left + arrived
        at, found = 0, []
        while len(data) - at >= 2:
            size, begin = data[at + 1] & 127, at + 2
            if size == 126:
                size, begin = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif size == 127:
                size, begin = int.from_bytes(data[at + 2 : at + 10]), at + 10
            if len(data) < begin + size or begin - at > len(data) - at:
                break
            if data[at] & 15 == TEXT:
                found.append(data[begin : begin + size])
            at = begin + size
        self._left = data[at:]
        return found
