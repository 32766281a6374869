"""Streams over REST (maestra.md §1.8)."""

from typing import Any
from uuid import uuid4

import pytest

from custom_components.maestra.core.domain.errors import (
    BadReply,
    MaestraError,
    PublisherSilent,
    StreamRejected,
)
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.stream import Stream

from ...kits.fleet import FleetKit

STREAM = {
    "name": "Spectrum",
    "stream_type": "sensor",
    "publisher_id": "radio",
    "protocol": "udp",
    "address": "127.0.0.1",
    "port": 9000,
}
CONSUMER = {
    "consumer_id": "screen",
    "consumer_address": "127.0.0.1",
    "consumer_port": 9001,
}
MULTICAST = {"multicast_group": "239.1.2.3", "multicast_port": 9002}
MISSING = (404, {"detail": "Stream not found or expired"})


async def advertised(fleet: FleetKit, **fields: Any) -> dict[str, Any]:
    """Advertise a stream and return it."""
    stream: dict[str, Any]
    status, stream = await fleet.post("/streams/advertise", STREAM | fields)
    assert status == 201
    return stream


async def requested(fleet: FleetKit, stream: dict[str, Any]) -> dict[str, Any]:
    """Request a session and return the offer."""
    offer: dict[str, Any]
    status, offer = await fleet.post(f"/streams/{stream['id']}/request", CONSUMER)
    assert status == 200
    return offer


async def test_advertises_and_shows(fleet: FleetKit) -> None:
    stream = await advertised(fleet, config={"bins": 8})
    assert stream.items() >= (STREAM | {"config": {"bins": 8}}).items()
    assert stream["delivery_mode"] == "unicast"
    assert stream["active_sessions"] == stream["active_subscribers"] == 0
    assert stream["multicast_group"] is None
    assert stream["advertised_at"].endswith("Z")
    assert await fleet.get(f"/streams/{stream['id']}") == (200, stream)
    assert await fleet.get("/streams") == (200, [stream])
    assert await fleet.get("/streams?stream_type=sensor") == (200, [stream])
    assert await fleet.get("/streams?stream_type=none") == (200, [])


async def test_the_same_name_of_a_publisher_is_renewed(fleet: FleetKit) -> None:
    first = await advertised(fleet)
    again = await advertised(fleet, port=9100)
    assert again["id"] == first["id"]
    assert again["port"] == 9100


async def test_a_custom_type_can_be_advertised(fleet: FleetKit) -> None:
    body = {"name": "lidar", "display_name": "Lidar"}
    status, kind = await fleet.post("/streams/types", body)
    assert status == 201
    assert (await fleet.post("/streams/types", body))[0] == 409
    _, types = await fleet.get("/streams/types")
    assert kind in types
    assert len(types) == 12
    assert (await advertised(fleet, stream_type="lidar"))["stream_type"] == "lidar"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"stream_type": "none"},
        {"protocol": "smoke"},
        {"port": 70_000},
        {"port": "many"},
        {"multicast_group": "239.1.2.3"},
        {"multicast_group": "10.0.0.1", "multicast_port": 5},
    ],
)
async def test_refuses_what_is_no_stream(fleet: FleetKit, fields: Any) -> None:
    status, body = await fleet.post("/streams/advertise", STREAM | fields)
    assert status == 422
    assert isinstance(body["detail"], list)


async def test_a_session_from_request_to_stop(fleet: FleetKit) -> None:
    stream = await advertised(fleet)
    offer = await requested(fleet, stream)
    session_id = offer["session_id"]
    assert offer == {
        "session_id": session_id,
        "stream_id": stream["id"],
        "stream_name": "Spectrum",
        "stream_type": "sensor",
        "protocol": "udp",
        "publisher_address": "127.0.0.1",
        "publisher_port": 9000,
        "transport_config": {},
    }
    _, sessions = await fleet.get(f"/streams/sessions?stream_id={stream['id']}")
    assert [session["session_id"] for session in sessions] == [session_id]
    assert sessions[0]["status"] == "active"
    assert await fleet.get("/streams/sessions") == (200, sessions)
    assert await fleet.get(f"/streams/sessions?stream_id={uuid4()}") == (200, [])
    path = f"/streams/sessions/{session_id}"
    beat = (200, {"status": "ok", "session_id": session_id})
    assert await fleet.post(f"{path}/heartbeat") == beat
    assert await fleet.post(f"{path}/heartbeat", {"bytes_transferred": 5}) == beat
    assert fleet.domain.streams.session(session_id).bytes_transferred == 5
    assert await fleet.delete(f"{path}?bytes_transferred=9") == (
        200,
        {"status": "stopped", "session_id": session_id},
    )
    gone = (404, {"detail": "Session not found or expired"})
    assert await fleet.delete(path) == gone
    assert await fleet.post(f"{path}/heartbeat") == gone


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (StreamRejected(stream="s", reason="Full"), 403, "Full"),
        (PublisherSilent(stream="s", seconds=5.0), 504, None),
        (BadReply(stream="s", reason="no JSON"), 502, None),
    ],
)
async def test_tells_why_there_is_no_session(
    fleet: FleetKit, error: MaestraError, status: int, detail: str | None
) -> None:
    async def refuse(_stream: Stream, _request: JsonObject) -> JsonObject:
        raise error

    fleet.domain.streams.handshakes.append(refuse)
    stream = await advertised(fleet)
    answer = await fleet.post(f"/streams/{stream['id']}/request", CONSUMER)
    assert answer == (status, {"detail": detail or str(error)})


