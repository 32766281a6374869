"""`scripts/faults`: one fault for real, and a bill that does not look away."""

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path
import sys
from typing import Any

import asyncpg
import pytest

from scripts.devenv.paths import ROOT
from scripts.fault_matrix.__main__ import tabulate
from scripts.fault_matrix.bill import Shown, Stored, draw_up
from scripts.fault_matrix.load import Device, Ledger, Said
from scripts.fault_matrix.proxy import Frontend, Moment, Proxy
from scripts.fault_matrix.run import QUICK
from tests.kits.database import Postgres
from tests.kits.process import PATIENCE

LAMP, NODE = Device("lamp", is_node=False, due=2, said=2), Device("node", is_node=True, due=1, said=1)  # fmt: skip
SAID = {Said("lamp", 1), Said("lamp", 2), Said("node", 1)}
LEDGER = Ledger(published=SAID, taken=SAID, stored={Said("node", 1)})
ALL_STATES = {Said("lamp", 1): 1, Said("lamp", 2): 1}
STORED: dict[str, Any] = {"states": ALL_STATES, "values": ALL_STATES, "events": {Said("node", 1): 1}}  # fmt: skip
SHOWN: dict[str, Any] = {"maestra": {"lamp": 2}, "home_assistant": {"lamp": 2, "node": 1}}  # fmt: skip


def bill(ledger: Ledger = LEDGER, recovered: float | None = 1.0, **changes: Any) -> Any:
    """Draw up a bill of a lamp and a node, of which all is well but for the changes."""
    stored = Stored(**{key: changes.get(key, value) for key, value in STORED.items()}, second_ids=changes.get("second_ids", frozenset()))  # fmt: skip
    shown = Shown(**{key: changes.get(key, value) for key, value in SHOWN.items()})
    return draw_up(ledger, [LAMP, NODE], stored, shown, recovered)


def test_nothing_is_wrong() -> None:
    assert bill().is_good
    assert (bill().rows, bill().lost, bill().doubled, bill().shown) == (3, 0, 0, 2)


