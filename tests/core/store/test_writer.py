"""Batches in their tables: once, whoever sends them again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from custom_components.maestra.core.f2.rows import DECODED_DATA
from custom_components.maestra.core.qs.rows import EVENTS
from custom_components.maestra.core.store.batch import Batch, decode, encode
from custom_components.maestra.core.store.connection import Tier
from custom_components.maestra.core.store.entity_tables import DEVICES, ENTITIES
from custom_components.maestra.core.store.ha_rows import (
    HA_ENTITIES,
    HA_RENAMES,
    HA_STATES,
)
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.tables import Row, Table
from custom_components.maestra.core.store.writer import PRUNE_EVERY, Writer, Written
from scripts.catalogue import STORE_CATALOGUE

from .conftest import APACHE, FULL, PLAIN

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, UTC)
RUN = uuid4()


class WriterKit:
    """A writer on a connection; batches are numbered."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.writer = Writer("tests", STORE_CATALOGUE.tables.values())
        self.number = 0

    def batch(self, table: Table, *rows: Row, **fields: Any) -> Batch:
        """Return the next batch, as it is after it was in the spool."""
        self.number += 1
        batch = Batch(run=RUN, number=self.number, rows={table: list(rows)}, **fields)
        return decode(encode(batch), STORE_CATALOGUE.tables, batch.receipts)

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
async def kit(connection: asyncpg.Connection, tier: Tier) -> WriterKit:
    """A writer in an empty database of each tier."""
    await migrate(connection, STORE_CATALOGUE, tier)
    kit = WriterKit(connection)
    await kit.writer.begin(connection)
    return kit


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


async def test_a_batch_is_written_once(kit: WriterKit) -> None:
    """The same batch again changes nothing, whatever became of the connection before."""
    batch = kit.batch(DECODED_DATA, reading(1, 1.0), reading(2, 2.0))
    assert await kit.writer.write(kit.connection, batch) == Written(rows=2)
    assert await kit.writer.write(kit.connection, batch) == Written(rows=2)
    assert await kit.all("SELECT datapoint_id, value FROM decoded_data ORDER BY 1") == [
        (1, 1.0),
        (2, 2.0),
    ]


async def test_a_reading_that_is_sent_again_is_dropped(kit: WriterKit) -> None:
    """The first value of a key stays; new ones beside it are stored."""
    await kit.write(DECODED_DATA, reading(1, 1.0))
    written = await kit.write(
        DECODED_DATA, reading(1, 9.0), reading(2, 2.0), reading(2, 8.0)
    )
    assert written == Written(rows=1, repeated=2)
    assert await kit.all("SELECT datapoint_id, value FROM decoded_data ORDER BY 1") == [
        (1, 1.0),
        (2, 2.0),
    ]


async def test_an_event_keeps_its_first_time(kit: WriterKit) -> None:
    """An event that comes again, later or in the same batch, is no second row."""
    assert await kit.write(EVENTS, event("a"), event("b")) == Written(rows=2)
    again = await kit.write(
        EVENTS, event("a", 5), event("c", 7), event("c", 6), event("b", 3)
    )
    assert again == Written(rows=1, repeated=3)
    found = await kit.all("SELECT event_id, ts_server FROM events ORDER BY 1")
    assert found == [
        ("a", NOW),
        ("b", NOW),
        ("c", NOW + timedelta(seconds=6)),
    ]


async def test_values_that_no_column_takes_are_set_aside(kit: WriterKit) -> None:
    """One bad row costs only itself, and is kept with the reason."""
    written = await kit.write(
        EVENTS, event("good"), event("bad", meta="{"), event("huge", schema=2**40)
    )
    assert written == Written(rows=1, rejected=2)
    assert await kit.all("SELECT event_id FROM events") == [("good",)]
    assert await kit.all("SELECT event_id FROM event_ids") == [("good",)]
    (table, reason), _ = await kit.all(
        "SELECT table_name, reason FROM maestra_rejected ORDER BY id"
    )
    assert table == "events"
    assert "json" in reason


async def test_the_newest_description_stays(kit: WriterKit) -> None:
    """Rows of devices and entities take the place of older ones."""
    device, entity = str(UUID(int=1)), str(UUID(int=2))

    def described(name: str) -> tuple[Row, Row]:
        return (
            (device, name, "esp32", "aa", None, None, None, "{}", "online", NOW, NOW, NOW),
            (entity, name, "a", None, None, "a.b", "{}", NOW, "active", None, ["x"], "{}", device, NOW, NOW),
        )  # fmt: skip

    for name in ("old", "new"):
        device_row, entity_row = described(name)
        await kit.write(DEVICES, device_row)
        await kit.write(ENTITIES, entity_row)
    assert await kit.all("SELECT name FROM devices") == [("new",)]
    assert await kit.all("SELECT name, path::text, tags FROM entities") == [
        ("new", "a.b", ["x"])
    ]


def ha_state(entity_id: str, state: str) -> Row:
    return (NOW, entity_id, state, None, "{}")


