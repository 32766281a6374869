"""Fixtures of databases, for tests with and without Home Assistant: each conftest.py takes them from here."""

from collections.abc import AsyncGenerator, Generator

import pytest

from custom_components.maestra.core.store.settings import StoreSettings

from .database import PlainPostgres, Postgres


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
async def database(
    socket_enabled: None, postgres: Postgres
) -> AsyncGenerator[StoreSettings]:
    """An empty database with TimescaleDB."""
    name = await postgres.create_database()
    yield postgres.settings(name)
    await postgres.drop_database(name)


@pytest.fixture
async def plain_database(
    socket_enabled: None, plain_postgres: PlainPostgres
) -> AsyncGenerator[StoreSettings]:
    """An empty database without TimescaleDB."""
    name = await plain_postgres.create_database(timescaledb=False)
    yield plain_postgres.settings(name)
    await plain_postgres.drop_database(name)
