"""Our own connection to brokers that know MQTT 3.1.1 only: a Mosquitto that is told to, and nats-server."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiomqtt
import pytest

from custom_components.maestra.core.mqtt import session
from custom_components.maestra.core.mqtt.direct import prove
from custom_components.maestra.core.mqtt.errors import (
    BrokerError,
    BrokerRefused,
    BrokerTooOld,
    BrokerUnreachable,
    SubscriptionRefused,
    TlsRejected,
)
from custom_components.maestra.core.mqtt.session import BrokerSettings, ProtocolVersion
from custom_components.maestra.core.transport.tls import TlsSettings
from custom_components.maestra.core.transport.transport import Subscription, Taken
from tests.kits.broker import Broker, Peer, TlsListener
from tests.kits.certificates import Authority
from tests.kits.nats import NatsBroker
from tests.kits.process import HOST, PATIENCE

from .test_direct import Running, connected, running
from .test_reasons import CONNECT, SUBSCRIBE, Guest, broker_of_bytes

OLD = aiomqtt.ProtocolVersion.V311
OLD_ONLY = "accept_protocol_versions 3,4"
PUBACK = 4
ACCEPTED = b"\x20\x02\x00\x00"
RESUMED = b"\x20\x02\x01\x00"

type AnyBroker = Broker | NatsBroker


class OldMosquitto(Broker):
    """A Mosquitto that knows no MQTT 5, and keeps what it has."""

    def __init__(self, folder: Path, **options: object) -> None:
        super().__init__(folder, persistent=True, **options)  # type: ignore[arg-type]
        self.lines.append(OLD_ONLY)


BROKERS: dict[str, Callable[..., AnyBroker]] = {
    "mosquitto": OldMosquitto,
    "nats-server": NatsBroker,
}


@pytest.fixture(params=BROKERS)
def make(request: pytest.FixtureRequest) -> Callable[..., AnyBroker]:
    """What makes a broker of each kind."""
    return BROKERS[request.param]


@pytest.fixture
async def broker(
    make: Callable[..., AnyBroker], tmp_path: Path
) -> AsyncGenerator[AnyBroker]:
    """A broker of each kind."""
    async with make(tmp_path / "broker") as broker:
        yield broker


def settings_for(broker: AnyBroker, **changes: object) -> BrokerSettings:
    return BrokerSettings(broker.host, broker.port, "maestra-test", **changes)  # type: ignore[arg-type]


def peer_of(broker: AnyBroker, *filters: str) -> Peer:
    """Return a client of the broker; nats-server has subjects of its own, which `#` covers too."""
    return Peer(
        broker.host,
        broker.port,
        filters=filters,
        protocol=OLD,
    )


async def test_the_version_is_found_out_and_both_ways_work(broker: AnyBroker) -> None:
    async with connected(settings_for(broker)) as run, peer_of(broker, "out/#") as peer:
        assert run.transport.protocol == "3.1.1"
        await peer.publish("t/1", b"hello")
        (message,) = await run.listener.hears(1)
        assert (message.topic, message.payload, message.qos, message.retain) == (
            "t/1",
            b"hello",
            1,
            False,
        )
        await peer.publish("t/0", b"zero", qos=0)
        await run.listener.hears(2)
        run.transport.publish("out/0", b"zero")
        run.transport.publish("out/1", b"x" * 100_000, qos=1)
        assert (await peer.receives("out/0")).qos == 0
        assert (await peer.receives("out/1")).payload == b"x" * 100_000
        await drained(run)


async def drained(run: Running) -> None:
    """Wait until the broker has taken all."""
    news = asyncio.Event()
    stop = run.transport.on_drained(news.set)
    async with asyncio.timeout(PATIENCE):
        while run.transport.unacknowledged:
            await news.wait()
            news.clear()
    stop()


async def kept(broker: AnyBroker, topic_filter: str, count: int) -> set[bytes]:
    """Return what the broker gives a newcomer, once it is so much: nats-server keeps it after it has acknowledged it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with peer_of(broker, topic_filter) as newcomer:
                await newcomer.settled()
                given = {each.payload for each in newcomer.collect(topic_filter)}
                if len(given) >= count:
                    return given


