"""Entities and their hierarchy over REST (maestra.md §1.5)."""

import asyncio
import time
from typing import Any, Self
from uuid import uuid4

import pytest

from custom_components.maestra.core.domain.entities import MAX_ENTITIES

from ...kits.fleet import FleetKit

LIGHT = "light"


def light(fleet: FleetKit, **fields: Any) -> dict[str, Any]:
    """Return the body that creates a light."""
    return {
        "name": "Wash",
        "entity_type_id": fleet.domain.types[LIGHT].id,
        **fields,
    }


def names(answer: tuple[int, Any]) -> list[str]:
    """Return the names in a list."""
    status, body = answer
    assert status == 200
    return [entity["name"] for entity in body]


@pytest.fixture
def house(fleet: FleetKit) -> FleetKit:
    """A hierarchy: a house with two rooms, a lamp in one of them."""
    fleet.entity("House", "space", slug="house")
    fleet.entity("Attic", "room", slug="attic", parent="house", tags=["top", "dark"])
    fleet.entity("Bath", "room", slug="bath", parent="house", tags=["dark"])
    fleet.entity(
        "Lamp", LIGHT, slug="lamp", parent="attic", description="Over the DOOR"
    )
    return fleet


class Stopwatch:
    """How long the event loop had no time for others, in seconds of work: what other programs take is not ours."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._loop = asyncio.get_running_loop()
        self._last = time.thread_time()
        self._handle = self._loop.call_soon(self._tick)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._handle.cancel()

    def _tick(self) -> None:
        now = time.thread_time()
        self.longest = max(self.longest, now - self._last)
        self._last = now
        self._handle = self._loop.call_later(0.001, self._tick)


def id_of(fleet: FleetKit, slug: str) -> str:
    """Return an entity's id."""
    return fleet.domain.entities[slug].id


async def test_creates_an_entity_with_its_types_defaults(fleet: FleetKit) -> None:
    status, entity = await fleet.post(
        "/entities", light(fleet, name="Wash 1", state={"on": True}, tags=["a"])
    )
    assert status == 201
    assert entity["slug"] == "wash-1"
    assert entity["path"] == "wash_1"
    assert entity["state"] == {"on": True, "brightness": 0, "color": "#ffffff"}
    assert entity["entity_type"]["name"] == LIGHT
    assert entity["children"] == []
    assert {
        "id",
        "name",
        "slug",
        "entity_type_id",
        "parent_id",
        "path",
        "state",
        "state_updated_at",
        "status",
        "description",
        "tags",
        "metadata",
        "device_id",
        "created_at",
        "updated_at",
        "entity_type",
        "children",
    } == entity.keys()
    assert await fleet.get(f"/entities/{entity['id']}") == (200, entity)
    assert await fleet.get("/entities/by-slug/wash-1") == (200, entity)


async def test_a_slug_that_is_taken_gets_a_suffix(fleet: FleetKit) -> None:
    for body in (light(fleet), light(fleet), light(fleet, slug="wash")):
        status, entity = await fleet.post("/entities", body)
        assert status == 201
    assert entity["slug"].startswith("wash-")
    assert len(entity["slug"]) == len("wash-") + 6


async def test_refuses_what_is_no_entity(fleet: FleetKit) -> None:
    unknown = str(uuid4())
    assert [
        (await fleet.post("/entities", body))[0]
        for body in (
            {"name": "Wash"},
            light(fleet, name=""),
            light(fleet, slug="a b/c.d*"),
            light(fleet, entity_type_id="light"),
            light(fleet, entity_type_id=unknown),
            light(fleet, parent_id=unknown),
        )
    ] == [422, 422, 422, 422, 404, 404]
    assert len(fleet.domain.entities) == 0


