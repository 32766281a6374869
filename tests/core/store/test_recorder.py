"""What happens in the domain, as rows."""

import asyncio
from collections.abc import Iterator
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.events import StateChanged
from custom_components.maestra.core.domain.json_values import MAX_KEYS, JsonObject
from custom_components.maestra.core.domain.snapshot import SECTIONS
from custom_components.maestra.core.domain.source import HOME_ASSISTANT, Source
from custom_components.maestra.core.store import entity_rows
from custom_components.maestra.core.store.entity_rows import MAX_VALUES, SLICE
from custom_components.maestra.core.store.entity_tables import (
    DEVICE_EVENTS,
    DEVICE_METRICS,
    DEVICES,
    ENTITIES,
    ENTITY_STATES,
    ENTITY_TYPES,
    ENTITY_VALUES,
)
from custom_components.maestra.core.store.tables import Row, Table
from scripts.catalogue import STORE_CATALOGUE

from ...kits.process import PATIENCE

DESK = Source("desk", "broker")
BOARD = {"name": "Board", "device_type": "esp32", "hardware_id": "aa:bb"}


class Recorded:
    """Where rows are written down."""

    def __init__(self) -> None:
        self.rows: list[tuple[Table, Row]] = []

    def record(self, table: Table, row: Row) -> None:
        self.rows.append((table, row))

    def of(self, table: Table) -> list[dict[str, Any]]:
        """Return a table's rows, each by its columns."""
        return [
            dict(zip(table.columns, row, strict=True))
            for kind, row in self.rows
            if kind is table
        ]


@pytest.fixture
def domain() -> Domain:
    """An empty domain."""
    return Domain(Bus())


@pytest.fixture
async def recorded(domain: Domain) -> Iterator[Recorded]:  # type: ignore[misc]
    """What a recorder writes down of it."""
    recorded = Recorded()
    stop = STORE_CATALOGUE.recorder(domain, recorded.record).start()
    yield recorded
    stop()


async def test_a_change_is_a_state_and_its_numbers(
    domain: Domain, recorded: Recorded
) -> None:
    """Each change is stored whole, and each number in it for itself."""
    domain.entities.create(
        name="Wash 1",
        entity_type="light",
        slug="wash-1",
        with_defaults=False,
        source=DESK,
    )
    recorded.rows.clear()
    domain.entities.update(
        "wash-1",
        {"brightness": 80, "on": True, "position": {"x": 1, "y": 2.5}, "scene": "a"},
        source=DESK,
    )
    (state,) = recorded.of(ENTITY_STATES)
    assert state["entity_slug"] == "wash-1"
    assert state["entity_type"] == "light"
    assert state["source"] == "desk"
    assert set(state["changed_keys"]) == {"brightness", "on", "position", "scene"}
    assert json.loads(state["state"])["brightness"] == 80
    assert json.loads(state["previous_state"]) == {}
    assert {row["variable"]: row["value"] for row in recorded.of(ENTITY_VALUES)} == {
        "brightness": 80.0,
        "on": 1.0,
        "position.x": 1.0,
        "position.y": 2.5,
    }


async def test_what_an_entity_begins_with_is_history_too(
    domain: Domain, recorded: Recorded
) -> None:
    """The first state of a new entity is recorded."""
    domain.entities.report("meter", {"level": 7}, replace=False, source=DESK)
    values = [(row["variable"], row["value"]) for row in recorded.of(ENTITY_VALUES)]
    assert values == [("level", 7.0)]


async def test_numbers_of_one_change_are_bounded(
    domain: Domain, recorded: Recorded
) -> None:
    """An object of thousands of numbers is kept in the state, not as thousands of rows."""
    many: JsonObject = {f"n{number}": number for number in range(1_000)}
    domain.entities.report("meter", {"bank": many}, replace=False, source=DESK)
    assert len(recorded.of(ENTITY_VALUES)) == MAX_VALUES


async def test_values_of_another_unit_are_another_series(
    domain: Domain, recorded: Recorded
) -> None:
    """As they were told, each under the name of its unit: no average has two of them."""
    domain.devices.register(BOARD)
    for value, unit in (
        *((21.5, "C"), (22.0, None), (70.7, "F"), (71.0, "fahrenheit"), (71.5, None)),
        *((22.5, "°C"), (55.0, "%"), (23.0, "celsius")),
    ):
        domain.devices.report_metric(
            "aa:bb", {"metric_name": "air", "metric_value": value, "unit": unit}
        )

    rows = recorded.of(DEVICE_METRICS)
    series: dict[str, list[Any]] = {}
    for row in rows:
        series.setdefault(row["metric_name"], []).append(
            (row["metric_value"], row["unit"])
        )
    assert series == {
        "air": [(21.5, "C"), (22.0, "C"), (22.5, "°C"), (23.0, "celsius")],
        "air [°F]": [(70.7, "F"), (71.0, "fahrenheit"), (71.5, "fahrenheit")],
        "air [%]": [(55.0, "%")],
    }


async def test_the_unit_of_a_series_outlives_a_restart(
    domain: Domain, recorded: Recorded
) -> None:
    devices = SECTIONS["devices"]
    device = domain.devices.register(BOARD)
    for value, unit in ((21.5, "C"), (70.7, "F")):
        domain.devices.report_metric(
            "aa:bb", {"metric_name": "air", "metric_value": value, "unit": unit}
        )
    saved = json.loads(json.dumps([*devices.save(domain)][0]))
    domain.devices.remove(device.id)
    devices.restore(domain, saved)
    recorded.rows.clear()
    domain.devices.report_metric("aa:bb", {"metric_name": "air", "metric_value": 71})
    assert [row["metric_name"] for row in recorded.of(DEVICE_METRICS)] == ["air [°F]"]

    # Saved by a version that did not know of it.
    del saved["metrics"][0]["series_unit"]
    domain.devices.remove(device.id)
    devices.restore(domain, saved)
    recorded.rows.clear()
    domain.devices.report_metric("aa:bb", {"metric_name": "air", "metric_value": 71})
    assert [row["metric_name"] for row in recorded.of(DEVICE_METRICS)] == ["air"]


