"""Batches in their tables: once, whoever sends them again."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from custom_components.maestra.core.f2.rows import DECODED_DATA
from custom_components.maestra.core.qs.rows import EVENTS
from custom_components.maestra.core.store.batch import Batch, decode, encode
from custom_components.maestra.core.store.connection import Tier, connect, detect
from custom_components.maestra.core.store.entity_tables import (
    DEVICE_METRICS,
    DEVICES,
    ENTITIES,
)
from custom_components.maestra.core.store.ha_rows import (
    HA_ENTITIES,
    HA_RENAMES,
    HA_STATES,
)
from custom_components.maestra.core.store.journal import Inbox
from custom_components.maestra.core.store.maintenance import maintain
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import (
    Lifetimes,
    StoreSettings,
    WriteLimits,
)
from custom_components.maestra.core.store.tables import Row, Table
from custom_components.maestra.core.store.writer import (
    MAX_OF_WRITER,
    MERGE_EVERY,
    Writer,
    Written,
)
from scripts.catalogue import STORE_CATALOGUE

from ...kits.database import Postgres
from .conftest import APACHE, FULL, PLAIN

pytestmark = pytest.mark.tables

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


def metric(value: float) -> Row:
    return (NOW, str(UUID(int=1)), "level", float(value), None, "{}")


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


async def test_an_id_is_known_by_its_digest_in_any_script(kit: WriterKit) -> None:
    """What was copied in is found by the statement that asks the database for the digest."""
    names = ("plain", "größe-7", "温度", "😀" * 100)
    assert (await kit.write(EVENTS, *map(event, names))).rows == 4
    again = await kit.write(EVENTS, *map(event, names), event("new"))
    assert again == Written(rows=1, repeated=4)
    sizes = await kit.all("SELECT DISTINCT pg_column_size(digest) FROM event_ids")
    assert sizes == [(16,)]


async def test_an_event_that_two_writers_have_at_once_is_stored_once(
    kit: WriterKit, any_database: StoreSettings
) -> None:
    """The second waits for the first, whatever comes of that one."""
    other = await connect(any_database)
    writer = Writer("other", STORE_CATALOGUE.tables.values())
    await writer.begin(other)
    for is_kept in (True, False):
        sent = event(f"both {is_kept}")
        first = kit.connection.transaction()
        await first.start()
        assert (await kit.write(EVENTS, sent)).rows == 1
        batch = Batch(run=uuid4(), number=0, rows={EVENTS: [sent]})
        waiting = asyncio.create_task(writer.write(other, batch))
        while not await kit.all(
            "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        ):
            await asyncio.sleep(0.01)
        await (first.commit() if is_kept else first.rollback())
        assert await waiting == Written(rows=not is_kept, repeated=is_kept)
    assert await kit.all("SELECT event_id FROM events ORDER BY 1") == [
        ("both False",),
        ("both True",),
    ]
    await other.close()


async def test_an_id_is_free_again_after_a_while(kit: WriterKit, tier: Tier) -> None:
    """An event that comes again then is stored again, and not before, however many days are between."""
    now = datetime.now(UTC)

    def sent(name: str, days: int, **fields: Any) -> Row:
        return event(name, ts_server=now - timedelta(days=days), **fields)

    await kit.write(EVENTS, sent("old", 40), sent("recent", 25), sent("spooled", 29))
    await maintain(kit.connection, STORE_CATALOGUE, tier, Lifetimes(events=None))
    again = await kit.write(
        EVENTS, *(sent(it, 0) for it in ("old", "recent", "spooled"))
    )
    assert again == Written(rows=1, repeated=2)
    # A second event of an id is one of its own, whenever it comes.
    other = await kit.write(EVENTS, sent("recent", 0, value_num=3.0))
    assert (other.rows, len(other.reused)) == (1, 1)
    found = await kit.all(
        "SELECT left(event_id, 6), count(*) FROM events GROUP BY 1 ORDER BY 1"
    )
    assert found == [("old", 2), ("recent", 2), ("spoole", 1)]


async def test_values_that_no_column_takes_are_set_aside(kit: WriterKit) -> None:
    """One bad row costs only itself, and is kept with the reason."""
    written = await kit.write(
        EVENTS, event("good"), event("bad", meta="{"), event("huge", schema=2**40)
    )
    assert written == Written(rows=1, rejected=2)
    assert await kit.all("SELECT event_id FROM events") == [("good",)]
    assert await kit.all("SELECT count(*) FROM event_ids") == [(1,)]
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


STATES_OF_B = """
SELECT count(*) FROM ha_states JOIN ha_entities ON ha_entities.id = ha_states.entity
WHERE entity_id = 'light.b'
"""
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
    """A renamed entity goes on where it was."""
    await kit.write(HA_STATES, ha_state("light.a", "1"))
    batch = kit.batch(HA_RENAMES, ("light.a", "light.z"))
    batch.rows |= {
        HA_STATES: [ha_state("light.z", "2"), ha_state("light.z", "3")],
        HA_ENTITIES: [("light.z", "A", None, None, [], None, None)],
    }
    await kit.writer.write(kit.connection, batch)
    assert await kit.all(NAMED) == [("light.z", ["1", "2", "3"])]
    assert await kit.all("SELECT entity_id, name FROM ha_entities") == [
        ("light.z", "A")
    ]


type Recorded = tuple[str, str]
"""A state ("light.a", "1"), or a renaming ("light.a", "> light.z")."""

A_FREED_ID: list[Recorded] = [
    ("light.a", "1"),
    ("light.a", "> light.z"),
    ("light.z", "2"),
    ("light.a", "other"),
]
A_SWAP: list[Recorded] = [
    ("light.a", "a1"),
    ("light.b", "b1"),
    ("light.a", "> light.t"),
    ("light.t", "a2"),
    ("light.b", "> light.a"),
    ("light.a", "b2"),
    ("light.t", "> light.b"),
    ("light.b", "a3"),
]
A_CHAIN: list[Recorded] = [
    ("light.c", "c1"),
    ("light.b", "b1"),
    ("light.a", "a1"),
    ("light.c", "> light.d"),
    ("light.b", "> light.c"),
    ("light.a", "> light.b"),
    ("light.b", "a2"),
    ("light.c", "b2"),
    ("light.d", "c2"),
    ("light.a", "new"),
]
THERE_AND_BACK: list[Recorded] = [
    ("light.a", "1"),
    ("light.a", "> light.b"),
    ("light.b", "2"),
    ("light.b", "> light.a"),
    ("light.a", "3"),
    ("light.b", "new"),
]


@pytest.mark.parametrize(
    ("recorded", "histories"),
    [
        (A_FREED_ID, {"light.z": ["1", "2"], "light.a": ["other"]}),
        (A_SWAP, {"light.a": ["b1", "b2"], "light.b": ["a1", "a2", "a3"]}),
        (
            A_CHAIN,
            {
                "light.a": ["new"],
                "light.b": ["a1", "a2"],
                "light.c": ["b1", "b2"],
                "light.d": ["c1", "c2"],
            },
        ),
        (THERE_AND_BACK, {"light.a": ["1", "2", "3"], "light.b": ["new"]}),
    ],
    ids=["freed", "swap", "chain", "back"],
)
async def test_histories_follow_renamings_in_their_order(
    kit: WriterKit,
    recorded: list[Recorded],
    histories: dict[str, list[str]],
) -> None:
    """An id that somebody else takes over begins a history of its own, however the rows are cut into batches."""
    for batch_rows in (1, 2, 100):
        await kit.connection.execute("TRUNCATE ha_entities, ha_states")
        await kit.writer.begin(kit.connection)
        inbox = Inbox(WriteLimits(most_batch_rows=batch_rows))
        for entity_id, what in recorded:
            is_renaming = what.startswith("> ")
            inbox.add(
                HA_RENAMES if is_renaming else HA_STATES,
                (entity_id, what[2:]) if is_renaming else ha_state(entity_id, what),
            )
        while inbox:
            batch = decode(encode(inbox.cut()), STORE_CATALOGUE.tables)
            await kit.writer.write(kit.connection, batch)
        assert dict(await kit.all(NAMED)) == histories


async def test_a_freed_id_from_batch_to_batch(kit: WriterKit) -> None:
    """What the writer remembers of names ends with a renaming, also where others were looked up in the same batch."""
    await kit.write(HA_STATES, ha_state("light.a", "1"))
    batch = kit.batch(HA_RENAMES, ("light.a", "light.z"))
    batch.rows[HA_STATES] = [ha_state("light.z", "2"), ha_state("light.new", "0")]
    await kit.writer.write(kit.connection, batch)
    await kit.write(HA_STATES, ha_state("light.a", "other"))
    assert await kit.all(NAMED) == [
        ("light.a", ["other"]),
        ("light.new", ["0"]),
        ("light.z", ["1", "2"]),
    ]


async def test_two_histories_stay_two(kit: WriterKit) -> None:
    """An id that somebody else had before is not taken over."""
    await kit.write(HA_STATES, ha_state("light.a", "1"), ha_state("light.b", "2"))
    await kit.write(HA_RENAMES, ("light.a", "light.b"))
    assert await kit.all(NAMED) == [("light.a", ["1"]), ("light.b", ["2"])]


async def test_late_rows_are_told_to_the_rollups(kit: WriterKit) -> None:
    """What comes after its hour was rolled up is noted with the batch."""
    # Each day is a range of its own.
    early = datetime.now(UTC).replace(hour=12) - timedelta(days=3)
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


NOTED: Final = """
INSERT INTO maestra_batches (writer, run, number, receipts)
SELECT 'tests', $1, number, 'x' FROM generate_series($2::bigint, $3::bigint) AS number
"""
RANGES: Final = "SELECT coalesce(first, number), number FROM maestra_batches WHERE run = $1 ORDER BY 2"


async def test_old_batches_are_merged(kit: WriterKit) -> None:
    """The list of batches does not grow for ever: each run has a row or two, by which all of it is known."""
    runs = [uuid4() for _ in range(3)]
    for run, first, last in (
        (runs[0], 0, 1_499),
        (runs[1], 0, 9),
        (runs[1], 11, 500),
        (runs[2], 0, 999),
    ):
        await kit.connection.execute(NOTED, run, first, last)
    for number in range(MERGE_EVERY + 1):
        await kit.write(DECODED_DATA, reading(number, 1.0))
    ((left,),) = await kit.all("SELECT count(*) FROM maestra_batches")
    assert left <= 1_000 + MERGE_EVERY + 4
    found = [
        [tuple(row) for row in await kit.connection.fetch(RANGES, run)]
        for run in runs[:2]
    ]
    assert found == [[(0, 1_499)], [(0, 9), (11, 500)]]


async def test_a_copy_of_what_was_committed_long_ago(kit: WriterKit) -> None:
    """A restored spool holds batches whose numbers are merged: what was committed is not stored again, and what was not is."""
    copies = [kit.batch(DEVICE_METRICS, metric(number)) for number in range(40)]
    for batch in copies[:20] + copies[21:]:
        await kit.writer.write(kit.connection, batch)
    await kit.connection.execute(NOTED, RUN, kit.number + 1, kit.number + 2_000)

    restored = Writer("tests", STORE_CATALOGUE.tables.values())
    await restored.begin(kit.connection)
    # With its first batch it merges.
    await restored.write(kit.connection, Batch(run=uuid4(), number=0, rows={}))
    ((left,),) = await kit.all("SELECT count(*) FROM maestra_batches")
    assert left <= 1_010
    for batch in copies[18:]:
        await restored.write(kit.connection, batch)
    await restored.write(kit.connection, *copies)
    found = await kit.all("SELECT metric_value FROM device_metrics ORDER BY 1")
    assert found == [(float(number),) for number in range(40)]


async def test_a_batch_that_was_overtaken_is_stored(kit: WriterKit) -> None:
    """One that failed, or was hidden on a bad disk, while many others of its run were committed is new."""
    late, *others = [kit.batch(DEVICE_METRICS, metric(number)) for number in range(50)]
    for batch in others:
        await kit.writer.write(kit.connection, batch)
    for _ in range(2):
        await kit.writer.write(kit.connection, late)
    assert await kit.all("SELECT count(*) FROM device_metrics") == [(50,)]


async def test_batches_together(kit: WriterKit) -> None:
    """Several batches in one transaction: what was committed before is left out, and so is the copy of one."""
    first, second, third = [
        kit.batch(DEVICE_METRICS, metric(number)) for number in range(3)
    ]
    await kit.writer.write(kit.connection, second)
    written = await kit.writer.write(kit.connection, first, second, third, third)
    assert written.rows == 4
    found = await kit.all("SELECT metric_value FROM device_metrics ORDER BY 1")
    assert found == [(0.0,), (1.0,), (2.0,)]


async def test_batches_together_with_a_bad_row(kit: WriterKit) -> None:
    """What no table takes costs neither the rows of its batch nor the other batches."""
    batches = [
        kit.batch(EVENTS, event("a")),
        kit.batch(EVENTS, event("bad", meta="{"), event("b")),
        kit.batch(EVENTS, event("c")),
    ]
    written = await kit.writer.write(kit.connection, *batches)
    assert written == Written(rows=3, rejected=1)
    assert await kit.writer.write(kit.connection, *batches) == Written(rows=4)
    assert await kit.all("SELECT event_id FROM events ORDER BY 1") == [
        ("a",), ("b",), ("c",),
    ]  # fmt: skip


async def test_a_message_in_two_batches_together(kit: WriterKit) -> None:
    """Rows that may have been stored with an earlier batch are held against that one too."""
    key = b"k" * 16
    first = kit.batch(DEVICE_METRICS, metric(1), receipts=[key])
    again = Batch(
        run=RUN,
        number=99,
        rows={},
        receipts=[key],
        doubtful=[(key, DEVICE_METRICS, metric(1))],
    )
    await kit.writer.write(kit.connection, first, again)
    assert await kit.all("SELECT count(*) FROM device_metrics") == [(1,)]


async def test_receipts_of_other_writers(kit: WriterKit) -> None:
    """A message that was stored under another name is known, and its rows are not stored again."""
    key = b"k" * 16
    await kit.write(DEVICE_METRICS, metric(1), receipts=[key])
    other = Writer("other", STORE_CATALOGUE.tables.values())
    assert await other.begin(kit.connection) == [key]
    batch = Batch(
        run=uuid4(),
        number=0,
        rows={},
        receipts=[key],
        doubtful=[(key, DEVICE_METRICS, metric(1))],
    )
    await other.write(kit.connection, batch)
    assert await kit.all("SELECT count(*) FROM device_metrics") == [(1,)]


async def test_receipts_of_each_writer_are_bounded(
    kit: WriterKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each writer the newest are looked up, our own last: they are remembered longest."""
    await kit.connection.execute(
        "INSERT INTO maestra_batches (writer, run, number, receipts) "
        "SELECT writer, gen_random_uuid(), 0, convert_to(rpad(writer || n, 16), 'UTF8') "
        "FROM unnest(ARRAY['tests', 'busy']) AS writer, generate_series(1, 5000) AS n"
    )
    found = await kit.writer.begin(kit.connection)
    assert len(found) == 2 * MAX_OF_WRITER
    assert found[-1] == b"tests5000".ljust(16)
    assert found[MAX_OF_WRITER - 1] == b"busy5000".ljust(16)


