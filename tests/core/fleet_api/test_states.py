"""States over REST (maestra.md §1.6)."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from custom_components.maestra.core.domain.entity import Entity
from custom_components.maestra.core.domain.events import StateChanged

from ...kits.fleet import FleetKit


@pytest.fixture
def lamp(fleet: FleetKit) -> Entity:
    """An entity with a nested state."""
    return fleet.entity(
        "Lamp", slug="lamp", state={"power": "off", "at": {"x": 1, "y": 2}}
    )


async def test_shows_the_state(fleet: FleetKit, lamp: Entity) -> None:
    status, answer = await fleet.get(f"/entities/{lamp.id}/state")
    assert status == 200
    assert answer == {
        "entity_id": lamp.id,
        "entity_slug": "lamp",
        "slug": "lamp",
        "state": {"power": "off", "at": {"x": 1, "y": 2}},
        "state_updated_at": answer["state_updated_at"],
    }
    assert answer["state_updated_at"].endswith("Z")


async def test_shows_values_at_paths(fleet: FleetKit, lamp: Entity) -> None:
    _, answer = await fleet.get(
        f"/entities/{lamp.id}/state?paths=at.x&paths=power&paths=none"
    )
    assert answer["state"] == {"at.x": 1, "power": "off"}


async def test_merges_deeply_and_tells_who_did_it(
    fleet: FleetKit, lamp: Entity
) -> None:
    told: list[StateChanged] = []
    fleet.domain.bus.subscribe(StateChanged, told.append)
    body: dict[str, Any] = {"state": {"at": {"y": 5}, "new": None}, "source": "unity"}
    status, answer = await fleet.patch(f"/entities/{lamp.id}/state", body)
    assert status == 200
    assert answer["state"] == {"power": "off", "at": {"x": 1, "y": 5}, "new": None}
    (change,) = told
    assert change.changed_keys == ("at",)
    assert change.source[:2] == ("unity", "fleet_api")


async def test_without_a_change_nothing_is_told(fleet: FleetKit, lamp: Entity) -> None:
    told: list[StateChanged] = []
    fleet.domain.bus.subscribe(StateChanged, told.append)
    before = lamp.state_updated_at
    path = f"/entities/{lamp.id}/state"
    assert (await fleet.patch(path, {"state": {"power": "off"}}))[0] == 200
    assert not told
    assert lamp.state_updated_at > before


async def test_replaces(fleet: FleetKit, lamp: Entity) -> None:
    path = f"/entities/{lamp.id}/state"
    _, answer = await fleet.put(path, {"state": {"a": 1}})
    assert answer["state"] == {"a": 1}
    _, answer = await fleet.put(path, {"state": {}})
    assert answer["state"] == {}


@pytest.mark.parametrize(
    "body", [{"power": "on"}, {"state": 5}, [], {"state": {}, "source": 5}, "x"]
)
async def test_refuses_what_is_no_state(
    fleet: FleetKit, lamp: Entity, body: Any
) -> None:
    status, answer = await fleet.patch(f"/entities/{lamp.id}/state", body)
    assert status == 422
    assert answer["detail"][0]["loc"][0] == "body"


async def test_concurrent_merges_lose_nothing(fleet: FleetKit, lamp: Entity) -> None:
    """The reference keeps 5 of these 40."""
    path = f"/entities/{lamp.id}/state"
    await asyncio.gather(
        *(fleet.patch(path, {"state": {f"key_{n}": n}}) for n in range(40))
    )
    _, answer = await fleet.get(path)
    expected = {f"key_{number}": number for number in range(40)}
    assert answer["state"].items() >= expected.items()


@pytest.mark.parametrize(
    ("body", "source"),
    [({"state": {"power": "on"}, "source": "flow"}, "flow"), ({"power": "on"}, None)],
)
async def test_node_red_updates_by_slug(
    fleet: FleetKit, lamp: Entity, body: Any, source: str | None
) -> None:
    told: list[StateChanged] = []
    fleet.domain.bus.subscribe(StateChanged, told.append)
    status, answer = await fleet.post("/entities/by-slug/lamp/state/update", body)
    assert status == 200
    assert answer["state"]["power"] == "on"
    assert told[0].source.name == source
    assert (await fleet.post("/entities/by-slug/none/state/update", body))[0] == 404


async def test_gets_many(fleet: FleetKit, lamp: Entity) -> None:
    assert await fleet.post("/entities/state/bulk-get", ["lamp", "none"]) == (
        200,
        {"lamp": lamp.state},
    )


async def test_updates_many(fleet: FleetKit, lamp: Entity) -> None:
    told: list[StateChanged] = []
    fleet.domain.bus.subscribe(StateChanged, told.append)
    deep: Any = 1
    for _ in range(20):
        deep = {"a": deep}
    fleet.entity("Other", slug="other", state={})
    status, answer = await fleet.post(
        "/entities/state/bulk-update?source=desk",
        {"lamp": {"at": {"x": 9}}, "none": {}, "other": {"deep": deep}},
    )
    results = answer["results"]
    assert status == 200
    assert results["lamp"] == {"status": "updated", "state": lamp.state}
    assert lamp.state["at"] == {"x": 9, "y": 2}
    assert results["none"] == {"status": "not_found"}
    assert results["other"]["status"] == "error"
    assert told[0].source.name == "desk"
    assert (await fleet.post("/entities/state/bulk-update", {"lamp": 1}))[0] == 422


async def test_unknown_entities_are_not_found(fleet: FleetKit) -> None:
    path = f"/entities/{uuid4()}/state"
    answers = [
        await fleet.get(path),
        await fleet.patch(path, {"state": {}}),
        await fleet.put(path, {"state": {}}),
    ]
    assert answers == [(404, {"detail": "Entity not found"})] * 3
