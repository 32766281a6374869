"""How requests are read and refused, whatever they ask for (maestra.md §0)."""

import logging
from typing import Any
from uuid import uuid4

import pytest

from custom_components.maestra.core.fleet_api.schemas import URL

from ...kits.fleet import FleetKit

REGISTER = "/devices/register"


def wrong(kind: str, *loc: Any, msg: str, value: Any = None, **more: Any) -> Any:
    """One entry of a validation error."""
    return {
        "type": kind,
        "loc": list(loc),
        "msg": msg,
        "input": value,
        "url": f"{URL}{kind}",
        **more,
    }


async def test_unknown_path_and_verb(fleet: FleetKit) -> None:
    assert await fleet.get("/nowhere") == (404, {"detail": "Not Found"})
    assert await fleet.get("/") == (404, {"detail": "Not Found"})
    assert await fleet.get("//") == (404, {"detail": "Not Found"})
    assert await fleet.get("/devices//provision") == (404, {"detail": "Not Found"})
    assert await fleet.put("/devices") == (405, {"detail": "Method Not Allowed"})
    assert await fleet.ask("OPTIONS", "/devices") == (
        405,
        {"detail": "Method Not Allowed"},
    )
    assert (await fleet.head("/health"))[0] == 405


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/devices/", "/devices"),
        ("/devices/?limit=1&status=a%20b", "/devices?limit=1&status=a%20b"),
        ("/devices/pending/", "/devices/pending"),
    ],
)
async def test_slash_too_many(fleet: FleetKit, asked: str, told: str) -> None:
    async with fleet.session.get(
        f"{fleet.url}{asked}", allow_redirects=False
    ) as answer:
        assert answer.status == 307
        assert answer.headers["Location"] == told
    assert (await fleet.get(asked))[0] == 200


async def test_nobody_is_sent_elsewhere(fleet: FleetKit) -> None:
    async with fleet.session.get(
        f"{fleet.url}//evil.example/devices/", allow_redirects=False
    ) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "kind", [None, "application/json", "application/json; charset=utf-8", "a/b+json"]
)
async def test_json_is_what_says_so_or_says_nothing(
    fleet: FleetKit, kind: str | None
) -> None:
    data = b'{"name": "N", "device_type": "t", "hardware_id": "h"}'
    headers = {} if kind is None else {"Content-Type": kind}
    skip = ["Content-Type"] if kind is None else []
    expected = 422 if kind == "a/b+json" else 200
    status, _ = await fleet.post(
        REGISTER, data=data, headers=headers, skip_auto_headers=skip
    )
    assert status == expected


async def test_text_is_no_json(fleet: FleetKit) -> None:
    status, answer = await fleet.post(
        REGISTER, data=b"{}", headers={"Content-Type": "text/plain"}
    )
    assert status == 422
    assert answer["detail"] == [
        wrong(
            "model_attributes_type",
            "body",
            msg="Input should be a valid dictionary or object to extract fields from",
            value="{}",
        )
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"nope",
        b'{"metric_value": NaN}',
        b'{"metric_value": 1e999}',
        b'{"name": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 2000,
        b'{"a": 99999999999999999999999999} x',
    ],
)
async def test_broken_json(fleet: FleetKit, data: bytes) -> None:
    status, answer = await fleet.post(
        REGISTER, data=data, headers={"Content-Type": "application/json"}
    )
    assert status == 422
    (detail,) = answer["detail"]
    assert detail["type"] == "json_invalid"
    assert detail["loc"][0] == "body"
    assert detail["msg"] == "JSON decode error"
    assert detail["input"] == {}
    assert set(detail["ctx"]) == {"error"}


async def test_nothing_where_something_is_needed(fleet: FleetKit) -> None:
    expected = [wrong("missing", "body", msg="Field required")]
    assert await fleet.post(REGISTER) == (422, {"detail": expected})


async def test_everything_that_is_wrong_is_told_at_once(fleet: FleetKit) -> None:
    body = {"name": 5, "hardware_id": "", "ip_address": "x" * 46, "location": []}
    status, answer = await fleet.post(REGISTER, body)
    assert status == 422
    found = {detail["loc"][1]: detail for detail in answer["detail"]}
    assert found == {
        "name": wrong(
            "string_type", "body", "name", msg="Input should be a valid string", value=5
        ),
        "device_type": wrong(
            "missing", "body", "device_type", msg="Field required", value=body
        ),
        "hardware_id": wrong(
            "string_too_short",
            "body",
            "hardware_id",
            msg="String should have at least 1 character",
            value="",
            ctx={"min_length": 1},
        ),
        "ip_address": wrong(
            "string_too_long",
            "body",
            "ip_address",
            msg="String should have at most 45 characters",
            value="x" * 46,
            ctx={"max_length": 45},
        ),
        "location": wrong(
            "dict_type",
            "body",
            "location",
            msg="Input should be a valid dictionary",
            value=[],
        ),
    }


async def test_path_query_and_body_are_told_together(fleet: FleetKit) -> None:
    status, answer = await fleet.put("/devices/nope/provision", {"entity_id": "x"})
    assert status == 422
    assert [detail["loc"] for detail in answer["detail"]] == [
        ["path", "device_id"],
        ["body", "entity_id"],
    ]
    assert {detail["type"] for detail in answer["detail"]} == {"uuid_parsing"}


async def test_wrong_query(fleet: FleetKit) -> None:
    status, answer = await fleet.get("/devices?limit=many&offset=-1")
    assert status == 422
    assert answer["detail"] == [
        wrong(
            "int_parsing",
            "query",
            "limit",
            msg="Input should be a valid integer, unable to parse string as an integer",
            value="many",
        ),
        wrong(
            "greater_than_equal",
            "query",
            "offset",
            msg="Input should be greater than or equal to 0",
            value="-1",
            ctx={"ge": 0},
        ),
    ]


async def test_what_the_domain_refuses_is_a_validation_error_too(
    fleet: FleetKit,
) -> None:
    body = {"name": "\x07", "device_type": "t", "hardware_id": "h"}
    status, answer = await fleet.post(REGISTER, body)
    assert status == 422
    (detail,) = answer["detail"]
    assert (detail["type"], detail["loc"]) == ("value_error", ["body", "name"])


async def test_answer_is_not_a_multiple_of_the_question(fleet: FleetKit) -> None:
    """Thousands of errors, each with what was sent, would be."""
    body = [{"message": "x" * 1900} for _ in range(500)]
    status, answer = await fleet.post("/events/batch", body)
    assert status == 422
    assert len(answer["detail"]) == 32
    huge = {"location": "x" * 100_000, "metadata": [0] * 100_000}
    status, answer = await fleet.post(REGISTER, huge)
    assert status == 422
    assert len(str(answer)) < 10_000


async def test_failure_is_plain_text(
    fleet: FleetKit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect of ours is logged, and tells nothing of itself."""
    monkeypatch.setattr(fleet.domain, "devices", None)
    assert await fleet.get("/devices/pending") == (500, "Internal Server Error")
    assert fleet.api.counters["failed"] == 1
    assert [record.levelno for record in caplog.records][-1] == logging.ERROR


async def test_uuids_in_any_spelling(fleet: FleetKit) -> None:
    key = uuid4()
    for spelling in (str(key).upper(), key.hex, f"urn:uuid:{key}", f"%7B{key}%7D"):
        assert await fleet.get(f"/devices/{spelling}") == (
            404,
            {"detail": "Device not found"},
        )
    status, answer = await fleet.get("/devices/dmx-lighting")
    assert status == 422
    assert answer["detail"][0]["input"] == "dmx-lighting"