async def test_what_the_data_is_not_at_fault_for_is_raised(kit: WriterKit) -> None:
    """A table that is gone is no reason to throw rows away."""
    await kit.connection.execute("DROP TABLE decoded_data CASCADE")
    with pytest.raises(asyncpg.UndefinedTableError):
        await kit.write(DECODED_DATA, reading(1, 1.0))
    assert await kit.all("SELECT count(*) FROM maestra_batches") == [(0,)]


def _incompressible() -> str:
    """A text that fits into no index."""
    return Random(1).randbytes(20_000).hex()


LONG = "x" * 5_000
BAD_ROWS: list[tuple[str, Table, Row]] = [
    ("no json", HA_STATES, (NOW, "light.a", "on", 1.0, "{")),
    ("no time", HA_STATES, (None, "light.a", "on", 1.0, "{}")),
    ("text for a time", HA_STATES, ("noon", "light.a", "on", 1.0, "{}")),
    ("a number for a time", HA_STATES, (1.5, "light.a", "on", 1.0, "{}")),
    ("a time without end", HA_STATES, (datetime.max, "light.a", "on", 1.0, "{}")),
    ("no name", HA_STATES, (NOW, None, "on", 1.0, "{}")),
    ("a number for a name", HA_STATES, (NOW, 7, "on", 1.0, "{}")),
    ("a list for a name", HA_STATES, (NOW, ["light.a"], "on", 1.0, "{}")),
    ("NUL in a name", HA_STATES, (NOW, "light.\0", "on", 1.0, "{}")),
    ("a surrogate in a name", HA_STATES, (NOW, "light.\ud800", "on", 1.0, "{}")),
    ("NUL in a text", HA_STATES, (NOW, "light.a", "\0ä€", 1.0, "{}")),
    ("a surrogate in a text", HA_STATES, (NOW, "light.a", "\ud800", 1.0, "{}")),
    ("an escaped surrogate", HA_STATES, (NOW, "light.a", "on", 1.0, '"\\ud800"')),
    ("text for a number", HA_STATES, (NOW, "light.a", "on", "warm", "{}")),
    ("too long for an index", HA_STATES, (NOW, _incompressible(), "on", 1.0, "{}")),
    ("too few columns", HA_STATES, (NOW, "light.a")),
    ("an endless number", HA_STATES, (NOW, "light.a", 10**5000, 1.0, "{}")),
    ("no id", ENTITIES, ("none", "A", "a", None, None, "a", "{}", NOW, "active", None, [], "{}", None, NOW, NOW)),
    ("no path", ENTITIES, (str(UUID(int=2)), "A", "a", None, None, "a..b", "{}", NOW, "active", None, [], "{}", None, NOW, NOW)),
    ("a path with a long part", ENTITIES, (str(UUID(int=2)), "A", "a", None, None, LONG, "{}", NOW, "active", None, [], "{}", None, NOW, NOW)),
    ("a renaming of nothing", HA_RENAMES, (None, 5)),
]  # fmt: skip


