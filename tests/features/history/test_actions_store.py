"""Actions on the store: history comes in once and goes out whole, whatever is in between."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
import csv
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from pyarrow import parquet
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.features.history import (
    actions as history_export,
    importer as history_import,
    recorder_import,
)
from custom_components.maestra.repairs import async_create_fix_flow
from homeassistant.components import persistent_notification
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import (
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ...kits.database import Postgres
from ...kits.hub_store import RecordingKit, recording_hub
from ...kits.process import PATIENCE, free_port

pytestmark = pytest.mark.tables

ROOT = Path(__file__).parents[3]
LTSS = """
CREATE TABLE ltss (id bigserial, time timestamptz, entity_id text, state text, attributes jsonb);
INSERT INTO ltss (time, entity_id, state)
SELECT timestamptz '2024-01-01Z' + n * interval '1 minute', 'switch.fog', CASE n % 2 WHEN 0 THEN 'on' ELSE 'off' END
FROM generate_series(0, 99) AS n
"""
STATES = """
SELECT entity_id, time, state, value FROM ha_states JOIN ha_entities ON id = entity
WHERE entity_id LIKE $1 ORDER BY time
"""
DOUBLES = "SELECT entity, time FROM ha_states GROUP BY 1, 2 HAVING count(*) > 1"


@pytest.fixture(autouse=True)
def our_integration(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration in this repository, with a recorder."""


@pytest.fixture
def media(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Home Assistant's media folder, of this test alone."""
    hass.config.config_dir = str(tmp_path)
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    return tmp_path / "media"


@pytest.fixture
async def stored(
    hass: HomeAssistant, media: Path, database: StoreSettings
) -> AsyncGenerator[RecordingKit]:
    """A hub that records the sensors of desks."""
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        yield hub_kit


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Run an action; returns its response."""
    return await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )


async def change(hass: HomeAssistant, entity_id: str, times: int) -> None:
    """Let the recorder record some states."""
    for number in range(times):
        hass.states.async_set(
            entity_id, str(number), {"unit_of_measurement": "W", "text": "a\0b"}
        )
    await async_wait_recording_done(hass)


def described(statistic_id: str, *, mean: bool) -> StatisticMetaData:
    """Return what statistics are told to be: of means, or of a meter's readings."""
    kind = {True: StatisticMeanType.ARITHMETIC, False: StatisticMeanType.NONE}[mean]
    return {
        "source": "recorder",
        "name": None,
        "statistic_id": statistic_id,
        "unit_class": None,
        "unit_of_measurement": "W",
        "has_sum": not mean,
        "mean_type": kind,
    }


async def notified(hass: HomeAssistant, text: str) -> list[str]:
    """Wait until a notification says so; returns all that was said."""
    said: list[str] = []
    news = asyncio.Event()

    @callback
    def hear(
        _kind: persistent_notification.UpdateType,
        notifications: dict[str, persistent_notification.Notification],
    ) -> None:
        said.extend(item["message"] for item in notifications.values())
        news.set()

    forget = persistent_notification.async_register_callback(hass, hear)
    try:
        async with asyncio.timeout(PATIENCE):
            while not any(text in message for message in said):
                await news.wait()
                news.clear()
    finally:
        forget()
    return said


async def issue_raised(
    hass: HomeAssistant, work: Coroutine[Any, Any, Any]
) -> ir.IssueEntry:
    """Do something; returns the issue on an import that comes of it."""
    raised = asyncio.Event()

    @callback
    def hear(event: Event[ir.EventIssueRegistryUpdatedData]) -> None:
        change = (event.data["action"], event.data["issue_id"])
        if change == ("create", "import_interrupted"):
            raised.set()

    forget = hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, hear)
    await work
    async with asyncio.timeout(PATIENCE):
        await raised.wait()
    forget()
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "import_interrupted")
    assert issue is not None
    return issue


# Recording.


