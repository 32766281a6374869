"""A PostgreSQL with TimescaleDB for a measurement, and what its processes cost."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any, Final

import asyncpg

from custom_components.maestra.core.bus import collect_less
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store, StoreState
from scripts.stack.postgresql import SUPERUSER, configuration, initdb, program
from scripts.stack.supervisor import unprivileged_user

from .basics import LOOPBACK, PATIENCE, Failed, free_port

TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
UTIME: Final = 11
CUTIME: Final = 13
"""Fields of /proc/PID/stat behind the name, each followed by the time in the kernel."""
WAIT: Final = 0.02  # seconds
DATABASE: Final = "bench"
TIMING: Final = re.compile(r"^Time: ([\d.]+) ms", re.MULTILINE)

# A server for measuring: nothing of it is thrown out of memory or written out in the middle of a round.
LINES: Final = """\
shared_buffers = 512MB
max_wal_size = 8GB
checkpoint_timeout = 1h
"""


class Server:
    """A running server."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        """Take the server over."""
        self.port = port
        self._process = process

    def settings(self, database: str = SUPERUSER) -> StoreSettings:
        """Return how to reach a database."""
        return StoreSettings(
            host=LOOPBACK, port=self.port, database=database, user=SUPERUSER
        )

    def url(self, database: str) -> str:
        """Return the same for SQLAlchemy and psycopg2."""
        return f"postgresql+psycopg2://{SUPERUSER}@{LOOPBACK}:{self.port}/{database}"

    async def create(self, name: str) -> StoreSettings:
        """Make a database with TimescaleDB; returns how to reach it."""
        async with self.connected(SUPERUSER) as connection:
            await connection.execute(f'CREATE DATABASE "{name}"')
        async with self.connected(name) as connection:
            await connection.execute("CREATE EXTENSION timescaledb")
        return self.settings(name)

    @asynccontextmanager
    async def connected(self, database: str) -> AsyncIterator[asyncpg.Connection]:
        """Open a connection of the benchmark's own."""
        connection: asyncpg.Connection = await asyncpg.connect(
            host=LOOPBACK, port=self.port, user=SUPERUSER, database=database
        )
        try:
            yield connection
        finally:
            await connection.close()

    async def psql(self, database: str, *commands: str) -> float:
        """Run commands in psql; returns how many seconds the last one took, by its own clock."""
        words: list[str | Path] = [program("psql"), "--no-psqlrc", "--quiet"]
        words += ["--host", LOOPBACK, "--port", str(self.port), "--username", SUPERUSER]
        for command in ("\\timing on", *commands):
            words += ["--command", command]
        process = await asyncio.create_subprocess_exec(
            *words,
            database,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
        if process.returncode:
            raise Failed(f"psql: {said}")
        return float(TIMING.findall(said)[-1]) / 1e3

    def cpu(self) -> float:
        """Return the CPU seconds of all processes of the server so far, those that have ended included."""
        main = self._process.pid
        return (
            cpu_of(main)
            + _cpu(main, CUTIME)
            + sum(cpu_of(pid) for pid in _children(main))
        )


@contextmanager
def postgresql(lines: Sequence[str] = ()) -> Iterator[Server]:
    """Run a server of its own, in a folder that its unprivileged user can reach."""
    account = unprivileged_user()
    user: dict[str, Any] = {"cwd": "/"}
    folder = Path(tempfile.mkdtemp(prefix="maestra-bench-postgresql-"))
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
        user |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data, log, port = folder / "data", folder / "log", free_port()
    try:
        subprocess.run(
            initdb(data, "--auth=trust", "--no-sync"),
            check=True,
            capture_output=True,
            **user,
        )
        with (data / "postgresql.conf").open("a") as file:
            file.write(configuration(host=LOOPBACK, port=port))
            file.write(LINES)
            file.writelines(f"{line}\n" for line in lines)
        with log.open("wb") as output:
            process = subprocess.Popen(
                [program("postgres"), "-D", data], stdout=output, stderr=output, **user
            )
        try:
            _wait_until_ready(data, process, log)
            yield Server(port, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def recording(store: Store) -> AsyncIterator[Store]:
    """Let a store run; it is connected and its tables are there."""
    task = asyncio.create_task(store.run())
    try:
        async with asyncio.timeout(PATIENCE):
            while store.state is not StoreState.RECORDING:
                await asyncio.sleep(WAIT)
        # As in the process of a hub, or of a worker.
        collect_less()
        yield store
    except TimeoutError as error:
        raise Failed(
            f"the store does not record: {store.state} {store.error}"
        ) from error
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _wait_until_ready(data: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    status, end = data / "postmaster.pid", time.monotonic() + PATIENCE
    while not (status.exists() and "ready" in status.read_text("utf-8")):
        if process.poll() is not None or time.monotonic() > end:
            raise Failed(f"PostgreSQL did not start: {log.read_text('utf-8')}")
        time.sleep(WAIT)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of one process so far; 0 where it is gone."""
    return _cpu(pid, UTIME)


def _children(pid: int) -> list[int]:
    words = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return list(map(int, words))


def _cpu(pid: int, field: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii")
    except OSError:
        return 0.0
    # The name in brackets may hold spaces.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[field]) + int(fields[field + 1])) / TICKS_A_SECOND
