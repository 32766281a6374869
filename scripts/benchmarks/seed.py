"""A show in Maestra's storage, as if it had run before."""

from pathlib import Path

import orjson

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.snapshot import (
    state_snapshot,
    structure_snapshot,
)
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.features.entities.persistence import (
    STATES_KEY,
    STORAGE_VERSION,
    STRUCTURE_KEY,
)

from .traffic import CHOICES, VARIABLES, slug

ROOMS = 10


def install(storage: Path, entities: int) -> None:
    """Write entities with five variables each, in ten rooms, into a `.storage` folder."""
    domain = Domain(Bus())
    rooms = [
        domain.entities.create(
            name=f"Room {number}",
            entity_type="space",
            slug=f"room-{number}",
            with_defaults=False,
        )
        for number in range(min(ROOMS, entities))
    ]
    for number in range(entities):
        domain.entities.create(
            name=slug(number).replace("-", " ").title(),
            slug=slug(number),
            entity_type="device",
            parent=rooms[number % len(rooms)].slug,
            variables=_variables(),
            state={
                "value": 0,
                "level": 50,
                "active": True,
                "mode": CHOICES[0],
                "label": "Spot",
            },
            with_defaults=False,
        )
    storage.mkdir(exist_ok=True)
    for key, data in (
        (STRUCTURE_KEY, structure_snapshot(domain)),
        (STATES_KEY, state_snapshot(domain)),
    ):
        stored = {
            "version": STORAGE_VERSION,
            "minor_version": 1,
            "key": key,
            "data": data,
        }
        (storage / key).write_bytes(orjson.dumps(stored))


def _variables() -> list[Variable]:
    kinds: tuple[tuple[VariableType, Direction, JsonObject], ...] = (
        (VariableType.NUMBER, Direction.OUTPUT, {}),
        (VariableType.RANGE, Direction.INPUT, {"min": 0, "max": 100}),
        (VariableType.BOOLEAN, Direction.OUTPUT, {}),
        (VariableType.ENUM, Direction.INPUT, {"options": list(CHOICES)}),
        (VariableType.STRING, Direction.OUTPUT, {}),
    )
    return [
        Variable(name=name, type=kind, direction=direction, config=config)
        for name, (kind, direction, config) in zip(VARIABLES, kinds, strict=True)
    ]
