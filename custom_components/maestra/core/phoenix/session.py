"""One client of channels: what it has joined, what it asks for, and what it is told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
import inspect
from typing import Any, Final

from aiohttp import WSMsgType, web

from ..bus import Counters, TrafficMeter, Unsubscribe, get_logger
from ..domain.errors import Busy, InvalidField, MaestraError
from ..domain.json_values import JsonObject, JsonValue
from ..domain.rate import TokenBucket
from ..transport.sockets import until_one_ends
from .channels import Channel, Command, Payload, PhoenixParts
from .frames import (
    CLOSE,
    ERROR,
    HEARTBEAT,
    HEARTBEAT_TOPIC,
    JOIN,
    LEAVE,
    Malformed,
    Message,
    decode,
    done,
    encode,
    failed,
    reply,
)

_LOGGER = get_logger(__name__)

IDLE_TIMEOUT: Final = 90.0
"""Seconds in which a client has to say something: they send a heartbeat."""
SEND_TIMEOUT: Final = 10.0  # seconds
COMMAND_TIMEOUT: Final = 5.0  # seconds
MAX_COMMANDS: Final = 10
"""Of one client at once."""
COMMANDS_AT_ONCE: Final = 50
COMMANDS_PER_SECOND: Final = 5.0
MAX_JOINED: Final = 50
JOINS_AT_ONCE: Final = 100
JOINS_PER_SECOND: Final = 5.0
"""Who joins may be told a whole state."""
MAX_WAITING: Final = 500
"""Messages for a client that does not keep up; what comes on top of them is dropped."""
MAX_WAITING_SIZE: Final = 4 * 2**20
"""Characters of these; a single message may have more."""
# What is borne of messages that can't be read, or are too many, before the connection is closed.
EXCESS_AT_ONCE: Final = 200
EXCESS_PER_SECOND: Final = 5


class _Joined:
    """A topic that a client has joined."""

    def __init__(self, channels: tuple[Channel, ...], join_ref: str | None) -> None:
        self.channels = channels
        self.join_ref = join_ref
        self.unsubscribes: list[Unsubscribe] = []

    def leave(self) -> None:
        for unsubscribe in self.unsubscribes:
            unsubscribe()
        self.unsubscribes.clear()

    def command(self, event: str) -> tuple[Command, bool] | None:
        """Return what does this, and whether its answer is bare."""
        # What knows more of it comes later.
        for channel in reversed(self.channels):
            if event in channel.commands:
                return channel.commands[event], event in channel.bare
        return None


class Session:
    """Serves one client until it goes."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        version: str,
        parts: PhoenixParts,
        *,
        counters: Counters,
        traffic: TrafficMeter,
        reject: Callable[[str, str], None],
        within_rate: Callable[[], bool],
    ) -> None:
        """Have joined nothing yet. `reject` is told of what is refused: a code, and why."""
        self._socket = socket
        self._version = version
        self._parts = parts
        self._counters = counters
        self._traffic = traffic
        self._reject = reject
        self._within_rate = within_rate
        self._joined: dict[str, _Joined] = {}
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        self._waiting_size = 0
        self._commands: set[asyncio.Task[None]] = set()
        self._budget = TokenBucket(COMMANDS_AT_ONCE, COMMANDS_PER_SECOND)
        self._joins = TokenBucket(JOINS_AT_ONCE, JOINS_PER_SECOND)

    @property
    def topics(self) -> Iterable[str]:
        """What the client has joined."""
        return self._joined

    async def serve(self) -> None:
        """Answer until the client goes, says nothing for too long, or says too much that can't be read."""
        try:
            await until_one_ends("maestra channel", self._read(), self._write())
        finally:
            for joined in self._joined.values():
                joined.leave()
            commands = list(self._commands)
            for task in commands:
                task.cancel()
            if commands:
                await asyncio.wait(commands)

    async def _read(self) -> None:
        excess = TokenBucket(EXCESS_AT_ONCE, EXCESS_PER_SECOND)
        while True:
            try:
                async with asyncio.timeout(IDLE_TIMEOUT):
                    received = await self._socket.receive()
            except TimeoutError:
                return
            if received.type is not WSMsgType.TEXT:
                return
            text: str = received.data
            with self._traffic.incoming(len(text)):
                problem = self._take(text)
            if problem is not None:
                self._counters.add("malformed")
                self._reject("malformed", problem)
                if not excess.take():
                    return
            # Reading does not wait while messages are there: others have their turn.
            await asyncio.sleep(0)

    async def _write(self) -> None:
        try:
            while True:
                text = await self._waiting.get()
                self._waiting_size -= len(text)
                async with asyncio.timeout(SEND_TIMEOUT):
                    await self._socket.send_str(text)
                self._traffic.outgoing(len(text))
        except ConnectionError, TimeoutError:
            # Who takes nothing is gone.
            return

    def _take(self, text: str) -> str | None:
        """Do what a message says; returns what is wrong with it."""
        if not self._within_rate():
            return "too many messages"
        message = decode(text, self._version)
        match message:
            case Malformed():
                return message.reason
            case Message(topic=topic, event=event) if topic == HEARTBEAT_TOPIC:
                if event != HEARTBEAT:
                    return "is no heartbeat"
                self._send(reply(message, {}))
            case Message(event=event) if event == JOIN:
                self._join(message)
            case Message(event=event) if event == LEAVE:
                self._leave(message)
            case Message():
                self._ask(message)
        return None

    def _join(self, message: Message) -> None:
        topic = message.topic
        channels = tuple(each for each in self._parts.channels if each.fits(topic))
        reason = None
        if not channels:
            reason = "unmatched topic"
        elif topic not in self._joined and len(self._joined) >= MAX_JOINED:
            reason = "too many topics"
        elif not self._joins.take():
            reason = "too many joins"
            self._reject("backpressure", reason)
        if reason is not None:
            self._send(reply(message, {"reason": reason}, status=ERROR))
            return
        if (known := self._joined.pop(topic, None)) is not None:
            # Who joins again, as after a fault, has left.
            known.leave()
            self._send(Message(topic, CLOSE, {}, None, known.join_ref))
        join_ref = message.join_ref or message.ref
        joined = self._joined[topic] = _Joined(channels, join_ref)
        self._send(reply(message, {}))
        push = partial(self._push, topic, join_ref)
        for channel in channels:
            joined.unsubscribes.append(channel.joined(topic, push))

    def _leave(self, message: Message) -> None:
        if (joined := self._joined.pop(message.topic, None)) is not None:
            joined.leave()
        self._send(reply(message, {}))
        self._send(Message(message.topic, CLOSE, {}, message.ref, message.join_ref))

    def _ask(self, message: Message) -> None:
        joined = self._joined.get(message.topic)
        if joined is None:
            self._send(reply(message, {"reason": "unmatched topic"}, status=ERROR))
            return
        found = joined.command(message.event)
        if found is None:
            self._refuse(message, "unknown_command", f"{message.event} is no command")
        elif len(self._commands) >= MAX_COMMANDS or not self._budget.take():
            self._refuse(message, "backpressure", "Too many commands: try again later")
        else:
            task = asyncio.create_task(
                self._do(message, *found), name="maestra channel command"
            )
            self._commands.add(task)
            task.add_done_callback(self._commands.discard)

    async def _do(self, message: Message, command: Command, is_bare: bool) -> None:
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT):
                answer = await answered(command(message.topic, message.payload))
        except TimeoutError:
            self._refuse(message, "service_timeout", "It took too long")
        except InvalidField as error:
            facts = error.facts
            if is_bare:
                wrong: JsonObject = {
                    "field": str(facts["field"]),
                    "messages": [str(facts["reason"])],
                }
                self._send(reply(message, {"errors": [wrong]}, status=ERROR))
            else:
                self._refuse(message, error.code, str(error))
        except MaestraError as error:
            code = "service_error" if error.is_failure else "operation_failed"
            self._refuse(
                message, "backpressure" if isinstance(error, Busy) else code, str(error)
            )
        except Exception:
            _LOGGER.exception("The command %s of a client failed", message.event)
            self._refuse(message, "service_error", "It failed")
        else:
            self._send(reply(message, answer if is_bare else done(answer)))

    def _refuse(self, message: Message, code: str, reason: str) -> None:
        self._reject(code, reason)
        self._send(reply(message, failed(code, reason), status=ERROR))

    def _push(
        self, topic: str, join_ref: str | None, event: str, payload: Payload
    ) -> None:
        self._send(Message[Any](topic, event, payload, None, join_ref))

    def _send(self, message: Message[Any]) -> None:
        text = encode(message, self._version)
        size = self._waiting_size + len(text)
        if self._waiting.full() or (self._waiting_size and size > MAX_WAITING_SIZE):
            self._counters.add("events_dropped")
            return
        self._waiting_size = size
        self._waiting.put_nowait(text)


async def answered(answer: JsonValue | Awaitable[JsonValue]) -> JsonValue:
    """Wait for an answer that takes its time."""
    return await answer if inspect.isawaitable(answer) else answer
