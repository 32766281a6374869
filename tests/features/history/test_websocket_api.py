"""Cards read history by WebSocket: from the database, else from Home Assistant's recorder."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.core.qs.events import TelemetryEvent, TelemetryReceived
from custom_components.maestra.core.store.settings import StoreSettings
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.kits.forms import until
from tests.kits.history import Ask, card
from tests.kits.hub_store import RecordingKit, recording_hub

pytestmark = pytest.mark.tables

BRIGHTNESS = {"entity": "wash-1", "variable": "brightness"}
METRIC = {"device": "AA:01", "metric": "temperature"}
TEMPERATURE = {"metric_name": "temperature", "metric_value": 21.5}
OUTPUT = {"name": "level", "type": "number", "direction": "output"}


@pytest.fixture(autouse=True)
def own_folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Home Assistant's configuration, of this test alone."""
    hass.config.config_dir = str(tmp_path)
    return tmp_path


@pytest.fixture
async def stored(
    hass: HomeAssistant, own_folder: Path, database: StoreSettings
) -> AsyncGenerator[RecordingKit]:
    """A hub that records, a sensor of Home Assistant too."""
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        yield hub_kit


@pytest.fixture
async def ask(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Ask:
    """A connected card."""
    return await card(hass, hass_ws_client)


async def shows(hass: HomeAssistant, *states: str) -> None:
    for state in states:
        hass.states.async_set("sensor.desk", state)
    await hass.async_block_till_done()


async def test_history_of_what_is_recorded(
    hass: HomeAssistant, stored: RecordingKit, ask: Ask
) -> None:
    """Entities of Home Assistant, variables and metrics in one question."""
    await stored.light("wash-1", state={"brightness": 10})
    await stored.hears("wash-1", brightness=30)
    device = await stored.registers("AA:01")
    stored.domain.devices.report_metric(device.id, TEMPERATURE)
    await shows(hass, "20", "22", "unavailable")
    await stored.store.flush()
    desk, brightness, metric = await ask("history", "sensor.desk", BRIGHTNESS, METRIC)
    assert desk["series"] == "sensor.desk"
    assert desk["origin"] == "store"
    assert desk["source"] == "raw"
    assert desk["columns"]["value"] == [20, 22, None]
    assert desk["columns"]["text"] == [None, None, "unavailable"]
    assert "label" not in desk
    assert brightness["series"] == BRIGHTNESS
    assert brightness["label"] == "wash-1 · Brightness"
    assert metric["label"] == f"{device.name} · Temperature"
    assert brightness["columns"]["value"][-1] == 30
    assert metric["columns"]["value"] == [21.5]
    now = dt_util.utcnow().timestamp()
    assert metric["columns"]["time"] == [pytest.approx(now, abs=60)]


async def test_history_in_one_unit(stored: RecordingKit, ask: Ask) -> None:
    """Events of a QS device in two units are two series; the name alone is that which was told last."""
    for number, (value, unit) in enumerate(
        ((21.5, "C"), (22.5, "celsius"), (70.7, "F"))
    ):
        event = TelemetryEvent(
            event_id=str(number),
            device_id="qs-7",
            schema=1,
            event_type="air",
            value=value,
            unit=unit,
            ts_device=None,
            ts_server=dt_util.utcnow(),
            meta={},
        )
        stored.domain.bus.publish(TelemetryReceived(event, "broker", False))
    await stored.store.flush()
    series = [
        {"device": "qs-7", "event_type": name}
        for name in ("air", "air [°F]", "air [°C]")
    ]
    points = await ask("history", *series)
    assert [answer["series"] for answer in points] == series
    assert [answer["columns"]["value"] for answer in points] == [
        *([70.7], [70.7], [21.5, 22.5]),
    ]
    for width in (60, "day"):
        buckets = await ask("history", *series, width=width, aggregates=["mean"])
        means = [set(answer["columns"]["mean"]) for answer in buckets]
        assert means[:2] == [{70.7}, {70.7}]
        assert means[2] <= {21.5, 22.0, 22.5}
    newest = await ask("last", *series)
    assert [answer["value"] for answer in newest] == [70.7, 70.7, 22.5]


async def test_history_in_buckets(
    hass: HomeAssistant, stored: RecordingKit, ask: Ask
) -> None:
    await shows(hass, "20", "22", "24")
    await stored.store.flush()
    (hours,) = await ask("history", "sensor.desk", width=3600)
    assert (hours["source"], hours["width"]) == ("hourly", 3600)
    assert list(hours["columns"]) == ["time", "mean", "min", "max"]
    (one,) = await ask(
        "history", "sensor.desk", buckets=1, aggregates=["sum", "p50", "count"]
    )
    assert (one["source"], one["width"]) == ("raw", 86400)
    assert sum(one["columns"]["sum"]) == 66
    (days,) = await ask("history", "sensor.desk", width="day", aggregates="last")
    assert days["width"] == "day"
    assert days["columns"]["last"][-1] == 24
    (line,) = await ask("history", "sensor.desk", buckets=10, line=True)
    assert set(line["columns"]["value"]) <= {20, 22, 24}


async def test_a_range_is_given_as_text_or_in_seconds(
    hass: HomeAssistant, stored: RecordingKit, ask: Ask
) -> None:
    await shows(hass, "20")
    await stored.store.flush()
    now = dt_util.utcnow()
    for start, end in (
        (
            (now - timedelta(hours=1)).isoformat(),
            (now + timedelta(hours=1)).isoformat(),
        ),
        (now.timestamp() - 3600, now.timestamp() + 3600),
    ):
        (found,) = await ask("history", "sensor.desk", start=start, end=end)
        assert found["columns"]["value"] == [20]
    (before,) = await ask("history", "sensor.desk", end=now.timestamp() - 3600)
    assert before["columns"]["value"] == []


async def test_pages(hass: HomeAssistant, stored: RecordingKit, ask: Ask) -> None:
    await shows(hass, *map(str, range(5)))
    await stored.store.flush()
    (first,) = await ask("history", "sensor.desk", limit=3)
    (second,) = await ask("history", "sensor.desk", limit=3, cursor=first["cursor"])
    found = first["columns"]["value"] + second["columns"]["value"]
    assert found == [0, 1, 2, 3, 4]
    assert "cursor" not in second


async def test_an_entity_that_maestra_shows_is_read_as_what_it_shows(
    stored: RecordingKit, ask: Ask
) -> None:
    """Without being recorded as an entity of Home Assistant: only desks are."""
    await stored.light("wash-1", state={"on": True, "brightness": 0})
    await stored.hears("wash-1", brightness=10)
    await stored.act(
        "create_entity",
        name="Rig",
        entity_type="sensor",
        variables=[
            OUTPUT,
            {"name": "gain", "type": "number", "direction": "input"},
            {"name": "at", "type": "vector2", "direction": "input"},
            {"name": "title", "type": "string", "direction": "output"},
        ],
    )
    await stored.hears("rig", level=3, gain=4, at={"x": 5, "y": 6}, title="Ouverture")
    device = await stored.registers("AA:01")
    stored.domain.devices.report_metric(device.id, TEMPERATURE)
    await stored.settled()
    await stored.store.flush()
    expected = {
        "light.wash_1": 10,
        "number.rig_gain": 4,
        "number.rig_at_x": 5,
        "number.rig_at_y": 6,
        "sensor.aa_01_temperature": 21.5,
    }
    for command, values in (
        ("history", lambda answer: answer["columns"]["value"][-1]),
        ("last", lambda answer: answer["value"]),
    ):
        answers = await ask(command, *expected)
        assert [answer["series"] for answer in answers] == list(expected)
        assert {answer["origin"] for answer in answers} == {"store"}
        assert list(map(values, answers)) == list(expected.values())
    # A text is no series: it is what Home Assistant shows, as soon as it shows it.
    await until(
        stored.hass,
        lambda: stored.hass.states.is_state("sensor.rig_title", "Ouverture"),
    )
    (title,) = await ask("last", "sensor.rig_title")
    assert (title["value"], title["text"]) == (None, "Ouverture")


async def test_last(hass: HomeAssistant, stored: RecordingKit, ask: Ask) -> None:
    await shows(hass, "20", "22")
    hass.states.async_set("light.other", "on")
    await stored.store.flush()
    desk, other, nowhere, metric = await ask(
        "last", "sensor.desk", "light.other", "light.nowhere", METRIC
    )
    assert (desk["origin"], desk["value"]) == ("store", 22)
    assert (other["origin"], other["value"]) == ("state", 1)
    assert (nowhere["time"], nowhere["value"]) == (None, None)
    assert metric == {
        "series": METRIC,
        "origin": "store",
        "time": None,
        "value": None,
    }


@pytest.mark.parametrize("command", ["history", "last"])
async def test_what_only_a_database_has(
    hass: HomeAssistant, ask: Ask, command: str
) -> None:
    error = await ask(command, METRIC)
    assert error["code"] == "store_missing"
    assert error["translation_key"] == "store_missing"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"series": []}, "invalid_field"),
        ({"series": ["desk"]}, "invalid_field"),
        ({"series": [{"device": "x"}]}, "invalid_field"),
        ({"series": [5]}, "invalid_format"),
        ({"start": "yesterday"}, "invalid_format"),
        ({"start": 1e300}, "invalid_format"),
        ({"end": 0, "start": 5}, "invalid_field"),
        ({"end": 0, "start": 5, "buckets": 5}, "invalid_field"),
        ({"width": 60, "buckets": 5}, "invalid_field"),
        ({"width": "year"}, "invalid_format"),
        ({"width": 0}, "invalid_field"),
        ({"width": 1e300}, "invalid_format"),
        ({"width": 1e12}, "invalid_field"),
        ({"width": 1}, "too_many"),
        ({"buckets": 5001}, "invalid_format"),
        ({"aggregates": ["median"], "buckets": 5}, "invalid_field"),
        ({"cursor": "x"}, "invalid_field"),
        ({"sql": "DROP TABLE devices"}, "invalid_format"),
    ],
)
async def test_wrong_questions(
    stored: RecordingKit, ask: Ask, data: dict[str, Any], code: str
) -> None:
    error = await ask("history", **{"series": ["sensor.desk"], **data})
    assert error["code"] == code