async def test_keeps_alive_and_withdraws(fleet: FleetKit) -> None:
    stream = await advertised(fleet)
    await requested(fleet, stream)
    path = f"/streams/{stream['id']}"
    beat = (200, {"status": "ok", "stream_id": stream["id"]})
    assert await fleet.post(f"{path}/heartbeat") == beat
    assert await fleet.post(f"{path}/heartbeat", {}) == beat
    assert await fleet.delete(path) == (
        200,
        {"status": "withdrawn", "stream_id": stream["id"]},
    )
    assert await fleet.get(path) == MISSING
    assert await fleet.post(f"{path}/heartbeat") == MISSING
    assert await fleet.delete(path) == MISSING
    assert await fleet.post(f"{path}/request", CONSUMER) == MISSING
    assert await fleet.get("/streams/sessions") == (200, [])


async def test_consumers_join_and_leave_a_multicast_stream(fleet: FleetKit) -> None:
    stream = await advertised(fleet, **MULTICAST, config={"ttl": 1})
    path = f"/streams/{stream['id']}"
    assert stream["delivery_mode"] == "multicast"
    assert (await fleet.post(f"{path}/request", CONSUMER))[0] == 400
    status, joined = await fleet.post(f"{path}/join", CONSUMER)
    subscriber_id = joined["subscriber_id"]
    assert status == 201
    assert joined == {
        "subscriber_id": subscriber_id,
        "stream_id": stream["id"],
        "stream_name": "Spectrum",
        "stream_type": "sensor",
        "protocol": "udp",
        **MULTICAST,
        "config": {"ttl": 1},
    }
    _, subscribers = await fleet.get(f"{path}/subscribers")
    assert subscribers[0]["consumer_id"] == "screen"
    assert await fleet.get("/streams/subscribers") == (200, subscribers)
    assert await fleet.get(f"/streams/subscribers?stream_id={stream['id']}") == (
        200,
        subscribers,
    )
    assert await fleet.get(f"/streams/subscribers?stream_id={uuid4()}") == (200, [])
    assert await fleet.post(f"/streams/subscribers/{subscriber_id}/heartbeat") == (
        200,
        {"status": "ok", "subscriber_id": subscriber_id},
    )
    assert await fleet.delete(f"{path}/leave/{subscriber_id}") == (
        200,
        {"status": "left", "subscriber_id": subscriber_id},
    )
    assert (await fleet.delete(f"{path}/leave/{subscriber_id}"))[0] == 404
    status, _ = await fleet.post(f"/streams/subscribers/{subscriber_id}/heartbeat")
    assert status == 404


async def test_nobody_joins_what_is_not_multicast(fleet: FleetKit) -> None:
    stream = await advertised(fleet)
    assert (await fleet.post(f"/streams/{stream['id']}/join", CONSUMER))[0] == 400
    assert (await fleet.post(f"/streams/{uuid4()}/join", CONSUMER))[0] == 400
    assert await fleet.get(f"/streams/{uuid4()}/subscribers") == MISSING


async def test_shows_everything_at_once(fleet: FleetKit) -> None:
    stream = await advertised(fleet)
    await requested(fleet, stream)
    group = await advertised(fleet, name="Group", **MULTICAST)
    await fleet.post(f"/streams/{group['id']}/join", CONSUMER)
    status, state = await fleet.get("/streams/state")
    assert status == 200
    assert {key: len(found) for key, found in state.items()} == {
        "streams": 2,
        "sessions": 1,
        "stream_types": 11,
        "subscribers": 1,
    }


async def test_without_a_database_there_is_no_history(fleet: FleetKit) -> None:
    assert await fleet.get("/streams/sessions/history") == (
        503,
        {"detail": "Database not connected"},
    )
    assert (await fleet.get("/streams/sessions/history?limit=501"))[0] == 422
