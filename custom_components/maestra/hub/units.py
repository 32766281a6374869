"""What a value is, by its name, its unit, and what is declared of it: device class, state class, decimals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, Final, NamedTuple, Self

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.number.const import DEVICE_CLASS_UNITS as NUMBER_UNITS
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    NON_NUMERIC_DEVICE_CLASSES,
)
from homeassistant.const import EntityCategory

from ..core.domain.units import normal_unit
from ..core.domain.variables import is_number
from .labels import plain_words

MAX_PRECISION: Final = 12
# Decimals of a value whose unit says nothing of them: a number without any may be a fraction.
UNKNOWN_UNIT: Final = 2
NO_UNIT: Final = 3
# Digits of a number that people read; the rest is noise.
DIGITS: Final = 5
NOTHING: Final = "none"
"""Declared as a device class: it is none, whatever its name and unit look like."""


# How else clients write units, in lower case -> Home Assistant's way. The database, whose rows are kept by their unit, has
# only those that the core knows as well (`core/domain/units.py`).
SPELLINGS: Final[Mapping[str, str]] = {
    "deg c": "°C",
    "℃": "°C",
    "degf": "°F",
    "kelvin": "K",
    "pct": "%",
    "millivolts": "mV",
    "ampere": "A",
    "ma": "mA",
    "kw": "kW",
    "wh": "Wh",
    "kwh": "kWh",
    "va": "VA",
    "us": "μs",
    "msec": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "second": "s",
    "minutes": "min",
    "minute": "min",
    "mins": "min",
    "hours": "h",
    "hour": "h",
    "hr": "h",
    "hrs": "h",
    "days": "d",
    "day": "d",
    "khz": "kHz",
    "dba": "dBA",
    "db(a)": "dBA",
    "pascal": "Pa",
    "hpa": "hPa",
    "kpa": "kPa",
    "bars": "bar",
    "millibar": "mbar",
    "mmhg": "mmHg",
    "torr": "mmHg",
    "gb": "GB",
    "bps": "bit/s",
    "kbps": "kbit/s",
    "mbps": "Mbit/s",
    "ug/m3": "μg/m³",
    "ug/m³": "μg/m³",
    "μg/m3": "μg/m³",
    "mg/m3": "mg/m³",
    "w/m2": "W/m²",
    "l": "L",
    "liter": "L",
    "liters": "L",
    "litre": "L",
    "litres": "L",
    "ml": "mL",
    "m3": "m³",
    "l/min": "L/min",
    "lpm": "L/min",
    "l/h": "L/h",
    "m3/h": "m³/h",
    "kmh": "km/h",
    "kph": "km/h",
    "deg": "°",
    "degree": "°",
    "degrees": "°",
    "gram": "g",
    "grams": "g",
    "kilogram": "kg",
    "kilograms": "kg",
    "meter": "m",
    "meters": "m",
    "metre": "m",
    "metres": "m",
}
# The sign for micro is another character than the Greek letter, which Home Assistant has.
_MICRO: Final = str.maketrans("\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Something that is measured.

    `units` has how many decimals mean something in each. `names`: where others have these units too, it is meant only
    by a value whose name ends in one of these.
    """

    device_class: SensorDeviceClass | None
    units: Mapping[str | None, int]
    names: tuple[str, ...] = ()


def _named(
    device_class: SensorDeviceClass, units: Mapping[str | None, int], *names: str
) -> Quantity:
    return Quantity(device_class=device_class, units=units, names=names)


def _by_unit(
    device_class: SensorDeviceClass | None, units: Mapping[str | None, int]
) -> Quantity:
    return Quantity(device_class=device_class, units=units)


_LENGTHS: Final[Mapping[str | None, int]] = {
    "mm": 1,
    "cm": 1,
    "m": 3,
    "km": 2,
    "in": 1,
    "ft": 2,
    "mi": 2,
}
_PRESSURES: Final[Mapping[str | None, int]] = {
    "Pa": 1,
    "hPa": 1,
    "kPa": 2,
    "mbar": 1,
    "bar": 2,
    "mmHg": 1,
    "inHg": 2,
    "psi": 2,
}
_GASES: Final[Mapping[str | None, int]] = {"μg/m³": 1, "ppb": 1}