async def test_while_the_database_is_away(
    hass: HomeAssistant, own_folder: Path, database: StoreSettings, ask: Ask
) -> None:
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        hub_kit.change(host="127.0.0.1", port=1)
        await hub_kit.becomes("spooling")
        assert (await ask("history", METRIC))["code"] == "store_not_connected"
        assert (await ask("last", METRIC))["code"] == "store_not_connected"
        hass.states.async_set("sensor.desk", "20")
        (desk,) = await ask("last", "sensor.desk")
        assert (desk["origin"], desk["value"]) == ("state", 20)
        error = await ask("history", "sensor.desk")
        assert error["code"] == "recorder_missing"


@pytest.fixture
def only_the_desk(hass_admin_user: User) -> User:
    """A user who may read one entity."""
    hass_admin_user.groups = []
    assert isinstance(hass_admin_user, MockUser)
    hass_admin_user.mock_policy(
        {"entities": {"entity_ids": {"sensor.desk": {"read": True}}}}
    )
    return hass_admin_user


@pytest.mark.usefixtures("only_the_desk")
async def test_a_user_reads_what_he_may(
    hass: HomeAssistant, stored: RecordingKit, ask: Ask
) -> None:
    await shows(hass, "20")
    await stored.store.flush()
    for command in ("history", "last"):
        (desk,) = await ask(command, "sensor.desk")
        assert desk["origin"] == "store"
        for other in ("light.wash_1", METRIC):
            error = await ask(command, "sensor.desk", other)
            assert error["code"] == "unauthorized"