async def test_flush(hass: HomeAssistant, stored: RecordingKit) -> None:
    hass.states.async_set("sensor.desk_power", "1")
    await hass.services.async_call(DOMAIN, "flush", blocking=True)
    assert len(await stored.fetch(STATES, "sensor.desk_power")) == 1


async def test_annotate(hass: HomeAssistant, stored: RecordingKit) -> None:
    noted = await act(hass, "annotate", title="Act 1\0")
    await act(
        hass,
        "annotate",
        title="Blackout",
        description="By hand",
        category="cue",
        tags=["a", "b"],
        time="2026-01-01T20:00:00+00:00",
        metadata={"number": 12},
    )
    columns = "id::text, time, title, description, category, tags, metadata::text"
    first, second = sorted(
        await stored.rows(f"SELECT {columns} FROM show_annotations"),  # noqa: S608
        key=lambda row: row[1],
        reverse=True,
    )
    assert (first[0], first[2:]) == (
        noted["id"],
        ("Act 1\ufffd", None, "general", [], "{}"),
    )
    assert dt_util.utcnow() - first[1] < timedelta(minutes=1)
    assert second[1:] == (
        datetime(2026, 1, 1, 20, tzinfo=UTC),
        "Blackout",
        "By hand",
        "cue",
        ["a", "b"],
        '{"number": 12}',
    )


async def test_annotations_wait_for_a_database_that_is_away(
    hass: HomeAssistant, media: Path, database: StoreSettings
) -> None:
    async with recording_hub(
        hass,
        StoreSettings(host=database.host, port=free_port(), database="x", user="x"),
    ) as hub_kit:
        await hub_kit.becomes("spooling")
        assert (await act(hass, "annotate", title="Act 1"))["id"]
        for action, data in (
            ("flush", {}),
            ("import_history", {"source": "home_assistant"}),
            ("export_history", {"kind": "states"}),
        ):
            with pytest.raises(HomeAssistantError) as refused:
                await hass.services.async_call(DOMAIN, action, data, blocking=True)
            assert refused.value.translation_key == "store_not_connected"


@pytest.mark.usefixtures("hub")
async def test_no_database(hass: HomeAssistant) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "annotate", title="Act 1")
    assert refused.value.translation_key == "no_store"


# Coming in.


async def test_import_from_the_recorder(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    """What is recorded live as well is there once."""
    await change(hass, "sensor.desk_power", 20)
    await change(hass, "number.level", 10)
    hass.states.async_remove("number.level")
    await async_wait_recording_done(hass)
    live = await stored.rows(STATES, "sensor.desk_power")
    assert len(live) == 20

    done = await act(
        hass,
        "import_history",
        source="home_assistant",
        entities=["sensor.desk_power", "number.*"],
        wait=True,
    )
    assert (done["running"], done["read"], done["written"]) == (False, 31, 11)
    assert await stored.rows(STATES, "sensor.desk_power") == live
    imported = await stored.rows(STATES, "number.level")
    assert [row[2:] for row in imported] == [
        *((str(number), float(number)) for number in range(10)),
        (None, None),
    ]
    (about,) = await stored.rows(
        "SELECT unit, attributes->>'text' FROM ha_states JOIN ha_entities ON id = entity"
        " WHERE entity_id = 'number.level' AND state = '3'"
    )
    assert about == ("W", "a\ufffdb")

    again = await act(
        hass,
        "import_history",
        source="home_assistant",
        entities=["number.*", "sensor.desk_power"],
        wait=True,
    )
    assert again["written"] == 0
    assert await stored.rows(DOUBLES) == []


async def test_import_goes_on_after_a_reload(
    hass: HomeAssistant, stored: RecordingKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_import, "SLICE_ROWS", 5)
    monkeypatch.setattr(history_import, "SHOW_EVERY", 0.0)
    await change(hass, "number.level", 300)
    request = {"source": "home_assistant", "entities": ["number.level"]}

    heard = asyncio.create_task(notified(hass, "10 of 10"))
    begun = await act(hass, "import_history", **request)
    assert begun["running"] is True
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "import_history", **request)
    assert refused.value.translation_key == "import_running"
    await heard
    await hass.config_entries.async_reload(stored.entry.entry_id)
    await stored.becomes("recording")
    there = len(await stored.rows(STATES, "number.level"))
    assert 10 <= there < 300
    assert stored.link.importer.source is None

    rest = await act(hass, "import_history", **request, wait=True)
    assert rest["written"] == 300 - there
    assert rest["read"] <= 301 - there
    assert [row[2] for row in await stored.rows(STATES, "number.level")] == [
        str(number) for number in range(300)
    ]


