"""One WebSocket connection: receiving, and an outbox that sends in order and within bounds."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from contextlib import suppress
from itertools import count
from struct import Struct
from typing import ClassVar, Final, Literal

from aiohttp import WebSocketError, WSMessageTypeError, WSMsgType, web

from ..bus import Counters

CLOSE_TIMEOUT: Final = 2.0  # seconds that a client may take to say goodbye
MAX_SNAPSHOTS: Final = 8
MAX_WRITE: Final = 64 * 1024
"""Bytes that gather in a turn of the loop before they are written."""
MAX_REASON: Final = 123  # bytes, RFC 6455 §5.5
PAUSE: Final = b""
"""In a snapshot: others may do something now."""


_FIN: Final = 0x80
_MEDIUM: Final = Struct(">BBH")
_LARGE: Final = Struct(">BBQ")


class Outbox:
    """Keeps frames in order, within bounds.

    Where a frame does not fit, older states of the same entity make room: the latest
    wins, at its own place in the order. Frames without a `key` are never left out.
    """

    __slots__ = (
        "_frames",
        "_latest",
        "_most_bytes",
        "_most_frames",
        "_numbers",
        "size",
    )

    def __init__(self, most_frames: int, most_bytes: int) -> None:
        """Start empty. A single frame always fits, whatever its size."""
        self._frames: OrderedDict[int, tuple[bytes, Hashable]] = OrderedDict()
        self._latest: dict[Hashable, int] = {}
        self._numbers = count()
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self.size = 0
        """Bytes that wait."""

    def __len__(self) -> int:
        """Return how many frames wait."""
        return len(self._frames)

    def put(self, frame: bytes, key: Hashable = None) -> int | None:
        """Add a frame; return how many others it made superfluous, or None where it does not fit."""
        left_out = 0
        if not self._fits(frame):
            left_out = self._leave_out_last(key)
        if not self._fits(frame):
            left_out += self._leave_out_old()
        if not self._fits(frame):
            return None
        number = next(self._numbers)
        self._frames[number] = (frame, key)
        self.size += len(frame)
        if key is not None:
            self._latest[key] = number
        return left_out

    def take(self) -> bytes | None:
        """Take out the oldest frame."""
        if not self._frames:
            return None
        number, (frame, key) = self._frames.popitem(last=False)
        self.size -= len(frame)
        if key is not None and self._latest.get(key) == number:
            del self._latest[key]
        return frame

    def clear(self) -> int:
        """Leave out everything; return how many frames that were."""
        left_out = len(self._frames)
        self._frames.clear()
        self._latest.clear()
        self.size = 0
        return left_out

    def _fits(self, frame: bytes) -> bool:
        return not self._frames or (
            len(self._frames) < self._most_frames
            and self.size + len(frame) <= self._most_bytes
        )

    def _leave_out_last(self, key: Hashable) -> int:
        """Leave out the last state of an entity that is told anew."""
        if key is None or (number := self._latest.pop(key, None)) is None:
            return 0
        self._leave_out(number)
        return 1

    def _leave_out_old(self) -> int:
        """Leave out all states that are not the last of their entity."""
        old = [
            number
            for number, (_, key) in self._frames.items()
            if key is not None and self._latest.get(key) != number
        ]
        for number in old:
            self._leave_out(number)
        return len(old)

    def _leave_out(self, number: int) -> None:
        self.size -= len(self._frames.pop(number)[0])


type Socket = web.WebSocketResponse[Literal[False]]


class Control(bytes):
    """A control frame that waits its turn among the others."""

    opcode: ClassVar[WSMsgType]


class Ping(Control):
    """Asks whether the client is there."""

    opcode = WSMsgType.PING


class Pong(Control):
    """Says that we are."""

    opcode = WSMsgType.PONG


def packed(frame: bytes) -> bytes:
    """Return a frame as it is on the wire, unmasked and whole (RFC 6455 §5.2)."""
    size, first = len(frame), _FIN | _opcode(frame)
    if size < 126:
        return bytes((first, size)) + frame
    if size < 65_536:
        return _MEDIUM.pack(first, 126, size) + frame
    return _LARGE.pack(first, 127, size) + frame


class Client:
    """Sends in order and within bounds; a client that is too slow for that is closed.

    What there is to send in one turn of the loop is one write.
    """

    def __init__(
        self,
        number: int,
        address: str,
        socket: Socket,
        transport: asyncio.Transport | None,
        counters: Counters,
        outbox: Outbox,
        heartbeat: float,
    ) -> None:
        """Take over a connection whose handshake is done; a client that is silent for `heartbeat` seconds is asked."""
        self.number = number
        self.address = address
        self.is_slow = False
        self._socket = socket
        self._transport = transport
        self._counters = counters
        self._outbox = outbox
        self._gathered: list[tuple[bytes, Hashable]] = []
        self._gathered_bytes = 0
        self._flushing: asyncio.Handle | None = None
        self._snapshots: deque[Iterator[bytes]] = deque()
        self._heartbeat = heartbeat
        self._loop = asyncio.get_running_loop()
        self._name = f"maestra websocket client {number}"
        self._sending: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def is_closing(self) -> bool:
        """Whether nothing is sent any more."""
        return self._closing is not None

    def send(self, frame: bytes, key: Hashable = None) -> None:
        """Send a frame as soon as the client takes it. `key` is what it tells the latest of: the state of an entity, a command."""
        if self._closing is not None:
            return
        if self._sending is not None:
            self._wait(frame, key)
            return
        self._gathered.append((frame, key))
        self._gathered_bytes += len(frame)
        if self._gathered_bytes >= MAX_WRITE:
            self._flush()
        elif self._flushing is None:
            self._flushing = self._loop.call_soon(self._flush)

    def send_snapshot(self, states: Iterator[bytes]) -> bool:
        """Send frames that are made when it is their turn; False where too many snapshots are under way."""
        self._flush()
        if self._closing is not None:
            return True
        if len(self._snapshots) >= MAX_SNAPSHOTS:
            return False
        self._snapshots.append(states)
        if self._sending is None:
            self._send_waiting_soon()
        return True

    async def receive(self) -> bytes | None:
        """Wait for the next text frame; None at the end of the connection, or of a client that is silent.

        Raises WSMessageTypeError for a binary frame, and WebSocketError for one that breaks
        the protocol or the size limit: then the connection is closed with that error's code.
        """
        patience = self._heartbeat
        while True:
            try:
                # It also ends aiohttp's own goodbye to a client that reads no more.
                async with asyncio.timeout(patience):
                    message = await self._socket.receive()
            except TimeoutError:
                if self._socket.closed or patience < self._heartbeat:
                    return None
                self.send(Ping())
                patience = self._heartbeat / 2
                continue
            if message.type is WSMsgType.TEXT:
                text: bytes = message.data
                return text
            if message.type is WSMsgType.BINARY:
                raise WSMessageTypeError
            if isinstance(message.data, WebSocketError):
                raise message.data
            if message.type not in (WSMsgType.PING, WSMsgType.PONG):
                return None
            patience = self._heartbeat
            if message.type is WSMsgType.PING:
                self.send(Pong(message.data))
            # Reading does not wait while frames are there: others have their turn.
            await asyncio.sleep(0)

    def close(self, code: int, reason: str) -> None:
        """Say goodbye, and cut the connection if the client does not answer. What waits is not sent."""
        self._flush()
        if self._closing is None:
            self._counters.add("unsent", self._outbox.clear())
            self._snapshots.clear()
            self._closing = self._loop.create_task(
                self._close(code, reason), name=self._name
            )

    async def finish(self) -> None:
        """Leave nothing behind."""
        self._flush()
        if self._closing is not None:
            await self._closing
        if (sending := self._sending) is not None:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
        self._counters.add("unsent", self._outbox.clear())
        self._snapshots.clear()
        self._cut()

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._socket.close(
                    code=code, message=reason.encode()[:MAX_REASON]
                )
        except TimeoutError:
            pass
        finally:
            self._cut()

    def _cut(self) -> None:
        # Closing alone would wait for what the client never reads.
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        """Write what has gathered where the connection takes it, else let it wait."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        if not self._gathered:
            return
        gathered, self._gathered, self._gathered_bytes = self._gathered, [], 0
        transport = self._transport
        if transport is None or transport.is_closing() or self._socket.closed:
            self._counters.add("unsent", len(gathered))
        elif transport.get_write_buffer_size() < transport.get_write_buffer_limits()[1]:
            transport.write(b"".join([packed(frame) for frame, _ in gathered]))
        else:
            for frame, key in gathered:
                self._wait(frame, key)
            if self._closing is None:
                self._send_waiting_soon()

    def _wait(self, frame: bytes, key: Hashable) -> None:
        """Keep a frame until the client takes it."""
        if self._closing is not None:
            self._counters.add("unsent")
            return
        left_out = self._outbox.put(frame, key)
        if left_out is None:
            self.is_slow = True
            self._counters.add("unsent")
            self.close(1013, "Too slow: frames were waiting for too long")
        elif left_out:
            self._counters.add("unsent", left_out)
            self._counters.add("coalesced", left_out)

    def _send_waiting_soon(self) -> None:
        """Send what waits, now or in a task."""
        task = asyncio.Task(
            self._send_waiting(), loop=self._loop, name=self._name, eager_start=True
        )
        self._sending = None if task.done() else task

    async def _send_waiting(self) -> None:
        try:
            while (frame := self._next()) is not None:
                if frame is PAUSE:
                    await asyncio.sleep(0)
                else:
                    # A client that takes nothing is ended by its silence, or by a full outbox.
                    await self._socket.send_frame(frame, _opcode(frame))
        except ConnectionError:
            self._counters.add("unsent", 1 + self._outbox.clear())
            self._snapshots.clear()
        finally:
            self._sending = None

    def _next(self) -> bytes | None:
        if self._outbox:
            return self._outbox.take()
        while self._snapshots:
            if (frame := next(self._snapshots[0], None)) is not None:
                return frame
            self._snapshots.popleft()
        return None


def _opcode(frame: bytes) -> WSMsgType:
    return frame.opcode if isinstance(frame, Control) else WSMsgType.TEXT
