"""Which states of Home Assistant's entities become rows, and what the rows say."""

from collections.abc import Generator
from datetime import datetime, timedelta
import json
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockEntity,
    MockEntityPlatform,
    async_fire_time_changed,
)

from custom_components.maestra.core.store.ha_rows import HA_ENTITIES, HA_STATES
from custom_components.maestra.core.store.tables import Row, Table
from custom_components.maestra.features.history.recording import HaRecording
from custom_components.maestra.features.history.recording_filter import RecordingFilter
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.util import dt as dt_util

SENSORS = {"include": {"domains": ["sensor"]}}


class Rows:
    """Takes what is recorded, in its order."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Row]] = []

    def record(self, table: Table, row: Row) -> None:
        """Take a row."""
        assert len(row) == len(table.columns)
        self.all.append((table.name, row))

    def of(self, table: Table) -> list[Row]:
        """Return the rows of one table."""
        return [row for name, row in self.all if name == table.name]

    @property
    def states(self) -> list[Row]:
        """The recorded states without their times: entity, state, value, attributes."""
        return [row[1:] for row in self.of(HA_STATES)]

    @property
    def entities(self) -> list[Row]:
        """What the entities were described as."""
        return self.of(HA_ENTITIES)


def wanted(record: dict[str, Any]) -> RecordingFilter:
    return RecordingFilter.from_options({"record": record})


@pytest.fixture
def rows() -> Rows:
    """What was recorded."""
    return Rows()


@pytest.fixture
def choice() -> dict[str, Any]:
    """The option that says what is recorded."""
    return SENSORS


@pytest.fixture
def recording(
    hass: HomeAssistant, rows: Rows, choice: dict[str, Any]
) -> Generator[HaRecording]:
    """A recording that runs."""
    recording = HaRecording(hass, rows, wanted(choice))
    stop = recording.start()
    yield recording
    stop()


@pytest.fixture
def owner(hass: HomeAssistant) -> MockConfigEntry:
    """Somebody whose devices and entities are recorded."""
    entry = MockConfigEntry(domain="desk")
    entry.add_to_hass(hass)
    return entry


async def later(hass: HomeAssistant) -> None:
    """Let the registries' changes come through."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=2))
    await hass.async_block_till_done()


async def test_a_change_is_recorded_with_what_it_is_about(
    hass: HomeAssistant, recording: HaRecording, rows: Rows
) -> None:
    attributes = {
        "friendly_name": "Hall temperature",
        "unit_of_measurement": "°C",
        "device_class": "temperature",
    }
    hass.states.async_set("sensor.hall", "21.5", attributes)

    ((time, *_),) = rows.of(HA_STATES)
    assert isinstance(time, datetime)
    assert time == hass.states.get("sensor.hall").last_updated  # type: ignore[union-attr]
    assert rows.all == [
        (
            "ha_entities",
            (
                "sensor.hall",
                "Hall temperature",
                None,
                None,
                [],
                "°C",
                "temperature",
            ),
        ),
        (
            "ha_states",
            (time, "sensor.hall", "21.5", 21.5, rows.states[0][3]),
        ),
    ]
    assert json.loads(rows.states[0][3]) == attributes


@pytest.mark.parametrize(
    ("state", "value"),
    [
        ("21.5", 21.5),
        ("-3", -3.0),
        ("1e3", 1000.0),
        ("on", 1.0),
        ("off", 0.0),
        ("unknown", None),
        ("unavailable", None),
        ("nan", None),
        ("inf", None),
        ("1_000", None),
        ("home", None),
        ("", None),
    ],
)
async def test_what_is_a_number(
    hass: HomeAssistant,
    recording: HaRecording,
    rows: Rows,
    state: str,
    value: float | None,
) -> None:
    hass.states.async_set("sensor.hall", state)
    assert rows.states == [("sensor.hall", state, value, "{}")]


