"""The OpenAPI document says what the API does, and the API does what it says."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
import pytest
import schemathesis
from schemathesis import Case, GenerationMode

from custom_components.maestra.core.fleet_api.api import ROUTES
from custom_components.maestra.core.fleet_api.routing import TAIL
from custom_components.maestra.core.transport.access import Access

from ...kits.fleet import FleetKit

# Per operation: all of them together must not take long.
EXAMPLES = max(1, settings().max_examples // 16)

REFERENCE = """
GET /health
GET /status
GET /docs
GET /redoc
GET /openapi.json
POST /devices/register
GET /devices
GET /devices/{}
POST /devices/heartbeat
DELETE /devices/{}
POST /devices/discover
GET /devices/pending
POST /devices/{}/approve
POST /devices/{}/reject
POST /devices/{}/block
GET /devices/blocked
DELETE /devices/blocked/{}
GET /devices/{}/provision
PUT /devices/{}/provision
POST /metrics
POST /metrics/batch
POST /events
POST /events/batch
GET /entities/types
POST /entities/types
GET /entities/types/{}
GET /entities/types/by-name/{}
PUT /entities/types/{}
DELETE /entities/types/{}
GET /entities
POST /entities
GET /entities/{}
GET /entities/by-slug/{}
PUT /entities/{}
DELETE /entities/{}
GET /entities/{}/ancestors
GET /entities/{}/descendants
GET /entities/{}/siblings
GET /entities/tree
GET /entities/{}/state
PATCH /entities/{}/state
PUT /entities/{}/state
POST /entities/state/bulk-get
POST /entities/state/bulk-update
POST /entities/by-slug/{}/state/update
GET /entities/{}/variables
PUT /entities/{}/variables
POST /entities/{}/variables
PUT /entities/{}/variables/{}
DELETE /entities/{}/variables/{}
POST /entities/{}/variables/validate
GET /streams/state
GET /streams/types
POST /streams/types
GET /streams
POST /streams/advertise
GET /streams/{}
DELETE /streams/{}
POST /streams/{}/heartbeat
POST /streams/{}/request
GET /streams/sessions
GET /streams/sessions/history
DELETE /streams/sessions/{}
POST /streams/sessions/{}/heartbeat
POST /streams/{}/join
DELETE /streams/{}/leave/{}
GET /streams/{}/subscribers
GET /streams/subscribers
POST /streams/subscribers/{}/heartbeat
GET /streams/{}/preview
GET /analytics/annotations
POST /analytics/annotations
PUT /analytics/annotations/{}
DELETE /analytics/annotations/{}
GET /analytics/summary
GET /analytics/export/{}
GET /analytics/config
PUT /analytics/config
DELETE /analytics/config/{}
GET /routing/{tail}
POST /dmx/{tail}
PUT /ofl/{tail}
PATCH /cloud/{tail}
DELETE /cloud/{tail}
""".strip().splitlines()


def operations() -> set[str]:
    """All that the table has, parameters without their names."""
    found = set()
    for route in ROUTES:
        parts = [
            "{}" if part[:1] == "{" and part != TAIL else part
            for part in route.path.split("/")
        ]
        found.add(f"{route.method} {'/'.join(parts).replace(TAIL, '{tail}')}")
    return found


@pytest.fixture
async def fleet() -> AsyncGenerator[FleetKit]:
    """A Fleet API with an empty domain that takes as much as it is sent."""
    async with FleetKit.running(access=Access(rate=0)) as kit:
        yield kit


@pytest.mark.parametrize("operation", REFERENCE)
def test_every_operation_of_the_reference_is_there(operation: str) -> None:
    assert operation in operations()


async def test_document(fleet: FleetKit) -> None:
    status, document = await fleet.get("/openapi.json")
    assert status == 200
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/"}]
    listed = [
        (method.upper(), path)
        for path, found in document["paths"].items()
        for method in found
    ]
    assert len(listed) == len(ROUTES)
    ids = [
        found["operationId"]
        for each in document["paths"].values()
        for found in each.values()
    ]
    assert len(set(ids)) == len(ids)
    register = document["paths"]["/devices/register"]["post"]
    schema = register["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["name", "device_type", "hardware_id"]
    assert schema["properties"]["name"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
    }
    assert set(register["responses"]) == {"200", "403", "409", "422"}
    limit = document["paths"]["/devices"]["get"]["parameters"][2]
    assert (limit["name"], limit["schema"]["default"]) == ("limit", 100)


@pytest.mark.parametrize(
    ("mode", "is_known"),
    [
        (GenerationMode.POSITIVE, True),
        (GenerationMode.POSITIVE, False),
        (GenerationMode.NEGATIVE, True),
    ],
)
async def test_whatever_is_sent_is_answered_as_documented(
    fleet: FleetKit, mode: GenerationMode, is_known: bool
) -> None:
    """What fits the document and what does not, of things that are there and of others."""
    _, document = await fleet.get("/openapi.json")
    described = (
        schemathesis.openapi.from_dict(document)
        # What is always refused has its own test, and a preview never ends.
        .exclude(tag="Not implemented")
        .exclude(path="/streams/{stream_id}/preview")
    )
    loop = asyncio.get_running_loop()

    def attack() -> list[str]:
        broken: list[str] = []
        for found in described.get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]
            # What one operation removes, the next one finds again.
            made = asyncio.run_coroutine_threadsafe(something(fleet), loop).result()
            names = [parameter.name for parameter in operation.path_parameters]
            known = {name: made[name] for name in names if name in made}

            @given(
                case=operation.as_strategy(
                    generation_mode=mode,
                    path_parameters=known if is_known and known else None,
                )
            )
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def answers(case: Case[Any]) -> None:
                response = case.call(base_url=fleet.url, timeout=10)
                broken.extend(wrong_with(case, response))

            # Nothing can be wrong with a request that has no parts.
            with suppress(Unsatisfiable):
                answers()
        return broken

    with ThreadPoolExecutor(1) as pool:
        broken = await loop.run_in_executor(pool, attack)
    assert broken == []
    assert fleet.api.counters["failed"] == 0
    assert fleet.api.counters["messages_in"] > 100


async def something(fleet: FleetKit) -> dict[str, str]:
    """Make one of everything; returns what a path may name of it."""
    domain = fleet.domain
    entity = fleet.entity("Wash", state={"level": 1})
    device = domain.devices.discover(
        {"name": "N", "device_type": "t", "hardware_id": str(uuid4())}
    )
    stream = domain.streams.advertise(
        {
            "name": str(uuid4()),
            "stream_type": "data",
            "publisher_id": "p",
            "protocol": "udp",
            "address": "127.0.0.1",
            "port": 9,
        }
    )
    session = await domain.streams.request(
        stream.id, {"consumer_id": "c", "consumer_address": "127.0.0.1"}
    )
    return {
        "entity_id": entity.id,
        "slug": entity.slug,
        "variable_name": "level",
        "type_id": domain.types["device"].id,
        "name": "device",
        "device_id": device.id,
        "hardware_id": device.hardware_id,
        "stream_id": stream.id,
        "session_id": session.id,
    }


def wrong_with(case: Case[Any], response: Any) -> list[str]:
    """What an answer should not be."""
    documented = {int(status) for status in case.operation.definition.raw["responses"]}
    # What no operation lists, as any of them may say it.
    allowed = documented | {400, 404, 405, 413, 422, 307}
    says = f"{case.method} {case.formatted_path} {response.status_code}"
    is_wrong = response.status_code not in allowed
    return [f"{says}: {response.text[:200]}"] * is_wrong
