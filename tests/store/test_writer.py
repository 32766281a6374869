"""Batches in their tables: once, whoever sends them again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from custom_components.maestra.store.batch import Batch, decode, encode
from custom_components.maestra.store.schema import migrate
from custom_components.maestra.store.settings import StoreSettings
from custom_components.maestra.store.tables import (
    DECODED_DATA,
    DEVICES,
    ENTITIES,
    EVENTS,
    HA_ENTITIES,
    HA_RENAMES,
    HA_STATES,
    Row,
    Table,
)
from custom_components.maestra.store.tier import Tier
from custom_components.maestra.store.writer import PRUNE_EVERY, Writer, Written

from .conftest import APACHE, FULL, PLAIN

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, UTC)
RUN = uuid4()


class Desk:
    """A writer on a connection; batches are numbered."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.writer = Writer("tests")
        self.number = 0

    def batch(self, table: Table, *rows: Row, **fields: Any) -> Batch:
        """Return the next batch, as it is after it was in the spool."""
        self.number += 1
        batch = Batch(
            run=RUN, number=self.number, rows={table.name: list(rows)}, **fields
        )
        return decode(encode(batch), batch.receipts)

    async def write(self, table: Table, *rows: Row, **fields: Any) -> Written:
        """Write rows as the next batch."""
        return await self.writer.write(
            self.connection, self.batch(table, *rows, **fields)
        )

    async def all(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        return [tuple(row) for row in await self.connection.fetch(query)]


@pytest.fixture(params=[PLAIN, APACHE, FULL])
def any_database(request: pytest.FixtureRequest) -> StoreSettings:
    """An empty database of each tier whose server bears a COPY that fails; the WASM build does not."""
    settings: StoreSettings = request.getfixturevalue(request.param)
    return settings


@pytest.fixture
async def desk(connection: asyncpg.Connection, tier: Tier) -> Desk:
    """A writer in an empty database of each tier."""
    await migrate(connection, tier)
    desk = Desk(connection)
    await desk.writer.begin(connection)
    return desk


def event(event_id: str, seconds: int = 0, **fields: Any) -> Row:
    row = dict.fromkeys(EVENTS.columns) | {
        "event_id": event_id,
        "device_id": "board",
        "schema": 1,
        "event_type": "temperature",
        "value_num": 21.5,
        "ts_server": NOW + timedelta(seconds=seconds),
        "meta": "{}",
    }
    return tuple((row | fields).values())


def reading(datapoint: int, value: float) -> Row:
    return (NOW, 1, datapoint, value)


async def test_a_batch_is_written_once(desk: Desk) -> None:
    """The same batch again changes nothing, whatever became of the connection before."""
    batch = desk.batch(DECODED_DATA, reading(1, 1.0), reading(2, 2.0))
    assert await desk.writer.write(desk.connection, batch) == Written(rows=2)
    assert await desk.writer.write(desk.connection, batch) == Written(rows=2)
    assert await desk.all(
        "SELECT datapoint_id, value FROM decoded_data ORDER BY 1"
    ) == [
        (1, 1.0),
        (2, 2.0),
    ]


async def test_a_reading_that_is_sent_again_is_dropped(desk: Desk) -> None:
    """The first value of a key stays; new ones beside it are stored."""
    await desk.write(DECODED_DATA, reading(1, 1.0))
    written = await desk.write(
        DECODED_DATA, reading(1, 9.0), reading(2, 2.0), reading(2, 8.0)
    )
    assert written == Written(rows=1, repeated=2)
    assert await desk.all(
        "SELECT datapoint_id, value FROM decoded_data ORDER BY 1"
    ) == [
        (1, 1.0),
        (2, 2.0),
    ]


async def test_an_event_keeps_its_first_time(desk: Desk) -> None:
    """An event that comes again, later or in the same batch, is no second row."""
    assert await desk.write(EVENTS, event("a"), event("b")) == Written(rows=2)
    again = await desk.write(
        EVENTS, event("a", 5), event("c", 7), event("c", 6), event("b", 3)
    )
    assert again == Written(rows=1, repeated=3)
    found = await desk.all("SELECT event_id, ts_server FROM events ORDER BY 1")
    assert found == [
        ("a", NOW),
        ("b", NOW),
        ("c", NOW + timedelta(seconds=6)),
    ]


async def test_values_that_no_column_takes_are_set_aside(desk: Desk) -> None:
    """One bad row costs only itself, and is kept with the reason."""
    written = await desk.write(
        EVENTS, event("good"), event("bad", meta="{"), event("huge", schema=2**40)
    )
    assert written == Written(rows=1, rejected=2)
    assert await desk.all("SELECT event_id FROM events") == [("good",)]
    assert await desk.all("SELECT event_id FROM event_ids") == [("good",)]
    (table, reason), _ = await desk.all(
        "SELECT table_name, reason FROM maestra_rejected ORDER BY id"
    )
    assert table == "events"
    assert "json" in reason


async def test_the_newest_description_stays(desk: Desk) -> None:
    """Rows of devices and entities take the place of older ones."""
    device, entity = str(UUID(int=1)), str(UUID(int=2))

    def described(name: str) -> tuple[Row, Row]:
        return (
            (device, name, "esp32", "aa", None, None, None, "{}", "online", NOW, NOW, NOW),
            (entity, name, "a", None, None, "a.b", "{}", NOW, "active", None, ["x"], "{}", device, NOW, NOW),
        )  # fmt: skip

    for name in ("old", "new"):
        device_row, entity_row = described(name)
        await desk.write(DEVICES, device_row)
        await desk.write(ENTITIES, entity_row)
    assert await desk.all("SELECT name FROM devices") == [("new",)]
    assert await desk.all("SELECT name, path::text, tags FROM entities") == [
        ("new", "a.b", ["x"])
    ]


def ha_state(entity_id: str, state: str) -> Row:
    return (NOW, entity_id, state, None, "{}")


NAMED = """
SELECT entity_id, array_agg(state ORDER BY state) FROM ha_states
JOIN ha_entities ON ha_entities.id = ha_states.entity GROUP BY 1 ORDER BY 1
"""


async def test_entity_ids_become_numbers(desk: Desk) -> None:
    """Each id of Home Assistant has one number, also for a writer that starts anew."""
    await desk.write(HA_STATES, ha_state("light.a", "on"), ha_state("light.b", "on"))
    desk.writer = Writer("tests")
    await desk.write(HA_STATES, ha_state("light.a", "off"))
    assert await desk.all(NAMED) == [("light.a", ["off", "on"]), ("light.b", ["on"])]


async def test_numbers_of_a_batch_that_failed_are_not_remembered(desk: Desk) -> None:
    """A number that was given out in a transaction that was taken back is asked for again."""
    bad = (NOW, "light.a", "on", None, "{")
    await desk.write(HA_STATES, bad, ha_state("light.a", "off"))
    await desk.write(HA_STATES, ha_state("light.a", "on"))
    assert await desk.all(NAMED) == [("light.a", ["off", "on"])]


async def test_history_follows_a_new_id(desk: Desk) -> None:
    """A renamed entity goes on where it was, also within one batch."""
    await desk.write(HA_STATES, ha_state("light.a", "1"))
    batch = desk.batch(HA_RENAMES, ("light.a", "light.z"))
    batch.rows |= {
        HA_STATES.name: [ha_state("light.a", "2"), ha_state("light.z", "3")],
        HA_ENTITIES.name: [("light.a", "A", None, None, [], None, None)],
    }
    await desk.writer.write(desk.connection, batch)
    assert await desk.all(NAMED) == [("light.z", ["1", "2", "3"])]
    assert await desk.all("SELECT entity_id, name FROM ha_entities") == [
        ("light.z", "A")
    ]


async def test_two_histories_stay_two(desk: Desk) -> None:
    """An id that somebody else had before is not taken over."""
    await desk.write(HA_STATES, ha_state("light.a", "1"), ha_state("light.b", "2"))
    await desk.write(HA_RENAMES, ("light.a", "light.b"))
    assert await desk.all(NAMED) == [("light.a", ["1"]), ("light.b", ["2"])]


async def test_late_rows_are_told_to_the_rollups(desk: Desk) -> None:
    """What comes after its hour was rolled up is noted with the batch."""
    early = datetime.now(UTC) - timedelta(days=3)
    await desk.write(
        DECODED_DATA, (early, 1, 1, 1.0), (early + timedelta(hours=1), 1, 1, 1.0)
    )
    await desk.write(DECODED_DATA, (datetime.now(UTC), 1, 1, 1.0))
    assert await desk.all('SELECT source, start, "end" FROM maestra_late') == [
        ("decoded_data", early, early + timedelta(hours=1))
    ]


async def test_doubtful_rows_are_held_against_the_database(desk: Desk) -> None:
    """Rows of a message that an earlier run has stored are dropped; those of others are not."""
    known, unknown = b"k" * 16, b"u" * 16
    await desk.write(DECODED_DATA, reading(1, 1.0), receipts=[known])

    later = Desk(desk.connection)
    assert await later.writer.begin(desk.connection) == [known]
    batch = Batch(
        run=uuid4(),
        number=0,
        rows={},
        receipts=[known, unknown],
        doubtful=[
            (known, DECODED_DATA.name, (NOW + timedelta(seconds=1), 1, 1, 1.0)),
            (unknown, DECODED_DATA.name, reading(2, 2.0)),
        ],
    )
    await later.writer.write(desk.connection, decode(encode(batch), batch.receipts))
    assert await desk.all("SELECT datapoint_id FROM decoded_data ORDER BY 1") == [
        (1,),
        (2,),
    ]


async def test_old_batches_are_forgotten(desk: Desk) -> None:
    """The list of batches does not grow for ever."""
    await desk.connection.execute(
        "INSERT INTO maestra_batches (writer, run, number) "
        "SELECT 'tests', gen_random_uuid(), n FROM generate_series(1, 3000) AS n"
    )
    for number in range(PRUNE_EVERY + 1):
        await desk.write(DECODED_DATA, reading(number, 1.0))
    ((left,),) = await desk.all("SELECT count(*) FROM maestra_batches")
    assert left <= 1_000 + PRUNE_EVERY


async def test_what_the_data_is_not_at_fault_for_is_raised(desk: Desk) -> None:
    """A table that is gone is no reason to throw rows away."""
    await desk.connection.execute("DROP TABLE decoded_data CASCADE")
    with pytest.raises(asyncpg.UndefinedTableError):
        await desk.write(DECODED_DATA, reading(1, 1.0))
    assert await desk.all("SELECT count(*) FROM maestra_batches") == [(0,)]
