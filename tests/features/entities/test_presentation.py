"""Which Home Assistant entities stand for which variables, devices, links: the mapping table."""

from datetime import UTC, datetime

import pytest

from custom_components.maestra.const import PLATFORMS
from custom_components.maestra.core.domain.device import Device, Metric
from custom_components.maestra.core.domain.entity import Entity
from custom_components.maestra.core.domain.entity_type import BUILT_IN_TYPES
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.features import FEATURES
from custom_components.maestra.features.entities.presentation import (
    DEVICE,
    DEVICE_PRESENTATIONS,
    HUB_PRESENTATIONS,
    METRIC,
    SHAPES,
    present_device,
    present_entity,
)
from custom_components.maestra.hub.registry import registry_of
from homeassistant.const import Platform

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TYPES = {kind.name: kind for kind in BUILT_IN_TYPES}
INPUT, OUTPUT = Direction.INPUT, Direction.OUTPUT


def variable(
    name: str, kind: VariableType | str, direction: Direction = INPUT, **config: object
) -> Variable:
    return Variable.from_wire(
        {"name": name, "type": str(kind), "direction": str(direction), "config": config}
    )


def shown(*variables: Variable, kind: str = "controller") -> list[str]:
    """Return what is shown of an entity as `platform key`, with a star for what takes its name."""
    entity = Entity(
        id="id",
        name="Name",
        slug="name",
        type=TYPES[kind],
        variables={item.name: item for item in variables},
        state_updated_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )
    return [
        f"{item.platform} {item.key}{'*' if item.is_main else ''}"
        for item in present_entity(entity)
    ]


def test_every_type_in_both_directions_has_its_row() -> None:
    assert set(SHAPES) == {(kind, way) for kind in VariableType for way in Direction}
    assert {shape.platform for shape in SHAPES.values()} < set(PLATFORMS)


@pytest.mark.parametrize(
    ("kind", "direction", "keys"),
    [
        ("number", INPUT, ["number v"]),
        ("range", INPUT, ["number v"]),
        ("boolean", INPUT, ["switch v"]),
        ("string", INPUT, ["text v"]),
        ("color", INPUT, ["light v"]),
        ("vector2", INPUT, ["number v.x", "number v.y"]),
        ("vector3", INPUT, ["number v.x", "number v.y", "number v.z"]),
        ("array", INPUT, ["sensor v"]),
        ("object", INPUT, ["sensor v"]),
        ("enum", INPUT, ["text v"]),
        ("number", OUTPUT, ["sensor v"]),
        ("range", OUTPUT, ["sensor v"]),
        ("boolean", OUTPUT, ["binary_sensor v"]),
        ("string", OUTPUT, ["sensor v"]),
        ("color", OUTPUT, ["sensor v"]),
        ("vector2", OUTPUT, ["sensor v.x", "sensor v.y"]),
        ("vector3", OUTPUT, ["sensor v.x", "sensor v.y", "sensor v.z"]),
        ("array", OUTPUT, ["sensor v"]),
        ("object", OUTPUT, ["sensor v"]),
        ("enum", OUTPUT, ["sensor v"]),
    ],
)
def test_each_type_of_variable(
    kind: str, direction: Direction, keys: list[str]
) -> None:
    assert shown(variable("v", kind, direction)) == keys


def test_an_enum_with_options_is_a_select() -> None:
    assert shown(variable("v", "enum", options=["a"])) == ["select v"]


def test_a_boolean_that_is_true_for_a_moment_is_a_button() -> None:
    assert shown(variable("v", "boolean", momentary=True)) == ["button v"]
    assert shown(variable("v", "boolean", momentary="yes")) == ["switch v"]
    assert shown(variable("v", "boolean", OUTPUT, momentary=True)) == [
        "binary_sensor v"
    ]


ON = variable("on", "boolean")
BRIGHTNESS = variable("brightness", "range")
COLOR = variable("color", "color")


@pytest.mark.parametrize(
    ("variables", "kind", "keys"),
    [
        ([ON, BRIGHTNESS, COLOR], "light", ["light light*"]),
        ([ON, BRIGHTNESS], "light", ["light light*"]),
        ([BRIGHTNESS], "light", ["light light*"]),
        ([COLOR], "light", ["light light*"]),
        ([ON], "light", ["switch on"]),
        # A colour is a light anywhere; brightness is one only of what is called a light.
        ([ON, BRIGHTNESS, COLOR], "device", ["light light*"]),
        ([ON, BRIGHTNESS], "projector", ["switch on", "number brightness"]),
        ([], "light", []),
        # Other names, other types, the other direction.
        (
            [variable("power", "boolean"), variable("dimmer", "number")],
            "light",
            ["light light*"],
        ),
        ([variable("power", "string"), COLOR], "light", ["light light*", "text power"]),
        (
            [variable("power", "boolean", momentary=True), COLOR],
            "light",
            ["light light*", "button power"],
        ),
        ([variable("brightness", "string")], "light", ["text brightness"]),
        ([variable("color", "color", OUTPUT)], "light", ["sensor color"]),
        ([COLOR, variable("rgb", "color")], "light", ["light light*", "light rgb"]),
        (
            [COLOR, variable("value", "number")],
            "light",
            ["light light*", "number value"],
        ),
        ([variable("value", "number")], "sensor", ["number value*"]),
    ],
)
def test_what_forms_a_light(
    variables: list[Variable], kind: str, keys: list[str]
) -> None:
    assert shown(*variables, kind=kind) == keys


def test_a_device_and_its_metrics() -> None:
    device = Device(
        id="id",
        name="Name",
        device_type="esp32",
        hardware_id="AA",
        metrics={"rssi": Metric(name="rssi", value=1, timestamp=NOW)},
        created_at=NOW,
        updated_at=NOW,
    )

    assert [
        (item.platform, item.kind, item.key) for item in present_device(device)
    ] == [
        (Platform.BINARY_SENSOR, DEVICE, "connectivity"),
        (Platform.SENSOR, DEVICE, "last_seen"),
        (Platform.EVENT, DEVICE, "event"),
        (Platform.SENSOR, METRIC, "metric.rssi"),
    ]


@pytest.mark.parametrize(
    "presentations",
    [
        DEVICE_PRESENTATIONS,
        HUB_PRESENTATIONS,
        *registry_of(FEATURES).link_entities.values(),
    ],
)
def test_keys_are_unique(presentations: tuple[object, ...]) -> None:
    keys = [(item.platform, item.key) for item in presentations]  # type: ignore[attr-defined]

    assert len(keys) == len(set(keys))
