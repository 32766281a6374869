"""Metrics and events of devices (maestra.md §1.3)."""

from typing import TYPE_CHECKING, Any, Final

import probatio

from ...domain.json_types import JsonValue
from .answers import BATCH_TAKEN, EVENT_TAKEN, METRIC_TAKEN
from .request import HttpError, Request
from .route import Route
from .schemas import ID, MAX_BATCH, OPTIONAL_OBJECT, OPTIONAL_TEXT, Fields, body, text

if TYPE_CHECKING:
    from .api import FleetApi

TAG: Final = "Metrics and events"

_METRIC: Final[Fields] = {
    probatio.Required("device_id"): ID,
    probatio.Required("metric_name"): text(100, 1),
    probatio.Required("metric_value"): float,
    probatio.Optional("unit"): probatio.Maybe(text(50)),
    probatio.Optional("tags"): OPTIONAL_OBJECT,
}
_EVENT: Final[Fields] = {
    probatio.Required("device_id"): ID,
    probatio.Required("event_type"): text(100, 1),
    probatio.Optional("severity", default="info"): text(20, 1),
    probatio.Optional("message"): OPTIONAL_TEXT,
    probatio.Optional("data"): OPTIONAL_OBJECT,
}


def _metric(api: FleetApi, request: Request) -> JsonValue:
    report = request.body
    metric = api.domain.devices.report_metric(
        report["device_id"], report, source=api.source(request)
    )
    return {"status": "ok", "metric": metric.name}


def _metrics(api: FleetApi, request: Request) -> JsonValue:
    reports = _with_devices(request.body, "metrics")
    api.domain.devices.report_metrics(reports, source=api.source(request))
    return {"status": "ok", "count": len(reports)}


def _event(api: FleetApi, request: Request) -> JsonValue:
    report = request.body
    api.domain.devices.report_event(
        report["device_id"], report, source=api.source(request)
    )
    return {"status": "ok", "event_type": report["event_type"]}


def _events(api: FleetApi, request: Request) -> JsonValue:
    reports = _with_devices(request.body, "events")
    api.domain.devices.report_events(reports, source=api.source(request))
    return {"status": "ok", "count": len(reports)}


def _with_devices(
    reports: list[dict[str, Any]], kind: str
) -> list[tuple[str, dict[str, Any]]]:
    if len(reports) > MAX_BATCH:
        raise HttpError(
            400, f"Maximum {MAX_BATCH} {kind} per batch", code="batch_too_large"
        )
    return [(report["device_id"], report) for report in reports]


REPORT_ROUTES: Final = (
    Route(
        method="POST",
        path="/metrics",
        handler=_metric,
        summary="Take a measurement",
        tag=TAG,
        body=body(_METRIC),
        answer=METRIC_TAKEN,
        errors=(403, 404, 409),
    ),
    Route(
        method="POST",
        path="/metrics/batch",
        handler=_metrics,
        summary="Take up to 1000 measurements, all or none",
        tag=TAG,
        body=probatio.Schema([_METRIC], extra=probatio.REMOVE_EXTRA),
        answer=BATCH_TAKEN,
        errors=(400, 403, 404, 409),
    ),
    Route(
        method="POST",
        path="/events",
        handler=_event,
        summary="Take an event",
        tag=TAG,
        body=body(_EVENT),
        answer=EVENT_TAKEN,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path="/events/batch",
        handler=_events,
        summary="Take up to 1000 events, all or none",
        tag=TAG,
        body=probatio.Schema([_EVENT], extra=probatio.REMOVE_EXTRA),
        answer=BATCH_TAKEN,
        errors=(400, 403, 404),
    ),
)