async def test_what_is_retained_comes_with_a_subscription(broker: AnyBroker) -> None:
    async with peer_of(broker) as peer:
        await peer.publish("t/kept", b"old", retain=True)
        await kept(broker, "t/kept", 1)
        async with connected(settings_for(broker)) as run:
            (message,) = await run.listener.hears(1)
            assert message.retain
            await peer.publish("t/kept", b"new", retain=True)
            assert not (await run.listener.hears(2))[1].retain


async def test_what_is_not_taken_over_comes_again(broker: AnyBroker) -> None:
    """To a new process too, and marked as such; what was acknowledged does not."""
    async with connected(settings_for(broker), answer=Taken.LATER) as first:
        async with peer_of(broker) as peer:
            await peer.publish("t/1", b"taken")
            await peer.publish("t/2", b"not taken")
        for message in await first.listener.hears(2):
            if message.payload == b"taken":
                message.ack()
        # Behind the acknowledgement.
        first.transport.publish("out", b"", qos=1)
        await drained(first)
    async with connected(settings_for(broker)) as second:
        (again,) = await second.listener.hears(1)
        assert again.payload == b"not taken"
        assert again.is_duplicate
        async with peer_of(broker) as peer:
            await peer.publish("t/3", b"new")
        assert (await second.listener.hears(2))[1].payload == b"new"
        assert not second.listener.messages[1].is_duplicate


async def test_what_is_said_while_we_are_away_waits_for_us(broker: AnyBroker) -> None:
    async with connected(settings_for(broker)):
        pass
    sent = {b"%d" % number for number in range(300)}
    async with peer_of(broker) as peer:
        for each in sent:
            await peer.publish("t/1", each)
    async with connected(settings_for(broker)) as run:
        await run.listener.until(lambda: set(run.listener.payloads) == sent)


async def test_a_broker_that_dies_loses_nothing_of_ours(broker: AnyBroker) -> None:
    sent = [b"%d" % number for number in range(200)]
    async with connected(settings_for(broker)) as run:
        broker.freeze()
        # Retained, so that it does not matter who is there first.
        for each in sent[:100]:
            run.transport.publish(f"out/{each.decode()}", each, qos=1, retain=True)
        # What lies in the socket is lost with it.
        await broker.kill()
        await run.listener.is_told(False)
        await broker.start()
        await run.listener.is_told(True, times=2)
        assert await kept(broker, "out/#", 100) == set(sent[:100])
        async with peer_of(broker, "live/#") as peer:
            for each in sent[100:]:
                run.transport.publish("live/1", each, qos=1)
            heard = {(await peer.receives("live/#")).payload for _ in sent[100:]}
        assert heard == set(sent[100:])
        assert run.transport.counters.refused == 0


async def test_wrong_credentials_are_told(
    make: Callable[..., AnyBroker], tmp_path: Path
) -> None:
    async with make(tmp_path / "guarded", users={"stage": "right"}) as broker:
        await prove(settings_for(broker, username="stage", password="right"))
        with pytest.raises(BrokerRefused):
            await prove(settings_for(broker, username="stage", password="wrong"))
        with pytest.raises(BrokerRefused):
            await prove(settings_for(broker, password="right"))


async def test_a_refused_subscription_is_told() -> None:
    async def talk(guest: Guest) -> None:
        await guest.says(CONNECT)
        guest.answer(ACCEPTED)
        asked = await guest.says(SUBSCRIBE)
        guest.answer(b"\x90\x04" + asked[:2] + b"\x01\x80")
        await guest.stays()

    async with broker_of_bytes(talk) as settings:
        wanted = [Subscription("allowed/#", 1), Subscription("refused/#", 1)]
        with pytest.raises(SubscriptionRefused, match="refused/# "):
            await prove(in_old(settings), wanted)


