"""Experiences and device configurations over REST."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest

from custom_components.maestra.core.experiences.clients import ExperienceClients
from custom_components.maestra.core.experiences.experience import Content

from ...kits.experiences import Theatre
from ...kits.fleet import FleetKit

FLOW: dict[str, Any] = {
    "cue_lists": [],
    "automations": {},
    "configurations": {"stage": {"level": 1}},
    "groups": {},
}


@pytest.fixture
async def theatre() -> AsyncGenerator[Theatre]:
    theatre = Theatre()
    yield theatre
    theatre.close()


@pytest.fixture
async def api(theatre: Theatre) -> AsyncGenerator[FleetKit]:
    """The API of a theatre."""
    service = ExperienceClients(theatre.experiences)
    async with FleetKit.running(
        domain=theatre.domain, experiences=lambda: service
    ) as kit:
        yield kit


async def create(api: FleetKit, **fields: Any) -> str:
    body = {"name": "Evening", "flow_definition": FLOW, **fields}
    status, created = await api.post("/experiences", body)
    assert status == 201
    id_: str = created["id"]
    return f"/experiences/{id_}"


async def test_an_experience_is_made_changed_and_deleted(api: FleetKit) -> None:
    path = await create(api, description="With rain")
    _, found = await api.get(path)
    assert found["flow_definition"] == FLOW
    assert (found["version"], found["status"], found["versions"]) == (1, "draft", [])
    assert found["created_by"] == "fleet_api"
    assert await api.get("/experiences") == (200, [found])
    status, _ = await api.post("/experiences", {"name": "Evening"})
    assert status == 409
    await api.post("/experiences", {"name": "Matinee"})
    assert (await api.put(path, {"name": "Matinee"}))[0] == 409
    status, changed = await api.put(path, {"name": "Late"})
    assert (status, changed["name"], changed["description"]) == (
        200,
        "Late",
        "With rain",
    )
    assert (await api.put(path, {"flow_definition": {"groups": 5}}))[0] == 422
    assert (await api.delete(path))[0] == 200
    assert (await api.get(path))[0] == 404
    assert (await api.get(f"/experiences/{uuid4()}"))[0] == 404


async def test_only_users_choose_what_of_home_assistant_is_switched(
    api: FleetKit, theatre: Theatre
) -> None:
    def switching(**automations: bool) -> dict[str, Any]:
        named = {f"automation.{name}": on for name, on in automations.items()}
        return FLOW | {"automations": named}

    flow = switching(doors=True)
    body = {"name": "Night", "flow_definition": flow}
    assert (await api.post("/experiences", body))[0] == 422
    assert await api.get("/experiences") == (200, [])
    experience = theatre.experiences.put("Night", Content.from_wire(flow))
    path = f"/experiences/{experience.uuid}"
    # What was read can be written again.
    assert (await api.put(path, {"flow_definition": flow}))[0] == 200
    flow = switching(doors=True, rain=False)
    status, refused = await api.put(path, {"flow_definition": flow})
    assert status == 422
    assert "automation.rain" in str(refused)
    flow = switching(doors=False)
    assert (await api.put(path, {"flow_definition": flow}))[0] == 422
    assert experience.draft.automations == {"automation.doors": True}


async def test_it_is_published_deployed_and_rolled_back(
    api: FleetKit, theatre: Theatre
) -> None:
    path = await create(api)
    assert (await api.post(f"{path}/deploy"))[0] == 409
    _, published = await api.post(f"{path}/publish")
    assert (published["status"], published["versions"]) == ("published", [1])
    assert (await api.post(f"{path}/rollback"))[0] == 409
    status, deployment = await api.post(f"{path}/deploy", {"timeout": 600})
    assert (status, deployment["status"]) == (200, "pending")
    assert (await api.post(f"{path}/deploy"))[0] == 409
    theatre.applies("a", 1)
    theatre.refuses("b", 1)
    _, (found,) = await api.get(f"{path}/deployments")
    assert found["status"] == "failed"
    assert found["failures"] == [{"name": "b", "reason": "too large"}]
    status, deployment = await api.post(f"{path}/rollback")
    assert (status, deployment["status"]) == (200, "rolled_back")
    theatre.applies("a", 2)
    theatre.applies("b", 2)
    for body, expected in (
        ({"devices": ["a"], "version": 1}, 200),
        ({"version": 7}, 404),
        ({"devices": ["x"]}, 404),
        ({"groups": ["x"]}, 404),
        ({"timeout": 0}, 422),
    ):
        assert (await api.post(f"{path}/deploy", body))[0] == expected, body
        theatre.domain.configurations.applied(
            theatre.domain.devices["a"],
            theatre.domain.configurations.of(theatre.id("a"))[-1].version,
        )
    _, archived = await api.post(f"{path}/archive")
    assert archived["status"] == "archived"
    assert (await api.post(f"{path}/deploy"))[0] == 409


async def test_a_cue_list_that_is_not_there_is_said(api: FleetKit) -> None:
    path = await create(api, flow_definition={"cue_lists": ["Act 9"]})
    assert await api.post(f"{path}/publish") == (
        404,
        {"detail": "Cue list Act 9 is not known"},
    )


async def test_without_experiences_nothing_is_there(fleet: FleetKit) -> None:
    assert (await fleet.get("/experiences"))[0] == 503


async def test_a_device_reads_its_configuration_and_acknowledges_it(
    api: FleetKit, theatre: Theatre
) -> None:
    path = f"/devices/{theatre.id('a')}/configuration"
    assert (await api.get(path))[0] == 404
    theatre.publishes(configurations={"a": {"level": 1}})
    theatre.deploys(timeout=600)
    _, found = await api.get(path)
    assert (found["version"], found["configuration"]) == (1, {"level": 1})
    assert (found["applied_at"], found["error"]) == (None, None)
    assert (await api.post(f"{path}/applied", {"version": 9}))[0] == 404
    status, _ = await api.post(f"{path}/applied", {"version": 1, "error": "no pin"})
    assert status == 200
    assert theatre.reasons == [("a", "no pin")]
    assert (await api.post(f"{path}/applied", {"version": 2}))[0] == 200
    _, found = await api.get(path)
    assert (found["version"], found["configuration"]) == (2, {})
    assert found["applied_at"]
