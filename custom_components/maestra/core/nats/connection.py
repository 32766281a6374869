"""A connection to a NATS server that comes back by itself."""

from dataclasses import replace
import itertools
from typing import Final, NoReturn

from nats import errors

from ..bus import Counters, Unsubscribe, cached_by_text, get_logger
from ..domain.errors import InvalidField, NotConnected, OutgoingFull
from ..transport.errors import MessageTooLarge
from ..transport.reconnect import Backoff, ConnectionListener, Reconnector
from ..transport.subjects import is_subject
from ..transport.tls import InvalidTlsMaterial, open_context
from .client import TIMEOUT, Client, Handler, NatsSettings, connection_class
from .errors import NatsTlsFailed

_LOGGER = get_logger(__name__)

MAX_LINE: Final = 4_000
"""Bytes of a subject and where the answer goes to: servers take lines of 4096, unless told otherwise."""
OVERHEAD: Final = 32
"""Bytes that a PUB has beside its subjects and payload, at most."""


class NatsConnection:
    """At most once, in both directions: what can't be sent now is refused, and never sent late."""

    def __init__(
        self,
        settings: NatsSettings,
        name: str | None = None,
        *,
        backoff: Backoff = Backoff(),
    ) -> None:
        """Make a connection that `run` brings to life. `name` is how people know the server."""
        self.counters = Counters()
        self._settings = settings
        self._addresses = itertools.cycle(
            [(settings.host, settings.port), *settings.others]
        )
        self.name = name or f"{settings.host}:{settings.port}"
        self._reconnector = Reconnector(f"NATS server {self.name}", backoff)
        self._client: Client | None = None
        self._server_version: str | None = None
        self._handlers: dict[str, Handler] = {}
        self._was_connected = False

    @property
    def connected(self) -> bool:
        """Whether `publish` is possible."""
        return self._client is not None and self._client.is_usable

    @property
    def server_version(self) -> str | None:
        """The server's version; None before the first connection."""
        return self._server_version

    def listen(self, subject: str, handler: Handler) -> Unsubscribe:
        """Give every message on a subject (wildcards allowed) to `handler` from the next connection on.

        Our own messages do not come back. A message is handled where it is read: `handler` must not wait.
        """
        self._handlers[subject] = handler

        def forget() -> None:
            self._handlers.pop(subject, None)

        return forget

    def on_connection(self, listener: ConnectionListener) -> Unsubscribe:
        """Tell `listener` whenever the connection, or the reason why there is none, changes."""
        return self._reconnector.on_connection(listener)

    def publish(self, subject: str, payload: bytes, reply: str = "") -> None:
        """Hand one message to the connection, without waiting.

        Raises NotConnected, OutgoingFull, MessageTooLarge, and InvalidField for a subject that is not one.
        """
        self.publish_on((subject,), payload, reply)

    def publish_on(
        self, subjects: tuple[str, ...], payload: bytes, reply: str = ""
    ) -> None:
        """Hand one message to the connection for all these subjects, or for none of them; raises as `publish`."""
        client = self._usable_client()
        size = len(payload)
        self._check_size(client, size)
        waiting = client.pending_data_size + len(subjects) * size
        if waiting + _size_of_lines(reply, *subjects) > self._settings.max_pending:
            raise OutgoingFull(gateway=self.name)
        try:
            client.send(subjects, payload, reply)
        except errors.Error:
            raise NotConnected(gateway=self.name) from None

    async def request(
        self, subject: str, payload: bytes, timeout: float
    ) -> bytes | None:
        """Ask, and return the answer; None where nobody listens.

        Raises TimeoutError after `timeout` seconds, NotConnected, MessageTooLarge, InvalidField.
        """
        client = self._usable_client()
        self._check_size(client, len(payload))
        _size_of_line(subject)
        try:
            answer = await client.request(subject, payload, timeout)
        except errors.NoRespondersError:
            return None
        except errors.TimeoutError:
            raise TimeoutError from None
        except errors.Error:
            raise NotConnected(gateway=self.name) from None
        return answer.data

    async def run(self) -> None:
        """Connect, and reconnect, until cancelled; then disconnect and leave nothing behind."""
        await self._reconnector.run(self._connect_and_serve)

    async def _connect_and_serve(self) -> NoReturn:
        """Connect and serve the connection until it breaks; raises NatsError then."""
        host, port = next(self._addresses)
        client = await open_client(replace(self._settings, host=host, port=port))
        try:
            await self._listen(client)
            self._client = client
            self._came_up(client)
            await client.lost.wait()
            assert client.failure is not None
            raise client.failure
        finally:
            self._client = None
            await client.end()
            self.counters.add("unsent", client.pending)

    async def _listen(self, client: Client) -> None:
        try:
            for subject, handler in self._handlers.items():
                await client.listen(subject, handler)
            await client.settle(TIMEOUT)
        except errors.Error as error:
            raise client.failure or client.failure_of(error) from None

    def _usable_client(self) -> Client:
        client = self._client
        if client is None or not client.is_usable:
            raise NotConnected(gateway=self.name)
        return client

    def _check_size(self, client: Client, size: int) -> None:
        if size > client.max_payload:
            raise MessageTooLarge(
                gateway=self.name, limit=client.max_payload, size=size
            )

    def _came_up(self, client: Client) -> None:
        if self._was_connected:
            self.counters.add("reconnects")
        self._was_connected = True
        self._server_version = client.version
        self._reconnector.came_up()


@cached_by_text(8_192)
def _size_of_lines(reply: str, *subjects: str) -> int:
    """Return the bytes of the lines that say so, at most; raises as `_size_of_line`."""
    return sum(_size_of_line(subject, reply) + OVERHEAD for subject in subjects)


def _size_of_line(subject: str, reply: str = "") -> int:
    """Return the bytes of what a line names. Raises InvalidField for what a server would not take: it ends the connection then."""
    if not is_subject(subject) or (reply and not is_subject(reply)):
        raise InvalidField(field="subject", reason="is not a subject")
    try:
        size = len(subject.encode()) + len(reply.encode())
    except UnicodeEncodeError:
        size = MAX_LINE + 1
    if size > MAX_LINE:
        raise InvalidField(field="subject", reason=f"longer than {MAX_LINE} bytes")
    return size


async def open_client(settings: NatsSettings) -> Client:
    """Return a connected client; raises NatsError by kind."""
    try:
        context = await open_context(settings.tls)
    except InvalidTlsMaterial as error:
        raise NatsTlsFailed(
            host=settings.host, port=settings.port, reason=str(error)
        ) from None
    client = connection_class(settings)
    try:
        await client.open(context)
    except BaseException:
        await client.end()
        raise
    return client


async def prove(settings: NatsSettings) -> None:
    """Try settings out: connect once and disconnect. Raises NatsError by kind."""
    client = await open_client(settings)
    await client.end()
