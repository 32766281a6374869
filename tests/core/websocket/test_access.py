"""Who comes in, and how the others are told that they don't."""

from typing import Any

import aiohttp
import pytest

from custom_components.maestra.core.transport.access import Access
from custom_components.maestra.core.transport.errors import ListenFailed
from tests.kits.websocket import RawClient, WebSocketKit

from .conftest import Stage

SECRET = "a token"


@pytest.mark.parametrize(
    ("access", "headers", "code", "counter"),
    [
        (Access(), {"Origin": "http://elsewhere"}, 1008, "wrong_origin"),
        (Access(max_clients=0), {}, 1013, "too_many_clients"),
        (Access(rate=1, burst=0), {}, 1013, "rate_limited"),
        (Access(token=SECRET), {"Authorization": "Bearer x"}, 1008, "wrong_token"),
        (Access(token=SECRET), {"Authorization": "Bearer \xff"}, 1008, "wrong_token"),
    ],
)
async def test_who_may_not_come_in_is_told_why(
    closed_stage: Stage, access: Access, headers: Any, code: int, counter: str
) -> None:
    stage = closed_stage
    await stage.start(access)
    stranger = await stage.stranger(headers=headers)
    closed = await stranger.closed()
    assert closed.code == code
    assert closed.reason
    stage.lamp(on=True)
    with pytest.raises(AssertionError):
        await stranger.receives("welcome", timeout=0)
    assert stage.gateway.counters[f"refused_{counter}"] == 1
    assert stage.gateway.clients == 0


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Authorization": f"Bearer {SECRET}"}),
        ("/", {"Authorization": f"bearer {SECRET}", "Origin": "http://page"}),
        ("/?token=a%20token", {}),
    ],
)
async def test_a_token_lets_in(
    closed_stage: Stage, path: str, headers: dict[str, str]
) -> None:
    await closed_stage.start(Access(token=SECRET, origins=("http://page",)))
    client = await closed_stage.client(path, headers=headers)
    await client.say("auth", token="said to be sure")
    assert await client.settled() == []


async def test_a_token_may_be_the_first_frame(closed_stage: Stage) -> None:
    await closed_stage.start(Access(token=SECRET))
    client = await closed_stage.stranger()
    assert closed_stage.gateway.clients == 0
    await client.say("auth", token=SECRET)
    await client.receives("welcome")
    assert closed_stage.gateway.clients == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ('{"type": "auth", "token": "x"}', "Token is wrong"),
        ('{"type": "auth"}', "Token is missing"),
        ('{"type": "ping"}', "Token is missing"),
        ("nonsense", "Token is missing"),
    ],
)
async def test_another_first_frame_is_the_last(
    closed_stage: Stage, said: str, reason: str
) -> None:
    await closed_stage.start(Access(token=SECRET))
    stranger = await closed_stage.stranger()
    await stranger.send(said)
    assert await stranger.closed() == (1008, reason)


async def test_who_says_no_token_in_time_has_to_go(closed_stage: Stage) -> None:
    await closed_stage.start(Access(token=SECRET), auth_timeout=0.01)
    stranger = await closed_stage.stranger()
    assert await stranger.closed() == (1008, "Token is missing")


async def test_a_place_is_free_again_when_a_client_leaves(
    closed_stage: Stage,
) -> None:
    stage = closed_stage
    await stage.start(Access(max_clients=1))
    first = await stage.client()
    assert (await (await stage.stranger()).closed()).code == 1013
    await first.__aexit__()
    # Its place is free once the gateway has seen it go, which nothing tells a newcomer.
    async with WebSocketKit(stage.gateway.port) as next_one:
        assert await next_one.receives("welcome")


async def test_what_is_no_websocket_is_told_so(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"http://127.0.0.1:{stage.gateway.port}/x")
        assert answer.status == 426
        assert answer.headers["Upgrade"] == "websocket"


async def test_a_port_that_is_taken_is_an_error(stage: Stage) -> None:
    other = Stage()
    with pytest.raises(ListenFailed):
        await other.start(port=stage.gateway.port)
    # It does not listen to the domain either.
    other.lamp(on=True)
    await other.gateway.stop()


async def test_who_does_not_say_goodbye_is_cut(closed_stage: Stage) -> None:
    await closed_stage.start(Access(max_clients=0))
    async with RawClient(closed_stage.gateway.port) as client:
        opcode, payload = await client.reads()
        assert opcode == aiohttp.WSMsgType.CLOSE
        assert payload == b"\x03\xf5Too many clients"
        await client.ended()
