"""What was recorded, over REST and on a real database (maestra.md §1.9)."""

import asyncio
from collections.abc import AsyncGenerator
import csv
from datetime import UTC, datetime, timedelta
import io
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.snapshot import restore, structure_snapshot
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store, StoreState
from scripts.catalogue import STORE_CATALOGUE

from ...kits.fleet import FleetKit
from ...kits.store import StoreKit
from .test_streams import CONSUMER, advertised, requested

pytestmark = pytest.mark.tables

ANNOTATION: Final[dict[str, Any]] = {
    "title": "Doors open",
    "category": "show",
    "tags": ["act 1", "lobby"],
    "metadata": {"seats": 120},
}
NO_EVENTS: Final = {"debug": 0, "info": 0, "warning": 0, "error": 0, "critical": 0}
NOT_FOUND: Final = (404, {"detail": "Annotation not found"})
NO_DATABASE: Final = (503, {"detail": "Database not connected"})


@pytest.fixture
async def show(database: StoreSettings, tmp_path: Path) -> AsyncGenerator[FleetKit]:
    """A Fleet API whose domain is recorded."""
    domain = Domain(Bus())
    async with StoreKit.running(database, tmp_path) as kit:
        await kit.is_(StoreState.RECORDING)
        stop = STORE_CATALOGUE.recorder(domain, kit.store.record).start()
        async with FleetKit.running(domain=domain, store=lambda: kit.store) as fleet:
            yield fleet
        stop()


async def noted(show: FleetKit, **fields: Any) -> dict[str, Any]:
    """Create an annotation and return it."""
    annotation: dict[str, Any]
    status, annotation = await show.post("/analytics/annotations", ANNOTATION | fields)
    assert status == 201
    return annotation


def titles(answer: tuple[int, Any]) -> list[str]:
    """Return the titles in a list."""
    assert answer[0] == 200
    return [annotation["title"] for annotation in answer[1]]


def minutes_ago(minutes: float) -> str:
    """Return a time as a query has it."""
    moment = datetime.now(UTC) - timedelta(minutes=minutes)
    return moment.isoformat().replace("+00:00", "Z")


async def test_annotations_come_and_go(show: FleetKit) -> None:
    made = await noted(show)
    assert made == ANNOTATION | {
        "id": made["id"],
        "time": made["time"],
        "description": None,
        "created_at": made["time"],
        "updated_at": made["time"],
    }
    assert made["time"].endswith("Z")
    assert await show.get("/analytics/annotations") == (200, [made])

    path = f"/analytics/annotations/{made['id']}"
    status, changed = await show.put(path, {"title": "Curtain", "description": "Late"})
    assert status == 200
    assert changed == made | {
        "title": "Curtain",
        "description": "Late",
        "updated_at": changed["updated_at"],
    }
    _, changed = await show.put(path, {"description": None, "tags": [], "title": None})
    assert (changed["title"], changed["description"]) == ("Curtain", None)
    assert changed["tags"] == []
    assert await show.get("/analytics/annotations") == (200, [changed])
    assert await show.delete(path) == (
        200,
        {"status": "deleted", "id": made["id"]},
    )
    assert await show.delete(path) == NOT_FOUND
    assert await show.put(path, {"title": "x"}) == NOT_FOUND
    assert await show.get("/analytics/annotations") == (200, [])


async def test_a_change_right_after_the_note_wins(show: FleetKit) -> None:
    made = await noted(show)
    await show.put(f"/analytics/annotations/{made['id']}", {"title": "New"})
    await noted(show, title="Other")
    assert {*titles(await show.get("/analytics/annotations"))} == {"New", "Other"}


async def test_annotations_are_filtered(show: FleetKit) -> None:
    await noted(show, title="Old", time=minutes_ago(60))
    await noted(show, title="Middle", time=minutes_ago(30), category="tech")
    await noted(show, title="New", time="2026-01-01T00:00:00")
    path, ask = "/analytics/annotations", show.get
    assert titles(await ask(path)) == ["Middle", "Old", "New"]
    assert titles(await ask(f"{path}?category=tech")) == ["Middle"]
    assert titles(await ask(f"{path}?since={minutes_ago(45)}")) == ["Middle"]
    span = f"since={minutes_ago(90)}&until={minutes_ago(45)}"
    assert titles(await ask(f"{path}?{span}")) == ["Old"]
    assert titles(await ask(f"{path}?limit=1")) == ["Middle"]
    _, found = await ask(f"{path}?until=2026-01-02")
    assert found[0]["time"] == "2026-01-01T00:00:00.000000Z"


