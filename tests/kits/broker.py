"""A real Mosquitto, and a client that speaks MQTT to it."""

import asyncio
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
import contextlib
from dataclasses import dataclass
from hashlib import pbkdf2_hmac
import json
import os
from pathlib import Path
import re
from typing import Any, Self

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.client import topic_matches_sub
from paho.mqtt.subscribeoptions import SubscribeOptions

from custom_components.maestra.core.pki.broker_files import DELIVERY, QUEUES

from .certificates import Identity
from .process import HOST, PATIENCE, Server, found

PASSWORD_ITERATIONS = 101
_PUBLISH = r"Sending PUBLISH to {} \(d\d, q1, r\d, m(\d+), '([^']*)'"
_PUBACK = r"Received PUBACK from {} \(Mid: (\d+)"


@dataclass(frozen=True)
class TlsListener:
    """The broker's own identity, and whose clients it asks for a certificate (None: nobody's)."""

    identity: Identity
    client_authority: str | None = None


class Broker(Server):
    """Runs Mosquitto.

    `users` maps user names to passwords (None: everybody may come in), `persistent` keeps sessions
    and retained messages over restarts, `lines` go into the configuration as they are: the last one of a name counts.
    Can be changed between `stop` and `start`.
    """

    name = "mosquitto"
    # The last line of the start; another one says "running mosquitto as user".
    ready = " running"

    def __init__(
        self,
        folder: Path,
        *,
        users: Mapping[str, str] | None = None,
        tls: TlsListener | None = None,
        persistent: bool = False,
        lines: Iterable[str] = (),
    ) -> None:
        super().__init__(folder)
        self.users = users
        self.tls = tls
        self.persistent = persistent
        self.lines = list(lines)

    def peer(self, **options: Any) -> Peer:
        """Return a client of this broker, to be entered with `async with`; options as for aiomqtt.Client."""
        return Peer(self.host, self.port, **options)

    def acknowledged(self, client_id: str) -> Counter[str]:
        """Return how many messages at QoS 1 a client has acknowledged so far, by topic."""
        sent: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for line in self._log:
            if found := re.search(_PUBLISH.format(client_id), line):
                sent[found[1]] = found[2]
            elif found := re.search(_PUBACK.format(client_id), line):
                counts[sent[found[1]]] += 1
        return counts

    async def has_lost(self, client_id: str, times: int) -> None:
        """Wait until a client was lost so many times since the start; all that it had said is in the log."""

        def lost() -> bool | None:
            lines = [line for line in self._log if f"Client {client_id} " in line]
            return (
                sum("closed" in line or "disconnected" in line for line in lines)
                >= times
                or None
            )

        await found(self._news, lost)

    def _configuration(self) -> Iterable[str]:
        if os.geteuid() == 0:
            # Else it becomes the user `mosquitto`, which may not exist or not be let in here.
            yield "user root"
        yield f"listener {self.port} {HOST}"
        # A broker that forgets is a case of its own.
        yield from DELIVERY if self.persistent else QUEUES
        yield "log_dest stderr"
        yield "log_type all"
        if self.persistent:
            yield f"persistence_location {self._folder}/"
        if self.users is None:
            yield "allow_anonymous true"
        else:
            yield "allow_anonymous false"
            passwords = (
                _password_line(user, text) for user, text in self.users.items()
            )
            yield f"password_file {self._file('passwords', ''.join(passwords))}"
        if self.tls is not None:
            yield f"certfile {self._file('certificate.pem', self.tls.identity.certificate)}"
            yield f"keyfile {self._file('key.pem', self.tls.identity.private_key)}"
            if self.tls.client_authority is not None:
                yield f"cafile {self._file('clients.pem', self.tls.client_authority)}"
                yield "require_certificate true"
        yield from self.lines


@dataclass(frozen=True)
class Received:
    """One message as a client got it."""

    topic: str
    payload: bytes
    qos: int
    retain: bool

    @property
    def json(self) -> Any:
        """The payload read as JSON; None when it is not."""
        try:
            return json.loads(self.payload)
        except ValueError:
            return None


