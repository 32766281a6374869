"""Maestra's dialect over Home Assistant's own MQTT integration, on a real broker."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import (
    CONF_EVENT_SIZE_LIMIT,
    CONF_TRANSPORT,
    DOMAIN,
    SUBENTRY_MQTT_BROKER,
    TRANSPORT_HOME_ASSISTANT,
)
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    NotConnected,
    OutgoingFull,
)
from custom_components.maestra.core.mqtt.bridge import FILTER
from custom_components.maestra.core.mqtt.codec import SUBSCRIPTIONS
from custom_components.maestra.core.transport.transport import (
    Message,
    Subscription,
    Taken,
)
from custom_components.maestra.features.mqtt import transport as hass_mqtt
from custom_components.maestra.features.mqtt.transport import HomeAssistantMqttTransport
from homeassistant.components import mqtt
from homeassistant.components.mqtt.const import MQTT_PROCESSED_SUBSCRIPTIONS
from homeassistant.config_entries import (
    ConfigEntryDisabler,
    ConfigEntryState,
    ConfigSubentryDataWithId,
)
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from tests.kits.broker import Broker
from tests.kits.hub import unload
from tests.kits.hub_broker import BROKER_CONNECTION, BROKER_ID, MaestraKit
from tests.kits.process import PATIENCE

pytestmark = pytest.mark.usefixtures("socket_enabled", "mock_hass_config")


class Subscriptions:
    """Knows what Home Assistant has subscribed to: it takes its time for that, after each connection."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._done: set[str] = set()
        self._news = asyncio.Event()
        self.stop = async_dispatcher_connect(
            hass, MQTT_PROCESSED_SUBSCRIPTIONS, self._processed
        )

    @callback
    def _processed(self, subscriptions: list[tuple[str, int]]) -> None:
        self._done |= {topic for topic, _ in subscriptions}
        self._news.set()

    async def complete(self, *filters: str) -> None:
        """Wait for all that Maestra wants."""
        async with asyncio.timeout(PATIENCE):
            while not {*(filters or (FILTER,))} <= self._done:
                await self._news.wait()
                self._news.clear()
        self._done.clear()


@pytest.fixture
def subscriptions(hass: HomeAssistant) -> Iterator[Subscriptions]:
    subscriptions = Subscriptions(hass)
    yield subscriptions
    subscriptions.stop()


@pytest.fixture
async def maestra(
    hass: HomeAssistant, broker: Broker, mqtt_entry: MockConfigEntry
) -> AsyncGenerator[MaestraKit]:
    """A hub on Home Assistant's MQTT, which is not set up yet."""
    subentry = ConfigSubentryDataWithId(
        subentry_id=BROKER_ID,
        subentry_type=SUBENTRY_MQTT_BROKER,
        title="Stage broker",
        unique_id=TRANSPORT_HOME_ASSISTANT,
        data={CONF_TRANSPORT: TRANSPORT_HOME_ASSISTANT, CONF_EVENT_SIZE_LIMIT: 0},
    )
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Maestra",
        entry_id="maestrahub",
        subentries_data=[subentry],
    )
    entry.add_to_hass(hass)
    async with broker.peer() as peer:
        yield MaestraKit(hass, entry, broker, peer)
        await unload(hass, entry)


