"""The connection comes back, sends nothing late, and leaves nothing behind."""

import asyncio
from dataclasses import replace
import logging

import pytest

from custom_components.maestra.core.domain.errors import (
    InvalidField,
    NotConnected,
    OutgoingFull,
)
from custom_components.maestra.core.nats import client
from custom_components.maestra.core.nats.client import Message
from custom_components.maestra.core.nats.connection import NatsConnection
from custom_components.maestra.core.nats.errors import NatsRefused, NatsUnreachable
from custom_components.maestra.core.transport.errors import MessageTooLarge
from tests.kits.nats import NatsPeer, NatsServer
from tests.kits.process import HOST, PATIENCE

from .conftest import Watched, settings_of


class Heard:
    """Collects messages."""

    def __init__(self, connection: NatsConnection) -> None:
        self.queue: asyncio.Queue[Message] = asyncio.Queue()
        connection.listen("maestra.>", self.queue.put_nowait)

    async def next(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return await self.queue.get()


async def test_messages_go_both_ways_and_never_back(
    server: NatsServer, peer: NatsPeer
) -> None:
    """What we publish is heard by others only."""
    watched = Watched(settings_of(server))
    heard = Heard(watched.connection)
    async with watched.running():
        await watched.is_told(True)
        watched.connection.publish("maestra.x", b"ours")
        assert (await peer.receives("maestra.x")).payload == b"ours"
        await peer.publish("maestra.y", b"theirs", "inbox")
        assert await heard.next() == Message("maestra.y", b"theirs", "inbox")
    assert watched.connection.server_version is not None


async def test_a_killed_server_is_found_again(
    server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    """One line down, one line up, and everything is heard as before."""
    caplog.set_level(logging.INFO)
    watched = Watched(settings_of(server))
    heard = Heard(watched.connection)
    async with watched.running():
        await watched.is_told(True)
        await server.kill()
        assert isinstance(await watched.is_told(False), NatsUnreachable)
        with pytest.raises(NotConnected):
            watched.connection.publish("maestra.x", b"")
        with pytest.raises(NotConnected):
            await watched.connection.request("maestra.x", b"", 1)
        await server.start()
        await watched.is_told(True)
        async with server.peer() as peer:
            await peer.publish("maestra.x", b"again")
            assert (await heard.next()).payload == b"again"
            # Nothing of what could not be sent comes late.
            watched.connection.publish("maestra.z", b"")
            assert (await peer.receives()).subject == "maestra.z"
    assert watched.connection.counters["reconnects"] == 1
    told = [r.message for r in caplog.records if "NATS server" in r.message]
    assert [line.partition(" ")[0] for line in told] == ["No", "Connected"]


async def test_a_server_that_starts_later_is_found(server: NatsServer) -> None:
    """The first attempt may fail."""
    await server.stop()
    watched = Watched(settings_of(server))
    async with watched.running():
        assert isinstance(await watched.is_told(False), NatsUnreachable)
        await server.start()
        await watched.is_told(True)


async def test_a_frozen_server_is_given_up(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answers our PINGs."""
    monkeypatch.setattr(client, "PING_INTERVAL", 0.1)
    monkeypatch.setattr(client, "CLOSE_TIMEOUT", 0.1)
    watched = Watched(settings_of(server))
    async with watched.running():
        await watched.is_told(True)
        server.freeze()
        assert isinstance(await watched.is_told(False), NatsUnreachable)


async def test_stopping_does_not_wait_for_a_frozen_server(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With messages still to be sent."""
    monkeypatch.setattr(client, "CLOSE_TIMEOUT", 0.1)
    watched = Watched(settings_of(server))
    async with asyncio.timeout(PATIENCE), watched.running():
        await watched.is_told(True)
        server.freeze()
        watched.connection.publish("maestra.x", b"x" * 500_000)
    assert watched.connection.connected is False


async def test_what_was_published_is_out_when_it_stops(
    server: NatsServer, peer: NatsPeer
) -> None:
    """However much it is."""
    watched = Watched(settings_of(server))
    async with watched.running():
        await watched.is_told(True)
        for number in range(1_000):
            watched.connection.publish(f"maestra.x.{number}", b"x" * 1_000)
    await peer.receives("maestra.x.999")
    assert len(peer.collect()) == 999


async def test_refused_credentials_are_told_once_and_tried_again(
    server: NatsServer,
) -> None:
    """Until the server takes them."""
    server.token = "geheim"
    await server.restart()
    watched = Watched(settings_of(server, token="falsch"))
    async with watched.running():
        assert isinstance(await watched.is_told(False), NatsRefused)
        server.token = "falsch"
        await server.restart()
        await watched.is_told(True)


async def test_a_backlog_is_bounded(server: NatsServer) -> None:
    """A server that reads nothing is not buffered for without end."""
    watched = Watched(replace(settings_of(server), max_pending=100_000))
    async with watched.running():
        await watched.is_told(True)
        for _ in range(9):
            watched.connection.publish("maestra.x", b"x" * 10_000)
        with pytest.raises(OutgoingFull):
            watched.connection.publish("maestra.x", b"x" * 10_000)


async def test_what_the_server_would_not_take_is_not_sent(
    server: NatsServer, peer: NatsPeer
) -> None:
    """A payload that is too large, and what is no subject: nothing else is disturbed."""
    server.lines = ["max_payload: 1000"]
    await server.restart()
    watched = Watched(settings_of(server))
    async with watched.running(), server.peer() as other:
        await watched.is_told(True)
        with pytest.raises(MessageTooLarge):
            watched.connection.publish("maestra.x", b"x" * 1_001)
        with pytest.raises(MessageTooLarge):
            await watched.connection.request("maestra.x", b"x" * 1_001, 1)
        for subject in (
            *("", "a b", "a\r\nPUB maestra.x 0\r\n", "a..b", ".a", "a.", "a.*", "a.>"),
            *("maestra." + "x" * 4_110, "maestra." + "温" * 2_000, "maestra.\ud800"),
        ):
            with pytest.raises(InvalidField):
                watched.connection.publish(subject, b"")
            with pytest.raises(InvalidField):
                await watched.connection.request(subject, b"", 1)
        for reply in ("a b", "x" * 5_000, "𝄞" * 500):
            with pytest.raises(InvalidField):
                watched.connection.publish("maestra." + "𝄞" * 500, b"", reply)
        watched.connection.publish("maestra.y", b"")
        assert (await other.receives()).subject == "maestra.y"


async def test_a_request_is_answered_or_not(server: NatsServer) -> None:
    """By who listens; nobody is told from who says nothing, although we listen to everything ourselves."""
    watched = Watched(settings_of(server))
    heard = Heard(watched.connection)
    async with watched.running(), server.peer(subjects=()) as publisher:
        await watched.is_told(True)
        assert await watched.connection.request("maestra.ask", b"{}", PATIENCE) is None
        await publisher.answers("maestra.ask", lambda asked: b"yes")
        assert (
            await watched.connection.request("maestra.ask", b"{}", PATIENCE) == b"yes"
        )
        await publisher.client.subscribe("maestra.silent")
        await publisher.settled()
        with pytest.raises(TimeoutError):
            await watched.connection.request("maestra.silent", b"{}", 0.05)
    assert heard.queue.empty()


async def test_what_a_client_may_not_is_logged_once(
    server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    """And does not end the connection."""
    server.lines = [
        'authorization { users: [{ user: "m", password: "m", permissions: { publish: "maestra.>" } }] }'
    ]
    await server.restart()
    watched = Watched(settings_of(server, user="m", password="m"))
    async with watched.running(), server.peer(user="m", password="m") as peer:
        await watched.is_told(True)
        watched.connection.publish("other", b"")
        watched.connection.publish("other", b"")
        watched.connection.publish("maestra.x", b"")
        await peer.receives("maestra.x")
    denied = [r for r in caplog.records if "denies" in r.message]
    assert len(denied) == 1


@pytest.mark.parametrize(
    "attack",
    [
        b"PUB maestra.\xff\xfe 0\r\n\r\n",
        b"HPUB maestra.h 16 16\r\nNATS/1.0 \xff\xff\xff\r\n\r\n\r\n",
        b"HPUB maestra.h 12 12\r\nNATS/1.0\r\n\r\n\r\n",
        b"HPUB maestra.h 18 18\r\nNATS/1.0\r\n\xff: \xff\r\n\r\n\r\n",
        b"PUB maestra.x \xff\xff 0\r\n\r\n",
        b"PUB maestra.a\x0bb 0\r\n\r\n",
        b"PUB maestra.a\x0c1 2\r\nhi\r\n",
        b"PUB maestra.x a\x0bb 0\r\n\r\n",
        b"PUB maestra.x 14\r\nMSG maestra.\r\n\r\n",
    ],
    ids=[
        "subject",
        "status",
        "no header",
        "header",
        "reply",
        "blank in subject",
        "number in subject",
        "blank in reply",
        "line in payload",
    ],
)
async def test_a_hostile_client_does_not_end_our_connection(
    server: NatsServer, attack: bytes
) -> None:
    """Bytes that are no text, in subjects, replies and headers."""
    watched = Watched(settings_of(server))
    heard = Heard(watched.connection)
    async with watched.running():
        await watched.is_told(True)
        reader, writer = await asyncio.open_connection(HOST, server.port)
        writer.write(b'CONNECT {"verbose":false,"headers":true}\r\n' + attack)
        writer.write(b"PUB maestra.after 0\r\n\r\nPING\r\n")
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b"PONG")
            while (await heard.next()).subject != "maestra.after":
                pass
        writer.close()
        await writer.wait_closed()
    assert watched.told == [(False, None)]


async def test_a_handler_that_fails_does_not_stop_the_others(
    server: NatsServer, peer: NatsPeer, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once."""
    watched = Watched(settings_of(server))
    seen: asyncio.Queue[str] = asyncio.Queue()

    def fail(message: Message) -> None:
        seen.put_nowait(message.subject)
        raise ZeroDivisionError

    watched.connection.listen("maestra.>", fail)
    async with watched.running(), asyncio.timeout(PATIENCE):
        await watched.is_told(True)
        await peer.publish("maestra.x")
        await peer.publish("maestra.y")
        assert [await seen.get(), await seen.get()] == ["maestra.x", "maestra.y"]
    assert sum("could not be handled" in r.message for r in caplog.records) == 1


async def test_it_can_be_stopped_at_any_moment(server: NatsServer) -> None:
    """Before, while and after it connects; the harness sees whatever is left."""
    for steps in range(30):
        watched = Watched(settings_of(server))
        async with watched.running():
            for _ in range(steps):
                await asyncio.sleep(0)
        assert not watched.connection.connected
