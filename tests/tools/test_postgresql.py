"""The database of `scripts/develop`: on loopback, by password, kept between runs."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
import shutil
import tempfile

import asyncpg
import pytest

from scripts.stack.__main__ import make_data_folder
from scripts.stack.context import Context, Memory
from scripts.stack.hass_api import HassApi
from scripts.stack.ports import Ports, free_base
from scripts.stack.services.postgresql import Postgresql
from scripts.stack.supervisor import ServiceFailed, Supervisor

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that the database's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="maestra-develop-"))
    make_data_folder(folder / "data")
    yield folder / "data"
    shutil.rmtree(folder)


@asynccontextmanager
async def running(data: Path, config: Path, memory: Memory) -> AsyncGenerator[str]:
    """Run the database; yields its address with the login."""
    ports, supervisor = Ports.from_base(free_base()), Supervisor()
    async with HassApi("http://127.0.0.1") as api:
        context = Context(
            config=config,
            data=data,
            ports=ports,
            memory=memory,
            api=api,
            supervisor=supervisor,
        )
        service = Postgresql()
        try:
            await service.start(context)
            yield str(service.facts(context)["dsn"])
        finally:
            await supervisor.stop()


async def test_what_it_holds_is_there_after_another_start(
    data: Path, tmp_path: Path
) -> None:
    """Also on another port, and with somebody still connected at the stop."""
    memory = Memory()
    async with running(data, tmp_path, memory) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    async with running(data, tmp_path, memory) as dsn:
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()


async def test_maestra_owns_a_database_with_timescaledb(
    data: Path, tmp_path: Path
) -> None:
    async with running(data, tmp_path, Memory()) as dsn:
        connection = await asyncpg.connect(dsn)
        found = await connection.fetchrow(
            "SELECT r.rolsuper, r.rolname = current_user AS is_owner, e.extname FROM pg_database d"
            " JOIN pg_roles r ON r.oid = d.datdba JOIN pg_extension e ON e.extname = 'timescaledb'"
            " WHERE d.datname = current_database()"
        )
        await connection.close()
    assert found is not None
    assert dict(found) == {
        "rolsuper": False,
        "is_owner": True,
        "extname": "timescaledb",
    }


async def test_nobody_is_let_in_without_the_password(
    data: Path, tmp_path: Path
) -> None:
    async with running(data, tmp_path, Memory(database_password="right")) as dsn:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn.replace("right", "wrong"))


async def test_a_forgotten_password_is_told(data: Path, tmp_path: Path) -> None:
    """Somebody has removed the config folder, where the password was."""
    async with running(data, tmp_path, Memory()):
        pass
    with pytest.raises(ServiceFailed, match="--fresh"):
        async with running(data, tmp_path, Memory()):
            pass
