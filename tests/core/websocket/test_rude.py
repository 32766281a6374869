"""Clients that are slow, rude or hostile."""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import WSMsgType
import pytest

from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.transport.access import Access
from tests.kits.process import PATIENCE

from .conftest import Stage

BIG = "x" * 20_000
SOMEONE = Source("somebody")


async def until_dropped(stage: Stage, change: Any) -> None:
    """Go on changing states until the gateway gives a client up."""
    number = 0
    async with asyncio.timeout(PATIENCE):
        while not stage.gateway.counters["dropped"]:
            number += 1
            change(number)
            await asyncio.sleep(0)


async def test_the_states_of_a_client_that_does_not_read_are_coalesced(
    closed_stage: Stage,
) -> None:
    stage = closed_stage
    await stage.start(outbox_frames=8)
    slow, other = await stage.raw(), await stage.client()
    await slow.reads()
    await other.subscribe("maestra.none")
    async with asyncio.timeout(PATIENCE):
        number = 0
        while stage.gateway.counters["coalesced"] < 50:
            number += 1
            stage.lamp(x=number, big=BIG)
            await asyncio.sleep(0)
    assert stage.gateway.clients == 2
    assert stage.gateway.counters["dropped"] == 0
    # When it reads again it gets what is true now, in order.
    values: list[int] = []
    while not values or values[-1] != number:
        _, payload = await slow.reads()
        told = json.loads(payload)["data"]
        values.append(told.get("current_state", {}).get("x", 0))
    assert values == sorted(values)


async def test_of_the_commands_for_an_entity_the_latest_counts(
    closed_stage: Stage,
) -> None:
    """A fader that others move brings nobody's end."""
    stage = closed_stage
    await stage.start(outbox_frames=8)
    slow, other = await stage.raw(), await stage.client()
    await slow.reads()
    await other.subscribe("maestra.none")
    subject = "maestra.entity.state.update.lamp"
    async with asyncio.timeout(PATIENCE):
        while stage.gateway.counters["coalesced"] < 50:
            await other.publish(subject, {"big": BIG})
    assert stage.gateway.counters["dropped"] == 0


async def test_a_client_that_is_too_slow_is_dropped_while_others_go_on(
    closed_stage: Stage,
) -> None:
    stage = closed_stage
    await stage.start(outbox_frames=8)
    slow, other = await stage.raw(), await stage.client()
    await slow.reads()
    await other.subscribe("maestra.go")

    def change(number: int) -> None:
        stage.domain.entities.report(
            f"fader-{number % 50}", {"x": number, "big": BIG}, source=SOMEONE
        )

    await until_dropped(stage, change)
    await slow.ended()
    await other.publish("maestra.go", 1)
    await other.receives("message", subject="maestra.go")
    assert stage.gateway.clients == 1
    assert stage.gateway.counters["refused_too_slow"] == 1
    assert stage.gateway.counters["unsent"] >= 8


async def test_who_asks_and_never_reads_is_dropped(closed_stage: Stage) -> None:
    stage = closed_stage
    await stage.start(Access(rate=0), outbox_frames=8)
    rude = await stage.raw()
    subjects = [f"{number}{'a' * 500}" for number in range(100)]
    question = json.dumps({"type": "subscribe", "subjects": subjects}).encode()
    async with asyncio.timeout(PATIENCE):
        while not stage.gateway.counters["dropped"]:
            rude.frame(question)
            await asyncio.sleep(0)
    await rude.ended()


async def test_who_answers_no_ping_is_gone(closed_stage: Stage) -> None:
    stage = closed_stage
    await stage.start(heartbeat=0.1)
    alive, dead = await stage.client(), await stage.raw()
    await dead.reads()
    assert await dead.reads() == (WSMsgType.PING, b"")
    await dead.ended()
    assert await alive.settled() == []
    assert stage.gateway.clients == 1


async def test_a_control_frame_is_answered_in_its_turn(stage: Stage) -> None:
    client = await stage.raw()
    await client.reads()
    client.frame(b'{"type":"ping"}')
    client.frame(b"still there?", WSMsgType.PING)
    client.frame(b"unasked", WSMsgType.PONG)
    client.frame(b'{"type":"ping"}')
    answers = [await client.reads() for _ in range(3)]
    assert [opcode for opcode, _ in answers] == [
        WSMsgType.TEXT,
        WSMsgType.PONG,
        WSMsgType.TEXT,
    ]
    assert answers[1][1] == b"still there?"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("nonsense", "Invalid JSON"),
        ("", "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON"),
        ('{"type": "ping", "x": NaN}', "Invalid JSON"),
        ("[1, 2]", "Frame is not a JSON object"),
        ("null", "Frame is not a JSON object"),
        ('{"type": "dance"}', "Unknown message type: dance"),
    ],
)
async def test_nonsense_is_answered_and_borne(
    stage: Stage, said: str, message: str
) -> None:
    client = await stage.client()
    await client.send(said)
    error = await client.receives("error", message=message)
    assert error["code"] == "malformed"
    assert await client.settled() == []


