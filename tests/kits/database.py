"""A real PostgreSQL with TimescaleDB, and databases in it."""

import asyncio
import atexit
from collections.abc import Iterable
import contextlib
from functools import cache, partial
import os
from pathlib import Path
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any, Final
from uuid import uuid4

import asyncpg

from custom_components.maestra.core.store.connection import connect, detect
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.catalogue import STORE_CATALOGUE
from scripts.stack.postgresql import (
    SUPERUSER,
    configuration,
    initdb,
    program as postgresql_program,
)
from scripts.stack.supervisor import die_with_parent, unprivileged_user

from .process import HOST, PATIENCE, Server, free_port

TEMPLATE: Final = "maestra_template"
TABLES: Final = "maestra_template_tables"
WITHOUT_SYNC: Final = ("fsync = off", "full_page_writes = off")
"""What is written survives the server, and need not survive the machine: a database is gone in a fiftieth of the time."""


class Postgres:
    """Runs PostgreSQL on a free port of 127.0.0.1, which stays the same over restarts.

    Every local user is let in, with `passwords` only by password (scram-sha-256).
    `lines` go into postgresql.conf as they are. Its folder is its own, and removed by `remove`.
    """

    timescaledb = True

    def __init__(self, *, passwords: bool = False, lines: tuple[str, ...] = ()) -> None:
        self.host = HOST
        self.port = free_port()
        self.folder = _folder()
        self.data = self.folder / "data"
        self._passwords = passwords
        self._lines = lines
        self._process: subprocess.Popen[bytes] | None = None
        self._templates: set[str] = set()

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Start, and return when the server takes connections."""
        if not self.data.exists():
            self._initialise()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [postgresql_program("postgres"), "-D", self.data],
                stdout=log,
                stderr=log,
                start_new_session=True,
                # A run that is killed leaves no servers behind.
                preexec_fn=partial(die_with_parent, signal.SIGQUIT),  # noqa: PLW1509  takes no lock
                **_as_account(),
            )
        self._wait_until_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT is `fast`, SIGQUIT is `immediate` (no checkpoint, recovery at the next start)."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
        process.wait(PATIENCE)

    def kill(self) -> None:
        """End it as a power cut would: every process at once, connections included."""
        process, self._process = self._process, None
        assert process is not None
        # Else it starts others in place of those that are gone.
        process.send_signal(signal.SIGSTOP)
        pids = [process.pid, *_children(process.pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(PATIENCE)
        end = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            assert time.monotonic() < end, "a server process can't be killed"
            time.sleep(0.01)
        # Its lock file stays.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        """Let the server hang: connections stay, nothing is answered."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._signal_all(signal.SIGCONT)

    def remove(self) -> None:
        """Stop, and leave nothing behind."""
        with contextlib.suppress(ProcessLookupError):
            if self._process is not None:
                self.thaw()
        self.stop(signal.SIGQUIT)
        end = time.monotonic() + PATIENCE
        # The last of its processes may still write.
        while self.folder.exists() and time.monotonic() < end:
            shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self, database: str = "postgres", **changes: Any) -> StoreSettings:
        """Return how to reach a database here."""
        return StoreSettings(
            **{
                "host": self.host,
                "port": self.port,
                "database": database,
                "user": SUPERUSER,
                **changes,
            }
        )

    async def connect(
        self, database: str = "postgres", **options: Any
    ) -> asyncpg.Connection:
        """Return a connection of the tests' own."""
        options = {"user": SUPERUSER, **options}
        return await asyncpg.connect(
            host=self.host, port=self.port, database=database, **options
        )

    async def create_database(
        self, *, timescaledb: bool = True, encoding: str = "UTF8", tables: bool = False
    ) -> str:
        """Make a database with a name of its own; returns the name. It is empty, or has our `tables`.

        Without `timescaledb` it can't be switched on there either: it is a plain PostgreSQL
        for whoever connects as `plain_user`.
        """
        name = f"maestra_{uuid4().hex[:12]}"
        kind = (
            f"ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
        )
        connection = await self.connect()
        try:
            if encoding == "UTF8":
                kind = "STRATEGY FILE_COPY"
                if template := await self._template(connection, timescaledb, tables):
                    kind += f" TEMPLATE {template}"
            await connection.execute(f'CREATE DATABASE "{name}" {kind}')
        finally:
            await connection.close()
        if timescaledb and encoding != "UTF8":
            await self._add_timescaledb(name)
        return name

    async def _template(
        self, connection: asyncpg.Connection, timescaledb: bool, tables: bool
    ) -> str | None:
        """Return what a database is a copy of, made once: a copy takes a fifth of what the extension takes, or the tables."""
        if not timescaledb and not tables:
            return None
        name = TABLES if tables else TEMPLATE
        if name not in self._templates:
            below = timescaledb and tables
            source = await self._template(connection, True, False) if below else None
            await connection.execute(
                f"CREATE DATABASE {name} {f'TEMPLATE {source}' if source else ''}"
            )
            if tables:
                await add_tables(self.settings(name))
            else:
                await self._add_timescaledb(name)
            # TimescaleDB's own workers too: who is inside keeps it from being copied.
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
                name,
            )
            self._templates.add(name)
        return name

    async def _add_timescaledb(self, database: str) -> None:
        connection = await self.connect(database)
        try:
            await connection.execute("CREATE EXTENSION timescaledb")
        finally:
            await connection.close()

    async def drop_database(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        connection = await self.connect()
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    def _initialise(self) -> None:
        subprocess.run(
            ["cp", "--archive", _cluster(), self.data], check=True, **_as_account()
        )
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(
                configuration(
                    host=self.host,
                    port=self.port,
                    sockets=self.folder,
                    timescaledb=self.timescaledb,
                )
            )
            file.writelines(f"{line}\n" for line in (*WITHOUT_SYNC, *self._lines))
        if self._passwords:
            (self.data / "pg_hba.conf").write_text(
                "local all all trust\n"
                f"host all {SUPERUSER} {self.host}/32 trust\n"
                f"host all all {self.host}/32 scram-sha-256\n"
            )

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self._process is not None
            assert self._process.poll() is None, self.log
            if self._is_ready():
                return
            time.sleep(0.02)
        raise AssertionError(f"PostgreSQL does not start: {self.log}")

    def _is_ready(self) -> bool:
        status = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, IndexError):
            return status.read_text().splitlines()[7].strip() == "ready"
        return False

    def _signal_all(self, what: signal.Signals) -> None:
        assert self._process is not None
        for pid in (self._process.pid, *_children(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)


class PlainPostgres(Postgres):
    """The same without TimescaleDB's library: it can't be switched on in any database."""

    timescaledb = False


class PgBouncer(Server):
    """A pooler in front of a server, in one of its modes: `session`, `transaction`."""

    name = "pgbouncer"
    options = ()

    def __init__(self, folder: Path, server: Postgres, mode: str) -> None:
        super().__init__(folder)
        self.ready = f"listening on {self.host}:{self.port}"
        self._server = server
        self._mode = mode

    def settings(self, database: str) -> StoreSettings:
        """Return how to reach a database through it."""
        return self._server.settings(database, port=self.port)

    def _program(self) -> str:
        # Unpacked beside the server, in the folder for daemons.
        return str(postgresql_program("postgres").parents[4] / "sbin" / self.name)

    def _configuration(self) -> Iterable[str]:
        yield "[databases]"
        yield f"* = host={self._server.host} port={self._server.port} user={SUPERUSER}"
        yield "[pgbouncer]"
        yield f"listen_addr = {self.host}"
        yield f"listen_port = {self.port}"
        yield "unix_socket_dir ="
        yield "auth_type = any"
        yield f"pool_mode = {self._mode}"
        if account := unprivileged_user():
            yield f"user = {account.pw_name}"


@cache
def _cluster() -> Path:
    """Return an empty cluster that others are copies of: that takes a tenth of what initdb takes."""
    folder = _folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        initdb(folder / "data", "--auth=trust", "--no-sync"),
        check=True,
        capture_output=True,
        **_as_account(),
    )
    return folder / "data"


def _folder() -> Path:
    """Make a folder of the user that PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="maestra-postgres-"))
    if account := unprivileged_user():
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _as_account() -> dict[str, Any]:
    # Not the current folder: the other user may not be let in there.
    options: dict[str, Any] = {"cwd": "/"}
    if account := unprivileged_user():
        options |= {
            "user": account.pw_uid,
            "group": account.pw_gid,
            "extra_groups": [],
        }
    return options


def _children(pid: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(word) for word in listing.stdout.split()]


async def add_tables(settings: StoreSettings) -> None:
    """Have our tables there."""
    connection = await connect(settings)
    try:
        tier = (await detect(connection)).tier
        await migrate(connection, STORE_CATALOGUE, tier)
    finally:
        await connection.close()


async def fetch(
    settings: StoreSettings, query: str, *arguments: object
) -> list[asyncpg.Record]:
    """Ask a database something on a connection of the tests' own."""
    connection = await asyncpg.connect(
        host=settings.host,
        port=settings.port,
        database=settings.database,
        user=SUPERUSER,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            return await connection.fetch(query, *arguments)
    finally:
        await connection.close()