async def test_attributes_are_json_whatever_they_are(
    hass: HomeAssistant, recording: HaRecording, rows: Rows
) -> None:
    hass.states.async_set(
        "sensor.hall",
        "a\0b",
        {
            "level": float("nan"),
            "at": datetime(2026, 11, 21, tzinfo=dt_util.UTC),
            "set": {1},
            "text": "x\0y",
            "supported_features": 4,
            "attribution": "Somebody",
            "restored": True,
        },
    )
    hass.states.async_set("sensor.hall", "huge", {"text": "x" * 20_000})
    hass.states.async_set("sensor.hall", "odd", {"text": "\ud800"})

    (_, text, _, first), (*_, huge), (*_, odd) = rows.states
    assert "\0" not in text
    assert json.loads(first) == {
        "level": None,
        "at": "2026-11-21T00:00:00+00:00",
        "set": [1],
        "text": "x",
    }
    assert huge == "{}"
    assert odd is None


@pytest.mark.parametrize(
    ("unrecorded", "recorded"),
    [
        (frozenset({"frames"}), {"fps": 60, "friendly_name": "Hall"}),
        (frozenset({MATCH_ALL}), {"friendly_name": "Hall"}),
    ],
)
async def test_what_an_entity_does_not_want_recorded(
    hass: HomeAssistant,
    recording: HaRecording,
    rows: Rows,
    unrecorded: frozenset[str],
    recorded: dict[str, Any],
) -> None:
    class Hall(MockEntity):
        _attr_extra_state_attributes = {"frames": [1, 2], "fps": 60}
        _unrecorded_attributes = unrecorded

    platform = MockEntityPlatform(hass, domain="sensor")
    await platform.async_add_entities([Hall(entity_id="sensor.hall", name="Hall")])

    assert json.loads(rows.states[-1][3]) == recorded


async def test_only_what_is_wanted(
    hass: HomeAssistant, recording: HaRecording, rows: Rows
) -> None:
    hass.states.async_set("light.hall", "on")
    hass.states.async_set("light.hall", "off")
    assert rows.all == []


async def test_what_is_there_already_is_recorded_once(
    hass: HomeAssistant, rows: Rows
) -> None:
    hass.states.async_set("sensor.hall", "21")
    hass.states.async_set("light.hall", "on")
    before = dt_util.utcnow()
    stop = HaRecording(hass, rows, wanted(SENSORS)).start()

    ((time, *state),) = rows.of(HA_STATES)
    assert time >= before
    assert state == ["sensor.hall", "21", 21.0, "{}"]

    # Reported again is no change.
    hass.states.async_set("sensor.hall", "21")
    assert len(rows.states) == 1
    stop()
    hass.states.async_set("sensor.hall", "22")
    assert len(rows.states) == 1


async def test_an_entity_is_described_once(
    hass: HomeAssistant, recording: HaRecording, rows: Rows
) -> None:
    hass.states.async_set("sensor.hall", "1", {"unit_of_measurement": "lx"})
    hass.states.async_set("sensor.hall", "2", {"unit_of_measurement": "lx"})
    hass.states.async_set("sensor.hall", "3", {"unit_of_measurement": "lx", "note": 1})
    assert len(rows.entities) == 1

    hass.states.async_set("sensor.hall", "4", {"unit_of_measurement": "klx"})
    assert [row[5] for row in rows.entities] == ["lx", "klx"]


async def test_an_entity_that_goes_has_no_state_any_more(
    hass: HomeAssistant, recording: HaRecording, rows: Rows
) -> None:
    hass.states.async_set("sensor.hall", "1")
    hass.states.async_remove("sensor.hall")
    gone: Row = ("sensor.hall", None, None, None)
    assert rows.states[-1] == gone

    hass.states.async_set("sensor.hall", "2")
    assert rows.states[-1] == ("sensor.hall", "2", 2.0, "{}")


async def test_other_options_count_at_once(
    hass: HomeAssistant, recording: HaRecording, rows: Rows
) -> None:
    hass.states.async_set("sensor.hall", "1")
    hass.states.async_set("light.hall", "on")

    recording.apply(wanted({"include": {"domains": ["light"]}}))

    assert rows.states[-1] == ("light.hall", "on", 1.0, "{}")
    hass.states.async_set("sensor.hall", "2")
    hass.states.async_set("light.hall", "off")
    assert [row[1] for row in rows.states] == ["1", "on", "off"]