async def test_what_no_database_has_is_no_failure(show: FleetKit) -> None:
    deep: Any = 1
    for _ in range(300):
        deep = {"a": deep}
    path, late = "/analytics/annotations", "9999-12-31T23:59:59-05:00"
    assert (await noted(show, title="a\0b"))["title"] == "a\N{REPLACEMENT CHARACTER}b"
    assert (await show.post(path, ANNOTATION | {"metadata": deep}))[0] == 422
    assert (await show.post(path, ANNOTATION | {"time": late}))[0] == 422
    assert (await show.get(f"{path}?since={late}"))[0] == 422
    assert await show.get(f"{path}?category=%00") == (200, [])
    assert await show.get("/analytics/export/states?entity_slug=%00") == (200, [])
    assert await show.get("/streams/sessions/history?consumer_id=%00") == (200, [])


async def test_refuses_what_is_no_annotation(show: FleetKit) -> None:
    path = "/analytics/annotations"
    made = await noted(show)
    assert (await show.post(path, {}))[0] == 422
    assert (await show.post(path, ANNOTATION | {"time": "soon"}))[0] == 422
    assert (await show.get(f"{path}?limit=0"))[0] == 422
    assert (await show.get(f"{path}?since=soon"))[0] == 422
    assert (await show.put(f"{path}/x", {"title": "x"}))[0] == 422
    assert await show.put(f"{path}/{made['id']}", {}) == (
        400,
        {"detail": "No fields to update"},
    )


def board(show: FleetKit) -> str:
    """Register a device that has measured and told things, and return its id."""
    devices = show.domain.devices
    device = devices.register(
        {"name": "Board", "device_type": "esp32", "hardware_id": "aa"}
    )
    devices.report_metric(
        device.id, {"metric_name": "temperature", "metric_value": 21.5, "unit": "°C"}
    )
    for severity in ("info", "error", "error"):
        devices.report_event(
            device.id,
            {"event_type": "said", "severity": severity, "message": 'so, "it" is'},
        )
    return device.id


async def test_sums_up(show: FleetKit) -> None:
    board(show)
    for number in range(3):
        show.entity(f"Lamp {number}", slug=f"lamp-{number}")
    show.domain.entities.update("lamp-1", {"power": "on"})
    await noted(show)
    status, summary = await show.get("/analytics/summary")
    assert status == 200
    first, last = summary.pop("first_event_at"), summary.pop("last_event_at")
    assert first <= last
    assert last.endswith("Z")
    assert summary == {
        "total_metrics": 1,
        "total_events": 3,
        "total_state_changes": 4,
        "unique_devices": 1,
        "unique_entities": 3,
        "total_devices_registered": 1,
        "devices_online": 1,
        "top_entities": [
            {"slug": "lamp-1", "type": "device", "changes": 2},
            {"slug": "lamp-0", "type": "device", "changes": 1},
            {"slug": "lamp-2", "type": "device", "changes": 1},
        ],
        "events_by_severity": NO_EVENTS | {"error": 2, "info": 1},
        "annotations_count": 1,
    }
    _, before = await show.get(f"/analytics/summary?until={minutes_ago(5)}")
    assert before["total_events"] == before["annotations_count"] == 0
    assert before["first_event_at"] is None
    assert before["top_entities"] == []
    assert before["events_by_severity"] == NO_EVENTS