@pytest.mark.parametrize(
    ("changes", "figures"),
    [
        pytest.param({"states": {Said("lamp", 1): 1}}, {"lost": 1}, id="a state is missing"),
        pytest.param({"values": {Said("lamp", 2): 1}}, {"lost": 1}, id="its number is missing"),
        pytest.param({"events": {}}, {"lost": 1}, id="an event is missing"),
        pytest.param({"events": {Said("node", 1): 2}}, {"doubled": 1}, id="an event is double"),
        pytest.param({"states": {**ALL_STATES, Said("lamp", 1): 3}}, {"doubled": 2}, id="a state is there three times"),
        pytest.param({"values": {**ALL_STATES, Said("lamp", 1): 2}}, {"doubled": 1}, id="a number is double"),
        pytest.param({"maestra": {"lamp": 1}}, {"shown": 1}, id="Maestra shows an old state"),
        pytest.param({"home_assistant": {"lamp": None, "node": 1}}, {"shown": 1}, id="Home Assistant shows none"),
        pytest.param({"home_assistant": {"lamp": 2}}, {"shown": 1}, id="a node is gone"),
        pytest.param({"second_ids": frozenset({"lamp"})}, {"second_ids": 1}, id="an entity has another id"),
        pytest.param({"recovered": None}, {"recovered": None}, id="it never came back"),
        pytest.param({"ledger": Ledger(published=SAID, taken=SAID)}, {"told": 0}, id="a device was not told"),
        pytest.param(
            {"ledger": Ledger(published=SAID, taken={Said("lamp", 1)}, stored={Said("node", 1)})},
            {"taken": 1},
            id="the broker took less than was said",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_on_the_bill(
    changes: dict[str, Any], figures: dict[str, Any]
) -> None:
    found = bill(**changes)
    assert not found.is_good
    assert {key: getattr(found, key) for key in figures} == figures


def test_what_only_maestra_has_acknowledged_must_not_be_lost_either() -> None:
    """A PUBACK can be lost with a broker; the device was told by Maestra."""
    ledger = Ledger(published=SAID, taken=set(ALL_STATES), stored={Said("node", 1)})
    assert bill(ledger, events={}).lost == 1


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_moments_are_found_in_pieces_of_any_size(size: int) -> None:
    """An SSLRequest, a startup, a query, rows, COMMIT; a COMMIT without rows is no moment."""
    said = b"".join(
        (
            b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
            b"\x00\x00\x00\x10\x00\x03\x00\x00user\x00x\x00\x00",
            b"Q\x00\x00\x00\x0cCOMMIT;\x00",
            b"Q\x00\x00\x00\x0bBEGIN;\x00",
            b"d\x00\x00\x00\x20" + bytes(28),
            b"d\x00\x00\x00\x20" + bytes(28),
            b"c\x00\x00\x00\x04",
            b"Q\x00\x00\x00\x0cCOMMIT;\x00",
        )
    )
    frontend = Frontend()
    pieces = [said[start : start + size] for start in range(0, len(said), size)]
    assert [moment for piece in pieces for moment in frontend.hear(piece)] == [
        Moment.MID_COPY,
        Moment.MID_COPY,
        Moment.UNANSWERED_COMMIT,
    ]


@pytest.fixture
async def network(
    socket_enabled: None, postgres: Postgres
) -> AsyncGenerator[tuple[Proxy, asyncpg.Connection]]:
    """A network to a database that can be cut, and a look from beside it."""
    connection = await postgres.connect()
    await connection.execute("CREATE TABLE IF NOT EXISTS pieces (number int)")
    await connection.execute("TRUNCATE pieces")
    async with Proxy(postgres.port) as proxy:
        yield proxy, connection
    await connection.execute("DROP TABLE pieces")
    await connection.close()


async def write(writer: asyncpg.Connection) -> None:
    """Copy rows, in a transaction."""
    async with asyncio.timeout(PATIENCE), writer.transaction():
        records = ((number,) for number in range(50_000))
        await writer.copy_records_to_table("pieces", records=records)


@pytest.mark.parametrize(
    ("moment", "rows"), [(Moment.MID_COPY, 0), (Moment.UNANSWERED_COMMIT, 50_000)]
)
async def test_the_network_is_cut_in_the_moment(
    network: tuple[Proxy, asyncpg.Connection],
    postgres: Postgres,
    moment: Moment,
    rows: int,
) -> None:
    """Whoever writes is not told; the rows of a COPY that was cut are not there, and those of the COMMIT are."""
    proxy, beside = network
    writer = await asyncpg.connect(
        host=postgres.host, port=proxy.port, user="postgres", database="postgres"
    )
    cut = asyncio.create_task(proxy.cut_at(moment))
    with pytest.raises((OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):  # fmt: skip
        await write(writer)
    async with asyncio.timeout(PATIENCE):
        await cut
        with pytest.raises(OSError):
            await asyncpg.connect(host=postgres.host, port=proxy.port, user="postgres")
        # The server ends a transaction that was cut.
        while await beside.fetchval(
            "SELECT count(*) FROM pg_locks WHERE relation = 'pieces'::regclass AND mode = 'RowExclusiveLock'"
        ):
            await asyncio.sleep(0.01)
    assert await beside.fetchval("SELECT count(*) FROM pieces") == rows
    proxy.restore()
    again = await asyncpg.connect(
        host=postgres.host, port=proxy.port, user="postgres", database="postgres"
    )
    await again.close()


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("socket_enabled")
async def test_a_database_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    """The whole way, with a real Home Assistant."""
    figures = tmp_path / "figures.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.fault_matrix", "kill-database"),
        *("--quick", "--rate", "100", "--json", figures),
        cwd=ROOT,
    )
    assert await process.wait() == 0
    found = json.loads(figures.read_text("utf-8"))["kill-database"]
    assert found["published"] == found["rows"] == found["distinct"] > 500
    assert (found["lost"], found["doubled"]) == (0, 0)


def test_what_came_to_no_bill_is_in_the_table() -> None:
    table = tabulate({"none": bill(), "kill-broker": None}, QUICK)
    assert [row[0] for row in table.rows] == ["no fault", "kill -9 of the broker"]
    assert table.rows[1][1:] == (None,) * 11