async def test_lists_by_name_with_filters(house: FleetKit) -> None:
    room, ask = id_of(house, "house"), house.get
    assert names(await ask("/entities")) == ["Attic", "Bath", "House", "Lamp"]
    assert names(await ask("/entities?entity_type=room")) == ["Attic", "Bath"]
    assert names(await ask("/entities?type=room")) == ["Attic", "Bath"]
    assert names(await ask("/entities?entity_type=none")) == []
    assert names(await ask(f"/entities?parent_id={room}")) == ["Attic", "Bath"]
    assert names(await ask(f"/entities?parent_id={uuid4()}")) == []
    assert names(await ask("/entities?root_only=true")) == ["House"]
    assert len(names(await ask("/entities?root_only=false"))) == 4
    assert names(await ask("/entities?status=active&limit=1")) == ["Attic"]
    assert names(await ask("/entities?status=gone")) == []
    assert names(await ask("/entities?tags=dark")) == ["Attic", "Bath"]
    assert names(await ask("/entities?tags=dark&tags=top")) == ["Attic"]
    assert names(await ask("/entities?search=door")) == ["Lamp"]
    assert names(await ask("/entities?search=ATT")) == ["Attic"]
    assert names(await ask("/entities?limit=2&offset=1")) == ["Bath", "House"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "offset=-1", "parent_id=x"]
)
async def test_refuses_a_list_without_bounds(fleet: FleetKit, query: str) -> None:
    status, body = await fleet.get(f"/entities?{query}")
    assert status == 422
    assert body["detail"][0]["loc"][0] == "query"


async def test_children_are_shown_one_level_deep(house: FleetKit) -> None:
    for path in (f"/entities/{id_of(house, 'house')}", "/entities/by-slug/house"):
        _, entity = await house.get(f"{path}?include_children=true")
        assert [child["name"] for child in entity["children"]] == ["Attic", "Bath"]
        assert entity["children"][0]["children"] == []
        _, entity = await house.get(path)
        assert entity["children"] == []


async def test_moves_along_the_hierarchy(house: FleetKit) -> None:
    lamp, attic, root = (id_of(house, slug) for slug in ("lamp", "attic", "house"))
    ask = house.get
    assert names(await ask(f"/entities/{lamp}/ancestors")) == ["House", "Attic"]
    assert names(await ask(f"/entities/{root}/descendants")) == [
        "Attic",
        "Lamp",
        "Bath",
    ]
    assert names(await ask(f"/entities/{root}/descendants?max_depth=1")) == [
        "Attic",
        "Bath",
    ]
    assert names(await ask(f"/entities/{attic}/siblings")) == ["Bath"]
    assert names(await ask(f"/entities/{root}/siblings")) == []
    assert (await ask(f"/entities/{root}/descendants?max_depth=101"))[0] == 422


async def test_shows_the_tree(house: FleetKit) -> None:
    _, tree = await house.get("/entities/tree")
    (root,) = tree
    assert root.keys() == {
        "id",
        "name",
        "slug",
        "entity_type_id",
        "entity_type_name",
        "status",
        "state",
        "children",
    }
    assert [child["slug"] for child in root["children"]] == ["attic", "bath"]
    assert root["children"][0]["children"][0]["slug"] == "lamp"
    _, tree = await house.get("/entities/tree?max_depth=1")
    assert tree[0]["children"] == []
    _, tree = await house.get(f"/entities/tree?root_id={id_of(house, 'attic')}")
    assert [node["slug"] for node in tree] == ["attic"]
    assert await house.get("/entities/tree?entity_type=light") == (200, [])
    assert (await house.get(f"/entities/tree?root_id={uuid4()}"))[0] == 404
    assert (await house.get("/entities/tree?max_depth=21"))[0] == 422


async def test_changes_only_what_is_sent(house: FleetKit) -> None:
    path = f"/entities/{id_of(house, 'lamp')}"
    _, before = await house.get(path)
    status, after = await house.put(
        path, {"name": "Big lamp", "tags": ["x"], "slug": "no", "state": {"a": 1}}
    )
    assert status == 200
    assert after == before | {
        "name": "Big lamp",
        "tags": ["x"],
        "updated_at": after["updated_at"],
    }
    _, after = await house.put(path, {"parent_id": None, "description": None})
    assert (after["parent_id"], after["description"]) == (None, None)
    assert after["path"] == "lamp"