class Looked(dict[str, Any]):
    """A state that counts how many of its items were looked at."""

    looks = 0

    def items(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        for item in super().items():
            Looked.looks += 1
            yield item


async def test_a_wide_value_is_not_read_to_its_end(
    domain: Domain, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is looked at is bounded by what is kept, whatever one message holds."""
    monkeypatch.setattr(Looked, "looks", 0)
    domain.entities.create(name="Wall", entity_type="device", source=DESK)
    pixels = Looked({str(number): number for number in range(MAX_KEYS)})
    state: JsonObject = {"pixels": pixels}
    entity = domain.entities["wall"]
    domain.bus.publish(StateChanged(entity, {}, state, ("pixels",), DESK, utcnow(), []))

    assert len(recorded.of(ENTITY_VALUES)) == MAX_VALUES
    assert Looked.looks == MAX_VALUES


async def test_metrics_and_events(domain: Domain, recorded: Recorded) -> None:
    """What a device measures and tells is stored as it says it."""
    device = domain.devices.register(BOARD)
    domain.devices.report_metric(
        "aa:bb",
        {"metric_name": "cpu", "metric_value": 61.5, "unit": "%", "tags": {"core": 1}},
    )
    domain.devices.report_event(
        "aa:bb",
        {
            "event_type": "boot",
            "severity": "warning",
            "message": "m\0",
            "data": {"n": "\0"},
        },
    )
    (metric,) = recorded.of(DEVICE_METRICS)
    assert (metric["device_id"], metric["metric_name"]) == (device.id, "cpu")
    assert (metric["metric_value"], metric["unit"]) == (61.5, "%")
    assert json.loads(metric["tags"]) == {"core": 1}
    (event,) = recorded.of(DEVICE_EVENTS)
    assert (event["event_type"], event["severity"]) == ("boot", "warning")
    # PostgreSQL has no NUL.
    assert event["message"] == "m\N{REPLACEMENT CHARACTER}"
    assert json.loads(event["data"]) == {"n": "\N{REPLACEMENT CHARACTER}"}


async def test_a_number_beyond_all_bounds_is_no_number(
    domain: Domain, recorded: Recorded
) -> None:
    """An integer that no float holds leaves no row, and does no harm; the largest that JSON has is one."""
    with pytest.raises(InvalidField):
        domain.entities.report("meter", {"level": 10**400}, replace=False, source=DESK)
    assert recorded.of(ENTITY_STATES) == recorded.of(ENTITY_VALUES) == []
    domain.entities.report("meter", {"level": 2**64 - 1}, replace=False, source=DESK)
    (row,) = recorded.of(ENTITY_VALUES)
    assert row["value"] == float(2**64 - 1)


async def test_descriptions_follow_a_while_later(
    domain: Domain, recorded: Recorded, freezer: FrozenDateTimeFactory
) -> None:
    """The rows of what is known are written once for all that changed meanwhile."""
    device = domain.devices.register(BOARD)
    domain.entities.create(
        name="Wash 1",
        entity_type="light",
        slug="wash-1",
        device_id="aa:bb",
        with_defaults=False,
        source=HOME_ASSISTANT,
    )
    for level in range(5):
        domain.entities.update("wash-1", {"level": level}, source=HOME_ASSISTANT)
    assert recorded.of(ENTITIES) == []
    # The end of the recording writes what is still open.
    recorder = STORE_CATALOGUE.recorder(domain, recorded.record)
    recorder.start()()
    (entity,) = recorded.of(ENTITIES)
    assert json.loads(entity["state"]) == {"level": 4}
    assert entity["device_id"] == device.id
    assert entity["path"] == "wash_1"
    assert [row["name"] for row in recorded.of(DEVICES)] == ["Board"]
    assert [row["name"] for row in recorded.of(ENTITY_TYPES)] == ["light"]


async def test_thousands_are_described_in_slices(
    domain: Domain, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop has its turns between them; who goes meanwhile is not described again."""
    monkeypatch.setattr(entity_rows, "DESCRIBE_AFTER", 0.0)
    for number in range(1_000):
        domain.entities.create(name=f"E {number}", entity_type="device")
    in_turns = []
    async with asyncio.timeout(PATIENCE):
        while len(recorded.of(ENTITIES)) < 1_000:
            before = len(recorded.rows)
            await asyncio.sleep(0)
            in_turns.append(len(recorded.rows) - before)
            if len(in_turns) == 3:
                domain.entities.delete("e-999", source=DESK)
    assert max(in_turns) <= SLICE + 1
    assert [
        row["status"] for row in recorded.of(ENTITIES) if row["slug"] == "e-999"
    ] == ["deleted"]


async def test_what_is_gone_stays_as_deleted(
    domain: Domain, recorded: Recorded
) -> None:
    """A deleted entity or device keeps its row, for the sake of its history."""
    domain.devices.register(BOARD)
    domain.entities.create(
        name="Wash 1",
        entity_type="light",
        slug="wash-1",
        with_defaults=False,
        source=DESK,
    )
    domain.entities.delete("wash-1", source=DESK)
    domain.devices.remove("aa:bb")
    assert [row["status"] for row in recorded.of(ENTITIES)] == ["deleted"]
    assert [row["status"] for row in recorded.of(DEVICES)] == ["deleted"]
    assert recorded.of(DEVICES)[0]["updated_at"] <= utcnow()