# The first row that fits is what a value is.
QUANTITIES: Final = (
    _named(
        SensorDeviceClass.BATTERY,
        {"%": 0},
        "battery",
        "bat",
        "soc",
        "state_of_charge",
    ),
    _named(SensorDeviceClass.HUMIDITY, {"%": 1}, "humidity", "hum", "rh", "dampness"),
    _named(SensorDeviceClass.MOISTURE, {"%": 1}, "moisture"),
    _named(
        SensorDeviceClass.POWER_FACTOR, {"%": 1, None: 3}, "power_factor", "cos_phi"
    ),
    _named(
        SensorDeviceClass.CO2,
        {"ppm": 0},
        "co2",
        "eco2",
        "carbon_dioxide",
    ),
    _named(
        SensorDeviceClass.CO,
        {"ppm": 1, "mg/m³": 1},
        "co",
        "carbon_monoxide",
    ),
    _named(SensorDeviceClass.NITROGEN_DIOXIDE, _GASES, "no2", "nitrogen_dioxide"),
    _named(SensorDeviceClass.OZONE, _GASES, "o3", "ozone"),
    _named(SensorDeviceClass.SULPHUR_DIOXIDE, _GASES, "so2", "sulphur_dioxide"),
    _named(
        SensorDeviceClass.VOLATILE_ORGANIC_COMPOUNDS,
        {"μg/m³": 0, "mg/m³": 2},
        "voc",
        "tvoc",
    ),
    _named(
        SensorDeviceClass.VOLATILE_ORGANIC_COMPOUNDS_PARTS,
        {"ppb": 0, "ppm": 2},
        "voc",
        "tvoc",
    ),
    _named(SensorDeviceClass.PM1, {"μg/m³": 1}, "pm1", "pm1_0"),
    _named(SensorDeviceClass.PM25, {"μg/m³": 1}, "pm25"),
    _named(SensorDeviceClass.PM4, {"μg/m³": 1}, "pm4", "pm4_0"),
    _named(SensorDeviceClass.PM10, {"μg/m³": 1}, "pm10", "pm10_0"),
    _named(SensorDeviceClass.AQI, {None: 0}, "aqi", "air_quality_index"),
    _named(SensorDeviceClass.PH, {None: 2}, "ph"),
    _named(
        SensorDeviceClass.SOUND_PRESSURE,
        {"dB": 1},
        "sound",
        "noise",
        "loudness",
        "spl",
        "sound_pressure",
    ),
    _named(SensorDeviceClass.SIGNAL_STRENGTH, {"dB": 1}, "snr", "rssi", "signal"),
    _named(SensorDeviceClass.DISTANCE, _LENGTHS, "distance", "range", "depth"),
    _named(SensorDeviceClass.PRECIPITATION, {"mm": 1}, "rain", "precipitation"),
    _named(SensorDeviceClass.WIND_SPEED, {"m/s": 1, "km/h": 1}, "wind", "gust"),
    _named(
        SensorDeviceClass.WIND_DIRECTION, {"°": 0}, "wind_direction", "wind_bearing"
    ),
    _named(
        SensorDeviceClass.ATMOSPHERIC_PRESSURE,
        _PRESSURES,
        "air_pressure",
        "atmospheric_pressure",
        "barometer",
        "barometric_pressure",
    ),
    _named(
        SensorDeviceClass.TEMPERATURE_DELTA,
        {"°C": 1, "°F": 1, "K": 1},
        "delta",
        "delta_t",
        "difference",
        "offset",
    ),
    _named(
        SensorDeviceClass.WATER,
        {"L": 0, "m³": 3},
        "water_consumption",
        "water_meter",
        "water_used",
    ),
    _named(
        SensorDeviceClass.VOLUME_STORAGE,
        {"mL": 0, "L": 1, "m³": 3},
        "tank",
        "reservoir",
        "fuel",
        "fluid",
    ),
    _by_unit(SensorDeviceClass.TEMPERATURE, {"°C": 1, "°F": 1, "K": 1}),
    _by_unit(SensorDeviceClass.VOLTAGE, {"μV": 0, "mV": 1, "V": 2, "kV": 2}),
    _by_unit(SensorDeviceClass.CURRENT, {"μA": 0, "mA": 1, "A": 2}),
    _by_unit(SensorDeviceClass.POWER, {"mW": 1, "W": 1, "kW": 2, "MW": 2}),
    _by_unit(SensorDeviceClass.APPARENT_POWER, {"VA": 1, "kVA": 2}),
    _by_unit(SensorDeviceClass.REACTIVE_POWER, {"var": 1, "kvar": 2}),
    _by_unit(SensorDeviceClass.ENERGY, {"Wh": 1, "kWh": 2, "MWh": 3}),
    _by_unit(SensorDeviceClass.FREQUENCY, {"Hz": 2, "kHz": 2, "MHz": 3, "GHz": 3}),
    _by_unit(SensorDeviceClass.PRESSURE, _PRESSURES),
    _by_unit(SensorDeviceClass.ILLUMINANCE, {"lx": 1}),
    _by_unit(SensorDeviceClass.IRRADIANCE, {"W/m²": 1}),
    _by_unit(SensorDeviceClass.SOUND_PRESSURE, {"dBA": 1}),
    _by_unit(SensorDeviceClass.SIGNAL_STRENGTH, {"dBm": 0}),
    _by_unit(
        SensorDeviceClass.DURATION,
        {"μs": 0, "ms": 1, "s": 2, "min": 1, "h": 2, "d": 2},
    ),
    _by_unit(SensorDeviceClass.SPEED, {"mm/s": 1, "m/s": 2, "km/h": 1, "kn": 1}),
    _by_unit(SensorDeviceClass.PRECIPITATION_INTENSITY, {"mm/h": 1}),
    _by_unit(
        SensorDeviceClass.DATA_SIZE,
        {
            "bit": 0,
            "B": 0,
            "kB": 1,
            "KiB": 1,
            "MB": 1,
            "MiB": 1,
            "GB": 2,
            "GiB": 2,
            "TB": 2,
        },
    ),
    _by_unit(
        SensorDeviceClass.DATA_RATE,
        {
            "bit/s": 0,
            "kbit/s": 1,
            "Mbit/s": 1,
            "Gbit/s": 2,
            "B/s": 0,
            "kB/s": 1,
            "MB/s": 1,
            "GB/s": 2,
        },
    ),
    _by_unit(SensorDeviceClass.WEIGHT, {"mg": 0, "g": 1, "kg": 2}),
    _by_unit(
        SensorDeviceClass.VOLUME_FLOW_RATE, {"L/h": 1, "L/min": 2, "L/s": 2, "m³/h": 2}
    ),
    _by_unit(SensorDeviceClass.CONDUCTIVITY, {"μS/cm": 1, "mS/cm": 2}),
    # Of these, only the name could say more.
    _by_unit(
        None,
        {
            "%": 1,
            "°": 1,
            "dB": 1,
            "ppm": 1,
            "ppb": 0,
            "fps": 1,
            "rpm": 0,
            "lm": 0,
            "mL": 0,
            "L": 1,
            "m³": 2,
            "μg/m³": 1,
            "mg/m³": 2,
        },
    ),
    _by_unit(None, _LENGTHS),
)