@pytest.mark.parametrize(("answer", "complete"), [("go_on", True), ("leave", False)])
async def test_an_interrupted_import_is_told_and_goes_on(
    hass: HomeAssistant,
    stored: RecordingKit,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    complete: bool,
) -> None:
    monkeypatch.setattr(recorder_import, "SLICE_ROWS", 5)
    monkeypatch.setattr(history_import, "SHOW_EVERY", 0.0)
    await change(hass, "number.level", 300)
    heard = asyncio.create_task(notified(hass, "About 300 are there."))
    await act(
        hass, "import_history", source="home_assistant", entities=["number.level"]
    )
    await heard
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, "import_interrupted") is None

    raised = await issue_raised(
        hass, hass.config_entries.async_reload(stored.entry.entry_id)
    )
    assert raised.translation_placeholders is not None
    assert raised.translation_placeholders["source"] == "home_assistant"
    await stored.becomes("recording")

    flow: Any = await async_create_fix_flow(hass, raised.issue_id, raised.data)
    flow.hass = hass
    assert (await flow.async_step_init())["menu_options"] == ["go_on", "leave"]
    ended = asyncio.create_task(notified(hass, "complete"))
    result = await getattr(flow, f"async_step_{answer}")()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    if complete:
        await ended
    ended.cancel()
    assert issues.async_get_issue(DOMAIN, "import_interrupted") is None
    rows = await stored.rows(STATES, "number.level")
    assert (len(rows) == 300) is complete
    assert not await history_import._unfinished(hass).async_load()


async def test_an_import_that_fails_is_told(
    hass: HomeAssistant, stored: RecordingKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_import, "SLICE_ROWS", 5)
    monkeypatch.setattr(history_import, "SHOW_EVERY", 0.0)
    await change(hass, "number.level", 100)
    await stored.fetch(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more'; END $$;"
    )
    await stored.fetch(
        "CREATE TRIGGER refusal BEFORE INSERT ON maestra_imports EXECUTE FUNCTION refuse()"
    )
    raised = await issue_raised(
        hass, act(hass, "import_history", source="home_assistant")
    )
    assert raised.translation_placeholders is not None
    assert "no more" in raised.translation_placeholders["reason"]