async def test_exports_states(show: FleetKit) -> None:
    lamp = show.entity("Lamp", slug="lamp")
    show.entity("Other", slug="other")
    show.domain.entities.update("lamp", {"power": "on"})
    status, rows = await show.get("/analytics/export/states?entity_slug=lamp")
    assert status == 200
    newest, oldest = rows
    assert newest["time"].endswith("+00:00")
    assert newest | {"time": ""} == {
        "time": "",
        "entity_id": lamp.id,
        "entity_slug": "lamp",
        "entity_type": "device",
        "entity_path": "lamp",
        "state": {"power": "on"},
        "previous_state": {"power": "off"},
        "changed_keys": ["power"],
        "source": None,
    }
    assert oldest["state"] == {"power": "off"}
    assert datetime.fromisoformat(oldest["time"]) <= datetime.fromisoformat(
        newest["time"]
    )
    _, rows = await show.get("/analytics/export/states?limit=1")
    assert len(rows) == 1


async def test_exports_metrics_events_and_annotations(show: FleetKit) -> None:
    device_id = board(show)
    await noted(show)
    _, (metric,) = await show.get(f"/analytics/export/metrics?device_id={device_id}")
    assert metric.pop("time").endswith("+00:00")
    assert metric == {
        "device_id": device_id,
        "metric_name": "temperature",
        "metric_value": 21.5,
        "unit": "°C",
        "tags": {},
    }
    _, events = await show.get("/analytics/export/events?limit=2")
    assert [event["severity"] for event in events] == ["error", "error"]
    _, (annotation,) = await show.get("/analytics/export/annotations")
    assert annotation["tags"] == ["act 1", "lobby"]
    assert annotation["created_at"].endswith("+00:00")
    assert await show.get(f"/analytics/export/metrics?device_id={uuid4()}") == (200, [])
    assert await show.get(f"/analytics/export/events?until={minutes_ago(5)}") == (
        200,
        [],
    )


async def test_exports_csv(show: FleetKit) -> None:
    board(show)
    await noted(show)
    url = f"{show.url}/analytics/export"
    page = {"Origin": show.url}
    async with show.session.get(f"{url}/events?format=csv", headers=page) as response:
        assert response.status == 200
        assert response.content_type == "text/csv"
        assert response.headers["Access-Control-Allow-Origin"] == show.url
        assert "maestra_events.csv" in response.headers["Content-Disposition"]
        rows = list(csv.DictReader(io.StringIO(await response.text())))
    assert [row["severity"] for row in rows] == ["error", "error", "info"]
    assert rows[0]["message"] == 'so, "it" is'
    assert rows[0]["time"].endswith("+00:00")
    async with show.session.get(f"{url}/annotations?format=csv") as response:
        (row,) = csv.DictReader(io.StringIO(await response.text()))
    assert row["tags"] == '["act 1","lobby"]'
    _, text = await show.get(
        f"/analytics/export/metrics?format=csv&device_id={uuid4()}"
    )
    assert text == "time,device_id,metric_name,metric_value,unit,tags\n"


async def test_exports_more_than_one_piece(show: FleetKit) -> None:
    show.entity("Lamp", slug="lamp")
    for number in range(2_500):
        show.domain.entities.update("lamp", {"level": number})
    _, rows = await show.get("/analytics/export/states")
    assert [row["state"].get("level") for row in rows] == [*range(2499, -1, -1), None]


async def test_refuses_an_export_it_does_not_know(show: FleetKit) -> None:
    assert (await show.get("/analytics/export/secrets"))[0] == 400
    assert (await show.get("/analytics/export/states?format=xml"))[0] == 422
    assert (await show.get("/analytics/export/states?limit=100001"))[0] == 422
    assert (await show.get("/analytics/export/metrics?device_id=x"))[0] == 422


async def test_a_client_that_leaves_an_export_harms_nobody(show: FleetKit) -> None:
    show.entity("Lamp", slug="lamp")
    for number in range(5_000):
        show.domain.entities.update("lamp", {"text": f"{number:0>1000}"})
    url = f"{show.url}/analytics/export/states?format="
    for form in ("json", "csv"):
        async with show.session.get(f"{url}{form}") as response:
            await response.content.read(1)
            response.close()
    await asyncio.gather(
        *(show.get("/analytics/export/states?limit=1") for _ in "1234")
    )
    assert not show.api.counters["failed"]


