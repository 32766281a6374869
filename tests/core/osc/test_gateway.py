"""The listener, on real sockets."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
import struct
import time
from typing import Any

import orjson
import pytest

from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.events import (
    OscReceived,
    Relayed,
    StateChanged,
)
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.osc import receiver
from custom_components.maestra.core.osc.codec import MAX_MESSAGES
from custom_components.maestra.core.osc.gateway import OscGateway
from custom_components.maestra.core.osc.settings import OscMap, OscSettings
from custom_components.maestra.core.transport.access import Access, networks
from custom_components.maestra.core.transport.errors import ListenFailed
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from tests.core.domain.conftest import Heard
from tests.kits.osc import HOST, OscPeer, OscTcpClient, bundle, message
from tests.kits.process import free_port, soon

BRIGHTNESS = "/entity/update/wash-1/brightness"
QUERY = "/maestra/query/entity/wash-1"
LIGHT = "/entity/state/light/wash-1"
OPEN = Access()
STRANGERS = Access(networks=networks(["10.99.0.0/16"]))


@asynccontextmanager
async def listening(domain: Domain, **options: Any) -> AsyncIterator[OscGateway]:
    """Run a listener on free ports of this host."""
    settings = OscSettings(host=HOST, port=0, **({"access": OPEN} | options))
    gateway = OscGateway(domain, EventEncoder(), settings)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@pytest.fixture
async def gateway(domain: Domain) -> AsyncGenerator[OscGateway]:
    async with listening(domain, tcp_port=free_port()) as gateway:
        yield gateway


@pytest.fixture
async def peer(gateway: OscGateway) -> AsyncGenerator[OscPeer]:
    async with OscPeer(gateway.port) as peer:
        yield peer


async def state(peer: OscPeer | OscTcpClient) -> Any:
    """Ask for the light's state: whatever was sent before has been handled when it comes."""
    peer.send(QUERY)
    return (await peer.receives(LIGHT)).json


async def test_a_fader_sets_a_state(
    gateway: OscGateway, peer: OscPeer, heard: Heard
) -> None:
    peer.send(BRIGHTNESS, 0.5)
    assert (await state(peer))["brightness"] == 0.5
    assert heard.the(StateChanged).source == Source("osc", "osc", f"{HOST}:{peer.port}")
    assert [received.address for received in heard.of(OscReceived)] == [BRIGHTNESS]
    counts = gateway.counters.as_dict()
    assert counts["messages_in"] == counts["accepted"] == 2
    assert counts["messages_out"] == 1
    assert counts["bytes_in"] == len(message(BRIGHTNESS, 0.5)) + len(message(QUERY))
    assert gateway.latency.quantile(0.5) is not None
    assert gateway.clients == 1


async def test_the_answer_comes_to_the_source_port(
    domain: Domain, gateway: OscGateway, peer: OscPeer
) -> None:
    domain.entities.update("wash-1", {"brightness": 7})
    assert await state(peer) == domain.entities["wash-1"].state
    assert peer.clients == [(HOST, gateway.port)]
    peer.send("/maestra/query/entity/nobody")
    assert (await peer.receives("/error")).arguments[:2] == (
        "/maestra/query/entity/nobody",
        "unknown_entity",
    )


async def test_a_state_that_no_datagram_holds_is_not_answered(
    domain: Domain, gateway: OscGateway, peer: OscPeer
) -> None:
    domain.entities.update("wash-1", {"text": "x" * 70_000})
    peer.send(QUERY)
    peer.send("/maestra/query/entity/nobody")
    await peer.receives("/error")
    assert gateway.counters["unsent"] == 1


async def test_what_gathers_in_the_socket_is_taken_in_order(
    gateway: OscGateway, peer: OscPeer, heard: Heard
) -> None:
    """No turn of the loop comes between sending them: the second peer's are among the first's."""
    async with OscPeer(gateway.port) as other:
        for number in range(1, 101):
            peer.send(BRIGHTNESS, number)
            other.send(BRIGHTNESS, number + 0.5)
        await state(other)
    values = [change.current["brightness"] for change in heard.of(StateChanged)]
    assert values == [number / 2 for number in range(2, 202)]
    assert {change.source.peer for change in heard.of(StateChanged)} == {
        f"{HOST}:{peer.port}",
        f"{HOST}:{other.port}",
    }


async def test_a_refused_message_is_answered(
    gateway: OscGateway, peer: OscPeer
) -> None:
    peer.send("/entity/update/wash-1", 5)
    answer = await peer.receives("/error")
    assert answer.arguments[:2] == ("/entity/update/wash-1", "malformed")
    peer.send_bytes(b"no OSC")
    assert (await peer.receives("/error")).arguments[:2] == ("", "malformed")
    assert gateway.counters["refused_malformed"] == 2
    assert gateway.counters["accepted"] == 0


