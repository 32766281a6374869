"""The database that Maestra records into."""

import asyncio
from collections.abc import Mapping
import os
from pathlib import Path
import shutil
import signal
from typing import Final

import asyncpg

from scripts.stack.context import Context
from scripts.stack.ports import LOOPBACK
from scripts.stack.postgresql import SUPERUSER, configuration, initdb, program
from scripts.stack.supervisor import ServiceFailed, unprivileged_user
from scripts.stack.terminal import say

NAME: Final = "maestra"
"""Of the role, and of the database that it owns."""
OUR_LINES: Final = "maestra.conf"
CONNECT_INTERVAL_S: Final = 0.05
CONNECT_TIMEOUT_S: Final = 10


class Postgresql:
    """PostgreSQL with TimescaleDB on loopback, by password; what it holds is kept between runs."""

    async def start(self, context: Context) -> None:
        """Start it; returns when Maestra's database is there."""
        data = context.data / "postgresql"
        if not data.exists():
            say("making a database")
            await _make_cluster(context, data)
        (data / OUR_LINES).write_text(
            configuration(host=LOOPBACK, port=context.ports.postgresql), "utf-8"
        )
        await context.spawn(
            "postgresql",
            program("postgres"),
            "-D",
            data,
            cwd=context.data,
            unprivileged=True,
            # At SIGTERM it would wait for whoever sits at psql.
            stop_signal=signal.SIGINT,
            pid_file=data / "postmaster.pid",
        )
        try:
            await _make_database(context)
        except asyncpg.InvalidPasswordError as err:
            raise ServiceFailed(
                f"the database in {data} has a password of another time; use --fresh"
            ) from err
        say(f"PostgreSQL keeps its data in {data}")

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where the database is, and a program to look into it: few have one on their PATH."""
        password, port = context.memory.database_password, context.ports.postgresql
        return {
            "dsn": f"postgresql://{NAME}:{password}@{LOOPBACK}:{port}/{NAME}",
            "psql": str(program("psql")),
        }


async def _make_cluster(context: Context, data: Path) -> None:
    """Make `data`, whole or not at all."""
    unfinished = data.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    account = unprivileged_user()
    password = context.data / "password"
    password.unlink(missing_ok=True)
    password.touch(0o600)
    password.write_text(context.memory.database_password, "utf-8")
    if account:
        os.chown(password, account.pw_uid, account.pw_gid)
    try:
        process = await asyncio.create_subprocess_exec(
            *initdb(unfinished, "--auth=scram-sha-256", f"--pwfile={password}"),
            cwd=context.data,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        said, _ = await process.communicate()
    finally:
        password.unlink()
    if process.returncode:
        raise ServiceFailed(f"initdb failed:\n{said.decode(errors='replace')}")
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as lines:
        lines.write(f"include '{OUR_LINES}'\n")
    unfinished.rename(data)


async def _make_database(context: Context) -> None:
    """Wait for the server, and make the role, the database and its extension where they are missing."""
    password = context.memory.database_password
    connection = await _connect(context, SUPERUSER, SUPERUSER)
    try:
        for is_there, make in (
            ("SELECT FROM pg_roles WHERE rolname = $1", "CREATE ROLE %I LOGIN"),
            (
                "SELECT FROM pg_database WHERE datname = $1",
                f"CREATE DATABASE %I OWNER {NAME}",
            ),
        ):
            if await connection.fetchrow(is_there, NAME) is None:
                await _execute(connection, make, NAME)
        await _execute(connection, f"ALTER ROLE {NAME} PASSWORD %L", password)
    finally:
        await connection.close()
    connection = await _connect(context, NAME, NAME)
    try:
        # First thing in a session: after an update the older library is no longer there to be loaded.
        await connection.execute("ALTER EXTENSION timescaledb UPDATE")
    except asyncpg.UndefinedObjectError:
        await connection.execute("CREATE EXTENSION timescaledb")
    finally:
        await connection.close()


async def _execute(connection: asyncpg.Connection, template: str, word: str) -> None:
    """Run a statement that takes no parameters; `%I` is the word as a name, `%L` as a text."""
    await connection.execute(
        await connection.fetchval("SELECT format($1, $2::text)", template, word)
    )


async def _connect(context: Context, user: str, database: str) -> asyncpg.Connection:
    while True:
        try:
            return await asyncpg.connect(
                host=LOOPBACK,
                port=context.ports.postgresql,
                user=user,
                password=context.memory.database_password,
                database=database,
                timeout=CONNECT_TIMEOUT_S,
            )
        except OSError, asyncpg.CannotConnectNowError:
            await asyncio.sleep(CONNECT_INTERVAL_S)