async def test_refuses_a_parent_that_can_be_none(house: FleetKit) -> None:
    root = id_of(house, "house")
    path = f"/entities/{root}"
    assert (await house.put(path, {"parent_id": root}))[0] == 400
    assert (await house.put(path, {"parent_id": id_of(house, "lamp")}))[0] == 400
    assert (await house.put(path, {"parent_id": str(uuid4())}))[0] == 404


async def test_metadata_brings_variables(fleet: FleetKit) -> None:
    variable = {"name": "level", "type": "range", "direction": "input"}
    metadata = {"note": 1, "variables": {"inputs": [variable], "outputs": []}}
    _, entity = await fleet.post("/entities", light(fleet, metadata=metadata))
    path = f"/entities/{entity['id']}"
    assert entity["metadata"]["variables"]["inputs"][0]["name"] == "level"
    # As a client that saves the whole entity sends it back.
    _, same = await fleet.put(path, {"metadata": entity["metadata"]})
    assert same["metadata"] == entity["metadata"]
    variable["name"] = "other"
    _, changed = await fleet.put(path, {"metadata": metadata})
    assert [one["name"] for one in changed["metadata"]["variables"]["inputs"]] == [
        "other"
    ]
    assert changed["metadata"]["note"] == 1
    status, _ = await fleet.put(
        path, {"metadata": {"variables": {"inputs": [{"name": "x", "type": "no"}]}}}
    )
    assert status == 422


async def test_a_save_keeps_variables_that_nobody_declared(fleet: FleetKit) -> None:
    entity = fleet.entity("Wash", LIGHT, state={"fog": 1})
    _, shown = await fleet.get(f"/entities/{entity.id}")
    await fleet.put(f"/entities/{entity.id}", {"metadata": shown["metadata"]})
    assert entity.infers
    assert "fog" in entity.variables


async def test_deletes_one_or_all(house: FleetKit) -> None:
    attic, root = id_of(house, "attic"), id_of(house, "house")
    assert await house.delete(f"/entities/{attic}") == (
        200,
        {"status": "deleted", "entity_id": attic, "cascade": False},
    )
    assert house.domain.entities["lamp"].parent is None
    _, answer = await house.delete(f"/entities/{root}?cascade=true")
    assert answer["cascade"] is True
    assert [entity.slug for entity in house.domain.entities] == ["lamp"]


async def test_unknown_entities_are_not_found(fleet: FleetKit) -> None:
    path = f"/entities/{uuid4()}"
    ways = ("", "/ancestors", "/descendants", "/siblings", "/state", "/variables")
    answers = [
        *[await fleet.get(f"{path}{way}") for way in ways],
        await fleet.get("/entities/by-slug/none"),
        await fleet.put(path, {"name": "x"}),
        await fleet.delete(path),
    ]
    assert answers == [(404, {"detail": "Entity not found"})] * 9


async def test_unity_gets_its_entity_type_as_text(house: FleetKit) -> None:
    unity = {"User-Agent": "UnityPlayer/2022.3 (UnityWebRequest/1.0)"}
    _, lamp = await house.get("/entities/by-slug/lamp", headers=unity)
    _, rooms = await house.get("/entities?type=room", headers=unity)
    _, root = await house.get(
        "/entities/by-slug/house?include_children=true", headers=unity
    )
    assert lamp["entity_type"] == LIGHT
    assert rooms[0]["entity_type"] == "room"
    assert root["children"][0]["entity_type"] == "room"


async def test_a_full_house_holds_nobody_up(fleet: FleetKit) -> None:
    """20 000 entities below one: while they are listed, others go on working."""
    fleet.entity("Root", "space", slug="root")
    for number in range(MAX_ENTITIES - 1):
        fleet.entity("One", slug=f"one-{number}", parent="root")
    async with Stopwatch() as watch:
        _, page = await fleet.get("/entities?limit=1000&search=one-1")
        root = id_of(fleet, "root")
        await fleet.get(f"/entities/{root}/descendants")
        await fleet.get(f"/entities/{id_of(fleet, 'one-1')}/siblings")
    assert len(page) == 1000
    assert watch.longest < 1
