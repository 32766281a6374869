"""Numbers and truth values are taken as the reference takes them: as text, and whole numbers with a point (maestra.md §0)."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, Final

import probatio
import pytest

from custom_components.maestra.core.fleet_api.api import ROUTES
from custom_components.maestra.core.fleet_api.routing import Route
from custom_components.maestra.core.fleet_api.schemas import TIME

from ...kits.fleet import FleetKit
from .test_streams import CONSUMER, STREAM

type Path = tuple[str | int, ...]

UUID: Final = "0d5f6b52-6f5c-4a8b-9a3d-5b1d8d3c2f10"
# How a number or truth value may be written, by its type in JSON Schema.
WRITTEN: Final[dict[str, tuple[Any, list[Any]]]] = {
    "integer": (10, [10.0, "10", "10.0", " 10 ", "+10"]),
    "number": (21.5, ["21.5", "2.15e1"]),
    "boolean": (True, ["true", "True", "yes", "on", "1", 1]),
}


def example(described: dict[str, Any]) -> Any:
    """Return the simplest value that a JSON Schema lets through, with all that it names."""
    match described:
        case {"anyOf": [*choices]}:
            return example(choices[-1])
        case {"enum": [first, *_]}:
            return first
        case {"type": "object"}:
            parts = described.get("properties", {})
            return {name: example(part) for name, part in parts.items()}
        case {"type": "array", "items": items}:
            return [example(items)]
        case {"type": "string", "format": "uuid"}:
            return UUID
        case {"type": "string", "format": _}:
            return "2026-11-30T12:00:00Z"
        case {"type": "string"}:
            return "abc"
        case {"type": kind} if kind in WRITTEN:
            return WRITTEN[kind][0]
    return None


def numbers(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield where numbers and truth values stand in an example, and of which type they are."""
    match value:
        case bool():
            yield path, "boolean"
        case int():
            yield path, "integer"
        case float():
            yield path, "number"
        case dict():
            for name, part in value.items():
                yield from numbers(part, (*path, name))
        case list():
            for place, part in enumerate(value):
                yield from numbers(part, (*path, place))


def replaced(value: Any, path: Path, part: Any) -> Any:
    """Return an example with another value in a place."""
    copy: Any = deepcopy(value)
    *way, last = path
    inner = copy
    for step in way:
        inner = inner[step]
    inner[last] = part
    return copy


CASES: Final = [
    pytest.param(
        route, schema, sample, path, kind, id=f"{route.method} {route.path} {path}"
    )
    for route in ROUTES
    for schema in (route.body, route.query)
    if schema is not None
    for sample in [example(probatio.to_openapi(schema, openapi_version="3.1.0"))]
    for path, kind in numbers(sample)
]


def test_there_are_numbers_to_read() -> None:
    """Else the next test says nothing."""
    assert {case.values[4] for case in CASES} == set(WRITTEN)
    assert len(CASES) > 20


@pytest.mark.parametrize(("route", "schema", "sample", "path", "kind"), CASES)
def test_every_number_may_be_written_otherwise(
    route: Route, schema: probatio.Schema, sample: Any, path: Path, kind: str
) -> None:
    plain = schema(sample)
    for written in WRITTEN[kind][1]:
        read = schema(replaced(sample, path, written))
        # Equal alone would be too little: 1 is True, and 10.0 is 10.
        assert repr(read) == repr(plain), (route.path, path, written)


@pytest.mark.parametrize(
    ("port", "kind"),
    [
        ("many", "int_parsing"),
        ("5960.5", "int_parsing"),
        ("1_0", "int_parsing"),
        ("", "int_parsing"),
        ("9" * 100, "int_parsing"),
        (5960.5, "int_from_float"),
        (True, "int_type"),
        (None, "int_type"),
        ([1], "int_type"),
        ("-1", "greater_than_equal"),
        ("70000", "less_than_equal"),
    ],
)
async def test_what_is_no_number_is_refused(
    fleet: FleetKit, port: Any, kind: str
) -> None:
    status, answer = await fleet.post("/streams/advertise", STREAM | {"port": port})
    assert status == 422
    (wrong,) = answer["detail"]
    assert (wrong["type"], wrong["loc"]) == (kind, ["body", "port"])
    assert wrong["input"] == port


@pytest.mark.parametrize(
    "written",
    [1700000000, 1700000000.0, "1700000000", 1700000000000, "2023-11-14T22:13:20Z"],
)
def test_times_may_be_unix_times(written: Any) -> None:
    read = probatio.Schema({"time": TIME})({"time": written})
    assert read == {"time": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)}


@pytest.mark.parametrize("written", [True, 1e300, "nan", "x", 10**400, -(10**18), None])
def test_what_is_no_time_is_refused(written: Any) -> None:
    with pytest.raises(probatio.Invalid):
        probatio.Schema({"time": TIME})({"time": written})


async def test_numbers_as_text_are_numbers_from_then_on(fleet: FleetKit) -> None:
    status, stream = await fleet.post("/streams/advertise", STREAM | {"port": "5960"})
    assert (status, stream["port"]) == (201, 5960)
    path = f"/streams/{stream['id']}/request"
    status, _ = await fleet.post(path, CONSUMER | {"consumer_port": 5961.0})
    assert status == 200
    (session,) = fleet.domain.streams.sessions
    assert repr(session.consumer_port) == "5961"
    _, device = await fleet.post(
        "/devices/register",
        {"hardware_id": "AA:01", "name": "A", "device_type": "esp32"},
    )
    metric = {
        "device_id": device["id"],
        "metric_name": "temperature",
        "metric_value": "21.5",
    }
    assert (await fleet.post("/metrics", metric))[0] == 200
    assert (await fleet.post("/metrics/batch", [metric | {"metric_value": "1e1"}]))[
        0
    ] == 200
    assert fleet.domain.devices["AA:01"].metrics["temperature"].value == 10.0
