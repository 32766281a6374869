"""A program in a process of its own: started, waited for, frozen, stopped and killed."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Iterable, Mapping
import contextlib
import os
from pathlib import Path
import shutil
import signal
import socket
from typing import ClassVar, Final, Self, override

HOST: Final = "127.0.0.1"
PATIENCE: Final = 45.0
"""Seconds that anything may take before a test fails; long, as only what hangs takes them."""
LOOK_AGAIN_S: Final = 0.05
"""How often is looked for what tells nobody that it has changed."""
# Bound while it is the real one: servers that many tests share start before a test is given sockets.
_Socket = socket.socket


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses at the moment."""
    with _Socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def program(name: str) -> str:
    """Return a server's program: the one that its variable ($MAESTRA_MOSQUITTO) names, else the one on the path."""
    variable = f"MAESTRA_{name.upper().replace('-', '_')}"
    found = os.environ.get(variable) or shutil.which(
        name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    )
    assert found, f"{name} is missing: set {variable} to its program"
    return found


async def soon(holds: Callable[[], object]) -> None:
    """Let the others work until something is so that no event tells of."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0)


async def found[T](
    news: asyncio.Condition, find: Callable[[], T | None], timeout: float = PATIENCE
) -> T:
    """Wait until `find` returns something, looking again at each piece of news."""
    async with asyncio.timeout(timeout), news:
        while (result := find()) is None:
            await news.wait()
        return result


class Program(ABC):
    """Runs a program, and keeps what it logs."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._log: list[str] = []
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @abstractmethod
    async def start(self) -> None:
        """Start it."""

    async def stop(self) -> None:
        """Stop in order: what is persistent is written down."""
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
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    @property
    def log(self) -> str:
        """What it has logged since the start."""
        return "\n".join(self._log)

    async def logged(self, text: str) -> str:
        """Wait until the log since the start has a line with `text`, and return that line."""
        return await self._finds(lambda line: text in line)

    def times_logged(self, text: str) -> int:
        """Return how many lines of the log since the start have `text` by now."""
        return sum(text in line for line in self._log)

    async def _run(
        self, *words: str | Path, env: Mapping[str, str] | None = None
    ) -> None:
        """Start the program, with these variables beside ours."""
        self._log.clear()
        self._process = await asyncio.create_subprocess_exec(
            *words,
            env={**os.environ, **(env or {})},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reader = asyncio.create_task(self._read_log(self._process))

    async def _finds(self, wanted: Callable[[str], bool]) -> str:
        return await found(self._news, lambda: next(filter(wanted, self._log), None))

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            async with self._news:
                self._log.append(line.decode(errors="replace").rstrip())
                self._news.notify_all()

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

    def _signal(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)


class Server(Program):
    """A program that serves on a free port of 127.0.0.1, which stays the same over restarts."""

    name: ClassVar[str]
    """Name of the program."""
    options: ClassVar[tuple[str, ...]] = ("-c",)
    """Its arguments before the configuration file."""
    ready: str
    """The end of the line that it logs once it takes connections."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.host = HOST
        self.port = free_port()

    @abstractmethod
    def _configuration(self) -> Iterable[str]:
        """Return the lines of the configuration file."""

    def _program(self) -> str:
        """Return the program's path."""
        return program(self.name)

    @override
    async def start(self) -> None:
        """Start, and return when it listens."""
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / f"{self.name}.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n")
        await self._run(self._program(), *self.options, configuration)
        try:
            await self._finds(lambda line: line.endswith(self.ready))
        except TimeoutError:
            raise AssertionError(f"{self.name} does not start: {self._log}") from None

    def _file(self, name: str, content: str) -> Path:
        path = self._folder / name
        path.write_text(content)
        path.chmod(0o600)
        return path
