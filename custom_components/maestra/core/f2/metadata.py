"""Templates, wirings and numbers from the metadata of another F2 pipeline, and reading its tables (f2.md §7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import re
from typing import Any, Final

import asyncpg

from ..domain.errors import InvalidField, MaestraError
from ..store.connection import deadline
from .grammar import CONNECTORS, KINDS, F2Malformed, Kind, Mode, parse_mac
from .numbers import Numbers
from .templates import Encoding, SensorTemplate, template_from_json
from .wiring import Wiring, wiring_from_json

SCHEMA: Final = "VtDevice"
TIMEOUT: Final = 60.0
MAX_ROWS: Final = 10_000
"""Of each table."""
_SCHEMA_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")

# Names in any other form than these are reserved words of SQL, or need quotes. The order is that of the ids.
_TABLES: Final[Mapping[str, Sequence[str]]] = {
    "devicetemplates": ("devicetemplateid", "name", "model", "description"),
    "devices": ("deviceid", "devicename", "devicetemplateid", "macaddress"),
    "connectors": ("connectorid", "controllerid", "connectornumber"),
    "pins": ("pinid", "connectorid", "position", "deviceid"),
    "datapoints": (
        "datapointid",
        "devicetemplateid",
        "label",
        "offset",
        "length",
        "append",
        "dataencoding",
        "decimals",
    ),
}

type Rows = Sequence[Mapping[str, Any]]


class F2MetadataUnusable(MaestraError):
    """The tables are not there, are others than expected, or may not be read."""

    code = "f2_metadata_unusable"
    message = "No F2 metadata can be read: {reason}"


@dataclass(frozen=True, kw_only=True)
class F2Metadata:
    """The rows of the tables, each in the order of its ids, as they are: nothing in them refers to what must exist."""

    templates: Rows
    devices: Rows
    connectors: Rows
    pins: Rows
    datapoints: Rows


async def read_f2_metadata(
    connection: asyncpg.Connection, schema: str = SCHEMA
) -> F2Metadata:
    """Read the tables at one moment; raises F2MetadataUnusable, and what asyncpg raises for a lost connection."""
    if not _SCHEMA_NAME.fullmatch(schema):
        raise F2MetadataUnusable(reason=f"{schema[:64]!r} is no name of a schema")
    try:
        with deadline(connection, TIMEOUT):
            async with connection.transaction(
                isolation="repeatable_read", readonly=True
            ):
                rows = {
                    table: [
                        dict(row)
                        for row in await connection.fetch(
                            _select(schema, table, columns)
                        )
                    ]
                    for table, columns in _TABLES.items()
                }
    except (
        asyncpg.UndefinedTableError,
        asyncpg.UndefinedColumnError,
        asyncpg.InsufficientPrivilegeError,
    ) as error:
        raise F2MetadataUnusable(reason=str(error)) from None
    for table, found in rows.items():
        if len(found) > MAX_ROWS:
            raise F2MetadataUnusable(reason=f"more than {MAX_ROWS} rows in {table}")
    return F2Metadata(
        templates=rows["devicetemplates"],
        devices=rows["devices"],
        connectors=rows["connectors"],
        pins=rows["pins"],
        datapoints=rows["datapoints"],
    )


def _select(schema: str, table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'SELECT {names} FROM "{schema}"."{table}" ORDER BY "{columns[0]}" LIMIT {MAX_ROWS + 1}'  # noqa: S608


_NOT_ID: Final = re.compile(r"[^a-z0-9]+")
_ENCODINGS: Final = {encoding.value.lower(): encoding for encoding in Encoding}
MAX_NAME: Final = 100
# What the usual units measure; others have none.
_DEVICE_CLASSES: Final[Mapping[tuple[str, str], str]] = {
    ("temperature", "°C"): "temperature",
    ("humidity", "%"): "humidity",
    ("co2", "ppm"): "carbon_dioxide",
    ("voltage", "V"): "voltage",
    ("current", "A"): "current",
}

type Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ImportedController:
    """One controller: `mac` as twelve digits, its name, and its wiring."""

    mac: str
    name: str
    wiring: Wiring


@dataclass(kw_only=True)
class Imported:
    """What was found. `warnings` are for people: what the tables say that can't be, or not be taken over.

    `sensors` and `datapoints` are the integers of the rows that the other pipeline has stored, by our names.
    """

    templates: list[SensorTemplate] = field(default_factory=list)
    controllers: list[ImportedController] = field(default_factory=list)
    sensors: dict[str, int] = field(default_factory=dict)
    datapoints: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def claim(self, numbers: Numbers) -> None:
        """Go on with the other pipeline's integers where they are free; must come before any of ours is given."""
        for name, number in self.sensors.items():
            if not numbers.sensors.claim(name, number):
                self.warnings.append(f"sensor {number} gets another number here")
        for name, number in self.datapoints.items():
            if not numbers.datapoints.claim(name, number):
                self.warnings.append(f"datapoint {number} gets another number here")