async def test_a_message_that_can_not_be_read_is_answered_under_its_address(
    domain: Domain, gateway: OscGateway, peer: OscPeer
) -> None:
    """The others of its bundle are taken."""
    bad = b"/layer 1/\xe6\xb8\xa9".ljust(16, b"\0") + b",R\0\0"
    good = message("/entity/update/wash-1/brightness", 9)
    elements = b"".join(len(each).to_bytes(4) + each for each in (bad, good))
    peer.send_bytes(b"#bundle\0" + b"\0" * 7 + b"\1" + elements)
    answer = await peer.receives("/error")
    assert answer.arguments[:2] == ("/layer 1/温", "malformed")
    assert domain.entities["wash-1"].state["brightness"] == 9


async def test_answers_to_refused_messages_are_bounded(
    gateway: OscGateway, peer: OscPeer
) -> None:
    for _ in range(60):
        peer.send_bytes(b"no OSC")
    await state(peer)
    assert gateway.counters["refused_malformed"] == 60
    assert gateway.counters["errors_unanswered"] > 0


async def test_errors_are_not_answered_where_that_is_not_wanted(domain: Domain) -> None:
    async with (
        listening(domain, answers_errors=False) as gateway,
        OscPeer(gateway.port) as peer,
    ):
        peer.send("/entity/update/wash-1", 5)
        await state(peer)
        assert peer.collect() == []
        assert gateway.counters["refused_malformed"] == 1


async def test_strangers_meet_silence(domain: Domain, heard: Heard) -> None:
    port = free_port()
    async with (
        listening(domain, access=STRANGERS, tcp_port=port) as gateway,
        OscPeer(gateway.port) as peer,
        OscTcpClient(port) as client,
    ):
        client.send(BRIGHTNESS, 1)
        peer.send(BRIGHTNESS, 1)
        await soon(client.ended.is_set)
        await soon(lambda: gateway.counters["refused_not_allowed"] == 2)
        assert heard.kinds == []
        assert peer.collect() == client.collect() == []
        assert gateway.clients == 0


async def test_a_token_is_asked_for(domain: Domain, heard: Heard) -> None:
    access = Access(token="secret")
    async with (
        listening(domain, access=access) as gateway,
        OscPeer(gateway.port) as peer,
    ):
        peer.send(BRIGHTNESS, 1)
        peer.send("/maestra/auth", "wrong")
        peer.send("/maestra/auth", 5)
        peer.send("/maestra/auth")
        peer.send_bytes(b"no OSC")
        peer.send("/maestra/auth", "secret")
        await peer.receives("/maestra/auth", 1)
        assert gateway.counters["refused_unauthorized"] == 4
        assert heard.kinds == []
        assert peer.collect() == []
        peer.send(BRIGHTNESS, 2)
        assert (await state(peer))["brightness"] == 2
        # The secret is never told on.
        assert "auth" not in "".join(each.subject for each in heard.of(Relayed))


async def test_a_flood_is_cut(domain: Domain, heard: Heard) -> None:
    access = Access(rate=0.001, burst=20)
    async with (
        listening(domain, access=access) as gateway,
        OscPeer(gateway.port) as peer,
    ):
        peer.send_bundle([(BRIGHTNESS, number) for number in range(19)])
        await state(peer)
        peer.send_bundle([(BRIGHTNESS, 100), (BRIGHTNESS, 101)])
        await soon(lambda: gateway.counters["refused_rate"])
        assert domain.entities["wash-1"].state["brightness"] == 18


async def test_a_bundle_can_not_get_around_the_rate(domain: Domain) -> None:
    access = Access(rate=0.001, burst=5)
    async with (
        listening(domain, access=access) as gateway,
        OscPeer(gateway.port) as peer,
    ):
        peer.send_bundle([(BRIGHTNESS, number) for number in range(10)])
        await peer.receives("/error")
        assert domain.entities["wash-1"].state["brightness"] == 4
        assert gateway.counters["refused_rate"] == 1


async def test_a_bundle_works_at_its_time(
    domain: Domain, peer: OscPeer, heard: Heard
) -> None:
    due = time.time() + 0.3
    peer.send_bundle([(BRIGHTNESS, 1), ("/entity/update/wash-1/x", 2)], at=due)
    peer.send_bundle([("/entity/update/wash-1/past", 1)], at=time.time() - 3600)
    peer.send_bundle([("/entity/update/wash-1/now", 1)])
    now = await state(peer)
    assert now["past"] == now["now"] == 1
    assert "x" not in now
    await soon(lambda: "x" in domain.entities["wash-1"].state)
    assert time.time() >= due - 0.02
    found = domain.entities["wash-1"].state
    assert (found["brightness"], found["x"]) == (1, 2)


async def test_what_is_too_far_ahead_or_too_much_is_refused(
    gateway: OscGateway, peer: OscPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "MAX_WAITING", 2)
    peer.send_bundle([("/a",)], at=time.time() + 4000)
    assert (await peer.receives("/error")).arguments[:2] == ("/a", "time_tag")
    peer.send_bundle([("/a",), ("/b",)], at=time.time() + 1000)
    peer.send_bundle([("/c",)], at=time.time() + 1000)
    assert (await peer.receives("/error")).arguments[:2] == ("/c", "time_tag")


