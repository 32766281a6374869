"""What each reason code does, in each packet that brings one: said by a broker of bytes, and by a real one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from custom_components.maestra.core.domain.errors import MaestraError
from custom_components.maestra.core.mqtt.direct import DirectTransport, prove
from custom_components.maestra.core.mqtt.errors import (
    BrokerBusy,
    BrokerError,
    BrokerMoved,
    BrokerRefused,
    BrokerTooOld,
    BrokerUnreachable,
    ClientIdTaken,
    SubscriptionRefused,
)
from custom_components.maestra.core.mqtt.reasons import REASONS, Fate
from custom_components.maestra.core.mqtt.session import BrokerSettings, ProtocolVersion
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.core.transport.transport import (
    Message,
    Subscription,
    Taken,
)
from tests.kits.broker import Broker
from tests.kits.process import HOST, PATIENCE, free_port

QUICK = Backoff(timedelta(seconds=0.01), timedelta(seconds=0.01))
NEVER = Backoff(timedelta(hours=1), timedelta(hours=1))
ALL_CODES = range(256)
ACCEPTED = b"\x20\x03\x00\x00\x00"

CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 1, 3, 8, 14

type Talk = Callable[[Guest], Coroutine[Any, Any, None]]

# MQTT 5 §2.4, written down a second time: what ends a connection, and how.
REFUSED = {0x85, 0x86, 0x87, 0x8A, 0x8C}
BUSY = {0x89, 0x96, 0x97, 0x9F}
MOVED = {0x9C, 0x9D}


def kind_of_connack(code: int) -> type[BrokerError]:
    if code in (0x01, 0x84):
        return BrokerTooOld
    return {
        **dict.fromkeys(REFUSED, BrokerRefused),
        **dict.fromkeys(BUSY - {0x96}, BrokerBusy),
        **dict.fromkeys(MOVED, BrokerMoved),
    }.get(code, BrokerUnreachable)


def kind_of_disconnect(code: int) -> type[BrokerError]:
    return {
        0x8C: BrokerRefused,
        0x8E: ClientIdTaken,
        **dict.fromkeys(BUSY, BrokerBusy),
        **dict.fromkeys(MOVED, BrokerMoved),
    }.get(code, BrokerUnreachable)


class Guest:
    """One client of a broker that is made of bytes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: list[tuple[int, bytes]] = []

    async def says(self, kind: int) -> bytes:
        """Wait for a packet of this kind, and return what is behind its length; others wait their turn."""
        while True:
            for packet in self._waiting:
                if packet[0] >> 4 == kind:
                    self._waiting.remove(packet)
                    return packet[1]
            self._waiting.append(await self._packet())

    async def _packet(self) -> tuple[int, bytes]:
        head = (await self._reader.readexactly(1))[0]
        length = shift = 0
        while True:
            byte = (await self._reader.readexactly(1))[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return head, await self._reader.readexactly(length)

    async def publishes(self, *, has_properties: bool = True) -> tuple[bytes, bytes]:
        """Wait for a message of QoS 1; returns its packet id and payload."""
        body = await self.says(PUBLISH)
        end = 2 + int.from_bytes(body[:2])
        return body[end : end + 2], body[end + 2 + has_properties :]

    def answer(self, packet: bytes) -> None:
        self._writer.write(packet)

    async def subscribes(self) -> None:
        """Let it in, and grant what it asks for first."""
        await self.says(CONNECT)
        self.answer(ACCEPTED)
        body = await self.says(SUBSCRIBE)
        self.answer(b"\x90\x04" + body[:2] + b"\x00\x01")

    async def grants(self, connack: bytes = b"\x20\x02\x00\x00") -> None:
        """The same in MQTT 3.1.1."""
        await self.says(CONNECT)
        self.answer(connack)
        body = await self.says(SUBSCRIBE)
        self.answer(b"\x90\x03" + body[:2] + b"\x01")

    async def stays(self) -> None:
        """Until it goes."""
        while await self._reader.read(65_536):
            pass


@asynccontextmanager
async def broker_of_bytes(*talks: Talk) -> AsyncIterator[BrokerSettings]:
    """Serve one talk a connection, the last one for all others."""
    waiting = list(talks)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        try:
            await talk(Guest(reader, writer))
        except asyncio.IncompleteReadError, ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, port := free_port())
    async with server:
        yield BrokerSettings(HOST, port, "maestra-test")