async def test_what_is_left_out_is_told(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    """Counted by reason, and entities that nobody has ever recorded by name."""
    await stored.fetch(
        "CREATE TABLE ltss (time timestamptz, entity_id text, state text, attributes jsonb)"
    )
    await stored.fetch(
        """INSERT INTO ltss VALUES
        ('2024-01-01Z', 'switch.fog', 'on'), ('2024-01-01Z', 'switch.fog', 'off'),
        ('2024-01-01 00:01Z', NULL, 'on'), ('2024-01-01 00:02Z', 'Fog machine', 'on'),
        ('2024-01-01 00:03Z', 'switch.fog', NULL), ('2024-01-01 00:04Z', 'switch.fog', ''),
        ('2224-01-01Z', 'switch.fog', 'on')"""
    )
    heard = asyncio.create_task(notified(hass, "complete"))
    done = await act(hass, "import_history", source="ltss", wait=True)
    assert (done["read"], done["written"], done["total"]) == (6, 1, 6)
    assert done["left_out"] == {
        "no_id": 1,
        "invalid_id": 1,
        "no_state": 2,
        "duplicate": 1,
        "future": 1,
    }
    (said,) = {text for text in await heard if "complete" in text}
    assert "1 with an entity id that Home Assistant does not take" in said

    heard = asyncio.create_task(notified(hass, "No entity fits sensor.nothing_*"))
    done = await act(
        hass,
        "import_history",
        source="ltss",
        entities=["switch.fog", "sensor.nothing_*"],
        wait=True,
    )
    assert done["unmatched"] == ["sensor.nothing_*"]
    await heard


async def test_import_waits_for_a_database_that_goes_away(
    hass: HomeAssistant, stored: RecordingKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_import, "SLICE_ROWS", 5)
    monkeypatch.setattr(history_import, "SHOW_EVERY", 0.0)
    monkeypatch.setattr(history_import, "RETRY_WAITS", (0.01,) * 3)
    await change(hass, "number.level", 300)
    complete = asyncio.create_task(notified(hass, "complete"))
    heard = asyncio.create_task(notified(hass, "10 of 10"))
    await act(
        hass, "import_history", source="home_assistant", entities=["number.level"]
    )
    await heard
    await stored.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'maestra'"
    )
    await complete
    await stored.becomes("recording")
    assert [row[2] for row in await stored.rows(STATES, "number.level")] == [
        str(number) for number in range(300)
    ]


async def test_import_waits_for_a_backup(
    hass: HomeAssistant, stored: RecordingKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_import, "SLICE_ROWS", 5)
    monkeypatch.setattr(history_import, "SHOW_EVERY", 0.0)
    await change(hass, "number.level", 300)
    complete = asyncio.create_task(notified(hass, "complete"))
    heard = asyncio.create_task(notified(hass, "10 of 10"))
    await act(
        hass, "import_history", source="home_assistant", entities=["number.level"]
    )
    await heard
    stored.store.pause()
    there = len(await stored.fetch(STATES, "number.level"))
    for _ in range(20):
        now = len(await stored.fetch(STATES, "number.level"))
        # The slice that was being written.
        assert now <= there + 5
    assert not complete.done()
    stored.store.resume()
    await complete
    assert len(await stored.rows(STATES, "number.level")) == 300


async def test_who_waits_for_an_import_hears_of_its_end(
    hass: HomeAssistant, stored: RecordingKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_import, "SLICE_ROWS", 1)
    monkeypatch.setattr(history_import, "SHOW_EVERY", 0.0)
    await change(hass, "number.level", 300)
    heard = asyncio.create_task(notified(hass, "of 1 states"))
    waiting = asyncio.create_task(
        act(hass, "import_history", source="home_assistant", wait=True)
    )
    await heard
    await stored.link.importer.stop()
    with pytest.raises(ServiceValidationError) as refused:
        await waiting
    assert refused.value.translation_key == "import_interrupted"


