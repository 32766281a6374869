"""A small show as it was saved before a restart: the same ids and times in each run."""

from collections.abc import Collection, Iterable
from typing import Any

from custom_components.maestra.core.domain.variables import Direction, VariableType
from custom_components.maestra.features.entities.persistence import (
    STATES_KEY,
    STRUCTURE_KEY,
)

SAVED_AT = "2026-11-21T18:00:00.000000Z"

type Json = dict[str, Any]


def variable(name: str, kind: str, direction: str = "input", **config: Any) -> Json:
    """Return a declaration in the protocol's form."""
    return {"name": name, "type": kind, "direction": direction, "config": config}


def inferred(name: str, kind: str, direction: str = "input", **config: Any) -> Json:
    """Return a variable that nobody declared, as it is saved."""
    return variable(name, kind, direction, **config) | {"inferred": True}


def entity(
    slug: str, entity_type: str, variables: Collection[Json] = (), **fields: Any
) -> Json:
    """Return a saved entity."""
    return {
        "id": f"{slug}-id",
        "name": slug.replace("-", " ").capitalize(),
        "slug": slug,
        "type": entity_type,
        "parent": None,
        "status": "active",
        "description": None,
        "tags": [],
        "metadata": {},
        "device_id": None,
        "variables": [{"inferred": False} | item for item in variables],
        "infers": not variables,
        "created_at": SAVED_AT,
        "updated_at": SAVED_AT,
        **fields,
    }


def device(
    hardware_id: str, name: str, metrics: Iterable[Json] = (), **fields: Any
) -> Json:
    """Return a saved device."""
    return {
        "id": f"{hardware_id}-id",
        "name": name,
        "device_type": "esp32",
        "hardware_id": hardware_id,
        "firmware_version": "1.4.0",
        "ip_address": None,
        "location": None,
        "metadata": {},
        "status": "online",
        "last_seen": SAVED_AT,
        "created_at": SAVED_AT,
        "updated_at": SAVED_AT,
        "metrics": list(metrics),
        "gateway": None,
        **fields,
    }


def metric(name: str, value: float, unit: str | None = None) -> Json:
    """Return a saved measurement."""
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "tags": {},
        "timestamp": SAVED_AT,
    }


def storage(
    entities: Iterable[Json] = (),
    states: Json | None = None,
    devices: Iterable[Json] = (),
    **structure: Any,
) -> dict[str, Json]:
    """Return the content of Home Assistant's storage; `states` are by slug."""
    saved_states = {
        f"{slug}-id": [state, SAVED_AT, None] for slug, state in (states or {}).items()
    }
    empty: Json = {"types": [], "blocked": [], "groups": [], "configurations": []}
    return {
        STRUCTURE_KEY: _file(
            STRUCTURE_KEY,
            empty | {"entities": [*entities], "devices": [*devices]} | structure,
        ),
        STATES_KEY: _file(STATES_KEY, saved_states),
    }


def _file(key: str, data: Json) -> Json:
    return {"version": 1, "minor_version": 1, "key": key, "data": data}


CONFIGS: dict[VariableType, Json] = {
    VariableType.NUMBER: {
        "min": -90,
        "max": 90,
        "step": 0.5,
        "unit": "celsius",
        "precision": 1,
    },
    VariableType.RANGE: {"min": 0, "max": 1},
    VariableType.STRING: {"min_length": 1, "max_length": 20},
    VariableType.ENUM: {"options": [{"value": "day", "label": "Day"}, "night", 3]},
}
VALUES: Json = {
    "string": "Act one",
    "number": 21.5,
    "boolean": True,
    "array": [1, 2, 3],
    "color": "#ff8800",
    "vector2": {"x": 1, "y": 2.5},
    "vector3": {"x": 1, "y": 2, "z": 3},
    "range": 0.25,
    "enum": "night",
    "object": {"cue": 12, "next": {"cue": 13}},
}


def every_variable(direction: Direction) -> list[Json]:
    """Return a declared variable of each type."""
    return [
        variable(kind.value, kind.value, direction.value, **CONFIGS.get(kind, {}))
        for kind in VariableType
    ]


LIGHT = (
    inferred("on", "boolean"),
    inferred("brightness", "range"),
    inferred("color", "color"),
)

NO_MANIFEST = "http://127.0.0.1:9/manifest.json"
"""Where nobody answers."""

# Every kind of thing that Home Assistant shows.
SAMPLE = storage(
    entities=[
        entity("stage", "space"),
        entity("inputs", "controller", every_variable(Direction.INPUT)),
        entity("outputs", "sensor", every_variable(Direction.OUTPUT)),
        entity("wash", "light", LIGHT, parent="stage", infers=True),
        entity(
            "dimmer", "light", [variable("level", "number", max=255)], parent="stage"
        ),
        entity("probe", "sensor", [variable("value", "number", "output", unit="%")]),
        entity(
            "meter",
            "sensor",
            [
                variable("energy", "number", "output", unit="kWh"),
                variable("humidity", "number", "output", unit="%"),
                variable("free", "enum", "output"),
                variable("any", "enum", "input"),
            ],
        ),
        entity("doorbell", "controller", [variable("ring", "boolean", momentary=True)]),
    ],
    states={
        "inputs": VALUES,
        "outputs": VALUES,
        "wash": {"on": True, "brightness": 50, "color": "#ff0000"},
        "dimmer": {"level": 51},
        "probe": {"value": 4},
        "meter": {"energy": 12.5, "humidity": 40, "free": "anything", "any": "thing"},
    },
    devices=[
        device(
            "AA:01",
            "Entrance",
            [metric("rssi", -60, "dBm"), metric("loops", 12)],
            metadata={"firmware": {"manifest": NO_MANIFEST, "can_install": True}},
        ),
        device("AA:02", "Attic", [metric("rssi", -80, "dBm")], status="offline"),
        device("AA:03", "Newcomer", status="pending"),
    ],
)