class Running:
    """A transport that runs, and what it tells."""

    def __init__(
        self, settings: BrokerSettings, *filters: str, backoff: Backoff = QUICK
    ) -> None:
        self.transport = DirectTransport(settings, backoff=backoff)
        self.transport.subscribe(
            [Subscription(each, 1) for each in filters or ("t/#",)], self._take
        )
        self.transport.on_connection(self._told)
        self.heard: list[bytes] = []
        self._heard: list[tuple[bool, MaestraError | None]] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.transport.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not reached():
                self._news.clear()
                await self._news.wait()

    async def connects(self, times: int = 1) -> None:
        await self.until(lambda: [up for up, _ in self._heard].count(True) >= times)

    async def goes_down(self) -> MaestraError:
        """Wait until it is told for the first time that there is no connection; returns why."""
        await self.until(lambda: any(not up for up, _ in self._heard))
        why = next(why for up, why in self._heard if not up)
        assert why is not None
        return why

    def _told(self, connected: bool, why: MaestraError | None) -> None:
        self._heard.append((connected, why))
        self._news.set()

    def _take(self, message: Message) -> Taken:
        self.heard.append(message.payload)
        self._news.set()
        return Taken.NOW


def test_the_table_has_all_reasons_of_the_standard() -> None:
    """Those that a broker can say in these packets (MQTT 5 §2.4, table 2-6)."""
    failures = set(range(0x80, 0xA3)) - {0x92}
    assert set(REASONS) == {0x00, 0x01, 0x02, 0x10} | failures
    assert {code for code, each in REASONS.items() if each.publish} == {
        *(0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99),
        # Not in the standard, but Mosquitto says it.
        0x95,
    }
    assert {code for code, each in REASONS.items() if each.subscribe} == {
        *(0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2)
    }
    assert {code for code, each in REASONS.items() if each.publish is Fate.DROPPED} == {
        code for code, each in REASONS.items() if code >= 0x80 and each.publish
    }


