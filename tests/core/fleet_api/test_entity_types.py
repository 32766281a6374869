"""Entity types over REST (maestra.md §1.4)."""

from uuid import uuid4

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.events import (
    EntityTypeChanged,
    EntityTypeRemoved,
)
from custom_components.maestra.core.domain.snapshot import restore, structure_snapshot

from ...kits.fleet import FleetKit

FIXTURE = {
    "name": "laser",
    "display_name": "Laser",
    "icon": "sun",
    "state_schema": {"type": "object"},
    "default_state": {"on": False},
    "metadata": {"color": "red"},
}


async def test_lists_the_built_in_types_by_name(fleet: FleetKit) -> None:
    status, types = await fleet.get("/entities/types")
    names = [kind["name"] for kind in types]
    assert status == 200
    assert names == sorted(names)
    assert {"space", "room", "device", "light", "media", "dmx_controller"} <= {*names}
    assert {
        "id",
        "name",
        "display_name",
        "description",
        "icon",
        "state_schema",
        "default_state",
        "metadata",
        "created_at",
        "updated_at",
    } == types[0].keys()


async def test_creates_a_type_and_keeps_its_metadata(fleet: FleetKit) -> None:
    status, created = await fleet.post("/entities/types", FIXTURE)
    assert status == 201
    assert created["metadata"] == {"color": "red"}
    assert created["created_at"].endswith("Z")
    by_id = await fleet.get(f"/entities/types/{created['id']}")
    by_name = await fleet.get("/entities/types/by-name/laser")
    assert by_id == by_name == (200, created)


async def test_refuses_a_name_that_is_taken(fleet: FleetKit) -> None:
    status, body = await fleet.post("/entities/types", {**FIXTURE, "name": "light"})
    assert status == 409
    assert isinstance(body["detail"], str)


async def test_refuses_what_is_no_type(fleet: FleetKit) -> None:
    answers = [
        await fleet.post("/entities/types", {"name": "laser"}),
        await fleet.post("/entities/types", {**FIXTURE, "name": ""}),
        await fleet.post("/entities/types", {**FIXTURE, "name": "update"}),
        await fleet.post("/entities/types", {**FIXTURE, "icon": "x" * 51}),
        await fleet.post("/entities/types", {**FIXTURE, "default_state": []}),
        await fleet.get("/entities/types/laser"),
    ]
    assert [status for status, _ in answers] == [422] * 6
    assert all(isinstance(body["detail"], list) for _, body in answers)


async def test_changes_only_what_is_sent(fleet: FleetKit) -> None:
    _, created = await fleet.post("/entities/types", FIXTURE)
    path = f"/entities/types/{created['id']}"
    status, changed = await fleet.put(
        path, {"name": "other", "metadata": {"a": 1}, "icon": None}
    )
    assert status == 200
    assert changed == created | {
        "metadata": {"a": 1},
        "icon": None,
        "updated_at": changed["updated_at"],
    }
    assert await fleet.get(path) == (200, changed)


async def test_a_changed_built_in_type_is_kept_over_a_restart(fleet: FleetKit) -> None:
    light = fleet.domain.types["light"]
    await fleet.put(f"/entities/types/{light.id}", {"display_name": "Lamp"})
    again = Domain(Bus())
    restore(again, structure_snapshot(fleet.domain), {})
    assert again.types["light"].display_name == "Lamp"
    assert again.types["light"].is_light
    assert again.types.by_id(light.id) is again.types["light"]
    assert Domain(Bus()).types["light"].display_name == "Light"


async def test_tells_of_changes_so_that_they_are_saved(fleet: FleetKit) -> None:
    told: list[object] = []
    fleet.domain.bus.subscribe(EntityTypeChanged, told.append)
    fleet.domain.bus.subscribe(EntityTypeRemoved, told.append)
    _, created = await fleet.post("/entities/types", FIXTURE)
    await fleet.put(f"/entities/types/{created['id']}", {"icon": "x"})
    await fleet.delete(f"/entities/types/{created['id']}")
    assert [type(event) for event in told] == [
        EntityTypeChanged,
        EntityTypeChanged,
        EntityTypeRemoved,
    ]


async def test_deletes_what_no_entity_has(fleet: FleetKit) -> None:
    _, created = await fleet.post("/entities/types", FIXTURE)
    path = f"/entities/types/{created['id']}"
    entity = fleet.entity("One", "laser")
    assert (await fleet.delete(path))[0] == 409
    fleet.domain.entities.delete(entity.id)
    assert await fleet.delete(path) == (
        200,
        {"status": "deleted", "type_id": created["id"]},
    )
    assert await fleet.delete(path) == (404, {"detail": "Entity type not found"})


async def test_unknown_types_are_not_found(fleet: FleetKit) -> None:
    path = f"/entities/types/{uuid4()}"
    answers = [
        await fleet.get(path),
        await fleet.put(path, {}),
        await fleet.delete(path),
        await fleet.get("/entities/types/by-name/none"),
    ]
    assert answers == [(404, {"detail": "Entity type not found"})] * 4