# What the name of something that is so or not so ends in.
CONTACTS: Final[Mapping[str, BinarySensorDeviceClass]] = {
    "battery_charging": BinarySensorDeviceClass.BATTERY_CHARGING,
    "battery_low": BinarySensorDeviceClass.BATTERY,
    "charging": BinarySensorDeviceClass.BATTERY_CHARGING,
    "connected": BinarySensorDeviceClass.CONNECTIVITY,
    "connection": BinarySensorDeviceClass.CONNECTIVITY,
    "door": BinarySensorDeviceClass.DOOR,
    "error": BinarySensorDeviceClass.PROBLEM,
    "fault": BinarySensorDeviceClass.PROBLEM,
    "flood": BinarySensorDeviceClass.MOISTURE,
    "garage": BinarySensorDeviceClass.GARAGE_DOOR,
    "garage_door": BinarySensorDeviceClass.GARAGE_DOOR,
    "gate": BinarySensorDeviceClass.OPENING,
    "glass_break": BinarySensorDeviceClass.GLASS_BREAK,
    "hatch": BinarySensorDeviceClass.OPENING,
    "leak": BinarySensorDeviceClass.MOISTURE,
    "low_battery": BinarySensorDeviceClass.BATTERY,
    "motion": BinarySensorDeviceClass.MOTION,
    "moving": BinarySensorDeviceClass.MOVING,
    "occupancy": BinarySensorDeviceClass.OCCUPANCY,
    "occupied": BinarySensorDeviceClass.OCCUPANCY,
    "online": BinarySensorDeviceClass.CONNECTIVITY,
    "opening": BinarySensorDeviceClass.OPENING,
    "overheated": BinarySensorDeviceClass.HEAT,
    "pir": BinarySensorDeviceClass.MOTION,
    "plugged": BinarySensorDeviceClass.PLUG,
    # A sensor tells that somebody is in a room, not who is at home.
    "presence": BinarySensorDeviceClass.OCCUPANCY,
    "present": BinarySensorDeviceClass.OCCUPANCY,
    "problem": BinarySensorDeviceClass.PROBLEM,
    "running": BinarySensorDeviceClass.RUNNING,
    "smoke": BinarySensorDeviceClass.SMOKE,
    "tamper": BinarySensorDeviceClass.TAMPER,
    "vibration": BinarySensorDeviceClass.VIBRATION,
    "window": BinarySensorDeviceClass.WINDOW,
}