NAMED = """
SELECT entity_id, array_agg(state ORDER BY state) FROM ha_states
JOIN ha_entities ON ha_entities.id = ha_states.entity GROUP BY 1 ORDER BY 1
"""


async def test_entity_ids_become_numbers(kit: WriterKit) -> None:
    """Each id of Home Assistant has one number, also for a writer that starts anew."""
    await kit.write(HA_STATES, ha_state("light.a", "on"), ha_state("light.b", "on"))
    kit.writer = Writer("tests", STORE_CATALOGUE.tables.values())
    await kit.write(HA_STATES, ha_state("light.a", "off"))
    assert await kit.all(NAMED) == [("light.a", ["off", "on"]), ("light.b", ["on"])]


async def test_numbers_of_a_batch_that_failed_are_not_remembered(
    kit: WriterKit,
) -> None:
    """A number that was given out in a transaction that was taken back is asked for again."""
    bad = (NOW, "light.a", "on", None, "{")
    await kit.write(HA_STATES, bad, ha_state("light.a", "off"))
    await kit.write(HA_STATES, ha_state("light.a", "on"))
    assert await kit.all(NAMED) == [("light.a", ["off", "on"])]


async def test_history_follows_a_new_id(kit: WriterKit) -> None:
    """A renamed entity goes on where it was, also within one batch."""
    await kit.write(HA_STATES, ha_state("light.a", "1"))
    batch = kit.batch(HA_RENAMES, ("light.a", "light.z"))
    batch.rows |= {
        HA_STATES: [ha_state("light.a", "2"), ha_state("light.z", "3")],
        HA_ENTITIES: [("light.a", "A", None, None, [], None, None)],
    }
    await kit.writer.write(kit.connection, batch)
    assert await kit.all(NAMED) == [("light.z", ["1", "2", "3"])]
    assert await kit.all("SELECT entity_id, name FROM ha_entities") == [
        ("light.z", "A")
    ]


async def test_two_histories_stay_two(kit: WriterKit) -> None:
    """An id that somebody else had before is not taken over."""
    await kit.write(HA_STATES, ha_state("light.a", "1"), ha_state("light.b", "2"))
    await kit.write(HA_RENAMES, ("light.a", "light.b"))
    assert await kit.all(NAMED) == [("light.a", ["1"]), ("light.b", ["2"])]


async def test_late_rows_are_told_to_the_rollups(kit: WriterKit) -> None:
    """What comes after its hour was rolled up is noted with the batch."""
    early = datetime.now(UTC) - timedelta(days=3)
    await kit.write(
        DECODED_DATA, (early, 1, 1, 1.0), (early + timedelta(hours=1), 1, 1, 1.0)
    )
    await kit.write(DECODED_DATA, (datetime.now(UTC), 1, 1, 1.0))
    assert await kit.all('SELECT source, start, "end" FROM maestra_late') == [
        ("decoded_data", early, early + timedelta(hours=1))
    ]


async def test_doubtful_rows_are_held_against_the_database(kit: WriterKit) -> None:
    """Rows of a message that an earlier run has stored are dropped; those of others are not."""
    known, unknown = b"k" * 16, b"u" * 16
    await kit.write(DECODED_DATA, reading(1, 1.0), receipts=[known])

    later = WriterKit(kit.connection)
    assert await later.writer.begin(kit.connection) == [known]
    batch = Batch(
        run=uuid4(),
        number=0,
        rows={},
        receipts=[known, unknown],
        doubtful=[
            (known, DECODED_DATA, (NOW + timedelta(seconds=1), 1, 1, 1.0)),
            (unknown, DECODED_DATA, reading(2, 2.0)),
        ],
    )
    await later.writer.write(
        kit.connection, decode(encode(batch), STORE_CATALOGUE.tables, batch.receipts)
    )
    assert await kit.all("SELECT datapoint_id FROM decoded_data ORDER BY 1") == [
        (1,),
        (2,),
    ]


async def test_old_batches_are_forgotten(kit: WriterKit) -> None:
    """The list of batches does not grow for ever."""
    await kit.connection.execute(
        "INSERT INTO maestra_batches (writer, run, number) "
        "SELECT 'tests', gen_random_uuid(), n FROM generate_series(1, 3000) AS n"
    )
    for number in range(PRUNE_EVERY + 1):
        await kit.write(DECODED_DATA, reading(number, 1.0))
    ((left,),) = await kit.all("SELECT count(*) FROM maestra_batches")
    assert left <= 1_000 + PRUNE_EVERY


async def test_what_the_data_is_not_at_fault_for_is_raised(kit: WriterKit) -> None:
    """A table that is gone is no reason to throw rows away."""
    await kit.connection.execute("DROP TABLE decoded_data CASCADE")
    with pytest.raises(asyncpg.UndefinedTableError):
        await kit.write(DECODED_DATA, reading(1, 1.0))
    assert await kit.all("SELECT count(*) FROM maestra_batches") == [(0,)]
