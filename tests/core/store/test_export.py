"""Recorded rows come out as files that others can read."""

from collections.abc import AsyncGenerator, Callable
import csv
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

import asyncpg
from pyarrow import parquet
import pytest

from custom_components.maestra.core.store import export as module
from custom_components.maestra.core.store.connection import Tier, connect
from custom_components.maestra.core.store.export import (
    Export,
    ExportFailed,
    ExportFormat,
    Type,
    export,
)
from custom_components.maestra.core.store.imports import entity_patterns
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.catalogue import STORE_CATALOGUE

pytestmark = pytest.mark.tables

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = """
INSERT INTO devices (id, name, device_type, hardware_id)
    VALUES ('00000000-0000-4000-8000-000000000001', 'Fog, left', 'fog', 'aa:bb');
INSERT INTO ha_entities (entity_id) VALUES ('sensor.power'), ('light.hall');
INSERT INTO ha_states (time, entity, state, value, attributes)
SELECT timestamptz '2026-01-01Z' + n * interval '1 second', 1 + n % 2, n::text, n, '{"n": "a \\"b\\", ü"}'
FROM generate_series(0, 4999) AS n;
INSERT INTO device_metrics (time, device_id, metric_name, metric_value, unit)
    VALUES ('2026-01-01Z', '00000000-0000-4000-8000-000000000001', 'temperature', 21.5, '°C');
INSERT INTO device_events (time, device_id, event_type)
    VALUES ('2026-01-01Z', '00000000-0000-4000-8000-000000000001', 'refill');
INSERT INTO entities (id, name, slug) VALUES ('00000000-0000-4000-8000-000000000002', 'Wash', 'wash-1');
INSERT INTO entity_states (time, entity_id, entity_slug, entity_type, state, changed_keys)
    VALUES ('2026-01-01Z', '00000000-0000-4000-8000-000000000002', 'wash-1', 'light', '{"on": true}', '{on,"a b"}');
INSERT INTO entity_values (time, entity_id, variable, value)
    VALUES ('2026-01-01Z', '00000000-0000-4000-8000-000000000002', 'brightness', 'infinity');
INSERT INTO stream_sessions (time, session_id, stream_name, bytes_transferred)
    VALUES ('2026-01-01Z', '00000000-0000-4000-8000-000000000003', 'cam', 9000000000);
INSERT INTO events (event_id, device_id, schema, event_type, ts_server) VALUES ('e1', 'qs-1', 1, 'door', '2026-01-01Z');
INSERT INTO decoded_data VALUES ('2026-01-01Z', 7, 8, NULL);
INSERT INTO telemetry_readings (timestamp, channel, value) VALUES ('2026-01-01Z', 'NODE3000005', 42);
INSERT INTO detected_events VALUES ('2026-01-01Z', 'spike', 'NODE3000005', 0.5);
INSERT INTO show_annotations (id, time, title, category, tags)
    VALUES ('00000000-0000-4000-8000-000000000004', '2026-01-01Z', E'Act 1,\\n"the storm"', 'cue', '{a,b}');
"""
BELONGS_TO = {
    "states": "sensor.power",
    "entity_states": "wash-1",
    "entity_values": "wash-1",
    "device_metrics": "aa:bb",
    "device_events": "aa:bb",
    "stream_sessions": "cam",
    "events": "qs-1",
    "decoded_data": "7",
    "telemetry_readings": "NODE3000005",
    "detected_events": "NODE3000005",
    "annotations": "cue",
}


@pytest.fixture
async def connection(database: StoreSettings) -> AsyncGenerator[asyncpg.Connection]:
    """A connection to a database with rows of all kinds, in the transaction of a reader."""
    opened = await connect(database)
    await migrate(opened, STORE_CATALOGUE, Tier.APACHE)
    await opened.execute(ROWS)
    async with opened.transaction(readonly=True):
        yield opened
    opened.terminate()


