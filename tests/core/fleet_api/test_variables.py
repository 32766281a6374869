"""Variables of entities over REST (maestra.md §1.7)."""

from typing import Any
from uuid import uuid4

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.entity import Entity
from custom_components.maestra.core.domain.snapshot import (
    restore,
    state_snapshot,
    structure_snapshot,
)

from ...kits.fleet import FleetKit

LEVEL = {"name": "level", "type": "range", "direction": "input"}
MODE = {"name": "mode", "type": "string", "direction": "output"}
WHOLE: dict[str, Any] = {
    "description": None,
    "defaultValue": None,
    "required": False,
    "config": {},
}


@pytest.fixture
def lamp(fleet: FleetKit) -> Entity:
    """An entity without variables."""
    return fleet.entity("Lamp", "space", slug="lamp")


@pytest.fixture
def path(lamp: Entity) -> str:
    """Where its variables are."""
    return f"/entities/{lamp.id}/variables"


async def test_declares_and_lists(fleet: FleetKit, lamp: Entity, path: str) -> None:
    assert await fleet.post(path, LEVEL) == (201, LEVEL | WHOLE)
    assert await fleet.post(path, MODE) == (201, MODE | WHOLE)
    assert await fleet.get(path) == (
        200,
        {
            "entity_id": lamp.id,
            "entity_slug": "lamp",
            "variables": {"inputs": [LEVEL | WHOLE], "outputs": [MODE | WHOLE]},
        },
    )


async def test_null_is_what_nobody_says(fleet: FleetKit, path: str) -> None:
    """Clients of the reference send null for what they leave out, or as it is."""
    nothing = {"description": None, "defaultValue": None, "config": None}
    assert await fleet.post(path, LEVEL | nothing) == (201, LEVEL | WHOLE)
    said = {"description": "How bright", "defaultValue": 5, "required": True}
    assert await fleet.put(f"{path}/level", said) == (200, LEVEL | WHOLE | said)
    kept = {"type": None, "direction": None, "required": None} | nothing
    assert await fleet.put(f"{path}/level", kept) == (200, LEVEL | WHOLE | said)
    _, none = await fleet.put(f"{path}/level", {"description": ""})
    assert none["description"] is None


async def test_every_write_lasts(fleet: FleetKit, path: str) -> None:
    """The reference loses all but the first."""
    await fleet.post(path, LEVEL)
    await fleet.post(path, MODE)
    await fleet.put(f"{path}/level", {"description": "How bright"})
    await fleet.delete(f"{path}/mode")
    again = Domain(Bus())
    restore(again, structure_snapshot(fleet.domain), state_snapshot_as_saved(fleet))
    wire: Any = again.entities["lamp"].variables_to_wire()
    assert [one["description"] for one in wire["inputs"]] == ["How bright"]
    assert wire["outputs"] == []


def state_snapshot_as_saved(fleet: FleetKit) -> dict[str, Any]:
    """Return the states as a file has them."""
    return {
        key: [state, updated_at.isoformat(), gateway]
        for key, (state, updated_at, gateway) in state_snapshot(fleet.domain).items()
    }


async def test_a_name_is_there_once(fleet: FleetKit, path: str) -> None:
    await fleet.post(path, LEVEL)
    taken = {"detail": "Variable 'level' already exists"}
    assert await fleet.post(path, LEVEL | {"direction": "output"}) == (400, taken)
    both = {"inputs": [LEVEL], "outputs": [LEVEL]}
    assert await fleet.put(path, both) == (400, taken)


@pytest.mark.parametrize(
    "variable",
    [
        {"name": "x", "type": "none", "direction": "input"},
        {"name": "x", "type": "string", "direction": "both"},
        {"name": "", "type": "string", "direction": "input"},
        {"name": "x", "type": "string"},
        {**LEVEL, "description": "x" * 501},
        {**LEVEL, "defaultValue": "red"},
        {**LEVEL, "config": {"min": 5, "max": 1}},
    ],
)
async def test_refuses_what_is_no_variable(
    fleet: FleetKit, path: str, variable: Any
) -> None:
    assert (await fleet.post(path, variable))[0] == 422
    assert (await fleet.put(path, {"inputs": [variable]}))[0] == 422
    assert (await fleet.get(path))[1]["variables"] == {"inputs": [], "outputs": []}


async def test_replaces_all(fleet: FleetKit, path: str) -> None:
    await fleet.post(path, LEVEL)
    status, answer = await fleet.put(path, {"outputs": [MODE]})
    assert status == 200
    assert answer["variables"] == {"inputs": [], "outputs": [MODE | WHOLE]}


async def test_a_change_of_direction_moves_it(fleet: FleetKit, path: str) -> None:
    await fleet.post(path, LEVEL)
    status, variable = await fleet.put(
        f"{path}/level", {"direction": "output", "name": "other", "required": True}
    )
    assert status == 200
    assert variable == LEVEL | WHOLE | {"direction": "output", "required": True}
    _, answer = await fleet.get(path)
    assert answer["variables"] == {"inputs": [], "outputs": [variable]}


async def test_deletes(fleet: FleetKit, path: str) -> None:
    await fleet.post(path, LEVEL)
    assert await fleet.delete(f"{path}/level") == (
        200,
        {"status": "deleted", "variable_name": "level"},
    )
    missing = (404, {"detail": "Variable 'level' not found"})
    assert await fleet.delete(f"{path}/level") == missing
    assert await fleet.put(f"{path}/level", {}) == missing


async def test_what_was_read_off_the_state_is_none(fleet: FleetKit) -> None:
    entity = fleet.entity("Fog", state={"fog": 1})
    assert "fog" in entity.variables
    assert (await fleet.delete(f"/entities/{entity.id}/variables/fog"))[0] == 404


async def test_validates(fleet: FleetKit, lamp: Entity, path: str) -> None:
    await fleet.post(path, LEVEL)
    await fleet.post(path, MODE | {"required": True})
    await fleet.patch(
        f"/entities/{lamp.id}/state", {"state": {"level": "high", "else": 1}}
    )
    status, answer = await fleet.post(f"{path}/validate")
    assert status == 200
    assert answer["valid"] is False
    assert answer["missing_required"] == ["mode"]
    assert answer["undefined_keys"] == ["else"]
    assert {warning["variable_name"] for warning in answer["warnings"]} == {
        "level",
        "mode",
    }


async def test_unknown_entities_are_not_found(fleet: FleetKit) -> None:
    path = f"/entities/{uuid4()}/variables"
    answers = [
        await fleet.get(path),
        await fleet.put(path, {}),
        await fleet.post(path, LEVEL),
        await fleet.put(f"{path}/x", {}),
        await fleet.delete(f"{path}/x"),
        await fleet.post(f"{path}/validate"),
    ]
    assert answers == [(404, {"detail": "Entity not found"})] * 6
