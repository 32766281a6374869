"""What the dialects rely on, of all ways to a broker: our own connection in MQTT 5 and in MQTT 3.1.1, and Home Assistant's."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import (
    MaestraError,
    NotConnected,
    OutgoingFull,
)
from custom_components.maestra.core.domain.events import (
    DeviceEventReported,
    DeviceHeard,
    MetricReported,
    Relayed,
)
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.gateway import MaestraGateway
from custom_components.maestra.core.mqtt.session import BrokerSettings, ProtocolVersion
from custom_components.maestra.core.mqtt.session_state import Limits
from custom_components.maestra.core.qs.events import DeadLettered, TelemetryReceived
from custom_components.maestra.core.qs.registry import QsRegistry
from custom_components.maestra.core.qs.source import QsSource
from custom_components.maestra.core.qs.window import Window, WindowFile
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from custom_components.maestra.core.transport.transport import (
    Message,
    Subscription,
    Taken,
    Transport,
)
from custom_components.maestra.features.mqtt import transport as hass_mqtt
from custom_components.maestra.features.mqtt.transport import HomeAssistantMqttTransport
from homeassistant.components.mqtt import client as hass_client
from homeassistant.core import HomeAssistant
from tests.kits.broker import Broker, Peer
from tests.kits.process import PATIENCE
from tests.kits.qs import PACIFIC, QsKit, event

pytestmark = pytest.mark.usefixtures("socket_enabled", "mock_hass_config")

ROOM = 20
"""Messages that may wait to be sent."""


class Inbox:
    """A dialect that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self._news = asyncio.Event()

    def __call__(self, message: Message) -> Taken:
        self.heard.append(message)
        self._news.set()
        return Taken.NOW

    async def hears(self, payload: bytes) -> Message:
        """Wait for a message; returns it."""

        def found() -> list[Message]:
            return [it for it in self.heard if it.payload == payload]

        async with asyncio.timeout(PATIENCE):
            while not found():
                self._news.clear()
                await self._news.wait()
        return found()[0]


@pytest.fixture(
    params=[ProtocolVersion.MQTT_5, ProtocolVersion.MQTT_3_1_1, "home_assistant"]
)
async def transport(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    broker: Broker,
    mqtt_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Transport]:
    """A transport of each kind, connected, with room for a few messages."""
    transport: Transport
    if request.param in list(ProtocolVersion):
        settings = BrokerSettings(
            broker.host, broker.port, "contract", protocol=request.param
        )
        transport = DirectTransport(settings, limits=Limits(messages=ROOM))
    else:
        monkeypatch.setattr(hass_mqtt, "MAX_WAITING", ROOM)
        monkeypatch.setattr(hass_mqtt, "MAX_UNANSWERED", 5)
        monkeypatch.setattr(hass_client, "RECONNECT_INTERVAL_SECONDS", 0.1)
        await hass.config_entries.async_setup(mqtt_entry.entry_id)
        transport = HomeAssistantMqttTransport(hass)
    is_up = asyncio.Event()

    def told(connected: bool, _: MaestraError | None) -> None:
        if connected:
            is_up.set()

    transport.on_connection(told)
    running = asyncio.create_task(transport.run())
    async with asyncio.timeout(PATIENCE):
        await is_up.wait()
    yield transport
    running.cancel()
    await asyncio.wait([running])


@pytest.fixture
async def peer(broker: Broker) -> AsyncGenerator[Peer]:
    async with broker.peer() as peer:
        yield peer


async def listen(
    transport: Transport, broker: Broker, topics: str, inbox: Inbox
) -> Callable[[], None]:
    """Subscribe while the transport runs; returns once the broker knows."""
    stop = transport.subscribe([Subscription(topics, 1)], inbox)
    bare = topics.split("/", 2)[2] if topics.startswith("$share/") else topics
    await broker.logged(f"{bare} (QoS 1)")
    return stop