async def test_binary_frames_are_answered_and_borne(stage: Stage) -> None:
    client = await stage.client()
    await client.send_bytes(b"\x00\xff")
    await client.receives("error", message="Frame is not text")
    assert await client.settled() == []


async def test_many_errors_are_all_answered(stage: Stage) -> None:
    client = await stage.client()
    for _ in range(200):
        await client.send("nonsense")
    assert len(await client.settled()) == 200


async def test_text_that_is_no_utf_8_is_answered_and_borne(stage: Stage) -> None:
    rude = await stage.raw()
    await rude.reads()
    rude.frame(b'{"type":"\xff\xfe"}')
    _, payload = await rude.reads()
    assert json.loads(payload)["message"] == "Invalid JSON"


async def test_a_message_may_come_in_parts(stage: Stage) -> None:
    client = await stage.raw()
    await client.reads()
    client.frame(b'{"type":', last=False)
    client.frame(b'"pi', WSMsgType.CONTINUATION, last=False)
    client.frame(b'ng"}', WSMsgType.CONTINUATION)
    _, payload = await client.reads()
    assert json.loads(payload)["type"] == "pong"


async def test_a_large_frame_is_taken_and_a_larger_one_is_not(stage: Stage) -> None:
    client = await stage.client()
    most = stage.settings.max_frame
    frame = '{"type": "ping", "x": ""}'
    await client.send(frame.replace('""', f'"{"x" * (most - len(frame))}"'))
    await client.receives("pong")
    await client.send("x" * (most + 1))
    assert (await client.closed()).code == 1009
    assert stage.gateway.counters["refused_protocol_error"] == 1


@pytest.mark.parametrize("size", [2**21, 2**40, 2**62])
async def test_a_frame_that_says_it_is_huge_ends_the_connection(
    stage: Stage, size: int
) -> None:
    rude = await stage.raw()
    await rude.reads()
    rude.write(rude.head(size) + b"abcd")
    opcode, payload = await rude.reads()
    assert (opcode, payload[:2]) == (WSMsgType.CLOSE, b"\x03\xf1")
    await rude.ended()


async def test_parts_without_end_end_the_connection(stage: Stage) -> None:
    rude = await stage.raw()
    await rude.reads()
    rude.frame(b"x" * 1000, last=False)
    with contextlib.suppress(ConnectionError):
        while not stage.gateway.counters["refused_protocol_error"]:
            rude.frame(b"x" * 60_000, WSMsgType.CONTINUATION, last=False)
            await rude.writer.drain()
    await rude.ended()


@pytest.mark.parametrize(
    "data",
    [b"\x83\x80abcd", b"\xff\xff\xff\xff", b"\x81\x05hello", b"\x80\x80abcd"],
    ids=["opcode", "bits", "no_mask", "continuation_of_nothing"],
)
async def test_what_is_no_frame_harms_nobody_else(stage: Stage, data: bytes) -> None:
    rude, other = await stage.raw(), await stage.client()
    await rude.reads()
    rude.write(data + b"\x00" * 100)
    assert await other.settled() == []
    rude.writer.close()
    await rude.ended()
    assert await other.settled() == []


async def test_a_client_that_says_too_much_is_refused_and_then_closed(
    closed_stage: Stage,
) -> None:
    stage = closed_stage
    await stage.start(Access(rate=0.001, burst=20))
    client = await stage.client()
    for _ in range(1_100):
        await client.say("ping")
    await client.receives("error", code="rate_limited")
    assert await client.closed() == (1008, "Too many messages")
    counters = stage.gateway.counters
    assert counters["messages_in"] == 19
    assert counters["refused_rate_limited"] >= 1_000
    assert counters["refused_flood"] == 1


async def test_snapshots_without_end_are_bounded(closed_stage: Stage) -> None:
    stage = closed_stage
    await stage.start()
    for number in range(200):
        stage.domain.entities.create(name=f"E{number}", entity_type="device")
        stage.domain.entities.update(f"e{number}", {"big": BIG})
    rude = await stage.raw()
    await rude.reads()
    for _ in range(50):
        rude.frame(b'{"type":"subscribe","snapshot":true}')
    async with asyncio.timeout(PATIENCE):
        while not stage.gateway.counters["refused_too_many"]:
            await asyncio.sleep(0)


async def test_those_who_read_nothing_do_not_hold_up_the_end(stage: Stage) -> None:
    slow = [await stage.raw() for _ in range(3)]
    for client in slow:
        await client.reads()
    while stage.gateway.counters["coalesced"] < 10:
        stage.lamp(big=f"{BIG}{stage.gateway.counters['messages_out']}")
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        await stage.gateway.stop()
    for client in slow:
        await client.ended()
