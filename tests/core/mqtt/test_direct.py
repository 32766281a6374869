"""Our own MQTT connection, against a real broker."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
import logging
from pathlib import Path
import socket
import ssl
import struct
from typing import Any, cast

import pytest

from custom_components.maestra.core.domain.errors import (
    InvalidField,
    MaestraError,
    NotConnected,
    OutgoingFull,
)
from custom_components.maestra.core.mqtt import direct, session
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.errors import (
    BrokerBusy,
    BrokerRefused,
    BrokerUnreachable,
    SubscriptionRefused,
)
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.mqtt.session_state import Limits
from custom_components.maestra.core.transport.errors import MessageTooLarge
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.core.transport.tls import TlsSettings
from custom_components.maestra.core.transport.transport import (
    Message,
    Subscription,
    Taken,
)
from tests.kits.broker import Broker
from tests.kits.certificates import Authority
from tests.kits.process import PATIENCE, free_port, soon

CLIENT_ID = "maestra-test"
LOGGER = "custom_components.maestra.core.transport.reconnect"
QUICK = Backoff(timedelta(seconds=0.05), timedelta(seconds=0.1))
NEVER = Backoff(timedelta(hours=1), timedelta(hours=1))


class Listener:
    """A dialect of one test: keeps what it is given and what it is told."""

    def __init__(self, answer: Taken = Taken.NOW) -> None:
        self.answer = answer
        self.messages: list[Message] = []
        self.connections: list[tuple[bool, MaestraError | None]] = []
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, message: Message) -> Taken:
        self.messages.append(message)
        self._announce()
        return self.answer

    def told(self, connected: bool, why: MaestraError | None) -> None:
        self.connections.append((connected, why))
        self._announce()

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    async def hears(self, count: int) -> list[Message]:
        """Wait until there are `count` messages."""
        await self.until(lambda: len(self.messages) >= count)
        return self.messages

    async def is_told(self, connected: bool, times: int = 1) -> MaestraError | None:
        """Wait until told for the nth time that the connection is up or down; returns the reason."""

        def matching() -> list[MaestraError | None]:
            return [why for up, why in self.connections if up is connected]

        await self.until(lambda: len(matching()) >= times)
        return matching()[times - 1]

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(reached)

    def _announce(self) -> None:
        task = asyncio.get_running_loop().create_task(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()


class Running:
    """A transport with its running task and its listener."""

    def __init__(self, transport: DirectTransport, listener: Listener) -> None:
        self.transport = transport
        self.listener = listener
        self.task = asyncio.create_task(transport.run())

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


def settings_for(broker: Broker, **changes: Any) -> BrokerSettings:
    return BrokerSettings(broker.host, broker.port, CLIENT_ID, **changes)


@asynccontextmanager
async def running(
    settings: BrokerSettings,
    *,
    answer: Taken = Taken.NOW,
    subscriptions: tuple[Subscription, ...] = (Subscription("t/#", 1),),
    limits: Limits = Limits(),
    backoff: Backoff = QUICK,
) -> AsyncIterator[Running]:
    """Run a transport until the block ends."""
    transport = DirectTransport(settings, limits=limits, backoff=backoff)
    listener = Listener(answer)
    transport.on_connection(listener.told)
    transport.subscribe(subscriptions, listener)
    run = Running(transport, listener)
    try:
        yield run
    finally:
        await run.stop()


@asynccontextmanager
async def connected(settings: BrokerSettings, **options: Any) -> AsyncIterator[Running]:
    """Run a transport that has connected."""
    async with running(settings, **options) as run:
        await run.listener.is_told(True)
        yield run


def socket_of(run: Running) -> socket.socket:
    """The socket itself: no one else can tell whether it is closed, or cut it."""
    assert run.transport._session is not None
    link = run.transport._session._socket
    assert link is not None and link._transport is not None
    return cast("socket.socket", link._transport.get_extra_info("socket"))


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    async with Broker(tmp_path / "broker", persistent=True) as broker:
        yield broker


async def test_message_reaches_the_handler_and_is_acknowledged(broker: Broker) -> None:
    async with connected(settings_for(broker)) as run, broker.peer() as peer:
        await peer.publish("t/1", b"hello", qos=1)
        (message,) = await run.listener.hears(1)
        assert (message.topic, message.payload, message.qos, message.retain) == (
            "t/1",
            b"hello",
            1,
            False,
        )
        await broker.logged(f"Received PUBACK from {CLIENT_ID}")
        assert run.transport.counters.received == 1


async def test_qos_0_message_needs_no_acknowledgement(broker: Broker) -> None:
    async with connected(settings_for(broker)) as run, broker.peer() as peer:
        await peer.publish("t/1", b"hello", qos=0)
        (message,) = await run.listener.hears(1)
        assert message.qos == 0
        message.ack()


async def test_large_and_many_messages_arrive_whole_and_in_order(
    broker: Broker,
) -> None:
    payloads = [bytes((n,)) * (n * 400) for n in range(200)]
    payloads.append(b"x" * 1_000_000)
    async with connected(settings_for(broker)) as run, broker.peer() as peer:
        for payload in payloads:
            await peer.publish("t/1", payload)
        await run.listener.hears(len(payloads))
        assert run.listener.payloads == payloads


async def test_published_messages_arrive(broker: Broker) -> None:
    async with connected(settings_for(broker)) as run, broker.peer() as peer:
        run.transport.publish("out/0", b"zero")
        run.transport.publish("out/1", b"one", qos=1, retain=True)
        assert (await peer.receives("out/0")).qos == 0
        assert (await peer.receives("out/1")).payload == b"one"
    async with broker.peer() as late:
        assert (await late.receives("out/1")).retain


async def test_backlog_beyond_the_window_is_sent_in_order(broker: Broker) -> None:
    limits = Limits(unacknowledged=2)
    async with (
        connected(settings_for(broker), limits=limits) as run,
        broker.peer() as peer,
    ):
        for n in range(20):
            run.transport.publish("out", str(n).encode(), qos=1)
        got = [(await peer.receives("out")).payload for _ in range(20)]
        assert got == [str(n).encode() for n in range(20)]
        await peer.settled()


async def test_a_flood_is_taken_no_faster_than_its_events_go_out(
    broker: Broker,
) -> None:
    """The broker keeps what it may not send yet, and no event is left out."""
    settings = settings_for(broker, receive_maximum=10)
    flood = (Subscription("flood", 1),)
    numbers = [str(n).encode() for n in range(300)]
    events = ("out/1", "out/2", "out/3")
    async with connected(settings, subscriptions=flood):
        pass
    transport = DirectTransport(settings, limits=Limits(messages=60, unacknowledged=2))

    def announce(message: Message) -> Taken:
        for topic in events:
            transport.publish(topic, message.payload, qos=1)
        return Taken.NOW

    transport.subscribe(flood, announce)
    async with broker.peer() as client, broker.peer() as peer:
        for number in numbers:
            await client.publish("flood", number)
        run = Running(transport, Listener(Taken.NOW))
        try:
            for topic in events:
                heard = [(await peer.receives(topic)).payload for _ in numbers]
                assert heard == numbers
        finally:
            await run.stop()
    assert transport.counters.discarded == 0


async def test_small_packets_do_not_wait_for_each_other(broker: Broker) -> None:
    async with connected(settings_for(broker)) as run:
        sock = socket_of(run)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_unacknowledged_message_comes_again_after_death(broker: Broker) -> None:
    async with (
        connected(settings_for(broker), answer=Taken.LATER, backoff=NEVER) as first,
        broker.peer() as peer,
    ):
        await peer.publish("t/1", b"precious")
        await first.listener.hears(1)
        socket_of(first).shutdown(socket.SHUT_RDWR)
        await first.listener.is_told(False)
        async with connected(settings_for(broker)) as second:
            (again,) = await second.listener.hears(1)
            assert again.payload == b"precious"
            await broker.logged(f"Received PUBACK from {CLIENT_ID}")
        async with connected(settings_for(broker)) as third:
            await peer.publish("t/1", b"next")
            await third.listener.hears(1)
            assert third.listener.payloads == [b"next"]


async def test_unacknowledged_message_survives_a_restart_of_the_broker(
    broker: Broker,
) -> None:
    async with connected(settings_for(broker), answer=Taken.LATER) as run:
        async with broker.peer() as peer:
            await peer.publish("t/1", b"precious")
            await run.listener.hears(1)
        await broker.restart()
        await run.listener.hears(2)
        assert run.listener.payloads == [b"precious", b"precious"]
        await run.listener.is_told(True, times=2)
        assert run.transport.counters.reconnects == 1
        assert run.transport.counters.sessions_lost == 0


async def test_acknowledgement_of_an_earlier_connection_has_no_effect(
    broker: Broker,
) -> None:
    settings = settings_for(broker, receive_maximum=1)
    async with connected(settings, answer=Taken.LATER) as run:
        async with broker.peer() as peer:
            await peer.publish("t/1", b"first")
            await peer.publish("t/1", b"second")
            await run.listener.hears(1)
        await broker.restart()
        stale, again = await run.listener.hears(2)
        await run.listener.is_told(True, times=2)
        async with broker.peer() as peer:
            stale.ack()
            run.transport.publish("out", b"behind the acknowledgement", qos=1)
            await peer.receives("out")
            await peer.publish("t/1", b"third")
            assert run.listener.payloads == [b"first", b"first"]
            again.ack()
            await run.listener.hears(3)
            assert run.listener.payloads[2] == b"second"


async def test_broker_waits_when_nothing_is_acknowledged(broker: Broker) -> None:
    settings = settings_for(broker, receive_maximum=3)
    async with (
        connected(settings, answer=Taken.LATER) as run,
        broker.peer() as peer,
    ):
        for n in range(5):
            await peer.publish("t/1", str(n))
        await run.listener.hears(3)
        await peer.publish("t/1", b"not acknowledged either", qos=0)
        await run.listener.hears(4)
        assert run.listener.payloads[:3] == [b"0", b"1", b"2"]
        for message in run.listener.messages[:3]:
            message.ack()
        await run.listener.hears(6)
        assert sorted(run.listener.payloads[4:]) == [b"3", b"4"]


async def test_messages_sent_while_away_are_kept_for_us(broker: Broker) -> None:
    async with connected(settings_for(broker)):
        pass
    async with broker.peer() as peer:
        await peer.publish("t/1", b"while away")
    async with running(settings_for(broker)) as run:
        await run.listener.hears(1)
        assert run.listener.payloads == [b"while away"]


async def test_unsubscribing_and_stopping_at_once_keeps_the_session(
    broker: Broker,
) -> None:
    transport = DirectTransport(settings_for(broker))
    listener = Listener()
    transport.on_connection(listener.told)
    unsubscribe = transport.subscribe([Subscription("t/#", 1)], listener)
    run = Running(transport, listener)
    await listener.is_told(True)
    unsubscribe()
    await run.stop()
    async with broker.peer() as peer:
        await peer.publish("t/1", b"while away")
    async with running(settings_for(broker)) as again:
        await again.listener.hears(1)


async def test_what_the_session_had_before_comes_once(broker: Broker) -> None:
    async with connected(settings_for(broker)):
        pass
    transport = DirectTransport(settings_for(broker))
    listener = Listener()
    transport.on_connection(listener.told)
    transport.subscribe([Subscription("#", 1)], listener, former=("t/#", "u/#"))
    run = Running(transport, listener)
    await listener.is_told(True)
    async with broker.peer() as peer:
        await peer.publish("t/1", b"once")
        await peer.publish("u/1", b"last")
    await listener.hears(2)
    await run.stop()

    assert listener.payloads == [b"once", b"last"]


async def test_our_own_words_can_be_left_out(broker: Broker) -> None:
    everything = (Subscription("t/#", 1, no_local=True),)
    async with (
        connected(settings_for(broker), subscriptions=everything) as run,
        broker.peer() as peer,
    ):
        run.transport.publish("t/own", b"ours", qos=1)
        await peer.publish("t/1", b"theirs")
        await run.listener.hears(1)

        assert run.listener.payloads == [b"theirs"]


async def test_message_is_acknowledged_when_every_handler_has_it(
    broker: Broker,
) -> None:
    settings = settings_for(broker, receive_maximum=1)
    async with connected(settings) as run, broker.peer() as peer:
        slow = Listener(Taken.LATER)
        run.transport.subscribe([Subscription("t/#", 1)], slow)
        await peer.publish("t/1", b"for both")
        (message,) = await slow.hears(1)
        await run.listener.hears(1)
        await peer.publish("t/2", b"waits")
        await peer.settled()
        assert run.listener.payloads == [b"for both"]
        message.ack()
        message.ack()
        await run.listener.hears(2)
        assert slow.payloads == [b"for both", b"waits"]


async def test_handlers_come_and_go_while_connected(broker: Broker) -> None:
    async with connected(settings_for(broker)) as run, broker.peer() as peer:
        guest = Listener()
        leave = run.transport.subscribe([Subscription("guest/+", 1)], guest)
        await broker.logged("guest/+ (QoS 1)")
        await peer.publish("guest/1", b"welcome")
        await guest.hears(1)
        leave()
        leave()
        await broker.logged(f"Received UNSUBSCRIBE from {CLIENT_ID}")
        await broker.logged(f"Sending UNSUBACK to {CLIENT_ID}")
        await peer.publish("guest/2", b"too late")
        await peer.publish("t/1", b"after")
        await run.listener.hears(1)
        assert guest.payloads == [b"welcome"]


async def test_shared_subscription_is_handled(broker: Broker) -> None:
    shared = (Subscription("$share/workers/t/#", 1),)
    async with (
        connected(settings_for(broker), subscriptions=shared) as run,
        broker.peer() as peer,
    ):
        await peer.publish("t/1", b"work")
        await run.listener.hears(1)


async def test_message_that_nobody_wants_any_more_is_counted(broker: Broker) -> None:
    async with connected(settings_for(broker)):
        pass
    async with broker.peer() as peer:
        await peer.publish("t/1", b"for a former dialect")
    others = (Subscription("other/#", 1),)
    async with (
        connected(settings_for(broker), subscriptions=others) as run,
        broker.peer() as peer,
    ):
        await broker.logged(f"Received PUBACK from {CLIENT_ID}")
        await peer.publish("other/1", b"after")
        await run.listener.hears(1)
        assert run.transport.counters.unmatched == 1
        assert run.listener.payloads == [b"after"]


async def test_failing_handler_is_logged_once_counted_and_acknowledged(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(broker, receive_maximum=1)

    def fail(message: Message) -> Taken:
        raise RuntimeError("This handler always fails")

    async with connected(settings) as run, broker.peer() as peer:
        run.transport.subscribe([Subscription("u/1", 1)], fail)
        await broker.logged(f"{CLIENT_ID} 1 u/1")
        await peer.publish("u/1", b"one")
        await peer.publish("u/1", b"two")
        await peer.publish("t/2", b"three")
        await run.listener.hears(1)
        assert run.transport.counters.handler_errors == 2
    assert caplog.text.count("could not be handled") == 1


async def test_failing_listener_does_not_stop_the_connection(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(connected: bool, why: MaestraError | None) -> None:
        raise RuntimeError("This listener always fails")

    transport = DirectTransport(settings_for(broker))
    forget = transport.on_connection(fail)
    listener = Listener()
    transport.on_connection(listener.told)
    run = Running(transport, listener)
    await listener.is_told(True)
    forget()
    forget()
    await run.stop()
    assert caplog.text.count("A listener failed") == 1


async def test_one_line_down_and_one_line_up(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    async with connected(settings_for(broker)) as run:
        await broker.stop()
        why = await run.listener.is_told(False)
        assert isinstance(why, BrokerUnreachable)
        assert not run.transport.connected
        with pytest.raises(NotConnected):
            run.transport.publish("out", b"", qos=1)
        await broker.start()
        await run.listener.is_told(True, times=2)
        run.transport.publish("out", b"", qos=1)
        assert run.transport.counters.reconnects == 1
    lines = [record.message for record in caplog.records if record.name == LOGGER]
    assert lines == [
        f"No connection to MQTT broker {broker.host}:{broker.port}: {why.reason}; "
        "trying again until there is one",
        f"Connected to MQTT broker {broker.host}:{broker.port} again",
    ]
    assert [up for up, _ in run.listener.connections] == [True, False, True, False]


async def test_subscriptions_are_made_again_when_the_broker_forgot_them(
    tmp_path: Path,
) -> None:
    async with Broker(tmp_path) as broker, connected(settings_for(broker)) as run:
        await broker.restart()
        await run.listener.is_told(True, times=2)
        assert run.transport.counters.sessions_lost == 1
        async with broker.peer() as peer:
            await peer.publish("t/1", b"still here")
            await run.listener.hears(1)


async def test_publication_without_acknowledgement_is_sent_again(
    broker: Broker,
) -> None:
    async with connected(settings_for(broker)) as run:
        broker.freeze()
        run.transport.publish("out", b"precious", qos=1, retain=True)
        await broker.kill()
        await run.listener.is_told(False)
        assert run.transport.unacknowledged == 1
        await broker.start()
        async with broker.peer() as peer:
            assert (await peer.receives("out")).payload == b"precious"


async def test_dead_broker_is_noticed(broker: Broker) -> None:
    settings = settings_for(broker, keepalive=timedelta(seconds=1))
    async with connected(settings, backoff=NEVER) as run:
        broker.freeze()
        assert isinstance(await run.listener.is_told(False), BrokerUnreachable)
        broker.thaw()


async def test_idle_connection_is_kept_alive(broker: Broker) -> None:
    settings = settings_for(broker, keepalive=timedelta(seconds=1))
    async with connected(settings) as run:
        await broker.logged(f"Received PINGREQ from {CLIENT_ID}")
        await broker.logged(f"Sending PINGRESP to {CLIENT_ID}")
        assert run.transport.connected


async def test_second_client_of_the_same_id_is_the_reason(broker: Broker) -> None:
    async with (
        connected(settings_for(broker), backoff=NEVER) as first,
        connected(settings_for(broker)),
    ):
        why = await first.listener.is_told(False)
        assert "another client" in str(why)


async def test_outgoing_backlog_is_bounded_in_messages(broker: Broker) -> None:
    limits = Limits(messages=5)
    async with (
        connected(settings_for(broker), limits=limits) as run,
        broker.peer() as peer,
    ):
        broker.freeze()
        for n in range(5):
            run.transport.publish("out", bytes((n,)), qos=1)
        with pytest.raises(OutgoingFull):
            run.transport.publish("out", b"one too many", qos=1)
        assert run.transport.counters.discarded == 1
        broker.thaw()
        for n in range(5):
            assert (await peer.receives("out")).payload == bytes((n,))
        assert run.transport.counters.published == 5


async def test_outgoing_backlog_is_bounded_in_bytes(broker: Broker) -> None:
    async def flood(transport: DirectTransport) -> None:
        while True:
            transport.publish("out", b"x" * 60_000)
            await asyncio.sleep(0)

    async with (
        connected(settings_for(broker), limits=Limits(bytes=500_000)) as run,
        broker.peer() as peer,
    ):
        broker.freeze()
        with pytest.raises(OutgoingFull):
            await flood(run.transport)
        broker.thaw()
        for _ in range(run.transport.counters.published):
            await peer.receives("out")


@pytest.mark.parametrize("qos", [0, 1])
async def test_message_that_never_fits_is_too_large(broker: Broker, qos: int) -> None:
    """A full backlog empties; waiting for that would be of no use."""
    async with connected(settings_for(broker), limits=Limits(bytes=1_000)) as run:
        with pytest.raises(MessageTooLarge):
            run.transport.publish("out", bytes(1_000), qos=qos)
        run.transport.publish("out", bytes(900), qos=qos)


async def test_message_too_large_for_the_broker_is_refused(tmp_path: Path) -> None:
    async with (
        Broker(tmp_path, lines=["max_packet_size 2000"]) as broker,
        connected(settings_for(broker)) as run,
    ):
        with pytest.raises(MessageTooLarge):
            run.transport.publish("out", b"x" * 2000, qos=1)
        assert run.transport.counters.discarded == 1
        assert run.transport.connected


async def test_publication_against_the_access_rules_is_counted(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic read #\n")
    rules.chmod(0o600)
    async with (
        Broker(tmp_path / "broker", lines=[f"acl_file {rules}"]) as broker,
        connected(settings_for(broker)) as run,
    ):
        run.transport.publish("out", b"forbidden", qos=1)
        await soon(lambda: run.transport.counters.refused)
        await run.stop()
        assert run.transport.counters.refused == 1
        assert run.transport.unacknowledged == 0


async def test_bad_topic_is_refused(broker: Broker) -> None:
    async with connected(settings_for(broker)) as run:
        with pytest.raises(InvalidField):
            run.transport.publish("out/#", b"")


async def test_refused_credentials_are_told_apart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Broker(tmp_path, users={"maestra": "right"}) as broker:
        settings = settings_for(broker, username="maestra", password="right")
        async with connected(settings) as run:
            await broker.stop()
            await run.listener.is_told(False)
            broker.users = {"maestra": "changed"}
            await broker.start()
            why = await run.listener.is_told(False, times=2)
            assert isinstance(why, BrokerRefused)
            assert why.reason == "Not authorized"
    assert caplog.text.count("No connection to") == 2
    assert "right" not in caplog.text


async def test_unreachable_broker_is_found_when_it_comes(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    async with running(settings_for(broker)) as run:
        why = await run.listener.is_told(False)
        assert isinstance(why, BrokerUnreachable)
        async with broker:
            await run.listener.is_told(True)
        assert run.transport.counters.reconnects == 0


async def test_cancelling_leaves_nothing(broker: Broker) -> None:
    before = asyncio.all_tasks()
    async with connected(settings_for(broker)) as run:
        sock = socket_of(run)
        await run.stop()
        assert sock.fileno() == -1
        assert asyncio.all_tasks() == before
        await broker.logged(f"Received DISCONNECT from {CLIENT_ID}")
        assert run.listener.connections == [(True, None), (False, None)]


async def test_cancelling_leaves_nothing_when_the_broker_hangs(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "TIMEOUT", 0.05)
    before = asyncio.all_tasks()
    async with connected(settings_for(broker)) as run:
        sock = socket_of(run)
        broker.freeze()
        for _ in range(4):
            run.transport.publish("out", b"x" * 1_900_000)
        await asyncio.sleep(0)
        await run.stop()
        assert sock.fileno() == -1
        assert asyncio.all_tasks() == before
        broker.thaw()


def saying(
    first: bytes, *answers: tuple[bytes, bytes]
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]:
    """Return a server that says something, and something more after each of what it hears; it goes when the client does."""

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(first)
        for heard, said in answers:
            await reader.readuntil(heard)
            writer.write(said)
        await reader.read()
        writer.close()

    return answer


@asynccontextmanager
async def speaking(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any],
    tls_folder: Path | None = None,
) -> AsyncIterator[BrokerSettings]:
    """Serve something that is no MQTT broker; over TLS where there is a folder for its certificate."""
    context, tls = None, None
    if tls_folder is not None:
        authority = Authority()
        identity = authority.issue("localhost", "127.0.0.1")
        file = tls_folder / "identity.pem"
        file.write_text(identity.private_key + identity.certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        tls = TlsSettings(authority.certificate)
    server = await asyncio.start_server(
        answer, "127.0.0.1", port := free_port(), ssl=context
    )
    async with server:
        yield BrokerSettings("127.0.0.1", port, CLIENT_ID, tls=tls)


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(b"\xff\xff\xff\xff\xff\xff", id="length"),
        pytest.param(b"\x32\x03\x00\x05t", id="publish"),
        pytest.param(b"\x40\x01\x00", id="puback"),
        pytest.param(b"\x20\x03\x00\x03\x00", id="connack"),
        pytest.param(b"\x20\x03\x00\x00\x0a", id="connack properties"),
    ],
)
async def test_nonsense_from_the_broker_ends_the_connection(nonsense: bytes) -> None:
    answer = saying(nonsense)

    async with (
        speaking(answer) as settings,
        running(settings, backoff=NEVER) as run,
    ):
        assert isinstance(await run.listener.is_told(False), BrokerUnreachable)


async def test_topic_that_is_no_text_is_counted_and_acknowledged() -> None:
    acknowledged = asyncio.Event()

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"\x20\x03\x00\x00\x00")
        await reader.readuntil(b"t/#")
        writer.write(b"\x90\x04\x00\x01\x00\x01")
        writer.write(b"\x32\x06\x00\x01\xff\x00\x07\x00")
        await reader.readuntil(b"\x40\x02\x00\x07")
        acknowledged.set()
        await reader.read()
        writer.close()

    async with speaking(answer) as settings, connected(settings) as run:
        async with asyncio.timeout(PATIENCE):
            await acknowledged.wait()
        assert run.transport.counters.undecodable == 1
        assert run.transport.connected


@pytest.mark.parametrize("is_resumed", [True, False])
async def test_what_a_resumed_session_begins_with_may_have_come_before(
    is_resumed: bool,
) -> None:
    """A broker that comes back from a crash may not know that it has sent it."""

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(bytes((0x20, 3, is_resumed, 0, 0)))
        for packet_id in (7, 8, 9):
            writer.write(bytes((0x32, 6, 0, 1, *b"t", 0, packet_id, 0)))
        await reader.read()
        writer.close()

    async with speaking(answer) as settings:
        settings = replace(settings, receive_maximum=2)
        async with running(
            settings, subscriptions=(Subscription("t", 1),), answer=Taken.LATER
        ) as run:
            heard = await run.listener.hears(3)
            # No more than can have been in flight.
            expected = [is_resumed, is_resumed, False]
            assert [message.is_duplicate for message in heard] == expected


async def test_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "TIMEOUT", 0.05)

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()
        writer.close()

    async with (
        speaking(answer) as settings,
        running(settings, backoff=NEVER) as run,
    ):
        why = await run.listener.is_told(False)
        assert "no answer in time" in str(why)


async def test_unanswered_subscription_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "TIMEOUT", 0.2)

    answer = saying(b"\x20\x03\x00\x00\x00")

    async with (
        speaking(answer) as settings,
        running(settings, backoff=NEVER) as run,
    ):
        why = await run.listener.is_told(False)
        assert "did not answer" in str(why)


async def test_refused_subscription_is_told_until_it_is_granted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is asked for again, and we do not count as connected before; what is sent goes out all the same."""
    monkeypatch.setattr(direct, "RETRY_REFUSED", 0.05)
    asked = 0

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal asked
        writer.write(b"\x20\x03\x00\x00\x00")
        for number in (1, 2, 3):
            await reader.readuntil(b"t/#")
            asked += 1
            code = b"\x01" if number == 3 else b"\x87"
            writer.write(b"\x90\x04\x00" + bytes((number,)) + b"\x00" + code)
        await reader.readuntil(b"out")
        writer.write(b"\x30\x06\x00\x03t/1\x00")
        await reader.read()
        writer.close()

    async with speaking(answer) as settings, running(settings) as run:
        why = await run.listener.is_told(False)
        assert isinstance(why, SubscriptionRefused)
        assert (
            why.reason == "the broker refuses the subscription to t/# (Not authorized)"
        )
        was_connected = run.transport.connected
        await run.listener.is_told(True)
        assert (was_connected, run.transport.connected) == (False, True)
        assert asked == 3
        run.transport.publish("out", b"")
        await run.listener.hears(1)
    assert caplog.text.count("refuses the subscription") == 1