async def test_a_subscription_begins_and_ends_while_it_runs(
    transport: Transport, broker: Broker, peer: Peer
) -> None:
    first, second = Inbox(), Inbox()
    stop = await listen(transport, broker, "first/+", first)
    await peer.publish("first/x", b"1")
    await first.hears(b"1")

    stop()
    await listen(transport, broker, "second/+", second)
    await peer.publish("first/x", b"2")
    await peer.publish("second/x", b"3")

    await second.hears(b"3")
    assert [message.payload for message in first.heard] == [b"1"]
    await broker.logged("Received UNSUBSCRIBE")


async def test_a_shared_subscription_is_heard(
    transport: Transport, broker: Broker, peer: Peer
) -> None:
    inbox = Inbox()
    await listen(transport, broker, "$share/some/shared/+", inbox)

    await peer.publish("shared/x", b"1")

    assert (await inbox.hears(b"1")).topic == "shared/x"


async def test_a_retained_message_is_known_as_such(
    transport: Transport, broker: Broker, peer: Peer
) -> None:
    await peer.publish("kept/x", b"old", retain=True)
    inbox = Inbox()
    await listen(transport, broker, "kept/+", inbox)

    assert (await inbox.hears(b"old")).retain
    await peer.publish("kept/x", b"new")
    assert not (await inbox.hears(b"new")).retain


async def test_a_mistake_of_one_dialect_is_counted_and_stops_nobody(
    transport: Transport, broker: Broker, peer: Peer
) -> None:
    def fails(_: Message) -> Taken:
        raise ValueError("a mistake")

    inbox = Inbox()
    transport.subscribe([Subscription("both/+", 1)], fails)
    await listen(transport, broker, "both/+", inbox)

    await peer.publish("both/x", b"1")
    await peer.publish("both/x", b"2")

    await inbox.hears(b"2")
    assert transport.counters.handler_errors == 2


async def test_a_full_backlog_says_so_and_empties(
    transport: Transport, broker: Broker, peer: Peer
) -> None:
    broker.freeze()
    sent, is_full = 0, False
    while not is_full:
        try:
            transport.publish("out", b"%d" % sent, qos=1)
        except OutgoingFull:
            is_full = True
        else:
            sent += 1
        await asyncio.sleep(0)
    assert sent >= ROOM
    assert transport.unacknowledged == sent

    broker.thaw()

    for number in range(sent):
        assert (await peer.receives("out")).payload == b"%d" % number
    async with asyncio.timeout(PATIENCE):
        while transport.unacknowledged:
            await asyncio.sleep(0)


async def test_what_was_handed_over_at_qos_1_outlives_the_connection(
    transport: Transport, broker: Broker, peer: Peer
) -> None:
    went = asyncio.Event()

    def told(connected: bool, _: MaestraError | None) -> None:
        if not connected:
            went.set()

    transport.on_connection(told)
    broker.freeze()
    # Retained, so that it does not matter who is there first.
    for number in range(ROOM):
        transport.publish(f"out/{number}", b"kept", qos=1, retain=True)

    await broker.kill()
    async with asyncio.timeout(PATIENCE):
        await went.wait()
    with pytest.raises(NotConnected):
        transport.publish("out", b"late", qos=1)
    await broker.start()

    async with broker.peer() as again:
        for number in range(ROOM):
            await again.receives(f"out/{number}")


@pytest.fixture
async def qs(
    transport: Transport, broker: Broker, peer: Peer, tmp_path: Path
) -> AsyncGenerator[QsKit]:
    """A source of QS on each transport."""
    domain = Domain(Bus())
    registry = QsRegistry(domain.bus, Window(WindowFile(tmp_path / "window")), PACIFIC)
    await registry.open()
    source = QsSource("broker", transport, domain, registry)
    stop = source.start()
    await broker.logged("qs/v1/+/events (QoS 1)")
    yield QsKit(broker, peer, registry, source, domain)
    stop()
    await registry.close()


