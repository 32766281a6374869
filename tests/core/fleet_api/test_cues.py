"""Cue lists over REST."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.clients import CueClients
from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.core.cues.cue_lists import CueLists
from custom_components.maestra.core.domain import Domain

from ...kits.fleet import FleetKit

LIST: dict[str, Any] = {
    "name": "Act 1",
    "cues": [{"number": "1", "name": "Dawn"}, {"number": "1.5"}, {"number": "2"}],
}


@pytest.fixture
async def domain() -> Domain:
    return Domain(Bus())


@pytest.fixture
async def lists(domain: Domain) -> AsyncGenerator[CueLists]:
    lists = CueLists(domain.bus, domain.entities)
    yield lists
    lists.close()


@pytest.fixture
async def api(domain: Domain, lists: CueLists) -> AsyncGenerator[FleetKit]:
    """The API of a hub that can have cue lists."""
    service = CueClients(lists)
    async with FleetKit.running(domain=domain, cues=lambda: service) as kit:
        yield kit


async def test_a_list_is_written_and_read_as_json(api: FleetKit) -> None:
    status, written = await api.put("/cue_lists", LIST)
    assert (status, written["name"], written["next"]) == (200, "Act 1", "1")
    assert written["cues"] == LIST["cues"]
    assert await api.get("/cue_lists/Act%201") == (200, written)
    assert await api.get(f"/cue_lists/{written['id']}") == (200, written)
    assert await api.get("/cue_lists") == (200, [written])
    # What was read can be written again.
    assert await api.put("/cue_lists", written) == (200, written)
    for wrong in ({"name": "x"}, {"name": "x", "cues": [5]}, LIST | {"priority": "x"}):
        assert (await api.put("/cue_lists", wrong))[0] == 422
    assert (await api.delete("/cue_lists/Act%201"))[0] == 200
    assert (await api.get("/cue_lists/Act%201"))[0] == 404


async def test_only_users_choose_what_of_home_assistant_is_activated(
    api: FleetKit, lists: CueLists
) -> None:
    def activating(*names: str) -> dict[str, Any]:
        return LIST | {"cues": [{"number": "1", "activates": [*names]}]}

    assert (await api.put("/cue_lists", activating("script.open")))[0] == 422
    assert (await api.get("/cue_lists")) == (200, [])
    lists.put(CueList.from_wire(activating("scene.dawn")))
    moved = LIST | {"cues": [{"number": "2", "activates": ["scene.dawn"]}]}
    assert (await api.put("/cue_lists", moved))[0] == 200
    status, refused = await api.put("/cue_lists", activating("scene.dawn", "script.x"))
    assert status == 422
    assert "script.x" in str(refused)
    assert lists["Act 1"].cues == CueList.from_wire(moved)


async def test_a_list_is_run(api: FleetKit) -> None:
    await api.put("/cue_lists", LIST)
    for path, at in (
        ("go", "1"),
        ("go", "1.5"),
        ("back", "1"),
        ("cue/2/start", "2"),
        ("cue/1.5/load", "2"),
        ("go", "1.5"),
        ("pause", "1.5"),
        ("resume", "1.5"),
        ("stop", "1.5"),
        ("panic", "1.5"),
    ):
        status, found = await api.post(f"/cue_lists/Act%201/{path}")
        assert (status, found["current"]) == (200, at), path
    assert (await api.post("/cue_lists/Act%201/cue/9/start"))[0] == 404
    assert (await api.post("/cue_lists/Act%209/go"))[0] == 404
    await api.post("/cue_lists/Act%201/cue/2/start")
    assert (await api.post("/cue_lists/Act%201/go"))[0] == 403
    await api.put("/cue_lists", LIST | {"min_interval": 60})
    await api.post("/cue_lists/Act%201/cue/1/load")
    assert (await api.post("/cue_lists/Act%201/go"))[0] == 429


async def test_without_cue_lists_nothing_is_there(fleet: FleetKit) -> None:
    assert (await fleet.get("/cue_lists"))[0] == 503
