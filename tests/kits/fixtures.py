"""Fixtures for tests with and without Home Assistant: each conftest.py takes them from here."""

import asyncio
from collections.abc import AsyncGenerator, Generator

import pytest

from custom_components.maestra.core.store.settings import StoreSettings

from .database import PlainPostgres, Postgres


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Let the loop check threads and callbacks, as Home Assistant's fixture of this name does.

    Whoever asks is told that it does not: a stack is kept with each future and handle otherwise,
    which takes half of the time of all tests.
    """
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.get_debug = lambda: False  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def postgres() -> Generator[Postgres]:
    """A server with TimescaleDB (Apache), shared by all tests of a process: none may stop it."""
    server = Postgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def plain_postgres() -> Generator[PlainPostgres]:
    """A server without TimescaleDB, shared by all tests of a process: none may stop it."""
    server = PlainPostgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture
async def server(socket_enabled: None) -> AsyncGenerator[Postgres]:
    """A server that a test may stop."""
    server = Postgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def has_tables(request: pytest.FixtureRequest) -> bool:
    """Whether databases of this test have our tables, as after a restart (mark `tables`), or nothing yet."""
    return request.node.get_closest_marker("tables") is not None


@pytest.fixture
async def database(
    socket_enabled: None, postgres: Postgres, has_tables: bool
) -> AsyncGenerator[StoreSettings]:
    """A database with TimescaleDB."""
    name = await postgres.create_database(tables=has_tables)
    yield postgres.settings(name)
    await postgres.drop_database(name)


@pytest.fixture
async def plain_database(
    socket_enabled: None, plain_postgres: PlainPostgres, has_tables: bool
) -> AsyncGenerator[StoreSettings]:
    """A database without TimescaleDB."""
    name = await plain_postgres.create_database(timescaledb=False, tables=has_tables)
    yield plain_postgres.settings(name)
    await plain_postgres.drop_database(name)