async def test_the_history_of_sessions(show: FleetKit) -> None:
    stream = await advertised(show)
    offer = await requested(show, stream)
    path = f"/streams/sessions/{offer['session_id']}?bytes_transferred=7"
    await show.delete(path)
    store = show.api.needed_store()
    await store.flush()
    status, history = await show.get(
        f"/streams/sessions/history?stream_id={stream['id']}"
    )
    assert status == 200
    assert history[0]["session_id"] == offer["session_id"]
    assert history[0]["bytes_transferred"] == 7
    assert history[0]["consumer_id"] == CONSUMER["consumer_id"]
    assert history[0]["duration_seconds"] >= 0
    assert await show.get("/streams/sessions/history?consumer_id=nobody") == (200, [])


# How much is kept.


def rule(**fields: Any) -> dict[str, Any]:
    """Return the body that sets a rule."""
    return {"scope_type": "global", "verbosity": "minimal", **fields}


async def test_one_rule_for_a_scope(fleet: FleetKit) -> None:
    path = "/analytics/config"
    assert await fleet.get(path) == (200, [])
    status, first = await fleet.put(path, rule())
    _, second = await fleet.put(path, rule(verbosity="verbose", scope_id="ignored"))
    assert status == 200
    assert first["id"] == second["id"]
    assert (second["verbosity"], second["scope_id"]) == ("verbose", None)
    _, light = await fleet.put(path, rule(scope_type="entity_type", scope_id="light"))
    assert await fleet.get(path) == (200, [second, light])
    assert await fleet.delete(f"{path}/{light['id']}") == (
        200,
        {"status": "deleted", "id": light["id"]},
    )
    assert (await fleet.delete(f"{path}/{light['id']}"))[0] == 404
    assert await fleet.get(path) == (200, [second])


@pytest.mark.parametrize(
    "body",
    [
        {},
        rule(scope_type="house"),
        rule(verbosity="chatty"),
        rule(scope_type="device"),
        rule(config=[]),
    ],
)
async def test_refuses_what_is_no_rule(fleet: FleetKit, body: Any) -> None:
    assert (await fleet.put("/analytics/config", body))[0] == 422


async def test_rules_last_over_a_restart(fleet: FleetKit) -> None:
    await fleet.put("/analytics/config", rule())
    again = Domain(Bus())
    restore(again, structure_snapshot(fleet.domain), {})
    (kept,) = again.collection
    assert [kept.to_wire()] == (await fleet.get("/analytics/config"))[1]


async def test_rules_say_what_is_recorded(show: FleetKit) -> None:
    device_id, path = board(show), "/analytics/config"
    for slug, kind, device in (
        ("all", "room", None),
        ("none", "light", None),
        ("some", "light", device_id),
    ):
        show.entity(slug, kind, slug=slug, device_id=device, with_defaults=False)
        show.domain.entities.update(slug, {"a": 1})
    await show.put(path, rule(verbosity="verbose"))
    await show.put(path, rule(scope_type="entity_type", scope_id="light"))
    await show.put(
        path, rule(scope_type="device", scope_id=device_id, verbosity="standard")
    )
    for slug in ("all", "none", "some"):
        show.domain.entities.update(slug, {"a": 2})
    _, rows = await show.get("/analytics/export/states")
    kept = [
        (row["entity_slug"], row["previous_state"])
        for row in rows
        if row["state"] == {"a": 2}
    ]
    assert sorted(kept) == [("all", {"a": 1}), ("some", {})]


@pytest.mark.parametrize(
    "path",
    [
        "/analytics/annotations",
        "/analytics/summary",
        "/analytics/export/states",
        "/analytics/export/metrics?format=csv",
    ],
)
async def test_without_a_database(fleet: FleetKit, path: str) -> None:
    assert await fleet.get(path) == NO_DATABASE
    away = Store(
        StoreSettings(host="127.0.0.1", port=1, database="x", user="x"),
        Path("nowhere"),
        catalogue=STORE_CATALOGUE,
        writer="tests",
    )
    async with FleetKit.running(store=lambda: away) as kit:
        assert await kit.get(path) == NO_DATABASE