async def test_both_ways(
    maestra: MaestraKit,
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.connected()
    await subscriptions.complete()
    await maestra.heard("fogger", active=True)

    await maestra.act("set_state", slug="fogger", state={"active": False})
    event = await maestra.mqtt.receives(
        "maestra/entity/state/device/fogger", source="home_assistant"
    )
    assert event.json["current_state"]["active"] is False
    assert event.qos == 1
    await maestra.state_is("binary_sensor.fogger_active", STATE_OFF)

    await maestra.mqtt.publish("maestra/entity/state/update/fogger", b"\xff\x00")
    await maestra.mqtt.receives("maestra/errors/fogger", code="malformed")


async def test_mqtt_that_comes_after_maestra(
    maestra: MaestraKit,
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.state_is(BROKER_CONNECTION, STATE_OFF)

    await hass.config_entries.async_setup(mqtt_entry.entry_id)

    await maestra.connected()
    await subscriptions.complete()
    await maestra.heard("fogger", active=True)


async def test_mqtt_that_is_switched_off(
    maestra: MaestraKit,
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_set_disabled_by(
        mqtt_entry.entry_id, ConfigEntryDisabler.USER
    )
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    link = maestra.entry.runtime_data.links.get(BROKER_ID)
    assert link.reason == "Home Assistant's MQTT is not connected"
    with pytest.raises(NotConnected):
        link.publish("x", b"")

    await hass.config_entries.async_set_disabled_by(mqtt_entry.entry_id, None)
    await maestra.later(timedelta(seconds=hass_mqtt.RETRY_INTERVAL))

    await maestra.connected()
    await subscriptions.complete()
    assert link.reason is None


async def test_mqtt_that_goes_between_asking_and_subscribing(
    maestra: MaestraKit,
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    subscriptions: Subscriptions,
) -> None:
    await maestra.configure(bridge=False)
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    subscribe = mqtt.async_subscribe
    asked = 0

    async def fails_at_first(*args: object, **options: object) -> object:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise HomeAssistantError("gone")
        return await subscribe(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(mqtt, "async_subscribe", fails_at_first)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.state_is(BROKER_CONNECTION, STATE_OFF)

    await maestra.later(timedelta(seconds=hass_mqtt.RETRY_INTERVAL))

    await maestra.connected()
    await subscriptions.complete(*SUBSCRIPTIONS)
    await maestra.heard("fogger", active=True)
    # The subscriptions of the first attempt were given back.
    assert (
        maestra.entry.runtime_data.links.get(BROKER_ID).transport.counters.received == 1
    )


async def test_a_broker_that_goes_and_comes(
    maestra: MaestraKit,
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.connected()
    await subscriptions.complete()
    await maestra.heard("fogger", active=True)
    transport = maestra.entry.runtime_data.links.get(BROKER_ID).transport
    assert transport.counters.reconnects == 0

    await maestra.broker.stop()
    await maestra.state_is("binary_sensor.fogger_active", "unavailable")
    await maestra.broker.start()
    await maestra.later(timedelta(seconds=10))

    await maestra.connected()
    await subscriptions.complete()
    await maestra.state_is("binary_sensor.fogger_active", STATE_ON)
    assert transport.counters.reconnects == 1
    async with maestra.broker.peer() as peer:
        await peer.publish("maestra/entity/state/update/fogger", {"active": False})
        await maestra.state_is("binary_sensor.fogger_active", STATE_OFF)


async def test_mqtt_is_set_up_anew(
    maestra: MaestraKit,
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.connected()
    await subscriptions.complete()

    await hass.config_entries.async_reload(mqtt_entry.entry_id)

    await maestra.connected()
    await subscriptions.complete()
    await maestra.heard("fogger", active=True)


async def test_what_is_sent_while_mqtt_is_unloaded_is_counted(
    maestra: MaestraKit,
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.connected()
    await subscriptions.complete()
    link = maestra.entry.runtime_data.links.get(BROKER_ID)

    link.publish("maestra/test", b"1")
    await maestra.mqtt.receives("maestra/test")
    published = link.transport.counters.published
    await hass.config_entries.async_set_disabled_by(
        mqtt_entry.entry_id, ConfigEntryDisabler.USER
    )
    await hass.async_block_till_done()

    assert mqtt_entry.state is ConfigEntryState.NOT_LOADED
    with pytest.raises(NotConnected):
        link.publish("maestra/test", b"2")
    assert link.transport.counters.published == published


async def test_the_backlog_has_an_end(
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    maestra: MaestraKit,
    monkeypatch: pytest.MonkeyPatch,
    subscriptions: Subscriptions,
) -> None:
    monkeypatch.setattr(hass_mqtt, "MAX_WAITING", 2)
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.connected()
    await subscriptions.complete()
    link = maestra.entry.runtime_data.links.get(BROKER_ID)

    with pytest.raises(InvalidField, match="topic"):
        link.publish("not/a/#/topic", b"0")
    for number in (1, 2):
        link.publish("maestra/test", b"%d" % number, qos=1)
    with pytest.raises(OutgoingFull):
        link.publish("maestra/test", b"3")

    for number in (1, 2):
        received = await maestra.mqtt.receives("maestra/test")
        assert received.payload == b"%d" % number
    assert link.transport.counters.discarded == 1


async def test_what_waits_when_the_broker_goes_is_sent_later_or_counted(
    maestra: MaestraKit,
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.connected()
    await subscriptions.complete()
    link = maestra.entry.runtime_data.links.get(BROKER_ID)

    # It does not answer: so many are in the hands of Home Assistant, the others wait.
    maestra.broker.freeze()
    total = hass_mqtt.MAX_UNANSWERED + 20
    for number in range(total):
        link.publish("maestra/test", b"%d" % number, qos=1)
    link.publish("maestra/test", b"at once or never")
    await hass.async_block_till_done(wait_background_tasks=False)
    assert link.transport.unacknowledged == total + 1
    await maestra.broker.kill()
    await maestra.state_is(BROKER_CONNECTION, STATE_OFF)
    assert link.transport.counters.discarded == 1

    await maestra.broker.start()
    async with maestra.broker.peer(filters=["maestra/test"]) as peer:
        await maestra.later(timedelta(seconds=11))
        await maestra.connected()
        missing = {b"%d" % number for number in range(total)}
        while missing:
            missing.discard((await peer.receives("maestra/test")).payload)
    assert link.transport.counters.discarded == 1


async def test_what_home_assistant_does_not_send_is_counted(
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    maestra: MaestraKit,
    monkeypatch: pytest.MonkeyPatch,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.connected()
    await subscriptions.complete()
    link = maestra.entry.runtime_data.links.get(BROKER_ID)
    publish = mqtt.async_publish

    async def refuses(hass: HomeAssistant, topic: str, *args: Any) -> None:
        monkeypatch.undo()
        raise HomeAssistantError("no answer")

    monkeypatch.setattr(mqtt, "async_publish", refuses)
    link.publish("maestra/test", b"1")
    link.publish("maestra/test", b"2")

    assert (await maestra.mqtt.receives("maestra/test")).payload == b"2"
    assert mqtt.async_publish is publish
    assert link.transport.counters.discarded == 1


async def test_a_dialect_that_left_hears_nothing(
    hass: HomeAssistant,
    mqtt_entry: MockConfigEntry,
    maestra: MaestraKit,
    subscriptions: Subscriptions,
) -> None:
    await hass.config_entries.async_setup(mqtt_entry.entry_id)
    transport = HomeAssistantMqttTransport(hass)
    stayed: list[Message] = []
    left: list[Message] = []
    news = asyncio.Event()

    def stays(message: Message) -> Taken:
        stayed.append(message)
        news.set()
        return Taken.LATER

    def leaves(message: Message) -> Taken:
        left.append(message)
        return Taken.NOW

    leave = transport.subscribe([Subscription("maestra/test", 1)], leaves)
    transport.subscribe([Subscription("maestra/test", 1)], stays)
    running = asyncio.create_task(transport.run())
    await subscriptions.complete("maestra/test")
    leave()
    async with asyncio.timeout(PATIENCE):
        await maestra.mqtt.publish("maestra/test", b"1")
        await news.wait()

    running.cancel()
    await asyncio.wait([running])
    assert [message.payload for message in stayed] == [b"1"]
    assert left == []


async def test_listeners_and_dialects_leave(hass: HomeAssistant) -> None:
    transport = HomeAssistantMqttTransport(hass)
    told: list[bool] = []

    leave = transport.on_connection(lambda connected, _: told.append(connected))
    leave()
    leave()
    forget = transport.subscribe([], lambda _: Taken.NOW)
    forget()
    forget()

    assert told == []
