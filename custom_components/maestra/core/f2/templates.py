"""What RS-485 sensors send: templates with the datapoints of their frames (f2.md §6, §7)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
import enum
from typing import Any, Final

import probatio

from ..bus import Unsubscribe, call_each, enlist
from ..domain.errors import AlreadyExists, InvalidField, TooMany

MAX_TEMPLATES: Final = 200
MAX_DATAPOINTS: Final = 64
MAX_OFFSET: Final = 255
MAX_LENGTH: Final = 8
MAX_DECIMALS: Final = 9
MAX_TEXT: Final = 100
ID_PATTERN: Final = r"^[a-z0-9](?:[a-z0-9_]{0,62}[a-z0-9])?$"


class Encoding(enum.StrEnum):
    """How the bytes of a datapoint are read, the highest byte first."""

    INT16 = "Int16"
    UINT16 = "Uint16"
    INT8 = "Int8"
    UINT8 = "Uint8"
    INT32 = "Int32"
    UINT32 = "Uint32"
    FLOAT32 = "Float32"
    UNSIGNED = "Unsigned"
    """All of the bytes as one number: so the reference reads what it does not know."""


FIXED_LENGTHS: Final[Mapping[Encoding, int]] = {
    Encoding.INT32: 4,
    Encoding.UINT32: 4,
    Encoding.FLOAT32: 4,
}
"""How many bytes an encoding needs; the others take any number, as the reference does (f2.md §6.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """One value of a frame: `length` bytes from `offset` on, counted from the start of the whole frame.

    The number that they are is divided by ten to the power of `decimals`. `id` names it within its template.
    """

    id: str
    label: str
    offset: int
    length: int = 2
    encoding: Encoding = Encoding.INT16
    decimals: int = 0
    unit: str | None = None
    device_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorTemplate:
    """What a kind of sensor sends. `is_builtin` ones can be replaced, not removed."""

    id: str
    name: str
    model: str = ""
    description: str = ""
    datapoints: tuple[Datapoint, ...] = ()
    is_builtin: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the template as JSON, in the form that `template_from_json` reads."""
        datapoints = [asdict(datapoint) for datapoint in self.datapoints]
        return {
            "id": self.id,
            "name": self.name,
            "model": self.model,
            "description": self.description,
            "datapoints": datapoints,
        }


ENVIRONMENTAL_SENSOR: Final = SensorTemplate(
    id="environmental_sensor",
    name="Environmental Sensor",
    model="ENV-S1",
    is_builtin=True,
    datapoints=(
        Datapoint(
            id="temperature",
            label="Temperature",
            offset=6,
            decimals=2,
            unit="°C",
            device_class="temperature",
        ),
        Datapoint(
            id="humidity",
            label="Humidity",
            offset=8,
            decimals=2,
            unit="%",
            device_class="humidity",
        ),
        Datapoint(
            id="co2",
            label="CO2",
            offset=10,
            unit="ppm",
            device_class="carbon_dioxide",
        ),
    ),
)
POWER_MONITOR: Final = SensorTemplate(
    id="power_monitor",
    name="Power Monitor",
    model="PM-100",
    is_builtin=True,
    datapoints=(
        Datapoint(
            id="voltage",
            label="Voltage",
            offset=0,
            decimals=1,
            unit="V",
            device_class="voltage",
        ),
        Datapoint(
            id="current",
            label="Current",
            offset=2,
            decimals=3,
            unit="A",
            device_class="current",
        ),
    ),
)
BUILT_IN: Final = (ENVIRONMENTAL_SENSOR, POWER_MONITOR)


def _whole(least: int, most: int) -> Any:
    def check(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise probatio.Invalid(f"must be a whole number from {least} to {most}")
        return value

    return check


_TEXT: Final = probatio.All(str, probatio.Length(max=MAX_TEXT))
_NAME: Final = probatio.All(str, probatio.Length(min=1, max=MAX_TEXT))
_ID: Final = probatio.All(str, probatio.Match(ID_PATTERN))
_OPTIONAL_TEXT: Final = probatio.Any(None, _TEXT)
_DATAPOINT: Final = probatio.Schema(
    {
        probatio.Required("id"): _ID,
        probatio.Required("label"): _NAME,
        probatio.Required("offset"): _whole(0, MAX_OFFSET),
        probatio.Optional("length", default=2): _whole(1, MAX_LENGTH),
        probatio.Optional("encoding", default=Encoding.INT16.value): probatio.In(
            [encoding.value for encoding in Encoding]
        ),
        probatio.Optional("decimals", default=0): _whole(0, MAX_DECIMALS),
        probatio.Optional("unit", default=None): _OPTIONAL_TEXT,
        probatio.Optional("device_class", default=None): _OPTIONAL_TEXT,
    }
)
_TEMPLATE: Final = probatio.Schema(
    {
        probatio.Required("id"): _ID,
        probatio.Required("name"): _NAME,
        probatio.Optional("model", default=""): _TEXT,
        probatio.Optional("description", default=""): _TEXT,
        probatio.Required("datapoints"): probatio.All(
            [_DATAPOINT], probatio.Length(min=1, max=MAX_DATAPOINTS)
        ),
    }
)


def template_from_json(data: Any) -> SensorTemplate:
    """Check a template that comes from a file or a form; raises InvalidField with the place of what is wrong."""
    try:
        checked = _TEMPLATE(data)
    except probatio.Invalid as error:
        raise InvalidField(field="template", reason=str(error)) from None
    datapoints = tuple(
        Datapoint(**{**item, "encoding": Encoding(item["encoding"])})
        for item in checked["datapoints"]
    )
    for index, datapoint in enumerate(datapoints):
        if datapoint.length != FIXED_LENGTHS.get(datapoint.encoding, datapoint.length):
            needed = FIXED_LENGTHS[datapoint.encoding]
            raise InvalidField(
                field=f"datapoints[{index}].length",
                reason=f"{datapoint.encoding} has {needed} bytes",
            )
    if len({datapoint.id for datapoint in datapoints}) < len(datapoints):
        raise InvalidField(field="datapoints", reason="two have the same id")
    return SensorTemplate(**{**checked, "datapoints": datapoints})


class SensorTemplates:
    """All templates by id: the built-in ones, and those that people have added or put in their place."""

    def __init__(self) -> None:
        """Begin with the built-in ones."""
        self._templates = {template.id: template for template in BUILT_IN}
        self._listeners: list[Callable[[], None]] = []

    def __iter__(self) -> Iterator[SensorTemplate]:
        """Iterate over a copy."""
        return iter(tuple(self._templates.values()))

    def get(self, template_id: str | None) -> SensorTemplate | None:
        """Return a template, or None."""
        return None if template_id is None else self._templates.get(template_id)

    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        """Call `listener` after each change until the returned function is called."""
        return enlist(self._listeners, listener)

    def put(self, template: SensorTemplate, *, replace: bool = True) -> None:
        """Add a template, or put it in another's place; raises AlreadyExists, TooMany."""
        if not replace and template.id in self._templates:
            raise AlreadyExists(kind="sensor template", key=template.id)
        if template.id not in self._templates and len(self._templates) >= MAX_TEMPLATES:
            raise TooMany(limit=MAX_TEMPLATES, kind="sensor templates")
        self._templates[template.id] = template
        self._notify()

    def remove(self, template_id: str) -> None:
        """Remove a template; a built-in one is again as it was. Nothing happens where there is none."""
        self._templates.pop(template_id, None)
        for template in BUILT_IN:
            self._templates.setdefault(template.id, template)
        self._notify()

    def export(self) -> list[dict[str, Any]]:
        """Return all templates as JSON."""
        return [template.as_dict() for template in self]

    def load(self, data: Any) -> list[SensorTemplate]:
        """Take over what `export` gave, or a single template: all, or none. Raises InvalidField, TooMany."""
        items = data if isinstance(data, list) else [data]
        templates = [template_from_json(item) for item in items]
        new = {template.id for template in templates} - set(self._templates)
        if len(self._templates) + len(new) > MAX_TEMPLATES:
            raise TooMany(limit=MAX_TEMPLATES, kind="sensor templates")
        for template in templates:
            self._templates[template.id] = template
        self._notify()
        return templates

    def snapshot(self) -> list[dict[str, Any]]:
        """Return what is not as it comes with Maestra, as JSON."""
        return [template.as_dict() for template in self if template not in BUILT_IN]

    def restore(self, saved: Iterable[Mapping[str, Any]]) -> None:
        """Take over what `snapshot` gave."""
        for item in saved:
            template = template_from_json(dict(item))
            self._templates[template.id] = template
        self._notify()

    def _notify(self) -> None:
        call_each(self._listeners)
