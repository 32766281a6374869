"""Targets, on real sockets."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
import logging
from typing import Any

import pytest

from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    MaestraError,
    NotConnected,
    OutgoingFull,
)
from custom_components.maestra.core.domain.events import (
    OscReceived,
    Relayed,
    StateChanged,
)
from custom_components.maestra.core.domain.source import HOME_ASSISTANT, Source
from custom_components.maestra.core.osc import outbox, target as module
from custom_components.maestra.core.osc.gateway import OscGateway
from custom_components.maestra.core.osc.settings import (
    FramingKind,
    KeepAlive,
    OscMap,
    OscSettings,
    OscTargetSettings,
    OutputFilter,
    OutputMode,
    Protocol,
)
from custom_components.maestra.core.osc.target import (
    OscTarget,
    OscTargetSilent,
    OscTargetUnreachable,
)
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from custom_components.maestra.core.transport.reconnect import Backoff
from tests.core.domain.conftest import Heard
from tests.kits.osc import HOST, OscPeer, OscTcpServer, free_udp_port
from tests.kits.process import free_port, soon

LIGHT = "/entity/state/light/wash-1"
QUICK = Backoff(timedelta(seconds=0.02), timedelta(seconds=0.04))
LOGGER = "custom_components.maestra.core.transport.reconnect"


@asynccontextmanager
async def running(
    domain: Domain, port: int, *, key: str = "mixer", **options: Any
) -> AsyncIterator[OscTarget]:
    """Run a target of this host, from when it has its socket."""
    settings = OscTargetSettings(
        host=HOST, port=port, **({"output": OutputMode.KEYS} | options)
    )
    target = OscTarget(key, domain, EventEncoder(), settings, backoff=QUICK)
    connections: list[tuple[bool, MaestraError | None]] = []
    target.on_connection(lambda up, why: connections.append((up, why)))
    task = asyncio.create_task(target.run())
    try:
        await soon(lambda: target.is_meant(f"{HOST}:{port}") and has_socket(target))
        yield target
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert connections[-1] == (False, None)
    assert not target.connected


def has_socket(target: OscTarget) -> bool:
    """Whether something can be sent."""
    try:
        target.send("/hello")
    except MaestraError:
        return False
    return True


@pytest.fixture
async def peer() -> AsyncGenerator[OscPeer]:
    async with OscPeer() as peer:
        yield peer


def change(domain: Domain, source: Source = HOME_ASSISTANT, **state: Any) -> None:
    domain.entities.update("wash-1", state, source=source)


async def test_a_change_is_told_once(domain: Domain, peer: OscPeer) -> None:
    async with running(domain, peer.port, output=OutputMode.KEYS_AND_STATE) as target:
        assert target.connected
        assert target.clients == 1
        await peer.receives("/hello")
        change(domain, brightness=5)
        target.send("/end", [1])
        await peer.receives("/end", 1)
        first, second = peer.collect()
        assert first == (f"{LIGHT}/brightness", (5,))
        assert second.address == LIGHT
        assert second.json == domain.entities["wash-1"].state
        assert target.counters["messages_out"] == 4


async def test_what_it_says_is_taken_over_but_not_told_back(
    domain: Domain, peer: OscPeer, heard: Heard
) -> None:
    async with (
        OscPeer() as other,
        running(domain, peer.port) as target,
        running(domain, other.port, key="other"),
    ):
        await peer.receives("/hello")
        _, port = peer.clients[0]
        peer.send("/entity/update/wash-1/brightness", 9, to=port)
        peer.send("/maestra/auth", "secret", to=port)
        await other.receives(f"{LIGHT}/brightness", 9)
        assert heard.the(StateChanged).source == Source(
            "osc", "mixer", f"{HOST}:{peer.port}"
        )
        target.send("/end")
        await peer.receives("/end")
        assert peer.collect() == []
        received = heard.the(OscReceived)
        assert (received.gateway, received.arguments) == ("mixer", (9,))
        assert [relayed.subject for relayed in heard.of(Relayed)] == [
            "maestra.osc.entity.update.wash-1.brightness",
            "maestra.entity.state.update.wash-1",
        ]
        assert target.counters["accepted"] == 1


async def test_what_makes_no_sense_is_counted_and_not_answered(
    domain: Domain, peer: OscPeer
) -> None:
    async with running(domain, peer.port) as target:
        await peer.receives("/hello")
        _, port = peer.clients[0]
        peer.send("/entity/update/wash-1", 9, to=port)
        peer.send_bytes(b"no OSC", to=port)
        await soon(lambda: target.counters["refused_malformed"] == 2)
        target.send("/end")
        await peer.receives("/end")
        assert peer.collect() == []


async def test_only_the_target_is_heard(domain: Domain, peer: OscPeer) -> None:
    async with running(domain, peer.port) as target, OscPeer() as stranger:
        await peer.receives("/hello")
        _, port = peer.clients[0]
        stranger.send("/entity/update/wash-1/brightness", 1, to=port)
        peer.send("/entity/update/wash-1/brightness", 2, to=port)
        await soon(lambda: target.counters["messages_in"])
        assert target.counters["messages_in"] == 1
        assert domain.entities["wash-1"].state["brightness"] == 2


async def test_its_messages_can_set_what_a_map_says(
    domain: Domain, peer: OscPeer
) -> None:
    fader = OscMap(
        osc_address="/ch/01/mix/fader", entity_slug="wash-1", state_key="brightness"
    )
    async with running(domain, peer.port, maps=(fader,)) as target:
        await peer.receives("/hello")
        _, port = peer.clients[0]
        peer.send("/ch/01/mix/fader", 0.5, to=port)
        await soon(lambda: target.counters["accepted"])
        assert domain.entities["wash-1"].state["brightness"] == 0.5
        target.set_maps([])
        peer.send("/ch/01/mix/fader", 0.75, to=port)
        await soon(lambda: target.counters["accepted"] == 2)
        assert domain.entities["wash-1"].state["brightness"] == 0.5


@pytest.mark.parametrize(
    ("said_by", "own", "options"),
    [
        ("127.0.0.1:{own}", [], {}),
        ("127.0.0.1:1", [7], {}),
        ("10.0.0.5:1", [7], {}),
        ("127.0.0.1:{own}", [7], {"skips_own_host": False}),
    ],
)
async def test_what_a_target_said_to_the_listener_is_its_own(
    domain: Domain,
    peer: OscPeer,
    said_by: str,
    own: list[int],
    options: dict[str, Any],
) -> None:
    async with running(domain, peer.port, **options) as target:
        source = Source("osc", "osc", said_by.format(own=peer.port))
        change(domain, source, brightness=7)
        target.send("/end")
        await peer.receives("/end")
        assert [
            heard.arguments[0] for heard in peer.collect() if heard.address != "/hello"
        ] == own


async def test_a_filter_keeps_changes_back(domain: Domain, peer: OscPeer) -> None:
    wanted = OutputFilter(keys=frozenset({"color"}))
    async with running(domain, peer.port, filter=wanted) as target:
        change(domain, brightness=7)
        change(domain, brightness=8, color="#123456")
        target.send("/end")
        await peer.receives("/end")
        assert peer.collect()[1:] == [(f"{LIGHT}/color", ("#123456",))]


async def test_messages_of_others(domain: Domain, peer: OscPeer) -> None:
    def relay(target: str | None = None, gateway: str = "nats", **body: Any) -> None:
        body = {"address": "/cue", "target": target} | body
        source = Source("x", gateway)
        domain.bus.publish(Relayed("maestra.to_osc.any", body, source))

    settings = OscSettings(host=HOST, port=0)
    async with running(domain, peer.port, name="QLab") as target:
        gateway = OscGateway(domain, EventEncoder(), settings, targets=lambda: [target])
        await gateway.start()
        await peer.receives("/hello")
        meant = (None, "QLab", "mixer", HOST, f"{HOST}:{peer.port}")
        for number, name in enumerate(meant):
            relay(name, values=[number])
        relay("other")
        relay(None, "mixer")
        relay(values=[{}])
        relay(values=["x" * 70_000])
        target.send("/end")
        await peer.receives("/end")
        # The listener sends none of them a second time.
        assert [heard.arguments for heard in peer.collect()] == [
            (number,) for number in range(len(meant))
        ]
        assert target.counters["refused_invalid_field"] == 2
        await gateway.stop()


async def test_a_keep_alive_message(domain: Domain, peer: OscPeer) -> None:
    sign = KeepAlive(
        address="/xremote", arguments=(1,), interval=timedelta(milliseconds=20)
    )
    async with running(domain, peer.port, keep_alive=sign):
        for _ in range(3):
            await peer.receives("/xremote", 1)


async def test_a_keep_alive_message_that_can_not_be_sent_is_counted(
    domain: Domain, peer: OscPeer
) -> None:
    sign = KeepAlive(address="no address")
    async with running(domain, peer.port, keep_alive=sign) as target:
        await soon(lambda: target.counters["unsent"])
        assert target.connected


async def test_a_target_that_is_to_answer_is_there_when_it_does(
    domain: Domain, peer: OscPeer, caplog: pytest.LogCaptureFixture
) -> None:
    silence = timedelta(milliseconds=150)
    async with running(
        domain, peer.port, expects_replies=True, silence=silence
    ) as target:
        told: list[tuple[bool, type]] = []
        target.on_connection(lambda up, why: told.append((up, type(why))))
        assert not target.connected
        await soon(lambda: told == [(False, OscTargetSilent)])
        await peer.receives("/hello")
        _, port = peer.clients[0]
        peer.send("/anything", to=port)
        await soon(lambda: target.connected)
        # It is told of changes all the time: it may only be late.
        await soon(lambda: not target.connected)
        change(domain, brightness=3)
        await peer.receives(f"{LIGHT}/brightness", 3)
        assert told == [
            (False, OscTargetSilent),
            (True, type(None)),
            (False, OscTargetSilent),
        ]
    levels = [r.levelno for r in caplog.records if r.name == LOGGER]
    assert levels == [logging.WARNING, logging.INFO, logging.WARNING]


async def test_a_name_is_looked_up_again_after_long_silence(
    domain: Domain, peer: OscPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REOPEN_AFTER", 0.02)
    silence = timedelta(milliseconds=20)
    sign = KeepAlive(address="/xremote")
    async with running(
        domain, peer.port, expects_replies=True, silence=silence, keep_alive=sign
    ):
        await soon(lambda: len(set(peer.clients)) >= 3)


async def test_a_target_that_there_is_not(domain: Domain) -> None:
    settings = OscTargetSettings(host=HOST, port=free_port(), protocol=Protocol.TCP)
    target = OscTarget("x", domain, EventEncoder(), settings, backoff=QUICK)
    told: list[tuple[bool, MaestraError | None]] = []
    forget = target.on_connection(lambda up, why: told.append((up, why)))
    task = asyncio.create_task(target.run())
    await soon(lambda: told)
    ((up, why),) = told
    assert not up
    assert isinstance(why, OscTargetUnreachable)
    with pytest.raises(NotConnected):
        target.send("/a")
    forget()
    task.cancel()
    await asyncio.wait([task])
    assert len(told) == 1


async def test_what_can_not_be_sent(domain: Domain, peer: OscPeer) -> None:
    async with running(domain, peer.port) as target:
        for address, values in (("no", []), ("/a", [{}]), ("/a", ["x" * 70_000])):
            with pytest.raises(InvalidField):
                target.send(address, values)
        change(domain, text="x" * 70_000)
        assert target.counters["unsent"] == 1


async def test_what_nobody_listens_to_is_counted(domain: Domain) -> None:
    async with running(domain, free_udp_port()) as target:
        await soon(lambda: target.counters["undelivered"])
        assert target.connected


async def test_addresses_that_wait_are_bounded(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 2)
    async with (
        OscTcpServer() as server,
        running(domain, server.port, protocol=Protocol.TCP) as target,
    ):
        change(domain, text="x" * 1_000_000)
        change(domain, text="y" * 1_000_000)
        change(domain, text="z" * 1_000_000)
        for number in range(20):
            domain.entities.update("wash-1", {f"big{number}": "x" * 900_000})
        await server.inbox.receives(f"{LIGHT}/big19")
        assert target.counters["unsent"] > 0


async def test_where_its_answers_come_to_can_be_chosen(
    domain: Domain, peer: OscPeer
) -> None:
    port = free_udp_port()
    async with running(domain, peer.port, local_port=port):
        await peer.receives("/hello")
        assert peer.clients == [(HOST, port)]


@pytest.mark.parametrize("framing", FramingKind)
async def test_tcp_comes_back(domain: Domain, framing: FramingKind) -> None:
    async with (
        OscTcpServer(framing=framing.value) as server,
        running(domain, server.port, protocol=Protocol.TCP, framing=framing) as target,
    ):
        change(domain, brightness=5)
        await server.inbox.receives(f"{LIGHT}/brightness", 5)
        server.send("/entity/update/wash-1/brightness", 6)
        await soon(lambda: target.counters["accepted"])
        assert domain.entities["wash-1"].state["brightness"] == 6
        told: list[bool] = []
        target.on_connection(lambda up, why: told.append(up))
        server.hang_up()
        await soon(lambda: told == [False, True])
        change(domain, brightness=7)
        await server.inbox.receives(f"{LIGHT}/brightness", 7)


async def test_under_load_the_latest_of_each_address_waits(
    domain: Domain,
) -> None:
    async with (
        OscTcpServer() as server,
        running(domain, server.port, protocol=Protocol.TCP) as target,
    ):
        await server.inbox.receives("/hello")
        # In one go: nothing is written while this runs.
        for number in range(100):
            change(domain, text=f"{number:03}" * 100_000)
        with pytest.raises(OutgoingFull):
            target.send("/a")
        assert target.counters["coalesced"] > 50
        await server.inbox.receives(f"{LIGHT}/text", "099" * 100_000)
        assert target.counters["messages_out"] < 50
        assert target.counters["unsent"] == 0


async def test_a_listener_that_fails_harms_nobody(
    domain: Domain, peer: OscPeer, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(up: bool, why: MaestraError | None) -> None:
        raise ValueError

    silence = timedelta(milliseconds=20)
    async with running(
        domain, peer.port, expects_replies=True, silence=silence
    ) as target:
        target.on_connection(fails)
        await soon(lambda: "A listener failed" in caplog.text)
        assert has_socket(target)
