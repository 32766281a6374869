"""A real nats-server, and a client that speaks NATS to it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
import contextlib
from dataclasses import dataclass
import json
import os
from pathlib import Path
import shutil
import signal
from types import MappingProxyType
from typing import Any, Self

from nats.aio.client import Client
from nats.aio.msg import Msg
import nkeys  # type: ignore[import-untyped]

from custom_components.maestra.const import SUBENTRY_NATS_SERVER
from custom_components.maestra.gateways.subjects import subject_matches
from custom_components.maestra.subentries.nats_form import data_from_form
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant

from .broker import HOST, PATIENCE, TlsListener, free_port


def nats_server() -> str:
    """Return the server's program: $MAESTRA_NATS_SERVER, else the one on the path."""
    found = os.environ.get("MAESTRA_NATS_SERVER") or shutil.which(
        "nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    )
    assert found, "nats-server is missing: set MAESTRA_NATS_SERVER to its program"
    return found


class UserKey:
    """The nkey of a user: `seed` is the secret, `public` what the server knows."""

    def __init__(self) -> None:
        self.seed: str = nkeys.encode_seed(
            os.urandom(32), nkeys.PREFIX_BYTE_USER
        ).decode()
        self.public: str = nkeys.from_seed(
            bytearray(self.seed.encode())
        ).public_key.decode()


class NatsServer:
    """Runs nats-server on a free port of 127.0.0.1, which stays the same over restarts.

    It lets everybody in who has the `token`, is one of `users` (name to password) or has one of the
    `keys` (public nkeys); everybody without any of them. `lines` go into the configuration as they are.
    Can be changed between `stop` and `start`.
    """

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
        self._folder = folder
        self.token = token
        self.users = dict(users or {})
        self.keys = list(keys)
        self.tls = tls
        self.lines = list(lines)
        self.host = HOST
        self.port = free_port()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start, and return when the server listens."""
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "nats.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n")
        self._process = await asyncio.create_subprocess_exec(
            nats_server(), "-c", str(configuration), stderr=asyncio.subprocess.PIPE
        )
        ready, said = asyncio.Event(), list[str]()
        self._reader = asyncio.create_task(_read_log(self._process, said, ready))
        try:
            async with asyncio.timeout(PATIENCE):
                await ready.wait()
        except TimeoutError:
            raise AssertionError(f"nats-server does not start: {said}") from None

    async def stop(self) -> None:
        """Stop in order."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End the process where it stands."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Stop and start."""
        await self.stop()
        await self.start()

    def freeze(self) -> None:
        """Let the server hang: connections stay, nothing is read or answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def peer(self, **options: Any) -> NatsPeer:
        """Return a client of this server, to be entered with `async with`; options as for nats-py's connect."""
        return NatsPeer(self.port, **options)

    def _configuration(self) -> Iterable[str]:
        yield f'listen: "{HOST}:{self.port}"'
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
        if self.tls is not None:
            identity, clients = self.tls.identity, self.tls.client_authority
            yield "tls {"
            yield f'cert_file: "{self._file("certificate.pem", identity.certificate)}"'
            yield f'key_file: "{self._file("key.pem", identity.private_key)}"'
            if clients is not None:
                yield f'ca_file: "{self._file("clients.pem", clients)}"'
                yield "verify: true"
            yield "}"
        yield from self.lines

    def _file(self, name: str, content: str) -> Path:
        path = self._folder / name
        path.write_text(content)
        path.chmod(0o600)
        return path

    async def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
            process.send_signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            await self._reader


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

        def found() -> Said | None:
            return next(
                (
                    said
                    for said in self._inbox
                    if subject_matches(pattern, said.subject) and _has(said, fields)
                ),
                None,
            )

        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while (said := found()) is None:
                    await self._news.wait()
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


async def _read_log(
    process: asyncio.subprocess.Process, said: list[str], ready: asyncio.Event
) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        said.append(line.decode(errors="replace").rstrip())
        if "Server is ready" in said[-1]:
            ready.set()


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


def nats_form(server: NatsServer, **others: Any) -> dict[str, Any]:
    """Return a filled-in form of a server; `others` stand in it instead."""
    return {
        "host": server.host,
        "port": server.port,
        "auth": "none",
        "security": {"tls": False},
        **others,
    }


async def add_nats(
    hass: HomeAssistant, hub: ConfigEntry, server: NatsServer, **others: Any
) -> ConfigSubentry:
    """Give the hub a server without asking anybody; `others` stand in its data instead."""
    subentry = ConfigSubentry(
        data=MappingProxyType(data_from_form(nats_form(server)) | others),
        subentry_type=SUBENTRY_NATS_SERVER,
        title="Stage NATS",
        unique_id=f"{server.host}:{server.port}",
    )
    hass.config_entries.async_add_subentry(hub, subentry)
    await hass.async_block_till_done()
    return hub.subentries[subentry.subentry_id]