async def test_a_client_certificate_lets_us_in(
    make: Callable[..., AnyBroker], tmp_path: Path
) -> None:
    authority = Authority()
    listener = TlsListener(authority.issue("broker", HOST), authority.certificate)
    async with make(tmp_path / "mutual", tls=listener) as broker:
        ours = authority.issue("maestra")
        tls = TlsSettings(authority.certificate, ours.certificate, ours.private_key)
        await prove(settings_for(broker, tls=tls), [Subscription("t/#", 1)])
        with pytest.raises(TlsRejected):
            await prove(settings_for(broker, tls=TlsSettings(authority.certificate)))


async def test_a_broker_that_hangs_is_left_and_found_again(broker: AnyBroker) -> None:
    settings = settings_for(broker, keepalive=timedelta(seconds=1))
    async with connected(settings) as run:
        broker.freeze()
        run.transport.publish("out/1", b"precious", qos=1)
        why = await run.listener.is_told(False)
        assert isinstance(why, BrokerUnreachable)
        broker.thaw()
        await run.listener.is_told(True, times=2)
        await drained(run)


async def test_what_nats_server_can_not_bear_is_given_up(tmp_path: Path) -> None:
    """A topic with a blank ends each connection, and the broker does not say so."""
    async with (
        NatsBroker(tmp_path / "broker") as broker,
        connected(settings_for(broker)) as run,
        peer_of(broker, "out/#") as peer,
    ):
        run.transport.publish("out/a blank", b"deadly", qos=1)
        run.transport.publish("out/1", b"behind it", qos=1)
        assert (await peer.receives("out/1")).payload == b"behind it"
        await drained(run)
        assert run.transport.counters.refused == 1
        assert run.transport.counters.reconnects == session.UNEXPLAINED_ENDS


@pytest.mark.parametrize(
    ("wanted", "accepted", "spoken"),
    [
        (ProtocolVersion.AUTOMATIC, "3,4", "3.1.1"),
        (ProtocolVersion.AUTOMATIC, "3,4,5", "5"),
        (ProtocolVersion.MQTT_3_1_1, "3,4,5", "3.1.1"),
        (ProtocolVersion.MQTT_5, "5", "5"),
    ],
)
async def test_the_version_is_chosen(
    tmp_path: Path, wanted: ProtocolVersion, accepted: str, spoken: str
) -> None:
    lines = [f"accept_protocol_versions {accepted}"]
    async with (
        Broker(tmp_path, lines=lines) as broker,
        connected(settings_for(broker, protocol=wanted)) as run,
    ):
        assert run.transport.protocol == spoken


@pytest.mark.parametrize(
    ("wanted", "accepted"),
    [(ProtocolVersion.MQTT_5, "3,4"), (ProtocolVersion.MQTT_3_1_1, "5")],
)
async def test_a_version_that_the_broker_does_not_know_is_told(
    tmp_path: Path, wanted: ProtocolVersion, accepted: str
) -> None:
    lines = [f"accept_protocol_versions {accepted}"]
    async with Broker(tmp_path, lines=lines) as broker:
        with pytest.raises(BrokerTooOld):
            await prove(settings_for(broker, protocol=wanted))


async def test_a_broker_of_another_version_takes_over(tmp_path: Path) -> None:
    """What was on its way when it was replaced goes on, whichever way it changed."""
    async with (
        Broker(tmp_path, persistent=True) as broker,
        connected(settings_for(broker)) as run,
    ):
        for count, (accepted, spoken) in enumerate(
            [("3,4", "3.1.1"), ("5", "5"), ("3,4", "3.1.1")]
        ):
            broker.freeze()
            run.transport.publish(f"kept/{count}", b"precious", qos=1, retain=True)
            await broker.kill()
            await run.listener.is_told(False, times=count + 1)
            broker.lines = [f"accept_protocol_versions {accepted}"]
            await broker.start()
            await run.listener.is_told(True, times=count + 2)
            assert run.transport.protocol == spoken
            await drained(run)
            version = aiomqtt.ProtocolVersion.V5 if spoken == "5" else OLD
            async with broker.peer(protocol=version) as peer:
                await peer.receives(f"kept/{count}")