# What a name may end in besides: how a quantity was taken, and that what is so is so.
_AFTER_QUANTITY: Final = frozenset(
    {"average", "avg", "db", "dba", "level", "max", "mean", "min", "pct", "percent"}
    | {"percentage", "ppb", "ppm", "reading", "sensor", "strength", "value"}
)
_AFTER_CONTACT: Final = frozenset(
    {"alarm", "contact", "detected", "open", "opened", "sensor", "state", "status"}
)
_NEGATIONS: Final = frozenset({"no", "not", "un"})


def _rows_by_unit() -> Mapping[str | None, tuple[Quantity, ...]]:
    rows: defaultdict[str | None, list[Quantity]] = defaultdict(list)
    for row in QUANTITIES:
        for unit in row.units:
            rows[unit].append(row)
    return {unit: tuple(found) for unit, found in rows.items()}


_BY_UNIT: Final = _rows_by_unit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is said of a value, so that nothing of it has to be guessed."""

    device_class: str | None = None
    unit: str | None = None
    precision: int | None = None
    category: EntityCategory | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Read what a client, or the user, says; what makes no sense is left out.

        `entity_category` is diagnostic or config; a `step` says how many decimals there are where `precision` does not.
        """
        device_class = said.get("device_class")
        precision, step = said.get("precision"), said.get("step")
        if not _is_precision(precision):
            precision = (
                decimals_of(step, MAX_PRECISION)
                if is_number(step) and step > 0
                else None
            )
        category = said.get("entity_category")
        return cls(
            device_class=_known_class(device_class),
            unit=shown_unit(said.get("unit")),
            precision=precision,
            category=EntityCategory(category)
            if category in list(EntityCategory)
            else None,
        )


UNDECLARED: Final = Declared()


class Look(NamedTuple):
    """How a number is shown: `precision` decimals, or, where nobody said how many, those it has, up to `most`."""

    unit: str | None = None
    device_class: SensorDeviceClass | None = None
    state_class: SensorStateClass | None = None
    precision: int | None = None
    most: int = 0

    def shown_decimals(self, seen: int) -> int:
        """Return how many decimals are shown of values that had so many."""
        return min(seen, self.most) if self.precision is None else self.precision

    def decimals(self, value: float) -> int:
        """Return how many decimals a value has that mean something."""
        whole = len(str(int(abs(value)))) if isfinite(value) else DIGITS
        return decimals_of(value, min(self.most, max(0, DIGITS - whole)))

    def decimals_on_cards(self, value: object) -> int | None:
        """Return how many decimals a card shows of a value; None for what is no number."""
        return self.shown_decimals(self.decimals(value)) if is_number(value) else None


def shown_unit(unit: object) -> str | None:
    """Return a unit as Home Assistant writes it; None where there is none."""
    if (known := normal_unit(unit)) is None:
        return None
    known = known.translate(_MICRO)
    return SPELLINGS.get(known.lower(), known)