async def test_statistics_fill_the_time_before_the_states(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    """Where there are states, nothing is filled in."""
    hour = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    hours = [hour - timedelta(hours=back) for back in (5, 4, 3)]
    async_import_statistics(
        hass,
        described("number.level", mean=True),
        [
            {"start": start, "mean": 1.5, "min": 1.0, "max": 2.0}
            for start in [*hours, hour]
        ],
    )
    async_import_statistics(
        hass,
        described("number.meter", mean=False),
        [{"start": start, "state": 70.0, "sum": 7.0} for start in hours],
    )
    await change(hass, "number.level", 1)
    await hass.services.async_call(DOMAIN, "flush", blocking=True)
    await stored.fetch(
        "WITH e AS (INSERT INTO ha_entities (entity_id) VALUES ('number.level') RETURNING id)"
        " INSERT INTO ha_states SELECT $1, id, 'known' FROM e",
        hours[1] + timedelta(minutes=59),
    )
    for _ in range(2):
        await act(
            hass,
            "import_history",
            source="home_assistant",
            entities=["number.*"],
            wait=True,
            restart=True,
        )
        level = await stored.rows(STATES, "number.level")
        assert [row[1:3] for row in level[:3]] == [
            (hours[0], "1.5"),
            (hours[1] + timedelta(minutes=59), "known"),
            (hours[2], "1.5"),
        ]
        assert [row[2] for row in level[3:]] == ["0"]
        meter = await stored.rows(STATES, "number.meter")
        assert [row[1:] for row in meter] == [
            (start + timedelta(hours=1), "70.0", 70.0) for start in hours
        ]
    (facts,) = await stored.rows(
        "SELECT attributes->>'statistics', attributes->>'min', attributes->>'max' FROM ha_states WHERE time = $1",
        hours[0],
    )
    assert facts == ("mean", "1.0", "2.0")


async def test_import_without_statistics(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    async_import_statistics(
        hass,
        described("number.level", mean=True),
        [{"start": datetime(2024, 1, 1, tzinfo=UTC), "mean": 1.5}],
    )
    await async_wait_recording_done(hass)
    done = await act(
        hass,
        "import_history",
        source="home_assistant",
        statistics=False,
        entities=["number.*"],
        wait=True,
    )
    assert done == {
        "running": False,
        "read": 0,
        "written": 0,
        "total": 0,
        "position": None,
        "left_out": {},
        "unmatched": ["number.*"],
    }


async def test_import_of_a_range(hass: HomeAssistant, stored: RecordingKit) -> None:
    for statement in LTSS.split(";"):
        await stored.fetch(statement)
    done = await act(
        hass,
        "import_history",
        source="ltss",
        start="2024-01-01T00:10:00+00:00",
        end="2024-01-01T00:20:00+00:00",
        wait=True,
    )
    assert done == {
        "running": False,
        "read": 10,
        "written": 10,
        "total": 10,
        "position": "2024-01-01T00:19:00+00:00",
        "left_out": {},
        "unmatched": [],
    }


async def test_import_in_the_background(
    hass: HomeAssistant, stored: RecordingKit, postgres: Postgres
) -> None:
    """From another database, while everything else goes on."""
    other = await postgres.create_database()
    connection = await postgres.connect(other)
    await connection.execute(LTSS)
    heard = asyncio.create_task(notified(hass, "complete"))
    await act(hass, "import_history", source="ltss", database=other)
    assert "It is complete. 100 of 100 states were new." in await heard
    assert len(await stored.rows(STATES, "switch.fog")) == 100
    await connection.close()
    await postgres.drop_database(other)


async def test_what_is_older_than_its_lifetime_stays_out(
    hass: HomeAssistant, media: Path, database: StoreSettings
) -> None:
    async with recording_hub(hass, database, options={"keep_states": 30}) as stored:
        await stored.becomes("recording")
        for statement in LTSS.split(";"):
            await stored.fetch(statement)
        done = await act(hass, "import_history", source="ltss", wait=True)
        assert done["read"] == 0


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"source": "ltss"}, "import_source_unusable"),
        ({"source": "scribe", "schema": 'no"where'}, "import_source_unusable"),
        ({"source": "ltss", "database": "nowhere"}, "store_database_missing"),
        (
            {
                "source": "ltss",
                "start": "2024-01-02T00:00:00Z",
                "end": "2024-01-01T00:00:00Z",
            },
            "invalid_field",
        ),
    ],
)
async def test_import_that_can_not_be(
    hass: HomeAssistant, stored: RecordingKit, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(HomeAssistantError) as refused:
        await act(hass, "import_history", **data)
    assert refused.value.translation_key == key
    assert stored.link.importer.source is None


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("import_history", {"source": "home_assistant"}),
        ("export_history", {"kind": "states"}),
    ],
)
async def test_only_administrators_move_history(
    hass: HomeAssistant,
    stored: RecordingKit,
    hass_read_only_user: MockUser,
    action: str,
    data: dict[str, Any],
) -> None:
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            data,
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )


