"""What a value's name, unit and declaration make of it in Home Assistant: the table, and each of its rows."""

from typing import Any

import pytest

from custom_components.maestra.core.domain.units import UNIT_ALIASES
from custom_components.maestra.hub.labels import humanize, plain_words
from custom_components.maestra.hub.units import (
    CONTACTS,
    QUANTITIES,
    SPELLINGS,
    Declared,
    contact_class,
    look_of,
    number_look,
    shown_unit,
    state_class,
)
from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    NON_NUMERIC_DEVICE_CLASSES,
)
from homeassistant.const import EntityCategory

ROWS = [
    pytest.param(name, unit, row.device_class, id=f"{name} {unit}")
    for row in QUANTITIES
    for unit in row.units
    for name in (row.names or ("made up",))
]


@pytest.mark.parametrize(("name", "unit", "device_class"), ROWS)
def test_each_row_is_found_and_is_what_home_assistant_takes(
    name: str, unit: str | None, device_class: SensorDeviceClass | None
) -> None:
    assert look_of(name, unit).device_class is device_class
    assert look_of(f"main_{name}", unit).device_class is device_class
    assert shown_unit(unit) == unit
    if device_class is not None:
        assert unit in DEVICE_CLASS_UNITS[device_class]
        assert state_class(device_class) in DEVICE_CLASS_STATE_CLASSES[device_class]


@pytest.mark.parametrize(
    "device_class", sorted(set(SensorDeviceClass) - NON_NUMERIC_DEVICE_CLASSES)
)
def test_every_class_that_is_declared_has_a_state_class(
    device_class: SensorDeviceClass,
) -> None:
    assert state_class(device_class) in DEVICE_CLASS_STATE_CLASSES[device_class]


@pytest.mark.parametrize("name", CONTACTS)
def test_each_contact_is_found(name: str) -> None:
    assert name == plain_words(name)
    assert contact_class(f"front_{name}") is CONTACTS[name]
    assert contact_class(f"no_{name}") is None


def test_units_are_spelled_in_one_way() -> None:
    assert [alias for alias in UNIT_ALIASES if alias != alias.lower()] == []
    assert [alias for alias in SPELLINGS if alias != alias.lower()] == []
    assert not SPELLINGS.keys() & UNIT_ALIASES.keys()
    known = {unit for row in QUANTITIES for unit in row.units}
    assert set(SPELLINGS.values()) <= known
    for unit in (*SPELLINGS.values(), *UNIT_ALIASES.values()):
        assert shown_unit(unit) == unit


# What a person would report is a row here.
@pytest.mark.parametrize(
    ("name", "unit", "value", "shown", "device_class"),
    [
        ("supply", "V", 3.55, "3.55 V", SensorDeviceClass.VOLTAGE),
        ("supply", "volts", 12, "12 V", SensorDeviceClass.VOLTAGE),
        ("supply", "V", 3.3000000000000003, "3.3 V", SensorDeviceClass.VOLTAGE),
        ("gain", "dB", -6.2, "-6.2 dB", None),
        ("sound_level", "dB", 61.34, "61.3 dB", SensorDeviceClass.SOUND_PRESSURE),
        ("level", "dB(A)", 61.0, "61 dBA", SensorDeviceClass.SOUND_PRESSURE),
        ("rssi", "dBm", -61.5, "-62 dBm", SensorDeviceClass.SIGNAL_STRENGTH),
        ("cabin", "°C", 21.4375, "21.4 °C", SensorDeviceClass.TEMPERATURE),
        ("temp", " celsius ", 5960.0, "5960 °C", SensorDeviceClass.TEMPERATURE),
        ("roomTemperature", "C", 21.5, "21.5 °C", SensorDeviceClass.TEMPERATURE),
        ("line", "bar", 2.345, "2.35 bar", SensorDeviceClass.PRESSURE),
        ("pressure", "hPa", 1013.2531, "1013.3 hPa", SensorDeviceClass.PRESSURE),
        ("pm2.5", "ug/m3", 12.04, "12 μg/m³", SensorDeviceClass.PM25),
        ("PM2_5", "\N{MICRO SIGN}g/m³", 12.3, "12.3 μg/m³", SensorDeviceClass.PM25),
        ("pm10", "μg/m³", 30, "30 μg/m³", SensorDeviceClass.PM10),
        ("CO2", "ppm", 612.0, "612 ppm", SensorDeviceClass.CO2),
        ("co2_level", "ppm", 612.4, "612 ppm", SensorDeviceClass.CO2),
        ("propane", "ppm", 12.0, "12 ppm", None),
        ("Humidity", "percent", 45.55, "45.5 %", SensorDeviceClass.HUMIDITY),
        ("battery_level", "%", 87.5, "88 %", SensorDeviceClass.BATTERY),
        ("battery", "V", 3.71, "3.71 V", SensorDeviceClass.VOLTAGE),
        ("level", "%", 33.333333, "33.3 %", None),
        ("distance", "cm", 120.0, "120 cm", SensorDeviceClass.DISTANCE),
        ("width", "cm", 12.5, "12.5 cm", None),
        ("rate", "fps", 59.94, "59.9 fps", None),
        ("fader", None, 0.7333333333, "0.733", None),
        ("position", None, 12345.678, "12346", None),
        ("count", None, 7, "7", None),
        ("torque", "N·m", 0.123456, "0.12 N·m", None),
        ("energy", "kWh", 1234.5678, "1234.6 kWh", SensorDeviceClass.ENERGY),
        ("wind_direction", "deg", 271.4, "271 °", SensorDeviceClass.WIND_DIRECTION),
        ("long", "x" * 80, 1, f"1 {'x' * 50}", None),
        ("none", "  ", 1, "1", None),
    ],
)
def test_what_people_see_of_a_number(
    name: str,
    unit: str | None,
    value: float,
    shown: str,
    device_class: SensorDeviceClass | None,
) -> None:
    look = look_of(name, unit)
    decimals = look.shown_decimals(look.decimals(value))

    assert f"{value:.{decimals}f} {look.unit or ''}".strip() == shown
    assert look.device_class is device_class


