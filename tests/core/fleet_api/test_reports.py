"""Metrics and events over REST (maestra.md §1.3)."""

from typing import Any
from uuid import uuid4

import pytest

from custom_components.maestra.core.domain.device import Device
from custom_components.maestra.core.domain.events import (
    DeviceEventReported,
    MetricReported,
)

from ...kits.fleet import FleetKit

type Report = dict[str, Any]


@pytest.fixture
def node(fleet: FleetKit) -> Device:
    """A device that registered itself."""
    return fleet.domain.devices.register(
        {"name": "Node", "device_type": "esp32", "hardware_id": "AA:01"}
    )


@pytest.fixture
def metric(node: Device) -> Report:
    """A measurement."""
    return {"device_id": node.id, "metric_name": "rssi", "metric_value": -60}


@pytest.fixture
def event(node: Device) -> Report:
    """An event."""
    return {"device_id": node.id, "event_type": "pressed"}


async def test_metric(fleet: FleetKit, node: Device, metric: Report) -> None:
    body = {**metric, "unit": "dBm", "tags": {"ant": 1}}
    assert await fleet.post("/metrics", body) == (
        200,
        {"status": "ok", "metric": "rssi"},
    )
    taken = node.metrics["rssi"]
    assert (taken.value, taken.unit, taken.tags) == (-60, "dBm", {"ant": 1})


async def test_metrics(fleet: FleetKit, node: Device, metric: Report) -> None:
    """The same metric twice is the latest twice, and both are told."""
    told: list[MetricReported] = []
    fleet.domain.bus.subscribe(MetricReported, told.append)
    body = [metric, {**metric, "metric_value": -50.5}]
    assert await fleet.post("/metrics/batch", body) == (
        200,
        {"status": "ok", "count": 2},
    )
    assert node.metrics["rssi"].value == -50.5
    assert [(report.metric.value, report.is_new) for report in told] == [
        (-60, True),
        (-50.5, False),
    ]
    assert await fleet.post("/metrics/batch", []) == (200, {"status": "ok", "count": 0})


async def test_event(fleet: FleetKit, event: Report) -> None:
    told: list[DeviceEventReported] = []
    fleet.domain.bus.subscribe(DeviceEventReported, told.append)
    body = {**event, "severity": "loud", "message": "Hello", "data": {"n": 1}}
    assert await fleet.post("/events", event) == (
        200,
        {"status": "ok", "event_type": "pressed"},
    )
    assert await fleet.post("/events/batch", [body]) == (
        200,
        {"status": "ok", "count": 1},
    )
    assert [(one.severity, one.message, one.data) for one in told] == [
        ("info", None, {}),
        ("loud", "Hello", {"n": 1}),
    ]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/metrics", {"metric_name": "rssi", "metric_value": 1}),
        ("/events", {"event_type": "pressed"}),
    ],
)
async def test_batch_is_taken_whole_or_not_at_all(
    fleet: FleetKit, node: Device, path: str, fields: Report
) -> None:
    told: list[object] = []
    for kind in (MetricReported, DeviceEventReported):
        fleet.domain.bus.subscribe(kind, told.append)
    good = {"device_id": node.id, **fields}
    stranger = {**good, "device_id": str(uuid4())}
    unprintable = {
        **good,
        **{name: "\x07" for name in fields if name != "metric_value"},
    }
    not_found = (404, {"detail": "Device not found"})
    assert await fleet.post(path, stranger) == not_found
    assert await fleet.post(f"{path}/batch", [good, stranger]) == not_found
    assert (await fleet.post(f"{path}/batch", [good, unprintable]))[0] == 422
    assert (await fleet.post(f"{path}/batch", [good, 5]))[0] == 422
    status, answer = await fleet.post(f"{path}/batch", [good] * 1001)
    assert (status, answer["detail"]) == (400, f"Maximum 1000 {path[1:]} per batch")
    fleet.domain.devices.block(node.id)
    blocked = (403, {"detail": "Device hardware_id is blocked"})
    assert await fleet.post(path, good) == blocked
    assert told == []


async def test_a_device_has_so_many_metrics_and_no_more(
    fleet: FleetKit, node: Device, metric: Report
) -> None:
    body = [{**metric, "metric_name": f"m{n}"} for n in range(201)]
    status, answer = await fleet.post("/metrics/batch", body)
    assert (status, answer["detail"]) == (
        409,
        "There can be at most 200 metrics of a device",
    )
    assert node.metrics == {}
    assert (await fleet.post("/metrics/batch", body[:200]))[0] == 200


@pytest.mark.parametrize(
    ("path", "wrong", "field"),
    [
        ("/metrics", {"metric_value": "much"}, "metric_value"),
        ("/metrics", {"metric_value": True}, "metric_value"),
        ("/metrics", {"metric_value": None}, "metric_value"),
        ("/metrics", {"metric_name": ""}, "metric_name"),
        ("/metrics", {"device_id": "AA:01"}, "device_id"),
        ("/metrics", {"tags": []}, "tags"),
        ("/events", {"event_type": 5}, "event_type"),
        ("/events", {"severity": None}, "severity"),
        ("/events", {"data": "x"}, "data"),
    ],
)
async def test_wrong_reports(
    fleet: FleetKit, metric: Report, event: Report, path: str, wrong: Report, field: str
) -> None:
    status, answer = await fleet.post(path, {**metric, **event, **wrong})
    assert status == 422
    assert [detail["loc"] for detail in answer["detail"]] == [["body", field]]