@lru_cache(maxsize=8_192)
def look_of(name: str, unit: str | None, declared: Declared = UNDECLARED) -> Look:
    """Return how a number looks by its name, its unit, and what is declared of it."""
    known = declared.unit or shown_unit(unit)
    device_class = _guessed_class(name, known)
    if declared.device_class == NOTHING:
        device_class = None
    elif (said := _numeric_class(declared.device_class)) and known in _units_of(said):
        device_class = said
    unknown = NO_UNIT if known is None else UNKNOWN_UNIT
    most = next(
        (
            row.units[known]
            for row in _BY_UNIT.get(known, ())
            if row.device_class is device_class
        ),
        unknown,
    )
    return Look(
        known, device_class, state_class(device_class), declared.precision, most
    )


def number_look(
    name: str, unit: str | None, declared: Declared
) -> tuple[str | None, NumberDeviceClass | None]:
    """Return unit and device class of a number that can be set."""
    look = look_of(name, unit, declared)
    device_class = look.device_class
    if device_class is None or device_class.value not in list(NumberDeviceClass):
        return look.unit, None
    number_class = NumberDeviceClass(device_class.value)
    fits = look.unit in NUMBER_UNITS[number_class]
    return look.unit, number_class if fits else None


@lru_cache(maxsize=4_096)
def contact_class(
    name: str, declared: Declared = UNDECLARED
) -> BinarySensorDeviceClass | None:
    """Return the device class of something that is so or not so."""
    if declared.device_class == NOTHING:
        return None
    if declared.device_class in list(BinarySensorDeviceClass):
        return BinarySensorDeviceClass(declared.device_class)
    words = plain_words(name).split("_")
    if not _NEGATIONS.isdisjoint(words):
        return None
    return next(
        (CONTACTS[end] for end in _endings(words, _AFTER_CONTACT) if end in CONTACTS),
        None,
    )


def state_class(device_class: SensorDeviceClass | None) -> SensorStateClass:
    """Return the state class of a number: a measurement, where Home Assistant takes it for one, else a meter."""
    allowed = (
        DEVICE_CLASS_STATE_CLASSES.get(device_class, {SensorStateClass.MEASUREMENT})
        if device_class
        else {SensorStateClass.MEASUREMENT}
    )
    return next(each for each in _STATE_CLASSES if each in allowed)


_STATE_CLASSES: Final = (
    SensorStateClass.MEASUREMENT,
    SensorStateClass.MEASUREMENT_ANGLE,
    SensorStateClass.TOTAL_INCREASING,
    SensorStateClass.TOTAL,
)


def decimals_of(value: float, most: int) -> int:
    """Return how many decimals a number has, once it is rounded to `most` of them."""
    if isinstance(value, int) or not isfinite(value):
        return 0
    return len(f"{value:.{most}f}".partition(".")[2].rstrip("0"))


def _guessed_class(name: str, unit: str | None) -> SensorDeviceClass | None:
    endings = tuple(_endings(plain_words(name).split("_"), _AFTER_QUANTITY))
    return next(
        (
            row.device_class
            for row in _BY_UNIT.get(unit, ())
            if not row.names or any(end in row.names for end in endings)
        ),
        None,
    )


def _endings(words: list[str], after: Iterable[str]) -> Iterable[str]:
    """Return the words, and what they end in, longest first; then the same without their last, if that may come after."""
    while words:
        yield from ("_".join(words[at:]) for at in range(len(words)))
        if words[-1] not in after:
            return
        words = words[:-1]


def _known_class(name: object) -> str | None:
    """Return a device class as Home Assistant writes it; None for what is none."""
    known = name.strip().lower() if isinstance(name, str) else None
    return known if known in _CLASSES else None


_CLASSES: Final = frozenset({NOTHING, *SensorDeviceClass, *BinarySensorDeviceClass})


def _is_precision(value: object) -> bool:
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and 0 <= value <= MAX_PRECISION
    )


def _numeric_class(name: str | None) -> SensorDeviceClass | None:
    if name not in list(SensorDeviceClass):
        return None
    device_class = SensorDeviceClass(name)
    return None if device_class in NON_NUMERIC_DEVICE_CLASSES else device_class


def _units_of(device_class: SensorDeviceClass) -> Iterable[Any]:
    """Return the units that a device class may have; without any, those of currencies, it is not offered."""
    return DEVICE_CLASS_UNITS.get(device_class, ())