@pytest.mark.parametrize("is_read", [False, True])
async def test_a_connection_that_ends_as_it_is_made_leaves_no_trace(
    is_read: bool,
) -> None:
    """The socket may be closed before CONNECT is out, or its number be another's by then."""
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: reported.append(context)
    )

    async def hang_up(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if is_read:
            await reader.read(1)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    async with speaking(hang_up) as settings:
        for _ in range(100):
            with pytest.raises(BrokerUnreachable):
                await direct.prove(settings)
    assert reported == []


async def test_an_answer_that_nobody_waits_for_is_no_mistake(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As one that comes after a restart in a hurry."""

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"\x20\x03\x00\x00\x00")
        await reader.readuntil(b"t/#")
        writer.write(b"\x90\x04\x00\x63\x00\x01\xb0\x04\x00\x64\x00\x00")
        writer.write(b"\x90\x04\x00\x01\x00\x01\x30\x06\x00\x03t/1\x00")
        await reader.read()
        writer.close()

    async with speaking(answer) as settings, connected(settings) as run:
        await run.listener.hears(1)
    assert "Traceback" not in caplog.text


async def test_what_is_not_needed_may_be_refused() -> None:
    answer = saying(
        b"\x20\x03\x00\x00\x00", (b"$SYS/x", b"\x90\x05\x00\x01\x00\x01\x87")
    )

    wanted = (Subscription("t/#", 1), Subscription("$SYS/x", is_needed=False))
    async with (
        speaking(answer) as settings,
        connected(settings, subscriptions=wanted) as run,
    ):
        assert run.listener.connections == [(True, None)]


def test_secrets_are_not_shown() -> None:
    settings = replace(
        BrokerSettings("host", 1883, CLIENT_ID), username="me", password="s3cret"
    )
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("server_keep_alive", [0, 60])
async def test_a_broker_that_says_no_more_is_left(server_keep_alive: int) -> None:
    """Whatever it wants to hear of us: it may be gone without a word."""

    answer = saying(
        bytes((0x20, 6, 0, 0, 3, 0x13, 0, server_keep_alive)),
        (b"t/#", b"\x90\x04\x00\x01\x00\x01"),
    )

    async with speaking(answer) as settings:
        settings = replace(settings, keepalive=timedelta(seconds=0.2))
        async with connected(settings, backoff=NEVER) as run:
            why = await run.listener.is_told(False)
            assert session.NO_ANSWER in str(why)


@pytest.mark.parametrize("accepted", [b"", b"\x20\x03\x00\x00\x00"])
async def test_a_broker_that_says_at_once_why_it_ends_is_heard(
    accepted: bytes,
) -> None:
    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read(1)
        writer.write(accepted + b"\xe0\x01\x89")
        await reader.read()
        writer.close()

    async with speaking(answer) as settings:
        with pytest.raises(BrokerBusy):
            await direct.prove(settings)


async def test_subscriptions_fit_into_what_the_broker_takes() -> None:
    """Else it ends the connection, and what is in flight would be suspected."""
    sizes: list[int] = []

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readexactly(2)
        await reader.readexactly(head[1])
        writer.write(b"\x20\x08\x00\x00\x05\x27\x00\x00\x00\x32")
        filters = 0
        while filters < 12:
            head = await reader.readexactly(2)
            packet = await reader.readexactly(head[1])
            sizes.append(2 + len(packet))
            count = packet.count(b"filter/")
            filters += count
            writer.write(bytes((0x90, 3 + count)) + packet[:3] + b"\x01" * count)
        await reader.read()
        writer.close()

    wanted = tuple(Subscription(f"filter/{number:05}", 1) for number in range(12))
    async with (
        speaking(answer) as settings,
        connected(settings, subscriptions=wanted) as run,
    ):
        assert run.listener.connections == [(True, None)]
    assert max(sizes) <= 50
    assert len(sizes) == 6


async def test_a_message_in_other_letters_is_measured_in_bytes() -> None:
    answer = saying(
        b"\x20\x08\x00\x00\x05\x27\x00\x00\x00\x32",
        (b"t/#", b"\x90\x04\x00\x01\x00\x01"),
    )

    async with speaking(answer) as settings, connected(settings) as run:
        with pytest.raises(MessageTooLarge):
            run.transport.publish("\u6e29\u5ea6" * 10, b"", qos=1)
        run.transport.publish("x" * 43, b"", qos=1)
        with pytest.raises(MessageTooLarge):
            run.transport.publish("x" * 44, b"", qos=1)


@pytest.mark.parametrize("is_secure", [False, True])
@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param(b"\xe0\x01\x8b", "Server shutting down", id="disconnect"),
        pytest.param(b"\x10\x00", "a packet of type 1", id="nonsense"),
    ],
)
async def test_what_ends_it_with_the_last_answer_is_told(
    tmp_path: Path, end: bytes, expected: str, is_secure: bool
) -> None:
    """Over TLS the socket is there some turns of the loop longer than the session."""

    answer = saying(
        b"\x20\x03\x00\x00\x00", (b"t/#", b"\x90\x04\x00\x01\x00\x01" + end)
    )

    async with (
        speaking(answer, tmp_path if is_secure else None) as settings,
        running(settings, backoff=NEVER) as run,
    ):
        assert expected in str(await run.listener.is_told(False))