@pytest.mark.parametrize("choice", [{"include": {"areas": ["stage"]}}])
async def test_an_entity_that_moves_to_another_area(
    hass: HomeAssistant,
    recording: HaRecording,
    rows: Rows,
    owner: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    area_registry: ar.AreaRegistry,
) -> None:
    stage = area_registry.async_create("Stage")
    device = device_registry.async_get_or_create(
        config_entry_id=owner.entry_id, identifiers={("desk", "1")}, name="Desk"
    )
    entity = entity_registry.async_get_or_create(
        "sensor",
        "desk",
        "1",
        device_id=device.id,
        config_entry=owner,
        original_name="Fader",
    )
    hass.states.async_set(entity.entity_id, "1")
    assert rows.all == []

    # By its device.
    device_registry.async_update_device(device.id, area_id=stage.id)
    await later(hass)
    assert rows.states == [(entity.entity_id, "1", 1.0, "{}")]
    assert rows.entities[0][2:4] == ("Desk", "Stage")

    area_registry.async_update(stage.id, name="Main stage")
    await later(hass)
    assert rows.entities[1][3] == "Main stage"

    # By itself, which counts more.
    hall = area_registry.async_create("Hall")
    entity_registry.async_update_entity(entity.entity_id, area_id=hall.id)
    hass.states.async_set(entity.entity_id, "2")
    assert len(rows.states) == 1


@pytest.mark.parametrize("choice", [{"include": {"labels": ["show"]}}])
async def test_labels_of_entities_and_devices(
    hass: HomeAssistant,
    recording: HaRecording,
    rows: Rows,
    owner: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    label_registry: lr.LabelRegistry,
) -> None:
    show, loud = (
        label_registry.async_create("Show"),
        label_registry.async_create("Loud"),
    )
    device = device_registry.async_get_or_create(
        config_entry_id=owner.entry_id, identifiers={("desk", "1")}
    )
    entity = entity_registry.async_get_or_create(
        "sensor", "desk", "1", device_id=device.id, config_entry=owner
    )
    hass.states.async_set(entity.entity_id, "1")

    entity_registry.async_update_entity(
        entity.entity_id, labels={show.label_id, loud.label_id}
    )
    assert rows.states == [(entity.entity_id, "1", 1.0, "{}")]
    assert rows.entities[0][4] == ["Loud", "Show"]

    label_registry.async_update(loud.label_id, name="Very loud")
    await later(hass)
    assert rows.entities[1][4] == ["Show", "Very loud"]

    entity_registry.async_update_entity(entity.entity_id, labels=set())
    hass.states.async_set(entity.entity_id, "2")
    assert len(rows.states) == 1

    device_registry.async_update_device(device.id, labels={show.label_id})
    await later(hass)
    assert rows.states[-1] == (entity.entity_id, "2", 2.0, "{}")


async def test_history_goes_on_under_another_id(
    hass: HomeAssistant,
    recording: HaRecording,
    rows: Rows,
    owner: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    entity_registry.async_get_or_create(
        "sensor", "desk", "1", config_entry=owner, suggested_object_id="old"
    )
    hass.states.async_set("sensor.old", "1")

    entity_registry.async_update_entity("sensor.old", new_entity_id="sensor.new")
    # As the entity does, which notices a little later.
    hass.states.async_remove("sensor.old")
    hass.states.async_set("sensor.new", "2")

    assert [name for name, _ in rows.all] == [
        "ha_entities",
        "ha_states",
        "ha_renames",
        "ha_entities",
        "ha_states",
    ]
    assert ("ha_renames", ("sensor.old", "sensor.new")) in rows.all
    assert [row[0] for row in rows.states] == ["sensor.old", "sensor.new"]


async def test_many_changes_of_registries_are_one_look(
    hass: HomeAssistant,
    recording: HaRecording,
    rows: Rows,
    area_registry: ar.AreaRegistry,
) -> None:
    hass.states.async_set("sensor.hall", "1")
    with patch.object(
        RecordingFilter, "wants", autospec=True, side_effect=RecordingFilter.wants
    ) as wants:
        for number in range(10):
            area_registry.async_create(f"Area {number}")
        await later(hass)

    assert wants.call_count == 1


async def test_stopped_while_it_waits_to_look(
    hass: HomeAssistant, rows: Rows, area_registry: ar.AreaRegistry
) -> None:
    stop = HaRecording(hass, rows, wanted(SENSORS)).start()
    area_registry.async_create("Stage")
    await hass.async_block_till_done()
    stop()

    hass.states.async_set("sensor.hall", "1")
    await later(hass)
    assert rows.all == []
