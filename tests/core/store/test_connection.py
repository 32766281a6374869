"""Connections that are lost in the moments that no test hits from outside, and one writer for each name."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack
import gc
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from custom_components.maestra.core.store import connection as module
from custom_components.maestra.core.store.connection import connect, fence
from custom_components.maestra.core.store.errors import DRIVER_ERRORS, StoreWriterTaken
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import StoreState

from ...kits.database import Postgres
from ...kits.process import HOST, free_port
from ...kits.store import StoreKit

_FIELDS = (
    b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
)
GIVEN_UP = b"E" + (len(_FIELDS) + 4).to_bytes(4) + _FIELDS


class Between:
    """Stands between a client and the server; once it is armed, the server gives up the connection as soon as it has answered."""

    def __init__(self, server: StoreSettings) -> None:
        self._server = server
        self.port = free_port()
        self.is_armed = False
        self._tasks: list[asyncio.Task[None]] = []

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass on what either says."""
        answers, requests = await asyncio.open_connection(
            self._server.host, self._server.port
        )
        self._tasks += [
            asyncio.create_task(self._pass(reader, requests)),
            asyncio.create_task(self._pass(answers, writer, is_answer=True)),
        ]

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        is_answer: bool = False,
    ) -> None:
        while data := await reader.read(65_536):
            if is_answer and self.is_armed:
                writer.write(data + GIVEN_UP)
                break
            writer.write(data)
        writer.close()

    async def stop(self) -> None:
        """Leave nothing behind."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def between(database: StoreSettings) -> AsyncGenerator[Between]:
    """What stands between us and the database."""
    between = Between(database)
    server = await asyncio.start_server(between.serve, HOST, between.port)
    yield between
    server.close()
    await between.stop()


async def errors_of_a_copy(
    connecting: Awaitable[asyncpg.Connection], between: Between
) -> list[str]:
    """Copy on a connection that the server gives up; returns what the event loop is told beside the error of the caller."""
    errors: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: errors.append(context))
    connection = await connecting
    await connection.execute("CREATE TABLE numbers (number integer)")
    between.is_armed = True
    with pytest.raises(DRIVER_ERRORS):
        await connection.copy_records_to_table("numbers", records=[(1,), (2,)])
    connection.terminate()
    del connection
    for _ in range(3):
        await asyncio.sleep(0)
        gc.collect()
    return [error["message"] for error in errors]


async def test_a_copy_on_a_connection_that_was_given_up_leaves_no_error_behind(
    database: StoreSettings, between: Between
) -> None:
    """The caller gets the error, and nothing else is ever logged of it."""
    settings = StoreSettings(
        host=HOST, port=between.port, database=database.database, user=database.user
    )
    assert await errors_of_a_copy(connect(settings), between) == []


async def test_the_driver_leaves_an_error_behind(
    database: StoreSettings, between: Between
) -> None:
    """As long as this is so, our own connection has to see to it."""
    connecting = asyncpg.connect(
        host=HOST, port=between.port, database=database.database, user=database.user
    )
    assert await errors_of_a_copy(connecting, between) == [
        "Future exception was never retrieved"
    ]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for another to end."""
    monkeypatch.setattr(module, "FENCE_PATIENCE", module.FENCE_PATIENCE / 100)


async def test_one_writer_for_each_name(
    database: StoreSettings, impatient: None
) -> None:
    """A second one of the same name waits until the first is gone; others are not concerned."""
    first = await connect(database)
    second = await connect(database)
    await fence(first, database, "house")
    await fence(second, database, "garden")
    with pytest.raises(StoreWriterTaken):
        await fence(second, database, "house")
    first.terminate()
    while True:
        try:
            await fence(second, database, "house")
        except StoreWriterTaken:
            continue
        break
    await second.close()


async def test_a_copy_of_a_store_waits(
    server: Postgres, tmp_path: Path, impatient: None
) -> None:
    """Two stores of one name do not write at the same time; the second takes over when the first ends."""
    database = server.settings(await server.create_database())
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(
            StoreKit.running(database, tmp_path / "first")
        )
        await first.is_(StoreState.RECORDING)
        async with StoreKit.running(database, tmp_path / "second") as second:
            await second.until(lambda store: isinstance(store.error, StoreWriterTaken))
            assert second.store.is_contended
            await first.until(lambda store: store.is_contended)
            second.send(3)
            await second.until(lambda store: store.spool_rows == 3)
            await stack.aclose()
            await second.arrived()