# What a broker of bytes does.


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"\x20\x02\x00\x01", BrokerTooOld),
        (b"\x20\x02\x00\x02", BrokerRefused),
        (b"\x20\x02\x00\x03", BrokerUnreachable),
        (b"\x20\x02\x00\x04", BrokerRefused),
        (b"\x20\x02\x00\x05", BrokerRefused),
        (b"\x20\x02\x00\x63", BrokerUnreachable),
        # Of MQTT 5, from a broker that knows no other.
        (b"\x20\x03\x00\x84\x00", BrokerTooOld),
        (b"\x20\x02\x02\x00", BrokerUnreachable),
        (b"\x20\x00", BrokerUnreachable),
        (b"\x00\x00\x00\x00", BrokerUnreachable),
        (b"\xff\xff\xff\xff\xff\xff\xff", BrokerUnreachable),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", BrokerUnreachable),
        (b"", BrokerUnreachable),
    ],
)
async def test_what_is_answered_to_a_connection(
    answer: bytes, kind: type[BrokerError]
) -> None:
    async def talk(guest: Guest) -> None:
        await guest.says(CONNECT)
        guest.answer(answer)

    async with broker_of_bytes(talk) as settings:
        with pytest.raises(BrokerError) as told:
            await prove(in_old(settings))
        assert type(told.value) is kind


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff\xff",
        b"\x30\x00",
        b"\x32\x03\x00\x01t",
        b"\x34\x05\x00\x01t\x00\x07",
        # A DISCONNECT is none of a broker's in this version; an answer without a packet id; a second CONNACK.
        b"\xe0\x00",
        b"\x90\x01\x00",
        b"\x20\x02\x00\x00",
    ],
)
async def test_garbage_ends_a_connection_and_the_next_one_works(garbage: bytes) -> None:
    async def bad(guest: Guest) -> None:
        await guest.grants()
        guest.answer(garbage)
        await guest.stays()

    async def good(guest: Guest) -> None:
        await guest.grants()
        guest.answer(b"\x30\x05\x00\x03t/1")
        await guest.stays()

    async with (
        broker_of_bytes(bad, bad, good) as settings,
        running(in_old(settings)) as run,
    ):
        await run.listener.hears(1)
        assert run.transport.counters.reconnects == 2


async def test_what_is_no_topic_is_counted_and_acknowledged() -> None:
    async def talk(guest: Guest) -> None:
        await guest.grants()
        for topic in (b"t/\xff", b"t/+"):
            guest.answer(b"\x32\x07\x00\x03" + topic + b"\x00\x07")
            assert await guest.says(PUBACK) == b"\x00\x07"
        guest.answer(b"\x32\x07\x00\x03t/1\x00\x07")
        await guest.stays()

    async with broker_of_bytes(talk) as settings, running(in_old(settings)) as run:
        await run.listener.hears(1)
        assert run.transport.counters.undecodable == 2


async def test_a_broker_that_ends_connections_at_random_costs_no_message() -> None:
    """As long as it takes any of them: only what is first in line each time is given up."""
    taken: list[bytes] = []

    async def talk(guest: Guest) -> None:
        await guest.grants(RESUMED)
        packet_id, payload = await guest.publishes(has_properties=False)
        taken.append(payload)
        guest.answer(b"\x40\x02" + packet_id)

    async with broker_of_bytes(talk) as settings, connected(in_old(settings)) as run:
        for number in range(10):
            run.transport.publish("out", b"%d" % number, qos=1)
        await drained(run)
        assert taken == [b"%d" % number for number in range(10)]
        assert run.transport.counters.refused == 0


def in_old(settings: BrokerSettings) -> BrokerSettings:
    return replace(settings, protocol=ProtocolVersion.MQTT_3_1_1)
