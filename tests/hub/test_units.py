"""How clients write units, and what Home Assistant makes of them."""

import pytest

from custom_components.maestra.core.domain.units import UNIT_ALIASES
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.hub.units import (
    CLASS_BY_NAME,
    CLASS_BY_UNIT,
    state_class,
    unit_and_class,
    unit_and_number_class,
)
from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
)


@pytest.mark.parametrize(
    ("name", "unit", "known", "device_class"),
    [
        ("temp", "celsius", "°C", SensorDeviceClass.TEMPERATURE),
        ("temp", " °C ", "°C", SensorDeviceClass.TEMPERATURE),
        ("rssi", "dBm", "dBm", SensorDeviceClass.SIGNAL_STRENGTH),
        ("Humidity", "percent", "%", SensorDeviceClass.HUMIDITY),
        ("level", "%", "%", None),
        ("distance", "cm", "cm", SensorDeviceClass.DISTANCE),
        ("width", "cm", "cm", None),
        ("rate", "fps", "fps", None),
        ("long", "x" * 80, "x" * 50, None),
        ("none", None, None, None),
        ("none", "", None, None),
        ("none", "  ", None, None),
        ("none", 5, None, None),
    ],
)
def test_units_of_sensors(
    name: str,
    unit: object,
    known: str | None,
    device_class: SensorDeviceClass | None,
) -> None:
    assert unit_and_class(name, unit) == (known, device_class)


@pytest.mark.parametrize(
    ("name", "unit", "known", "device_class"),
    [
        ("temp", "c", "°C", NumberDeviceClass.TEMPERATURE),
        ("level", "%", "%", None),
        ("pan", None, None, None),
    ],
)
def test_units_of_numbers(
    name: str, unit: str | None, known: str | None, device_class: object
) -> None:
    variable = Variable(
        name=name,
        type=VariableType.NUMBER,
        direction=Direction.INPUT,
        config={"unit": unit},
    )

    assert unit_and_number_class(variable) == (known, device_class)


@pytest.mark.parametrize(
    ("unit", "device_class"),
    [
        *CLASS_BY_UNIT.items(),
        *((unit, device_class) for (_, unit), device_class in CLASS_BY_NAME.items()),
    ],
)
def test_the_tables_say_what_home_assistant_takes(
    unit: str, device_class: SensorDeviceClass
) -> None:
    assert unit in DEVICE_CLASS_UNITS[device_class]
    assert state_class(device_class) in DEVICE_CLASS_STATE_CLASSES[device_class]


def test_aliases_are_written_in_lower_case() -> None:
    assert [alias for alias in UNIT_ALIASES if alias != alias.lower()] == []
    assert state_class(None) is SensorStateClass.MEASUREMENT
