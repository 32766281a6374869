"""One connection to a NATS server: nats-py's client, with messages delivered where they are read."""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass, field
import ssl
from typing import Any, Final, NamedTuple, override

from nats import errors
from nats.aio.client import Client as NatsPyClient
from nats.aio.msg import Msg
from nats.errors import ProtocolError
from nats.protocol.parser import AWAITING_CONTROL_LINE, CRLF_SIZE, Parser

from ..bus import cached_by_text, get_logger
from ..transport.libraries import TESTED, is_tested
from ..transport.tls import TlsSettings
from .errors import (
    NO_SERVER,
    NatsError,
    NatsSeedInvalid,
    NatsTlsFailed,
    NatsUnreachable,
    connect_failure,
    kind_of_words,
)
from .nkey import InvalidSeed, UserKey

_LOGGER = get_logger(__name__)

TIMEOUT: Final = 10.0
"""Seconds for an attempt to connect."""
PING_INTERVAL: Final = 15
"""Seconds between two PINGs; without an answer to two of them the connection is over."""
CLOSE_TIMEOUT: Final = 2.0
"""Seconds for each of: sending what waits, closing."""
MAX_LOGGED: Final = 100
CONNECTION_LOST: Final = "the connection was lost"
LINE_END: Final = b"\r\n"
MAX_LINE: Final = 64 * 1024
"""Bytes; INFO of a large cluster is longer than other lines."""
# A server takes these for letters of a subject, and the library for the end of it. No text has the byte 0xFF.
_BLANKS: Final = bytes.maketrans(b"\x0b\x0c", b"\xff\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsSettings:
    """A server and our account there: a token, a user with password, or the seed of an nkey; or none of them."""

    host: str
    port: int
    name: str = "Maestra"
    """How the server's monitoring calls our connection."""
    token: str | None = field(default=None, repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    seed: str | None = field(default=None, repr=False)
    tls: TlsSettings | None = None
    others: tuple[tuple[str, int], ...] = ()
    """Hosts and ports of other servers of the same cluster: each attempt to connect goes to the next one."""
    max_pending: int = 4 * 1024 * 1024
    """Bytes that may wait to be sent; what comes then is refused."""


class LineParser(Parser):
    """Gives the library one line or payload at a time, so that nobody's subject can be taken for something else."""

    @override
    def reset(self) -> None:
        super().reset()
        self._held = bytearray()

    @override
    async def parse(self, data: bytes = b"") -> None:
        held = self._held
        held.extend(data)
        while held:
            if is_line := self.state == AWAITING_CONTROL_LINE:
                end = held.find(LINE_END) + len(LINE_END)
                if end < len(LINE_END):
                    if len(held) > MAX_LINE:
                        raise ProtocolError
                    return
            else:
                end = self.needed + CRLF_SIZE
                if len(held) < end:
                    return
            piece = bytes(held[:end])
            del held[:end]
            await super().parse(piece.translate(_BLANKS) if is_line else piece)


class Message(NamedTuple):
    """One message as it came. `reply` is where an answer is waited for, empty where none is."""

    subject: str
    payload: bytes
    reply: str
    headers: Mapping[str, str] | None = None


type Handler = Callable[[Message], None]


class Client(NatsPyClient):
    """One connection, from `open` to `end`; it never comes back by itself.

    It uses the public parts of nats-py only, for versions that it was not tested with (`connection_class`).
    """

    def __init__(self, settings: NatsSettings) -> None:
        """Connect nothing."""
        super().__init__()
        self.lost = asyncio.Event()
        """Set when the connection is over; `failure` says why."""
        self.failure: NatsError | None = None
        self._settings = settings
        self._sending: set[asyncio.Task[None]] = set()
        self._denied: set[str] = set()
        self._failed: set[type[Exception]] = set()
        self._told: Exception | None = None
        self._has_begun = False

    @property
    def is_usable(self) -> bool:
        """Whether something can be sent."""
        return self.is_connected and not self.lost.is_set()

    @property
    def version(self) -> str | None:
        """What the server calls its version."""
        return None

    @property
    def pending(self) -> int:
        """How many commands wait to be sent, where that is known."""
        return 0

    async def open(self, context: ssl.SSLContext | None) -> None:
        """Connect; raises NatsError by kind. `context` None: without TLS."""
        self._check_seed()
        if context is not None:
            # It goes on without TLS where a server says that it has none, and tells it our password.
            raise self._failure(NatsTlsFailed, f"TLS needs nats-py {TESTED['nats-py']}")
        await self._open(
            None,
            error_cb=self._note_error,
            closed_cb=self._note_closed,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
        )

    @override
    def _setup_nkeys_seed_connect(self) -> None:
        """Sign with our own key: the library's needs a package that has no wheel."""
        key = UserKey.from_seed(self._settings.seed or "")
        self._public_nkey = key.public
        self._signature_cb = key.sign

    async def _open(self, context: ssl.SSLContext | None, **options: Any) -> None:
        settings = self._settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._has_begun = True
        try:
            async with asyncio.timeout(TIMEOUT):
                await self.connect(
                    [f"nats://{host}:{settings.port}"],
                    name=settings.name,
                    allow_reconnect=False,
                    connect_timeout=TIMEOUT,  # type: ignore[arg-type]
                    ping_interval=PING_INTERVAL,
                    max_outstanding_pings=2,
                    no_echo=True,
                    tls=context,
                    tls_hostname=settings.host,
                    user=settings.user,
                    password=settings.password or "",
                    token=settings.token,
                    nkeys_seed_str=settings.seed,
                    # Nothing is buffered for later; what waits is bounded by our own `max_pending`.
                    pending_size=0,
                    **options,
                )
        except errors.NoServersError as error:
            raise self.failure_of(self._told or error) from None
        except (
            OSError,
            errors.Error,
            ValueError,
            TypeError,
            AttributeError,
            AssertionError,
        ) as error:
            raise self.failure_of(error) from None
        if not self.is_connected:
            # nats-py takes a connection that is closed instead of confirmed for one.
            raise self.failure_of(ConnectionResetError(NO_SERVER))

    def failure_of(self, error: Exception) -> NatsError:
        """Return why an attempt to connect failed."""
        return self._failure(
            *connect_failure(error, is_tls=self._settings.tls is not None)
        )

    async def listen(self, subject: str, handler: Handler) -> None:
        """Hand every message on `subject` to `handler`."""

        async def hand_over(received: Msg) -> None:
            self._hand_over(
                handler,
                Message(
                    received.subject, received.data, received.reply, received.headers
                ),
            )

        await self.subscribe(subject, cb=hand_over)

    async def settle(self, timeout: float) -> None:
        """Wait until the server has taken everything that was said before now; raises nats.errors.Error."""
        # The library's PING overtakes what waits to be sent: only the second one comes after it.
        await self.flush(timeout)  # type: ignore[arg-type]
        await self.flush(timeout)  # type: ignore[arg-type]

    def send(self, subjects: tuple[str, ...], payload: bytes, reply: str = "") -> None:
        """Send one message on each of these subjects without waiting; raises nats.errors.Error."""
        for subject in subjects:
            # Nothing in it waits as long as the flusher's queue has room: an eager task is done at once.
            task = asyncio.Task(
                self.publish(subject, payload, reply),
                loop=asyncio.get_running_loop(),
                eager_start=True,
            )
            if task.done():
                task.result()
            else:
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def end(self) -> None:
        """Send what waits if there is still somebody to take it, and leave nothing behind."""
        if self.is_usable:
            with contextlib.suppress(errors.Error, OSError):
                await self.settle(CLOSE_TIMEOUT)
        if not self._has_begun:
            return
        with contextlib.suppress(errors.Error, OSError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self.close()

    def _hand_over(self, handler: Handler, message: Message) -> None:
        try:
            handler(message)
        except Exception as error:
            if type(error) not in self._failed:
                self._failed.add(type(error))
                _LOGGER.exception("A message from NATS could not be handled")

    async def _note_error(self, error: Exception) -> None:
        self._told = error
        words = _words(error)
        if _is_denial(words):
            self._log_denial(words)

    async def _note_closed(self) -> None:
        words = "" if self.last_error is None else _words(self.last_error)
        if not words or _is_denial(words):
            self._lose(NatsUnreachable, CONNECTION_LOST)
        else:
            self._lose(kind_of_words(words), f"{CONNECTION_LOST}: {words}")

    def _log_denial(self, words: str) -> None:
        if words in self._denied or len(self._denied) >= MAX_LOGGED:
            return
        self._denied.add(words)
        _LOGGER.warning(
            "NATS server %s:%s denies us something: %s",
            self._settings.host,
            self._settings.port,
            words,
        )

    def _lose(self, kind: type[NatsError], reason: str) -> None:
        if self.failure is None:
            self.failure = self._failure(kind, reason)
        self.lost.set()

    def _failure(self, kind: type[NatsError], reason: str) -> NatsError:
        return kind(host=self._settings.host, port=self._settings.port, reason=reason)

    def _check_seed(self) -> None:
        settings = self._settings
        if settings.seed is not None and not is_user_seed(settings.seed):
            raise NatsSeedInvalid(
                host=settings.host,
                port=settings.port,
                reason="the seed is not that of a user's nkey",
            )


@cached_by_text(8_192)
def _beginnings(reply: str, *subjects: str) -> tuple[bytes, ...]:
    """Return how the lines that publish on these subjects begin, up to the payload's size."""
    return tuple(f"PUB {subject} {reply} ".encode() for subject in subjects)


class TunedClient(Client):
    """The same with private parts of nats-py, and so only with the version that it was tested with.

    nats-py puts messages into a queue for a task, and buffers what is published while it reconnects.
    Here a handler takes each message from the read loop, so that the server feels the back pressure,
    and nothing is sent late.
    """

    def __init__(self, settings: NatsSettings) -> None:
        """Connect nothing."""
        super().__init__(settings)
        self._ps = LineParser(self)
        self._context: ssl.SSLContext | None = None
        self._handlers: dict[int, Handler] = {}

    @property
    @override
    def is_usable(self) -> bool:
        return self._status == self.CONNECTED and not self.lost.is_set()

    @property
    @override
    def version(self) -> str | None:
        version = self._server_info.get("version")
        return version if isinstance(version, str) else None

    @property
    @override
    def pending(self) -> int:
        return len(self._pending)

    @override
    async def open(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self._check_seed()
        await self._open(context, error_cb=_ignore)
        # asyncio makes an object of each of many lines, and these bring the garbage collector.
        transport = self._transport
        assert transport is not None
        transport.writelines = lambda payload: transport.write(b"".join(payload))  # type: ignore[method-assign]

    @override
    async def listen(self, subject: str, handler: Handler) -> None:
        subscription = await self.subscribe(subject)
        self._handlers[subscription._id] = handler  # noqa: SLF001

    @override
    def send(self, subjects: tuple[str, ...], payload: bytes, reply: str = "") -> None:
        # What `publish` does with subjects that are ones, without a task for each message.
        content = b"%d\r\n%b\r\n" % (len(payload), payload)
        for begin in _beginnings(reply, *subjects):
            command = begin + content
            self._pending.append(command)
            self._pending_data_size += len(command)
        assert self._flush_queue is not None
        if self._flush_queue.empty():
            self._flush_queue.put_nowait(asyncio.get_running_loop().create_future())

    @override
    async def end(self) -> None:
        if self.is_usable:
            with contextlib.suppress(errors.Error, OSError):
                await self.settle(CLOSE_TIMEOUT)
        self._status = self.CLOSED
        tasks = [
            task
            for task in (
                self._reading_task,
                self._ping_interval_task,
                self._flusher_task,
                *(sub._wait_for_msgs_task for sub in self._subs.values()),  # noqa: SLF001
                *self._sending,
            )
            if task is not None
        ]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT)
        writer = getattr(self._transport, "_io_writer", None)
        if writer is None:
            return
        writer.close()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await writer.wait_closed()
        except OSError, TimeoutError:
            writer.transport.abort()

    @override
    async def _select_next_server(self) -> None:
        # nats-py would try for ever: here an attempt fails as it failed.
        server = self._server_pool[0]
        await self._connect_to_server(server)
        self._current_server = server

    @override
    async def _process_info(
        self, info: dict[str, Any], initial_connection: bool = False
    ) -> None:
        # nats-py goes on without TLS where a server says that it has none, and makes a context of its own,
        # which blocks, where it has. Other servers of a cluster are not ours to choose.
        if not initial_connection:
            return
        if self._context is None:
            if info.get("tls_required"):
                raise errors.SecureConnRequiredError
        elif info.get("tls_required") or info.get("tls_available"):
            info["tls_required"] = True
        else:
            raise errors.SecureConnWantedError

    @override
    async def _process_headers(self, headers: Any) -> dict[str, str] | None:
        # Any client can write headers that can't be read: that must not end the connection.
        try:
            return await super()._process_headers(headers)
        except ValueError, LookupError:
            return None

    @override
    def _build_message(
        self,
        sid: int,
        subject: bytes,
        reply: bytes,
        data: bytes,
        headers: dict[str, str] | None,
    ) -> Msg | None:
        # Subjects are any bytes: the library's own decoding would end the connection.
        received = Message(
            subject.decode(errors="replace"),
            data,
            reply.decode(errors="replace"),
            headers,
        )
        if (handler := self._handlers.get(sid)) is None:
            return self.msg_class(
                subject=received.subject,
                reply=received.reply,
                data=data,
                headers=headers,
                _client=self,
                _sid=sid,
            )
        self._hand_over(handler, received)
        return None

    @override
    async def _process_err(self, err_msg: str) -> None:
        words = err_msg.strip("'")
        if _is_denial(words):
            self._log_denial(words)
        else:
            self._lose(kind_of_words(words), words)

    @override
    async def _process_op_err(self, e: Exception) -> None:
        self._lose(NatsUnreachable, f"{CONNECTION_LOST}: {_words(e)}")

    @override
    async def _read_loop(self) -> None:
        try:
            await super()._read_loop()
        finally:
            # The library only logs what it did not expect, and would never read again.
            self._lose(NatsUnreachable, CONNECTION_LOST)


connection_class: Final = TunedClient if is_tested("nats-py") else Client
"""What connections are made with."""


def is_user_seed(text: str) -> bool:
    """Whether a text is the seed of a user's nkey."""
    if not text.startswith("SU"):
        return False
    try:
        UserKey.from_seed(text)
    except InvalidSeed:
        return False
    return True


def _words(error: Exception) -> str:
    return str(error).removeprefix("nats: ").strip("'")


def _is_denial(words: str) -> bool:
    return "permissions violation" in words.lower()


async def _ignore(_error: Exception) -> None:
    """Say nothing: whoever waits for it is told by an exception, or by `lost`."""