async def test_what_waits_ends_with_the_listener(domain: Domain, heard: Heard) -> None:
    async with listening(domain) as gateway, OscPeer(gateway.port) as peer:
        peer.send_bundle([("/never",)], at=time.time() + 0.2)
        await state(peer)
    async with listening(domain) as gateway, OscPeer(gateway.port) as peer:
        peer.send_bundle([("/later",)], at=time.time() + 0.3)
        await soon(lambda: heard.of(OscReceived))
    assert heard.the(OscReceived).address == "/later"


@pytest.mark.parametrize("framing", ["length", "slip"])
async def test_tcp(gateway: OscGateway, framing: str) -> None:
    async with OscTcpClient(gateway.tcp_port, framing=framing) as client:
        client.send(BRIGHTNESS, 11)
        assert (await state(client))["brightness"] == 11
        assert gateway.clients == 1
        client.send("/entity/update/wash-1", 5)
        await client.receives("/error")
        client.send("/entity/update/wash-1/text", "x" * 70_000)
        assert (await state(client))["text"] == "x" * 70_000


async def test_a_tcp_client_that_speaks_no_osc_is_closed(gateway: OscGateway) -> None:
    for start in (b"GET / HTTP/1.1\r\n\r\n", b"\x7f\xff\xff\xff", b"\0\xff\xff\xff"):
        async with OscTcpClient(gateway.tcp_port) as client:
            client.send_bytes(start)
            await soon(client.ended.is_set)
    assert gateway.counters["refused_malformed"] == 3
    assert gateway.clients == 0


async def test_connections_are_limited(domain: Domain) -> None:
    port = free_port()
    access = Access(max_clients=1)
    async with (
        listening(domain, access=access, tcp_port=port) as gateway,
        OscTcpClient(port) as first,
    ):
        await state(first)
        async with OscTcpClient(port) as second:
            await soon(second.ended.is_set)
        assert gateway.counters["refused_too_many_connections"] == 1
        await state(first)


async def test_a_stop_ends_connections(domain: Domain) -> None:
    port = free_port()
    async with listening(domain, tcp_port=port) as gateway:
        client = OscTcpClient(port)
        await client.__aenter__()
        await state(client)
    await soon(client.ended.is_set)
    await client.__aexit__()
    assert (gateway.port, gateway.tcp_port, gateway.clients) == (0, 0, 0)


async def test_a_port_that_is_taken(domain: Domain, gateway: OscGateway) -> None:
    others: tuple[dict[str, Any], ...] = (
        {"port": gateway.port},
        {"tcp_port": gateway.tcp_port},
        {"oscquery_port": gateway.tcp_port},
    )
    for options in others:
        all_options: dict[str, Any] = {"host": HOST, "port": 0} | options
        settings = OscSettings(**all_options)
        other = OscGateway(domain, EventEncoder(), settings)
        with pytest.raises(ListenFailed):
            await other.start()
        assert other.port == other.tcp_port == other.oscquery_port == 0


async def test_maps_can_be_replaced_while_it_runs(
    gateway: OscGateway, peer: OscPeer
) -> None:
    peer.send("/1/fader1", 5)
    await state(peer)
    entry = {
        "osc_address": "/1/fader1",
        "entity_slug": "wash-1",
        "state_key": "brightness",
    }
    gateway.set_maps([OscMap.from_wire(entry)])
    peer.send("/1/fader1", 6)
    assert (await state(peer))["brightness"] == 6


async def test_messages_of_others_go_to_whom_they_name(
    domain: Domain, gateway: OscGateway, peer: OscPeer
) -> None:
    def relay(gateway: str, **body: Any) -> None:
        source = Source("x", gateway)
        domain.bus.publish(Relayed("maestra.to_osc.x", body, source))

    relay("nats", address="/cue/1", values=[1, True, "x"], target=f"{HOST}:{peer.port}")
    assert (await peer.receives("/cue/1")).arguments == (1, True, "x")
    # Said by one of our own clients, for everybody, for strangers, for a name, and what is no message.
    relay("osc", address="/no", target=f"{HOST}:{peer.port}")
    relay("nats", address="/no")
    relay("nats", address="/no", target="192.0.2.1")
    relay("nats", address="/no", target="localhost")
    relay("nats", address="no", target=HOST)
    await state(peer)
    assert peer.collect() == []
    assert gateway.counters["refused_invalid_field"] == 3


async def test_rude_datagrams_do_no_harm(
    gateway: OscGateway, peer: OscPeer, caplog: pytest.LogCaptureFixture
) -> None:
    endless = b"#bundle\0" + struct.pack(">Qi", 1, -4) + message("/a")
    for packet in (
        b"",
        b"\0",
        endless,
        b"/" * 60_000,
        b"#bundle\0" * 5_000,
        bundle([("/a",)] * (MAX_MESSAGES + 1)),
    ):
        peer.send_bytes(packet)
    await state(peer)
    assert gateway.counters["refused_malformed"] == 6
    assert "Traceback" not in caplog.text
    assert orjson.dumps(gateway.counters.as_dict())