@pytest.mark.parametrize("kind", [0x40, 0x50], ids=["PUBACK", "PUBREC"])
async def test_a_refused_message_is_dropped_and_the_connection_lives(
    kind: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the code: with one that MQTT 5 does not have in the packet, too."""
    # To a message of QoS 1 a PUBREC can only be a refusal.
    codes = ALL_CODES if kind == 0x40 else ALL_CODES[0x80:]

    async def talk(guest: Guest) -> None:
        await guest.subscribes()
        for _ in codes:
            packet_id, payload = await guest.publishes()
            guest.answer(bytes((kind, 4)) + packet_id + payload[:1] + b"\x00")
        guest.answer(b"\x30\x07\x00\x03t/1\x00x")
        await guest.stays()

    async with broker_of_bytes(talk) as settings, Running(settings) as run:
        await run.connects()
        for code in codes:
            run.transport.publish("out/1", bytes((code,)), qos=1)
        await run.until(lambda: run.heard == [b"x"])

        assert run.transport.counters.refused == 128
        assert run.transport.unacknowledged == 0
        assert run.transport.counters.reconnects == 0
    assert "refuses a message to out/1 (Packet too large)" in caplog.text
    assert caplog.text.count("refuses a message") == 128
    assert "Traceback" not in caplog.text


async def test_each_reason_of_a_refused_message_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def talk(guest: Guest) -> None:
        await guest.subscribes()
        for _ in range(3):
            packet_id, _ = await guest.publishes()
            guest.answer(b"\x40\x03" + packet_id + b"\x95")
        guest.answer(b"\x30\x07\x00\x03t/1\x00x")
        await guest.stays()

    async with broker_of_bytes(talk) as settings, Running(settings) as run:
        await run.connects()
        for _ in range(3):
            run.transport.publish("out/1", b"x", qos=1)
        await run.until(lambda: run.heard == [b"x"])
        assert run.transport.counters.refused == 3
    assert caplog.text.count("refuses a message") == 1


async def test_each_reason_of_a_subscription() -> None:
    """Those that are refused are named, the others are there."""
    filters = [f"t/{code}" for code in ALL_CODES]

    async def talk(guest: Guest) -> None:
        await guest.says(CONNECT)
        guest.answer(ACCEPTED)
        body = await guest.says(SUBSCRIBE)
        # A user property and a reason string are before the codes.
        properties = b"\x1f\x00\x02no\x26\x00\x01a\x00\x01b"
        rest = body[:2] + bytes((len(properties),)) + properties + bytes(ALL_CODES)
        guest.answer(b"\x90" + bytes((len(rest) % 128 | 128, len(rest) // 128)) + rest)
        guest.answer(b"\x30\x07\x00\x03t/1\x00x")
        await guest.stays()

    async with (
        broker_of_bytes(talk) as settings,
        Running(settings, *filters, backoff=NEVER) as run,
    ):
        why = await run.goes_down()
        await run.until(lambda: run.heard == [b"x"])

        assert isinstance(why, SubscriptionRefused)
        assert not run.transport.connected
        assert why.reason.count("t/") == 128
        assert "t/135 (Not authorized)" in why.reason
        assert "t/255 (Reason 0xFF)" in why.reason
        assert "t/2 (" not in why.reason


async def test_each_reason_of_a_refused_connection() -> None:
    codes = iter(ALL_CODES[1:])

    async def talk(guest: Guest) -> None:
        await guest.says(CONNECT)
        guest.answer(bytes((0x20, 3, 0, next(codes), 0)))
        await guest.stays()

    async with broker_of_bytes(talk) as settings:
        # The older version is not tried.
        newer = replace(settings, protocol=ProtocolVersion.MQTT_5)
        for code in ALL_CODES[1:]:
            with pytest.raises(BrokerError) as refused:
                await prove(newer)
            assert type(refused.value) is kind_of_connack(code), hex(code)


@pytest.mark.parametrize("rest", [b"", b"\x05\x1f\x00\x02no"], ids=["short", "long"])
async def test_each_reason_of_a_disconnect(rest: bytes) -> None:
    codes = iter(ALL_CODES)

    async def talk(guest: Guest) -> None:
        await guest.says(CONNECT)
        guest.answer(ACCEPTED)
        await guest.says(SUBSCRIBE)
        packet = bytes((next(codes),)) + rest
        guest.answer(bytes((0xE0, len(packet))) + packet)
        await guest.stays()

    async with broker_of_bytes(talk) as settings:
        for code in ALL_CODES:
            with pytest.raises(BrokerError) as lost:
                await prove(settings, [Subscription("t/#")])
            assert type(lost.value) is kind_of_disconnect(code), hex(code)


@pytest.mark.parametrize(
    "code", [code for code, each in REASONS.items() if each.is_of_message]
)
async def test_a_message_that_ends_the_connection_twice_is_dropped(code: int) -> None:
    """The one before it and the one behind arrive."""
    arrived: list[bytes] = []

    async def talk(guest: Guest) -> None:
        await guest.subscribes()
        while True:
            packet_id, payload = await guest.publishes()
            if payload == b"poison":
                guest.answer(bytes((0xE0, 1, code)))
                return
            arrived.append(payload)
            guest.answer(b"\x40\x02" + packet_id)
            guest.answer(b"\x30\x07\x00\x03t/1\x00x")

    async with broker_of_bytes(talk) as settings, Running(settings) as run:
        await run.connects()
        for payload in (b"before", b"poison", b"behind"):
            run.transport.publish("out/1", payload, qos=1)
        await run.until(lambda: arrived == [b"before", b"behind"])

        assert run.transport.counters.refused == 1
        assert run.transport.unacknowledged <= 1


async def test_an_end_that_is_no_fault_of_a_message_drops_none() -> None:
    seen: list[bytes] = []

    async def ends(guest: Guest) -> None:
        await guest.subscribes()
        _, payload = await guest.publishes()
        seen.append(payload)
        guest.answer(b"\xe0\x01\x8b")

    async def takes(guest: Guest) -> None:
        await guest.subscribes()
        packet_id, payload = await guest.publishes()
        seen.append(payload)
        guest.answer(b"\x40\x02" + packet_id + b"\x30\x07\x00\x03t/1\x00x")
        await guest.stays()

    async with (
        broker_of_bytes(ends, ends, ends, takes) as settings,
        Running(settings) as run,
    ):
        await run.connects()
        run.transport.publish("out/1", b"precious", qos=1)
        await run.until(lambda: run.heard == [b"x"])
        assert seen == [b"precious"] * 4
        assert run.transport.counters.refused == 0


async def test_mosquitto_refuses_a_large_message(tmp_path: Path) -> None:
    """It says so in PUBACK, with a code that the standard has not there."""
    async with (
        Broker(tmp_path, lines=["message_size_limit 1500"]) as broker,
        broker.peer() as peer,
        Running(BrokerSettings(broker.host, broker.port, "maestra-test")) as run,
    ):
        await run.connects()
        for payload in (b"first", b"x" * 2_000, b"last"):
            run.transport.publish("out/1", payload, qos=1)
        assert (await peer.receives("out/1")).payload == b"first"
        assert (await peer.receives("out/1")).payload == b"last"
        await peer.publish("t/1", b"heard")
        await run.until(lambda: run.heard == [b"heard"])

        assert run.transport.counters.refused == 1
        assert run.transport.counters.reconnects == 0
        assert run.transport.unacknowledged == 0
