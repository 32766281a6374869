"""Without a database, cards read the history of entities from Home Assistant's own recorder."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import probatio
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.core.store.connection import Tier, connect
from custom_components.maestra.core.store.history import read_history
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.features.history.request import (
    HISTORY_FIELDS,
    history_request,
)
from custom_components.maestra.hub.states import state_number
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.history import Ask, card
from tests.kits.hub_store import RecordingKit, recording_hub

pytestmark = pytest.mark.tables

HISTORY_SCHEMA = probatio.Schema(HISTORY_FIELDS)
KITCHEN = "sensor.kitchen"
METRIC = {"device": "AA:01", "metric": "temperature"}
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOW = dt_util.utcnow()
START = NOW.replace(minute=0, second=0, microsecond=0) - 3 * HOUR


@pytest.fixture(autouse=True)
def our_integration(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration in this repository, with a recorder."""


@pytest.fixture
async def ask(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Ask:
    """A connected card."""
    return await card(hass, hass_ws_client)


@pytest.fixture
async def stored(
    hass: HomeAssistant, tmp_path: Path, database: StoreSettings
) -> AsyncGenerator[RecordingKit]:
    """A hub with a database, in which no kitchen is recorded."""
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        yield hub_kit


async def shows(
    hass: HomeAssistant, *states: str, start: datetime = START, step: timedelta = MINUTE
) -> None:
    """Let the kitchen have had these states, one after the other."""
    for number, state in enumerate(states):
        time = start + step * number
        hass.states.async_set(
            KITCHEN,
            state,
            {"state_class": "measurement", "unit_of_measurement": "W"},
            timestamp=time.timestamp(),
        )
    await async_wait_recording_done(hass)


async def summed_up(hass: HomeAssistant, start: datetime, *means: float) -> None:
    """Let there be statistics of the kitchen: of each hour a mean, and values of one less to one more."""
    rows = [
        StatisticData(start=start + HOUR * n, mean=mean, min=mean - 1, max=mean + 1)
        for n, mean in enumerate(means)
    ]
    async_import_statistics(
        hass,
        {
            "source": "recorder",
            "name": None,
            "statistic_id": KITCHEN,
            "unit_class": "power",
            "unit_of_measurement": "W",
            "has_sum": False,
            "mean_type": StatisticMeanType.ARITHMETIC,
        },
        rows,
    )
    await async_wait_recording_done(hass)


def seconds(*moments: datetime) -> list[float]:
    return [moment.timestamp() for moment in moments]


async def read(ask: Ask, **data: Any) -> Any:
    """Ask for the kitchen, from the start to now."""
    (answer,) = await ask("history", KITCHEN, **{"start": START.timestamp(), **data})
    assert answer["series"] == KITCHEN
    assert answer["origin"] == "recorder"
    return answer


async def test_states_are_points(hass: HomeAssistant, ask: Ask) -> None:
    await shows(hass, "1", "2.5", "unavailable", "on", "off")
    answer = await read(ask)
    assert answer["source"] == "raw"
    assert answer["columns"] == {
        "time": seconds(*(START + MINUTE * n for n in range(5))),
        "value": [1, 2.5, None, 1, 0],
        "text": [None, None, "unavailable", None, None],
    }
    assert "cursor" not in answer


async def test_the_range_is_kept(hass: HomeAssistant, ask: Ask) -> None:
    await shows(hass, "1", "2", "3", "4")
    start, end = START + MINUTE, START + 3 * MINUTE
    answer = await read(ask, start=start.timestamp(), end=end.isoformat())
    assert answer["columns"]["value"] == [2, 3]


@pytest.mark.parametrize("step", [MINUTE, timedelta()])
async def test_pages_lose_and_repeat_nothing(
    hass: HomeAssistant, ask: Ask, step: timedelta
) -> None:
    await shows(hass, *map(str, range(7)), step=step)
    found: list[float] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = await read(ask, limit=3, **cursor)
        found += page["columns"]["value"]
        cursor = {"cursor": page.get("cursor", "")}
    assert cursor == {"cursor": ""}
    assert found == list(range(7))


async def test_buckets_of_states(hass: HomeAssistant, ask: Ask) -> None:
    values = [float(n * 37 % 11) for n in range(120)]
    await shows(hass, *map(str, values))
    answer = await read(
        ask,
        width=600,
        aggregates=["mean", "min", "max", "sum", "count", "last", "p50"],
    )
    assert (answer["source"], answer["width"]) == ("raw", 600)
    cut = [values[n : n + 10] for n in range(0, 120, 10)]
    columns = {name: column[:12] for name, column in answer["columns"].items()}
    assert columns == {
        "time": seconds(*(START + 10 * MINUTE * n for n in range(12))),
        "mean": [pytest.approx(fmean(bucket)) for bucket in cut],
        "min": list(map(min, cut)),
        "max": list(map(max, cut)),
        "sum": list(map(sum, cut)),
        "count": list(map(len, cut)),
        "last": [bucket[-1] for bucket in cut],
        "p50": [(sorted(bucket)[4] + sorted(bucket)[5]) / 2 for bucket in cut],
    }


async def test_a_line_of_states(hass: HomeAssistant, ask: Ask) -> None:
    await shows(hass, "3", "1", "9", "4", "unknown", "5")
    answer = await read(ask, width=300, line=True)
    assert answer["columns"] == {
        "time": seconds(START + MINUTE, START + 2 * MINUTE, START + 5 * MINUTE),
        "value": [1, 9, 5],
    }


async def test_hours_come_from_statistics(hass: HomeAssistant, ask: Ask) -> None:
    """What is not summed up yet comes from the states."""
    await shows(hass, "100", "200", start=START + 2 * HOUR)
    await summed_up(hass, START, 10, 20)
    answer = await read(ask, width=3600)
    assert (answer["source"], answer["width"]) == ("hourly", 3600)
    columns = {name: column[:3] for name, column in answer["columns"].items()}
    assert columns == {
        "time": seconds(START, START + HOUR, START + 2 * HOUR),
        "mean": [10, 20, pytest.approx((100 + 59 * 200) / 60)],
        "min": [9, 19, 100],
        "max": [11, 21, 200],
    }


async def test_a_line_of_statistics(hass: HomeAssistant, ask: Ask) -> None:
    await summed_up(hass, START, 10, 30, 20)
    answer = await read(ask, width=10800, line=True, origin=START.timestamp())
    assert answer["source"] == "hourly"
    assert answer["columns"]["value"] == [9, 31]
    assert answer["columns"]["time"] == seconds(START, START + HOUR * 1.5)


async def test_what_statistics_do_not_have_comes_from_states(
    hass: HomeAssistant, ask: Ask
) -> None:
    await shows(hass, "1", "2")
    await summed_up(hass, START, 10, 20)
    answer = await read(ask, width=3600, aggregates=["count", "mean"])
    assert answer["source"] == "raw"
    assert answer["columns"]["count"][0] == 2
    assert answer["columns"]["mean"][0] == pytest.approx((1 + 59 * 2) / 60)


async def test_detail_that_is_purged_comes_from_statistics(
    hass: HomeAssistant, ask: Ask
) -> None:
    start = START - timedelta(days=30)
    await summed_up(hass, start, 10, 20)
    answer = await read(
        ask, start=start.timestamp(), end=(start + 2 * HOUR).timestamp(), width=60
    )
    assert (answer["source"], answer["width"]) == ("hourly", 3600)
    assert answer["columns"]["mean"] == [10, 20]


async def test_five_minutes_come_from_short_statistics(
    hass: HomeAssistant, ask: Ask
) -> None:
    await async_setup_component(hass, "sensor", {})
    await shows(hass, *["20"] * 2, "40")
    do_adhoc_statistics(hass, start=START)
    await async_wait_recording_done(hass)
    answer = await read(ask, width=300)
    assert (answer["source"], answer["width"]) == ("5minute", 300)
    assert answer["columns"]["max"][0] == 40
    assert answer["columns"]["time"][0] == START.timestamp()


async def test_days_are_local(hass: HomeAssistant, ask: Ask) -> None:
    await hass.config.async_set_time_zone("America/New_York")
    start = datetime(2026, 3, 7, 5, tzinfo=UTC)
    # The clocks change on March 8.
    await summed_up(hass, start, *[10] * 24, *[20] * 23, 30)
    answer = await read(
        ask,
        start=start.timestamp(),
        end=(start + 48 * HOUR).timestamp(),
        width="day",
    )
    assert answer["width"] == "day"
    assert answer["columns"]["mean"] == [10, 20, 30]
    assert answer["columns"]["time"] == seconds(
        start, start + 24 * HOUR, start + 47 * HOUR
    )


STORIES = {
    "motion": ["0", *["1", "0"] * 20],
    "gaps": ["20", "unavailable", "30", "unknown", "unavailable", "25.5", "24"],
    "unchanged": ["7"],
    "texts": ["on", "heating", "off", "on"],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
@pytest.mark.parametrize("width", [600, 3600, "day"])
async def test_the_store_and_the_recorder_say_the_same(
    hass: HomeAssistant,
    ask: Ask,
    database: StoreSettings,
    story: list[str],
    width: float | str,
) -> None:
    """Whatever is asked for: the mean over time, buckets in which nothing changed, gaps."""
    start = START - HOUR
    times = [start + MINUTE * 7.3 * n for n in range(len(story))]
    times = [time for time in times if time < NOW - MINUTE]
    for time, state in zip(times, story, strict=False):
        hass.states.async_set(KITCHEN, state, timestamp=time.timestamp())
    await async_wait_recording_done(hass)
    end = START + 3 * HOUR
    aggregates = [
        "mean",
        "mean_of_samples",
        "min",
        "max",
        "sum",
        "count",
        "last",
        "p50",
    ]
    answer = await read(
        ask,
        start=(START - 30 * MINUTE).timestamp(),
        end=end.timestamp(),
        width=width,
        aggregates=aggregates,
    )

    connection = await connect(database)
    await migrate(connection, STORE_CATALOGUE, Tier.APACHE)
    await connection.execute("INSERT INTO ha_entities (entity_id) VALUES ($1)", KITCHEN)
    await connection.executemany(
        "INSERT INTO ha_states (time, entity, state, value) VALUES ($1, 1, $2, $3)",
        [
            (dt_util.utc_from_timestamp(time.timestamp()), state, state_number(state))
            for time, state in zip(times, story, strict=False)
        ],
    )
    data = HISTORY_SCHEMA(
        {
            "series": [KITCHEN],
            "start": (START - 30 * MINUTE).timestamp(),
            "end": end.timestamp(),
            "width": width,
            "aggregates": aggregates,
        }
    )
    (stored,) = await read_history(connection, history_request(STORE_CATALOGUE, data))
    await connection.close()
    for name, column in stored.columns.items():
        # The last bucket goes up to now.
        assert answer["columns"][name] == pytest.approx(list(column), rel=1e-3), name


async def test_what_is_not_known_is_empty(ask: Ask) -> None:
    for data in ({}, {"width": 60}, {"width": 3600, "line": True}):
        answer = await read(ask, **data)
        assert not any(answer["columns"].values())


async def test_a_wrong_cursor(ask: Ask) -> None:
    error = await ask("history", KITCHEN, cursor="x")
    assert error["code"] == "invalid_field"


async def test_an_entity_that_the_database_does_not_know(
    hass: HomeAssistant, stored: RecordingKit, ask: Ask
) -> None:
    """It is answered by the recorder, everything else of the same question by the database."""
    device = await stored.registers("AA:01")
    stored.domain.devices.report_metric(
        device.id, {"metric_name": "temperature", "metric_value": 21.5}
    )
    await shows(hass, "1", "2")
    await stored.store.flush()
    kitchen, metric = await ask("history", KITCHEN, METRIC)
    assert (kitchen["origin"], kitchen["columns"]["value"]) == ("recorder", [1, 2])
    assert (metric["origin"], metric["columns"]["value"]) == ("store", [21.5])


async def test_while_the_database_is_away(
    hass: HomeAssistant, stored: RecordingKit, ask: Ask
) -> None:
    """What Maestra shows as an entity is in the recorder too."""
    await stored.light("wash-1", state={"on": True, "brightness": 100})
    await async_wait_recording_done(hass)
    stored.change(host="127.0.0.1", port=1)
    await stored.becomes("spooling")
    (light,) = await ask("history", "light.wash_1")
    assert light["origin"] == "recorder"
    assert light["columns"]["value"][-1] == 1