@pytest.mark.parametrize(
    "encoded", [lambda batch: batch, lambda batch: decode(encode(batch), STORE_CATALOGUE.tables)],
    ids=["direct", "spooled"],
)  # fmt: skip
async def test_nothing_that_one_row_holds_stops_a_batch(
    kit: WriterKit, encoded: Callable[[Batch], Batch]
) -> None:
    """Whatever stands in one row, it is kept beside, and all others of its batch are stored."""
    for number, (what, table, bad) in enumerate(BAD_ROWS):
        batch = Batch(run=RUN, number=number, rows={table: [bad]})
        batch.rows.setdefault(HA_STATES, []).append(ha_state("light.b", f"{number}"))
        batch.rows[DEVICE_METRICS] = [metric(number)]
        written = await kit.writer.write(kit.connection, encoded(batch))
        assert written.rejected <= 1, what
        kept = await kit.all("SELECT table_name, row_text FROM maestra_rejected")
        assert [name for name, _ in kept] == [table.name] * written.rejected, what
        assert all(text.isascii() for _, text in kept), what
        await kit.connection.execute("TRUNCATE maestra_rejected")
    ((states,),) = await kit.all(STATES_OF_B)
    ((metrics,),) = await kit.all("SELECT count(*) FROM device_metrics")
    assert states == metrics == len(BAD_ROWS)


async def test_a_row_that_its_database_can_not_even_show(
    postgres: Postgres,
) -> None:
    """In a database that has not all characters, of before this was checked, a row with others is kept, escaped."""
    name = await postgres.create_database(encoding="LATIN1")
    connection = await connect(postgres.settings(name))
    await migrate(connection, STORE_CATALOGUE, (await detect(connection)).tier)
    kit = WriterKit(connection)
    written = await kit.write(
        HA_STATES, ha_state("light.a", "20 €"), ha_state("light.b", "20 £")
    )
    assert written == Written(rows=1, rejected=1)
    ((text,),) = await kit.all("SELECT row_text FROM maestra_rejected")
    assert "'20 \\u20ac'" in text
    await connection.close()
    await postgres.drop_database(name)
