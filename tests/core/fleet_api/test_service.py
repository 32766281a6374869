"""The service itself over REST (maestra.md §1.1, §1.10)."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from custom_components.maestra.core.fleet_api.openapi import docs_page
from custom_components.maestra.core.fleet_api.service import NOT_IMPLEMENTED_ROUTES

from ...kits.fleet import FleetKit

DOCUMENTATION: Final = Path(__file__).parents[3] / "docs" / "fleet_api.md"


class Database:
    """Stands in for a store: only its connection is looked at."""

    def __init__(self, is_connected: bool) -> None:
        self.is_connected = is_connected


async def test_health(fleet: FleetKit) -> None:
    status, answer = await fleet.get("/health")
    assert status == 200
    assert answer | {"timestamp": None} == {
        "status": "healthy",
        "service": "fleet-manager",
        "timestamp": None,
    }
    # Without a zone, as the reference has it here.
    assert datetime.fromisoformat(answer["timestamp"]).tzinfo is None


@pytest.mark.parametrize(
    ("is_connected", "health"), [(True, "healthy"), (False, "degraded")]
)
async def test_health_with_a_database(is_connected: bool, health: str) -> None:
    database: Any = Database(is_connected)
    async with FleetKit.running(store=lambda: database) as fleet:
        status, answer = await fleet.get("/health")
    assert (status, answer["status"]) == (200, health)


async def test_status(fleet: FleetKit) -> None:
    for hardware_id in ("1", "2"):
        fleet.domain.devices.register(
            {"name": "N", "device_type": "t", "hardware_id": hardware_id}
        )
    fleet.domain.devices.discover({"name": "N", "device_type": "t", "hardware_id": "3"})
    fleet.domain.devices.heartbeat("2", status="offline")
    fleet.entity("Wash")
    status, answer = await fleet.get("/status")
    assert status == 200
    assert answer.pop("timestamp")
    assert answer == {
        "service": "fleet-manager",
        "version": "0.2.0",
        "devices": {"total": 3, "online": 1, "offline": 2},
        "entities": {"total": 1},
        "message_bus": {"connected": True},
    }


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_page_for_people(fleet: FleetKit, path: str) -> None:
    async with fleet.session.get(f"{fleet.url}{path}") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        page = await answer.text()
    assert "/devices/{device_id}/provision" in page
    assert 'href="/openapi.json"' in page
    assert "<script" not in page


def test_page_escapes_everything() -> None:
    evil = "<script>alert('x')</script>"
    page = docs_page(
        {
            "info": {"title": evil, "version": evil},
            "servers": [{"url": evil}],
            "paths": {
                evil: {
                    evil: {
                        "tags": [evil],
                        "summary": evil,
                        "parameters": [{"name": evil}],
                        "responses": {evil: evil},
                    }
                }
            },
        }
    )
    assert "<script" not in page


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/dmx/nodes", "DMX"),
        ("/dmx/playback/toggle-loop", "DMX"),
        ("/ofl/fixtures/by-id/3", "fixture library"),
        ("/cloud/config", "cloud"),
        ("/routing/devices/positions", "routing"),
    ],
)
async def test_what_is_not_part_of_it(
    fleet: FleetKit, method: str, path: str, says: str
) -> None:
    status, answer = await fleet.ask(method, path)
    assert status == 501
    assert says in answer["detail"]


def test_what_is_not_part_of_it_is_documented() -> None:
    """With what to use instead, in the answer and in a row of the documentation."""
    text = DOCUMENTATION.read_text()
    _, _, rows = text.partition("\n## What is not here\n")
    missing = {route.path.split("/")[1]: route for route in NOT_IMPLEMENTED_ROUTES}
    assert {"dmx", "routing", "cloud", "ofl"} <= missing.keys()
    for area, route in missing.items():
        assert ": use " in route.summary
        (row,) = [it for it in rows.splitlines() if it.startswith(f"| `/{area}/…`")]
        assert all(cell.strip() for cell in row.strip("|").split("|"))