def read_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_parquet(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


READERS: dict[ExportFormat, Callable[[Path], list[dict[str, Any]]]] = {
    ExportFormat.CSV: read_csv,
    ExportFormat.PARQUET: read_parquet,
}


@pytest.mark.parametrize("form", ExportFormat)
async def test_every_kind_in_every_format(
    connection: asyncpg.Connection, tmp_path: Path, form: ExportFormat
) -> None:
    for name, kind in STORE_CATALOGUE.exports.items():
        path = tmp_path / "new" / f"x.{form}"
        what = Export(kind=kind, patterns=entity_patterns([BELONGS_TO[name]]))
        done = await export(connection, what, form, path)
        rows = READERS[form](path)
        assert len(rows) == done.rows > 0, name
        assert done.size == path.stat().st_size
        assert list(rows[0]) == list(kind.columns)
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        nothing = Export(kind=kind, patterns=entity_patterns(["none"]))
        assert (await export(connection, nothing, form, path)).rows == 0
        assert READERS[form](path) == []


async def test_csv(connection: asyncpg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    await export(
        connection,
        Export(kind=STORE_CATALOGUE.exports["states"]),
        ExportFormat.CSV,
        path,
    )
    rows = read_csv(path)
    assert [float(row["value"]) for row in rows] == list(range(5000))
    assert datetime.fromisoformat(rows[1]["time"]) == BEGIN + timedelta(seconds=1)
    assert json.loads(rows[1]["attributes"]) == {"n": 'a "b", ü'}
    what = Export(kind=STORE_CATALOGUE.exports["annotations"])
    await export(connection, what, ExportFormat.CSV, path)
    assert read_csv(path)[0]["title"] == 'Act 1,\n"the storm"'


async def test_parquet(
    connection: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GROUP_BYTES", 50_000)
    path = tmp_path / "x.parquet"
    what = Export(kind=STORE_CATALOGUE.exports["states"])
    await export(connection, what, ExportFormat.PARQUET, path)
    file = parquet.ParquetFile(path)
    assert file.num_row_groups > 2
    rows = file.read().to_pylist()
    assert rows[3] == {
        "time": BEGIN + timedelta(seconds=3),
        "entity_id": "light.hall",
        "state": "3",
        "value": 3.0,
        "attributes": '{"n": "a \\"b\\", ü"}',
    }
    assert [row["value"] for row in rows] == list(range(5000))
    file.close()


async def test_range(connection: asyncpg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    what = Export(
        kind=STORE_CATALOGUE.exports["states"],
        start=BEGIN + timedelta(seconds=10),
        end=BEGIN + timedelta(seconds=20),
        patterns=entity_patterns(["light.*"]),
    )
    assert (await export(connection, what, ExportFormat.CSV, path)).rows == 5
    assert [row["state"] for row in read_csv(path)] == ["11", "13", "15", "17", "19"]


@pytest.mark.parametrize("form", ExportFormat)
async def test_what_fails_leaves_the_old_file(
    connection: asyncpg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: ExportFormat,
) -> None:
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 1_000)
    monkeypatch.setattr(module, "_PIECE_BYTES", 1_000)
    monkeypatch.setattr(module, "_GROUP_BYTES", 1_000)
    path = tmp_path / "x"
    path.write_text("old")
    with pytest.raises(ExportFailed, match="too large"):
        await export(
            connection, Export(kind=STORE_CATALOGUE.exports["states"]), form, path
        )
    assert [file.name for file in tmp_path.iterdir()] == ["x"]
    assert path.read_text() == "old"
    # The connection can be used for the next question.
    assert await connection.fetchval("SELECT 1") == 1


async def test_a_full_disk(
    connection: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MIN_FREE_BYTES", 1024**6)
    what = Export(kind=STORE_CATALOGUE.exports["states"])
    with pytest.raises(ExportFailed, match="space"):
        await export(connection, what, ExportFormat.CSV, tmp_path / "x")


async def test_a_folder_that_can_not_be_made(
    connection: asyncpg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    what = Export(kind=STORE_CATALOGUE.exports["states"])
    with pytest.raises(ExportFailed, match="Not a directory"):
        await export(connection, what, ExportFormat.CSV, tmp_path / "file" / "x" / "y")


def test_columns_begin_with_the_time() -> None:
    for kind in STORE_CATALOGUE.exports.values():
        assert next(iter(kind.columns.items())) == ("time", Type.TIME)