@pytest.mark.parametrize(
    ("name", "device_class"),
    [
        ("presence", "occupancy"),
        ("motion_detected", "motion"),
        ("frontDoor", "door"),
        ("door_open", "door"),
        ("door_locked", None),
        ("door_closed", None),
        ("leak_sensor", "moisture"),
        ("unoccupied", None),
        ("ok", None),
        ("indoor", None),
    ],
)
def test_what_people_see_of_a_contact(name: str, device_class: str | None) -> None:
    assert contact_class(name) == device_class


# What is declared.


@pytest.mark.parametrize(
    ("said", "device_class", "unit", "decimals"),
    [
        ({"device_class": "sound_pressure"}, "sound_pressure", "dB", 1),
        ({"device_class": " Sound_Pressure "}, "sound_pressure", "dB", 1),
        ({"device_class": "temperature"}, None, "dB", 1),
        ({"device_class": "temperature", "unit": "C"}, "temperature", "°C", 1),
        ({"device_class": "timestamp"}, None, "dB", 1),
        ({"device_class": "none", "unit": "V"}, None, "V", 2),
        ({"device_class": 5, "unit": 5, "precision": "x"}, None, "dB", 1),
        ({"precision": 0}, None, "dB", 0),
        ({"precision": 4}, None, "dB", 4),
        ({"precision": True}, None, "dB", 1),
        ({"precision": 99}, None, "dB", 1),
        ({"step": 0.05}, None, "dB", 2),
        ({"step": 1}, None, "dB", 0),
        ({"step": -1}, None, "dB", 1),
    ],
)
def test_what_is_declared_counts_as_far_as_it_makes_sense(
    said: dict[str, Any], device_class: str | None, unit: str, decimals: int
) -> None:
    look = look_of("gain", "dB", Declared.of(said))

    assert (look.device_class, look.unit) == (device_class, unit)
    assert look.shown_decimals(look.decimals(-6.2345)) == decimals


def test_what_is_declared_of_a_contact() -> None:
    assert contact_class("door", Declared.of({"device_class": "none"})) is None
    assert contact_class("lid", Declared.of({"device_class": "window"})) == "window"
    assert contact_class("lid", Declared.of({"device_class": "humidity"})) is None


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ({"entity_category": "diagnostic"}, EntityCategory.DIAGNOSTIC),
        ({"entity_category": "made up"}, None),
        ({"entity_category": ["x"]}, None),
        ({}, None),
    ],
)
def test_declared_categories(
    said: dict[str, Any], category: EntityCategory | None
) -> None:
    assert Declared.of(said).category is category


def test_a_number_that_can_be_set() -> None:
    assert number_look("temp", "c", Declared()) == (
        "°C",
        NumberDeviceClass.TEMPERATURE,
    )
    assert number_look("level", "%", Declared()) == ("%", None)
    assert number_look("pan", None, Declared()) == (None, None)
    assert state_class(None) is SensorStateClass.MEASUREMENT


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("frame_rate", "Frame rate"),
        ("frameRate", "Frame rate"),
        ("co2", "CO₂"),
        ("CO2Level", "CO₂ level"),
        ("eCO2", "eCO₂"),
        ("pm2_5", "PM2.5"),
        ("pm2.5", "PM2.5"),
        ("wifi-signal", "Wi-Fi signal"),
        ("core_temp", "Core temp"),
        ("HTTPServer", "HTTP server"),
        ("Lamp Temperature", "Lamp Temperature"),
        ("__", "__"),
    ],
)
def test_identifiers_become_words(name: str, shown: str) -> None:
    assert humanize(name) == shown
