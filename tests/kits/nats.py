"""A real nats-server, and a client that speaks NATS to it."""

import asyncio
from base64 import b32encode
from binascii import crc_hqx
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
import json
import os
from pathlib import Path
from typing import Any, Self, override

import aiomqtt
from nats.aio.client import Client
from nats.aio.msg import Msg

from custom_components.maestra.core.nats import nkey
from custom_components.maestra.core.transport.subjects import subject_matches

from .broker import Peer, TlsListener
from .process import HOST, PATIENCE, Server, found, free_port


class UserKey:
    """The nkey of a user: `seed` is the secret, `public` what the server knows."""

    def __init__(self) -> None:
        # "Seed of a user" in the first 13 bits, the key, and a checksum (XMODEM).
        body = bytes([0x95, 0x00]) + os.urandom(32)
        checksum = crc_hqx(body, 0).to_bytes(2, "little")
        self.seed: str = b32encode(body + checksum).decode().rstrip("=")
        self.public: str = nkey.UserKey.from_seed(self.seed).public


class NatsServer(Server):
    """Runs nats-server.

    It lets everybody in who has the `token`, is one of `users` (name to password) or has one of the
    `keys` (public nkeys); everybody without any of them. `lines` go into the configuration as they are.
    Can be changed between `stop` and `start`.
    """

    name = "nats-server"
    ready = "Server is ready"

    def __init__(
        self,
        folder: Path,
        *,
        token: str | None = None,
        users: Mapping[str, str] | None = None,
        keys: Iterable[str] = (),
        tls: TlsListener | None = None,
        lines: Iterable[str] = (),
    ) -> None:
        super().__init__(folder)
        self.token = token
        self.users = dict(users or {})
        self.keys = list(keys)
        self.tls = tls
        self.lines = list(lines)
        self._nats_port = self.port

    def peer(self, **options: Any) -> NatsPeer:
        """Return a client of this server, to be entered with `async with`; options as for nats-py's connect."""
        return NatsPeer(self._nats_port, **options)

    def _configuration(self) -> Iterable[str]:
        yield f'listen: "{HOST}:{self._nats_port}"'
        if self.token is not None:
            yield f'authorization {{ token: "{self.token}" }}'
        accounts = [
            *(
                f'{{ user: "{name}", password: "{password}" }}'
                for name, password in self.users.items()
            ),
            *(f"{{ nkey: {key} }}" for key in self.keys),
        ]
        if accounts:
            yield f"authorization {{ users: [{', '.join(accounts)}] }}"
        yield from self._listener()
        yield from self.lines

    def _listener(self) -> Iterable[str]:
        """Return how the port is encrypted."""
        if self.tls is not None:
            identity, clients = self.tls.identity, self.tls.client_authority
            yield "tls {"
            yield f'cert_file: "{self._file("certificate.pem", identity.certificate)}"'
            yield f'key_file: "{self._file("key.pem", identity.private_key)}"'
            if clients is not None:
                yield f'ca_file: "{self._file("clients.pem", clients)}"'
                yield "verify: true"
            yield "}"


class NatsBroker(NatsServer):
    """Runs nats-server with its listener for MQTT 3.1.1, on `port`: what it keeps is in JetStream."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self._nats_port = free_port()

    @property
    def nats_port(self) -> int:
        """Where it speaks NATS."""
        return self._nats_port

    def mqtt_peer(self, **options: Any) -> Peer:
        """Return a client of this broker, as Broker.peer."""
        options.setdefault("protocol", aiomqtt.ProtocolVersion.V311)
        return Peer(self.host, self.port, **options)

    @override
    def _listener(self) -> Iterable[str]:
        yield f'server_name: "{self._folder.name}"'
        yield f'jetstream {{ store_dir: "{self._folder / "jetstream"}" }}'
        # It sends again what is not acknowledged in this time, and not sooner.
        yield f'mqtt {{ listen: "{HOST}:{self.port}", ack_wait: "2s"'
        yield from super()._listener()
        yield "}"


@dataclass(frozen=True)
class Said:
    """One message as a client got it."""

    subject: str
    payload: bytes

    @property
    def json(self) -> Any:
        """The payload read as JSON; None when it is not."""
        try:
            return json.loads(self.payload)
        except ValueError:
            return None


class NatsPeer:
    """An ordinary NATS client, which hears what others say on `subjects` (default: everything of Maestra)."""

    def __init__(
        self, port: int, *, subjects: Iterable[str] = ("maestra.>",), **options: Any
    ) -> None:
        self.client = Client()
        self._port = port
        self._subjects = tuple(subjects)
        self._options = options
        self._inbox: list[Said] = []
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.client.connect(
            f"nats://{HOST}:{self._port}",
            no_echo=True,
            allow_reconnect=False,
            **self._options,
        )
        for subject in self._subjects:
            await self.client.subscribe(subject, cb=self._hear)
        await self.settled()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def settled(self) -> None:
        """Wait until the server has taken everything that was said before now."""
        # nats-py's PING overtakes what waits to be sent: only the second one comes after it.
        await self.client.flush()
        await self.client.flush()

    async def publish(
        self, subject: str, payload: object = b"", reply: str = ""
    ) -> None:
        """Publish bytes or text as they are and anything else as JSON; the server has it on return."""
        await self.client.publish(subject, _raw(payload), reply)
        await self.settled()

    async def request(self, subject: str, payload: object = b"") -> Any:
        """Ask, and return the JSON answer."""
        answer = await self.client.request(subject, _raw(payload), PATIENCE)
        return json.loads(answer.data)

    async def answers(
        self, subject: str, answer: Callable[[Any], Awaitable[bytes] | bytes]
    ) -> None:
        """Answer requests on a subject from now on."""

        async def respond(message: Msg) -> None:
            given = answer(json.loads(message.data))
            await message.respond(given if isinstance(given, bytes) else await given)

        await self.client.subscribe(subject, cb=respond)
        await self.settled()

    async def receives(self, pattern: str = "maestra.>", **fields: object) -> Said:
        """Wait for a message whose subject matches and whose JSON object has these fields; takes it out."""

        def wanted(said: Said) -> bool:
            return subject_matches(pattern, said.subject) and _has(said, fields)

        try:
            said = await found(
                self._news, lambda: next(filter(wanted, self._inbox), None)
            )
        except TimeoutError:
            raise AssertionError(
                f"Nothing on {pattern} with {fields}; heard {self._inbox}"
            ) from None
        self._inbox.remove(said)
        return said

    def collect(self, pattern: str = "maestra.>") -> list[Said]:
        """Take out and return what has arrived by now, in order."""
        taken = [said for said in self._inbox if subject_matches(pattern, said.subject)]
        self._inbox = [said for said in self._inbox if said not in taken]
        return taken

    async def _hear(self, message: Msg) -> None:
        async with self._news:
            self._inbox.append(Said(message.subject, message.data))
            self._news.notify_all()


def _raw(payload: object) -> bytes:
    match payload:
        case bytes():
            return payload
        case str():
            return payload.encode()
    return json.dumps(payload).encode()


def _has(said: Said, fields: Mapping[str, object]) -> bool:
    if not fields:
        return True
    content = said.json
    return isinstance(content, dict) and all(
        key in content and content[key] == value for key, value in fields.items()
    )
