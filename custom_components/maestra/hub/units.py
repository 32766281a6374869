"""Units and device classes of what clients measure."""

from collections.abc import Mapping
from typing import Final

from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.number.const import DEVICE_CLASS_UNITS as NUMBER_UNITS
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass

from ..core.domain.units import normal_unit
from ..core.domain.variables import Variable

# A unit that only one quantity has.
CLASS_BY_UNIT: Final[Mapping[str, SensorDeviceClass]] = {
    "°C": SensorDeviceClass.TEMPERATURE,
    "°F": SensorDeviceClass.TEMPERATURE,
    "V": SensorDeviceClass.VOLTAGE,
    "mV": SensorDeviceClass.VOLTAGE,
    "A": SensorDeviceClass.CURRENT,
    "mA": SensorDeviceClass.CURRENT,
    "W": SensorDeviceClass.POWER,
    "kW": SensorDeviceClass.POWER,
    "kWh": SensorDeviceClass.ENERGY,
    "Wh": SensorDeviceClass.ENERGY,
    "Hz": SensorDeviceClass.FREQUENCY,
    "kHz": SensorDeviceClass.FREQUENCY,
    "hPa": SensorDeviceClass.PRESSURE,
    "lx": SensorDeviceClass.ILLUMINANCE,
    "dB": SensorDeviceClass.SOUND_PRESSURE,
    "dBm": SensorDeviceClass.SIGNAL_STRENGTH,
    "ms": SensorDeviceClass.DURATION,
    "s": SensorDeviceClass.DURATION,
    "min": SensorDeviceClass.DURATION,
    "h": SensorDeviceClass.DURATION,
    "m/s": SensorDeviceClass.SPEED,
    "km/h": SensorDeviceClass.SPEED,
    "B": SensorDeviceClass.DATA_SIZE,
    "kB": SensorDeviceClass.DATA_SIZE,
    "MB": SensorDeviceClass.DATA_SIZE,
    "GB": SensorDeviceClass.DATA_SIZE,
}

# A unit that many quantities have: the name decides.
CLASS_BY_NAME: Final[Mapping[tuple[str, str], SensorDeviceClass]] = {
    ("humidity", "%"): SensorDeviceClass.HUMIDITY,
    ("battery", "%"): SensorDeviceClass.BATTERY,
    ("battery_level", "%"): SensorDeviceClass.BATTERY,
    ("moisture", "%"): SensorDeviceClass.MOISTURE,
    ("co2", "ppm"): SensorDeviceClass.CO2,
    ("distance", "m"): SensorDeviceClass.DISTANCE,
    ("distance", "cm"): SensorDeviceClass.DISTANCE,
    ("distance", "mm"): SensorDeviceClass.DISTANCE,
}

# A meter counts up; Home Assistant takes everything else that has a number for a measurement.
STATE_CLASSES: Final[Mapping[SensorDeviceClass | None, SensorStateClass]] = {
    SensorDeviceClass.ENERGY: SensorStateClass.TOTAL_INCREASING,
}


def state_class(device_class: SensorDeviceClass | None) -> SensorStateClass:
    """Return the state class of a number with this device class."""
    return STATE_CLASSES.get(device_class, SensorStateClass.MEASUREMENT)


def unit_and_class(
    name: str, unit: object
) -> tuple[str | None, SensorDeviceClass | None]:
    """Return a unit as Home Assistant writes it, and the device class where it is beyond doubt."""
    if (known := normal_unit(unit)) is None:
        return None, None
    device_class = CLASS_BY_NAME.get((name.lower(), known)) or CLASS_BY_UNIT.get(known)
    return known, device_class


def unit_and_number_class(
    variable: Variable,
) -> tuple[str | None, NumberDeviceClass | None]:
    """Return the same for a number that can be set."""
    unit, device_class = unit_and_class(variable.name, variable.config.get("unit"))
    if device_class is None or device_class.value not in list(NumberDeviceClass):
        return unit, None
    number_class = NumberDeviceClass(device_class.value)
    return unit, number_class if unit in NUMBER_UNITS[number_class] else None
