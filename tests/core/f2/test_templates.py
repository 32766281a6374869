"""Templates, wirings and numbers: what people set up."""

import json
from typing import Any

import pytest

from custom_components.maestra.core.domain.errors import (
    AlreadyExists,
    InvalidField,
    TooMany,
)
from custom_components.maestra.core.f2 import templates as module
from custom_components.maestra.core.f2.grammar import ComponentPath
from custom_components.maestra.core.f2.numbers import MAX_NUMBER, Numbers
from custom_components.maestra.core.f2.templates import (
    BUILT_IN,
    POWER_MONITOR,
    SensorTemplates,
    template_from_json,
)
from custom_components.maestra.core.f2.wiring import wiring_from_json
from tests.kits.f2 import MAC, WIRING

LEVEL: dict[str, Any] = {
    "id": "tank",
    "name": "Tank",
    "datapoints": [
        {"id": "level", "label": "Level", "offset": 3, "unit": "cm"},
        {
            "id": "flow",
            "label": "Flow",
            "offset": 5,
            "length": 4,
            "encoding": "Float32",
        },
    ],
}


def changed(**fields: Any) -> dict[str, Any]:
    """Return the tank with another first datapoint."""
    return {**LEVEL, "datapoints": [{**LEVEL["datapoints"][0], **fields}]}


def test_templates_survive_a_file() -> None:
    """What is exported can be imported elsewhere, and is the same."""
    templates = SensorTemplates()
    templates.load(LEVEL)
    others = SensorTemplates()
    others.load(json.loads(json.dumps(templates.export())))
    assert others.export() == templates.export()
    assert [template.id for template in others] == [
        "environmental_sensor",
        "power_monitor",
        "tank",
    ]


def test_only_what_is_own_is_kept() -> None:
    """A snapshot has what people have made, and gives it back."""
    templates = SensorTemplates()
    assert templates.snapshot() == []
    templates.load([LEVEL, {**POWER_MONITOR.as_dict(), "model": "PM-200"}])
    others = SensorTemplates()
    others.restore(json.loads(json.dumps(templates.snapshot())))
    assert others.export() == templates.export()
    assert len(others.snapshot()) == 2


def test_built_in_ones_come_back() -> None:
    """Removing one that was put in the place of a built-in one brings that back."""
    templates = SensorTemplates()
    templates.load({**POWER_MONITOR.as_dict(), "model": "PM-200"})
    templates.remove(POWER_MONITOR.id)
    assert set(templates) == set(BUILT_IN)


def test_listeners_hear_of_changes() -> None:
    """Whoever shows templates is told when they are others."""
    templates = SensorTemplates()
    heard: list[int] = []
    stop = templates.on_change(lambda: heard.append(1))
    templates.put(template_from_json(LEVEL))
    templates.remove("tank")
    stop()
    templates.load(LEVEL)
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "template"),
        ({"id": "x"}, "name"),
        ({**LEVEL, "id": "Tank 1"}, "id"),
        ({**LEVEL, "extra": 1}, "extra"),
        ({**LEVEL, "datapoints": []}, "datapoints"),
        ({**LEVEL, "datapoints": LEVEL["datapoints"] * 2}, "same id"),
        (changed(offset=-1), "0 to 255.*offset"),
        (changed(offset=True), "0 to 255"),
        (changed(length=9), "1 to 8"),
        (changed(encoding="Int24"), "encoding"),
        (changed(encoding="Float32", length=2), "Float32 has 4 bytes"),
        (changed(decimals=10), "0 to 9"),
        (changed(unit=5), "unit"),
        (changed(label=""), "label"),
    ],
)
def test_bad_templates(data: Any, reason: str) -> None:
    """What can't be a template is refused with its place, and nothing of it is taken over."""
    templates = SensorTemplates()
    with pytest.raises(InvalidField, match=reason):
        templates.load([LEVEL, data])
    assert set(templates) == set(BUILT_IN)


def test_not_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number is bounded, and names are taken once."""
    monkeypatch.setattr(module, "MAX_TEMPLATES", 3)
    templates = SensorTemplates()
    templates.put(template_from_json(LEVEL))
    with pytest.raises(AlreadyExists):
        templates.put(template_from_json(LEVEL), replace=False)
    with pytest.raises(TooMany):
        templates.put(template_from_json({**LEVEL, "id": "other"}))
    with pytest.raises(TooMany):
        templates.load({**LEVEL, "id": "other"})


def test_wirings_survive_a_file() -> None:
    """What a subentry keeps is what was set up."""
    data = json.loads(json.dumps(WIRING.as_dict()))
    assert wiring_from_json(data) == WIRING
    strike = WIRING.get(ComponentPath.parse("J1/strike-1"))
    assert strike is not None
    assert strike.name == "Front door"
    assert WIRING.get(ComponentPath.parse("J1/strike-2")) is None
    assert WIRING.get(ComponentPath.parse("J4/sensor-1")) is None
    assert len(list(WIRING)) == 7


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"J5": {"mode": "sensor-mode"}}, "J5"),
        ({"J1": {}}, "mode"),
        ({"J1": {"mode": "party-mode"}}, "mode"),
        ({"J1": {"mode": "alarm-mode", "components": {"strike-1": {}}}}, "not part of"),
        ({"J1": {"mode": "alarm-mode", "components": {"siren-3": {}}}}, "no such"),
        ({"J1": {"mode": "alarm-mode", "components": {"siren-1": {"template": "x"}}}}, "only a sensor"),
        ({"J1": {"mode": "alarm-mode", "components": {"siren-1": {"name": 5}}}}, "name"),
        ([], "wiring"),
    ],
)  # fmt: skip
def test_bad_wirings(data: Any, reason: str) -> None:
    """What no controller can have is refused with its place."""
    with pytest.raises(InvalidField, match=reason):
        wiring_from_json(data)


def test_numbers_stay() -> None:
    """A sensor keeps its number over restarts, and no other gets it."""
    numbers = Numbers()
    first, second = (
        numbers.sensor(MAC, "J1/sensor-1"),
        numbers.sensor(MAC, "J1/sensor-2"),
    )
    assert (first, second) == (1, 2)
    assert numbers.datapoint("tank", "level") == 1
    again = Numbers()
    again.restore(json.loads(json.dumps(numbers.snapshot())))
    assert again.sensor(MAC, "J1/sensor-2") == second
    assert again.sensor(MAC, "J1/sensor-3") == 3
    assert again.sensors.name(first) == f"{MAC}/J1/sensor-1"
    assert again.sensors.name(99) is None


def test_numbers_of_elsewhere() -> None:
    """Numbers that another pipeline has given are gone on with, where they are free."""
    numbers = Numbers()
    assert numbers.sensors.claim("a", 7)
    assert numbers.sensors.claim("a", 7)
    assert not numbers.sensors.claim("b", 7)
    assert not numbers.sensors.claim("a", 8)
    assert not numbers.sensors.claim("c", 0)
    assert numbers.sensors["d"] == 8
    assert numbers.sensors.claim("last", MAX_NUMBER)
    with pytest.raises(TooMany):
        numbers.sensors["one more"]