async def test_the_group_of_qs_changes_while_it_runs(qs: QsKit) -> None:
    await qs.sends(event("a"))
    await qs.acks("a")

    for group in ("one", "", "two"):
        qs.registry.settings = replace(PACIFIC, group=group)
        # What is sent meanwhile may be lost; what is sent then is not.
        async with asyncio.timeout(PATIENCE):
            while f"{group}-b" not in qs.new():
                await qs.sends(event(f"{group}-b"))
                await qs.mqtt.settled()
        await qs.acks(f"{group}-b")


@pytest.mark.parametrize("qos", [0, 1])
async def test_no_acknowledgement_of_qs_is_lost_where_the_backlog_is_full(
    qs: QsKit, qos: int
) -> None:
    """However many there are, and whoever else fills the backlog."""
    ids = [f"e-{number}" for number in range(20 * ROOM)]
    for start in range(0, len(ids), 100):
        await qs.sends(*map(event, ids[start : start + 100]), qos=qos)

    await qs.acks(*ids)
    assert qs.source.counters["unsent"] == 0


async def test_a_retained_event_of_qs_is_stored_and_rings_nowhere(
    transport: Transport, broker: Broker, peer: Peer, tmp_path: Path
) -> None:
    await peer.publish("qs/v1/esp32-01/events", event("kept"), retain=True)
    await peer.publish("qs/v1/esp32-02/events", b"no JSON", retain=True)
    domain = Domain(Bus())
    heard: list[TelemetryReceived] = []
    letters: list[DeadLettered] = []
    domain.bus.subscribe(TelemetryReceived, heard.append)
    domain.bus.subscribe(DeadLettered, letters.append)
    registry = QsRegistry(domain.bus, Window(WindowFile(tmp_path / "window")), PACIFIC)
    await registry.open()
    source = QsSource("broker", transport, domain, registry)
    stop = source.start()

    await peer.receives("qs/v1/esp32-01/acks", event_id="kept")
    await peer.publish("qs/v1/esp32-01/events", event("new"))
    await peer.receives("qs/v1/esp32-01/acks", event_id="new")

    assert [(it.event.event_id, it.is_repeated) for it in heard] == [
        ("kept", True),
        ("new", False),
    ]
    assert letters == []
    assert source.counters["stale"] == 2
    node = registry.nodes.get("esp32-01")
    assert node
    assert node.accepted == 1
    stop()
    await registry.close()


@pytest.mark.parametrize("bridges", [True, False])
async def test_what_maestra_is_told_by_a_retained_message_does_not_happen(
    transport: Transport, broker: Broker, peer: Peer, bridges: bool
) -> None:
    """A state is still a state; an event, a measurement or a sign of life was of its time."""
    domain = Domain(Bus())
    domain.devices.register({"hardware_id": "AA", "name": "A", "device_type": "esp32"})
    told: list[object] = []
    for kind in (DeviceEventReported, MetricReported, DeviceHeard):
        domain.bus.subscribe(kind, told.append)
    if bridges:
        domain.bus.subscribe(Relayed, told.append)
    for topic, body in {
        "device/events/AA": {"event_type": "pressed"},
        "device/metrics/AA": {"metric_name": "t", "metric_value": 1},
        "device/heartbeat/AA": {},
        "entity/state/update/lamp": {"on": True},
    }.items():
        await peer.publish(f"maestra/{topic}", body, retain=True)
    gateway = MaestraGateway(
        "broker", transport, domain, EventEncoder(), bridges=bridges
    )
    stop = gateway.start()

    await peer.receives("maestra/entity/state/device/lamp")
    async with asyncio.timeout(PATIENCE):
        while gateway.counters["stale"] < 3:
            await peer.settled()
    assert told == []

    await peer.publish("maestra/device/events/AA", {"event_type": "pressed"})
    async with asyncio.timeout(PATIENCE):
        while not any(isinstance(it, DeviceEventReported) for it in told):
            await peer.settled()
    stop()