def from_metadata(metadata: F2Metadata) -> Imported:
    """Make what can be made of the tables; never raises: what is wrong in them becomes a warning.

    Templates of controllers have no datapoints and are left out. Sensors whose template is missing are
    wired without one.
    """
    imported = Imported()
    template_ids = _templates(metadata, imported)
    devices = {row["deviceid"]: row for row in metadata.devices}
    pins: dict[int, list[Row]] = {}
    for pin in metadata.pins:
        pins.setdefault(pin["connectorid"], []).append(pin)
    connectors: dict[int, list[Row]] = {}
    for connector in metadata.connectors:
        connectors.setdefault(connector["controllerid"], []).append(connector)
    seen: set[str] = set()
    for device_id, device in devices.items():
        if not device["macaddress"]:
            continue
        try:
            mac = parse_mac(device["macaddress"])
        except F2Malformed as error:
            imported.warnings.append(f"device {device_id}: {error}")
            continue
        if mac in seen:
            imported.warnings.append(f"device {device_id}: {mac} is there twice")
            continue
        seen.add(mac)
        wiring: dict[str, Any] = {}
        for connector in connectors.get(device_id, ()):
            found = _sensors(
                mac,
                connector,
                pins.get(connector["connectorid"], ()),
                devices,
                template_ids,
                imported,
            )
            if found:
                name = CONNECTORS[connector["connectornumber"] - 1]
                wiring[name] = {"mode": Mode.SENSOR.value, "components": found}
        imported.controllers.append(
            ImportedController(
                mac=mac,
                name=_text(device["devicename"]) or mac,
                wiring=wiring_from_json(wiring),
            )
        )
    return imported


def _templates(metadata: F2Metadata, imported: Imported) -> dict[int, str]:
    """Take over the templates that have datapoints; returns our ids by theirs."""
    by_template: dict[int, list[Row]] = {}
    for row in metadata.datapoints:
        by_template.setdefault(row["devicetemplateid"], []).append(row)
    ids: dict[int, str] = {}
    for row in metadata.templates:
        number = row["devicetemplateid"]
        if number not in by_template:
            continue
        names = _Names()
        datapoints: list[dict[str, Any]] = []
        datapoint_numbers: dict[str, int] = {}
        for datapoint in by_template[number]:
            read = _datapoint(datapoint, names, imported)
            datapoints.append(read)
            datapoint_numbers[read["id"]] = datapoint["datapointid"]
        template_id = _identifier(row["name"], f"template_{number}")
        if template_id in ids.values():
            template_id = f"{template_id[:50]}_{number}"
        data = {
            "id": template_id,
            "name": _text(row["name"]) or f"Template {number}",
            "model": _text(row["model"]),
            "description": _text(row["description"]),
            "datapoints": datapoints,
        }
        try:
            imported.templates.append(template_from_json(data))
        except InvalidField as error:
            imported.warnings.append(f"template {number}: {error}")
            continue
        ids[number] = template_id
        for name, its in datapoint_numbers.items():
            imported.datapoints[f"{template_id}/{name}"] = its
    imported.warnings += [
        f"datapoints of template {number}, which does not exist"
        for number in by_template
        if number not in {row["devicetemplateid"] for row in metadata.templates}
    ]
    return ids


class _Names:
    """Ids within one template, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, label: Any, number: int) -> str:
        name = _identifier(label, f"datapoint_{number}")
        if name in self._taken:
            name = f"{name[:50]}_{number}"
        self._taken.add(name)
        return name


def _datapoint(row: Row, names: _Names, imported: Imported) -> dict[str, Any]:
    number, label = row["datapointid"], _text(row["label"])
    encoding = _ENCODINGS.get(_text(row["dataencoding"]).lower())
    if encoding is None:
        encoding = Encoding.UNSIGNED
        imported.warnings.append(
            f"datapoint {number}: {row['dataencoding']!r} is read as an unsigned number"
        )
    # The reference puts a blank before it.
    unit = _text(row["append"]) or None
    return {
        "id": names.take(label, number),
        "label": label or f"Datapoint {number}",
        "offset": row["offset"],
        "length": row["length"],
        "encoding": encoding.value,
        "decimals": row["decimals"] or 0,
        "unit": unit,
        "device_class": _DEVICE_CLASSES.get((label.lower(), unit or "")),
    }


def _sensors(
    mac: str,
    connector: Row,
    pins: Sequence[Row],
    devices: Mapping[int, Row],
    template_ids: Mapping[int, str],
    imported: Imported,
) -> dict[str, Any]:
    """Return the components of one connector, as the JSON of a wiring."""
    number = connector["connectornumber"]
    if number not in range(1, len(CONNECTORS) + 1):
        imported.warnings.append(f"{mac}: there is no connector {number}")
        return {}
    found: dict[str, Any] = {}
    for pin in pins:
        position, device_id = pin["position"], pin["deviceid"]
        place = f"{mac} J{number} position {position}"
        name = f"{Kind.SENSOR}-{position}"
        device = devices.get(device_id)
        if position not in range(1, KINDS[Kind.SENSOR].count + 1) or name in found:
            imported.warnings.append(f"{place} can't be wired")
            continue
        if device is None:
            imported.warnings.append(f"{place}: device {device_id} does not exist")
            continue
        template = template_ids.get(device["devicetemplateid"])
        if template is None:
            imported.warnings.append(
                f"{place}: template {device['devicetemplateid']} of device {device_id} does not exist or is unusable"
            )
        found[name] = {"name": _text(device["devicename"]), "template": template}
        imported.sensors[f"{mac}/J{number}/{name}"] = device_id
    return found


def _identifier(text: Any, fallback: str) -> str:
    return _NOT_ID.sub("_", _text(text).lower()).strip("_")[:64].strip("_") or fallback


def _text(value: Any) -> str:
    return value.strip()[:MAX_NAME] if isinstance(value, str) else ""