# Going out.


def test_what_parquet_needs_is_what_is_tested() -> None:
    (requirement,) = map(Requirement, history_export.PARQUET_REQUIREMENTS)
    assert version(requirement.name) in requirement.specifier
    tested = (ROOT / "requirements_test.txt").read_text().splitlines()
    assert str(requirement) in tested


async def test_export_csv(
    hass: HomeAssistant, stored: RecordingKit, media: Path
) -> None:
    await change(hass, "sensor.desk_power", 5)
    await change(hass, "sensor.desk_other", 5)
    await hass.services.async_call(DOMAIN, "flush", blocking=True)
    done = await act(
        hass,
        "export_history",
        kind="states",
        of=["sensor.desk_pow*"],
        filename="opening night.csv",
    )
    path = media / "maestra" / "opening night.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert done == {"path": str(path), "rows": 5, "bytes": path.stat().st_size}
    assert [row["value"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert {row["entity_id"] for row in rows} == {"sensor.desk_power"}


async def test_export_parquet(
    hass: HomeAssistant, stored: RecordingKit, media: Path
) -> None:
    await act(hass, "annotate", title="Act 1", tags=["a"])
    await hass.services.async_call(DOMAIN, "flush", blocking=True)
    done = await act(hass, "export_history", kind="annotations", format="parquet")
    (path,) = (media / "maestra").iterdir()
    assert str(path) == done["path"]
    assert path.name.startswith("annotations 20")
    (row,) = parquet.read_table(path).to_pylist()
    assert (row["title"], row["tags"]) == ("Act 1", '["a"]')


async def test_export_of_a_range(
    hass: HomeAssistant, stored: RecordingKit, media: Path
) -> None:
    await act(hass, "annotate", title="Now")
    await hass.services.async_call(DOMAIN, "flush", blocking=True)
    for start, rows in (("2001-01-01T00:00:00Z", 1), ("2201-01-01T00:00:00Z", 0)):
        done = await act(hass, "export_history", kind="annotations", start=start)
        assert done["rows"] == rows


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/x",
        "a/b",
        "a\\b",
        ".hidden",
        "",
        "a\n",
        "a\0b",
        "x" * 101,
        "..",
        "ä",
    ],
)
async def test_names_that_are_paths_are_refused(
    hass: HomeAssistant, stored: RecordingKit, media: Path, name: str
) -> None:
    with pytest.raises(Exception, match="without a path"):
        await act(hass, "export_history", kind="annotations", filename=name)
    assert not media.exists()


async def test_export_into_a_folder_that_can_not_be_written(
    hass: HomeAssistant, stored: RecordingKit, media: Path
) -> None:
    media.write_text("not a folder")
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "export_history", kind="annotations")
    assert failed.value.translation_key == "export_failed"


@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_an_export_ends_at_once_when_home_assistant_stops(
    hass: HomeAssistant,
    stored: RecordingKit,
    media: Path,
    postgres: Postgres,
    form: str,
) -> None:
    locker = await postgres.connect(stored.store.settings.database)
    transaction = locker.transaction()
    await transaction.start()
    await locker.execute("LOCK show_annotations IN ACCESS EXCLUSIVE MODE")
    exporting = asyncio.create_task(
        act(hass, "export_history", kind="annotations", format=form)
    )
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while not (await locker.fetchval(waits)):
        await asyncio.sleep(0)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    with pytest.raises(ServiceValidationError) as refused:
        async with asyncio.timeout(PATIENCE):
            await exporting
    assert refused.value.translation_key == "export_interrupted"
    assert list((media / "maestra").iterdir()) == []
    await locker.close()