class Client(aiomqtt.Client):
    """aiomqtt's, which is told of its socket from another thread: it may be closed by the time that it is watched."""

    def _on_socket_register_write(
        self, client: paho.Client, userdata: Any, sock: Any
    ) -> None:
        def watch(number: int, write: Callable[[], None]) -> None:
            if sock.fileno() == number:
                self._loop.add_writer(number, write)

        def write() -> None:
            try:
                client.loop_write()
            except Exception as error:  # noqa: BLE001  as in aiomqtt
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        if sock.fileno() >= 0:
            self._loop.call_soon_threadsafe(watch, sock.fileno(), write)


class Peer:
    """An ordinary client: another tool, or a device. It speaks MQTT 5 unless told otherwise.

    Hears what others publish on `filters` (default: everything), at QoS 1.
    """

    def __init__(
        self, host: str, port: int, *, filters: Iterable[str] = ("#",), **options: Any
    ) -> None:
        options.setdefault("protocol", aiomqtt.ProtocolVersion.V5)
        self._is_old = options["protocol"] is not aiomqtt.ProtocolVersion.V5
        self._client = Client(host, port, **options)
        self._filters = tuple(filters)
        self._reader: asyncio.Task[None] | None = None
        self._inbox: list[Received] = []
        self._news = asyncio.Condition()
        self._barriers = 0

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        self._reader = asyncio.create_task(self._read())
        for topic_filter in self._filters:
            await self.subscribe(topic_filter)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await self._reader
        with contextlib.suppress(aiomqtt.MqttError):
            await self._client.__aexit__(None, None, None)

    async def subscribe(self, topic_filter: str, qos: int = 1) -> None:
        """Hear what others publish there."""
        if self._is_old:
            await self._client.subscribe(topic_filter, qos=qos)
            return
        await self._client.subscribe(
            topic_filter, options=SubscribeOptions(qos=qos, noLocal=True)
        )

    async def publish(
        self, topic: str, payload: object = b"", *, qos: int = 1, retain: bool = False
    ) -> None:
        """Publish bytes or text as they are and anything else as JSON; at QoS 1 the broker has it on return."""
        raw = payload if isinstance(payload, bytes | str) else json.dumps(payload)
        await self._client.publish(topic, raw, qos=qos, retain=retain)

    async def receives(
        self, topic_filter: str = "#", timeout: float = PATIENCE, **fields: object
    ) -> Received:
        """Wait for a message whose topic matches and whose JSON object has these fields; takes it out."""

        def wanted(message: Received) -> bool:
            return topic_matches_sub(topic_filter, message.topic) and _has(
                message, fields
            )

        try:
            message = await found(
                self._news, lambda: next(filter(wanted, self._inbox), None), timeout
            )
        except TimeoutError:
            heard = [(message.topic, message.payload) for message in self._inbox]
            raise AssertionError(
                f"Nothing on {topic_filter} with {fields}; heard {heard}"
            ) from None
        self._inbox.remove(message)
        return message

    def collect(self, topic_filter: str = "#") -> list[Received]:
        """Take out and return what has arrived by now, in order."""
        taken = [m for m in self._inbox if topic_matches_sub(topic_filter, m.topic)]
        self._inbox = [m for m in self._inbox if m not in taken]
        return taken

    async def settled(self) -> None:
        """Wait until everything that the broker took before now for this client has arrived."""
        self._barriers += 1
        topic = f"kit/{id(self)}/{self._barriers}"
        await self._client.subscribe(topic, qos=1)
        await self.publish(topic)
        await self.receives(topic)

    async def _read(self) -> None:
        async for message in self._client.messages:
            async with self._news:
                self._inbox.append(
                    Received(
                        str(message.topic), message.payload, message.qos, message.retain
                    )
                )
                self._news.notify_all()


def _password_line(user: str, password: str) -> str:
    """Return a line of Mosquitto's password file: PBKDF2 with SHA-512."""
    salt = os.urandom(12)
    digest = pbkdf2_hmac("sha512", password.encode(), salt, PASSWORD_ITERATIONS)
    fields = (PASSWORD_ITERATIONS, b64encode(salt).decode(), b64encode(digest).decode())
    return f"{user}:$7${'$'.join(map(str, fields))}\n"


def _has(message: Received, fields: Mapping[str, object]) -> bool:
    if not fields:
        return True
    content = message.json
    return isinstance(content, dict) and all(
        key in content and content[key] == value for key, value in fields.items()
    )
