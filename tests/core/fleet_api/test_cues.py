"""Cue lists over REST."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.clients import CueClients
from custom_components.maestra.core.cues.cue_lists import CueLists
from custom_components.maestra.core.domain import Domain

from ...kits.fleet import FleetKit

LIST: dict[str, Any] = {
    "name": "Act 1",
    "cues": [{"number": "1", "name": "Dawn"}, {"number": "1.5"}, {"number": "2"}],
}


@pytest.fixture
async def api() -> AsyncGenerator[FleetKit]:
    """The API of a hub that can have cue lists."""
    domain = Domain(Bus())
    lists = CueLists(domain.bus, domain.entities)
    service = CueClients(lists)
    async with FleetKit.running(domain=domain, cues=lambda: service) as kit:
        yield kit
    lists.close()


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
