"""A worker as a process of its own, on a real nats-server with JetStream and MQTT."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
import contextlib
from pathlib import Path
import re
import signal
import sys
from types import MappingProxyType
from typing import Any, Final, Self

import aiohttp

from custom_components.maestra.core.store.settings import StoreSettings
from scripts.stack.worker_settings import mapped, write_worker_settings

from .nats import NatsBroker
from .process import HOST, PATIENCE, free_port

ROOT: Final = Path(__file__).parents[2]

__all__ = ["ROOT", "WorkerProcess", "mapped"]


class WorkerProcess:
    """The process under test: its settings are of TOML tables as given, `stream` for that of the stream."""

    def __init__(
        self,
        server: NatsBroker | Sequence[NatsBroker],
        database: StoreSettings,
        folder: Path,
        name: str = "worker-0",
        dialects: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        **stream: Any,
    ) -> None:
        self.http = f"http://{HOST}:{(port := free_port())}"
        self._file = folder / f"{name}.toml"
        write_worker_settings(
            self._file,
            name=name,
            nats_port=(
                server.nats_port
                if isinstance(server, NatsBroker)
                else [each.nats_port for each in server]
            ),
            database=database,
            http_port=port,
            stream={"ack_wait": 2.0, "takeover": 1.0, **stream},
            dialects=dialects,
        )
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start it; it takes messages when this returns."""
        await self.begin()
        await self.is_(200)

    async def begin(self) -> None:
        """Start it, and wait for nothing."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "custom_components.maestra.core.worker"),
            self._file,
            cwd=ROOT,
        )

    def leave_to_bucket(self, bucket: str) -> str:
        """Let its file have no more than the server and a bucket; returns what one has to say that has all."""
        head, *sections = re.split(r"(?m)^(?=\[)", self._file.read_text("utf-8"))
        head += f'bucket = "{bucket}"\n'
        mine = [each for each in sections if each.startswith(("[nats]", "[http]"))]
        self._file.write_text("".join((head, *mine)), "utf-8")
        return "".join((head, *sections))

    async def is_(self, status: int) -> Any:
        """Wait until it says so of its health; returns what it says."""
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{self.http}/healthz") as answer:
                        if answer.status == status:
                            return await answer.json()
                await asyncio.sleep(0.1)

    async def metrics(self) -> dict[str, float]:
        """Return its figures."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.http}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines)
            if not name.startswith("#")
        }

    async def terminate(self) -> int:
        """Ask it to end; returns what it ends with."""
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), PATIENCE)

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """Let it stand still, wherever it is, and go on."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Kill it now, wherever it is."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
