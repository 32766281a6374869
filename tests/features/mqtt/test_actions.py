"""Saying something on MQTT, as a client of a real broker hears it."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.event import async_track_state_change_event

from ...kits.broker import Broker, Peer
from ...kits.hub import HubKit
from ...kits.process import PATIENCE, free_port

CONNECTION = "binary_sensor.backstage_connection"

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A running Mosquitto."""
    async with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
async def peer(broker: Broker) -> AsyncGenerator[Peer]:
    """A client that hears everything."""
    async with broker.peer() as peer:
        yield peer


def _link(subentry_id: str, title: str, port: int) -> ConfigSubentryDataWithId:
    return ConfigSubentryDataWithId(
        subentry_id=subentry_id,
        subentry_type="mqtt_broker",
        title=title,
        unique_id=None,
        data={
            "transport": "direct",
            "host": "127.0.0.1",
            "port": port,
            "tls": False,
            "mqtt_client_id": f"maestra-{subentry_id}",
        },
    )


@pytest.fixture
async def hub(hass: HomeAssistant, broker: Broker) -> AsyncGenerator[MockConfigEntry]:
    """A hub with one broker that is there and one that is not."""
    connected = asyncio.Event()

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.state == "on":
            connected.set()

    stop = async_track_state_change_event(hass, CONNECTION, changed)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Maestra",
        subentries_data=[
            _link("here", "Backstage", broker.port),
            _link("away", "Foyer", free_port()),
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    async with asyncio.timeout(PATIENCE):
        await connected.wait()
    stop()
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        ({"cue": 12, True: 1}, b'{"cue":12,"on":1}'),
        ("go", b"go"),
        (5, b"5"),
        (None, b""),
    ],
)
async def test_publishes_objects_as_json_and_text_as_it_is(
    hub_kit: HubKit, peer: Peer, payload: object, sent: bytes
) -> None:
    await hub_kit.act("publish", topic="maestra/show/cue", payload=payload, qos="1")
    heard = await peer.receives("maestra/show/cue")
    assert (heard.payload, heard.qos) == (sent, 1)


async def test_retained_message_waits_for_late_clients(
    hub_kit: HubKit, broker: Broker
) -> None:
    await hub_kit.act(
        "publish",
        topic="maestra/show/cue",
        payload="go",
        retain=True,
        qos=1,
        broker="Backstage",
    )
    async with broker.peer() as late:
        assert (await late.receives("maestra/show/cue")).retain


async def test_one_broker_by_name_or_id(hub_kit: HubKit, peer: Peer) -> None:
    await hub_kit.act("publish", topic="maestra/a", broker="here")
    await peer.receives("maestra/a")
    with pytest.raises(HomeAssistantError) as failed:
        await hub_kit.act("publish", topic="maestra/a", broker="Foyer")
    assert failed.value.translation_key == "not_connected"
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("publish", topic="maestra/a", broker="Attic")
    assert refused.value.translation_key == "unknown_broker"


async def test_every_wire_message_of_an_action_has_its_source(
    hub_kit: HubKit, peer: Peer
) -> None:
    await hub_kit.light("wash-1")
    await hub_kit.registers("AA:01")
    await peer.settled()
    peer.collect()
    await hub_kit.act("set_state", slug="wash-1", state={"on": True})
    await hub_kit.act("send_event", device="AA:01", event_type="identify")
    await hub_kit.act("push_configuration", device="AA:01", configuration={"a": 1})
    await peer.receives("maestra/device/command/AA:01", event_type="identify")
    await peer.receives("maestra/device/configuration/AA:01", version=1)
    states = [await peer.receives("maestra/entity/state/#") for _ in range(3)]
    assert {message.topic for message in states} == {
        "maestra/entity/state",
        "maestra/entity/state/light",
        "maestra/entity/state/light/wash-1",
    }
    assert {message.json["source"] for message in states} == {"home_assistant"}
    await peer.settled()
    assert peer.collect("maestra/#") == []


@pytest.mark.parametrize(
    "topic",
    [
        "maestra/entity/state/update/wash-1",
        "maestra/entity/state/set/wash-1/x",
        "maestra/device/register",
        "maestra/device/heartbeat/AA:01",
    ],
)
async def test_does_not_talk_to_itself(hub_kit: HubKit, topic: str) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("publish", topic=topic, payload={"on": True})
    assert refused.value.translation_key == "reserved_topic"
    assert refused.value.translation_placeholders == {"topic": topic}


@pytest.mark.parametrize(
    "topic", ["", "maestra", "maestra/", "other/x", "maestra/+", "maestra/#"]
)
async def test_refuses_what_is_no_topic_of_maestra(hub_kit: HubKit, topic: str) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("publish", topic=topic)
    assert refused.value.translation_key == "invalid_field"


async def test_quality_of_service_2_is_not_offered(hub_kit: HubKit) -> None:
    with pytest.raises(probatio.Invalid):
        await hub_kit.act("publish", topic="maestra/a", qos=2)


async def test_nothing_connected(
    hass: HomeAssistant, hub_kit: HubKit, broker: Broker
) -> None:
    gone = asyncio.Event()
    stop = async_track_state_change_event(
        hass, CONNECTION, callback(lambda _event: gone.set())
    )
    await broker.stop()
    async with asyncio.timeout(PATIENCE):
        await gone.wait()
    stop()
    with pytest.raises(HomeAssistantError) as failed:
        await hub_kit.act("publish", topic="maestra/a")
    assert failed.value.translation_key == "not_connected"
