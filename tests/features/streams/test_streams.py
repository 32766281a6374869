"""Streams in Home Assistant: what appears, changes and stays."""

from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.maestra.core.domain.events import StreamAdvertised
from custom_components.maestra.core.domain.stream import Stream
from custom_components.maestra.features.entities.persistence import STRUCTURE_KEY
from custom_components.maestra.features.streams import manager as streams_manager
from custom_components.maestra.features.streams.manager import stream_key
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ...kits.hub import HubKit
from ...kits.hub_broker import MaestraKit

ACTIVE = "binary_sensor.front_active"
SESSIONS = "sensor.front_sessions"
EVENT = "event.front_event"


def device_of(hub_kit: HubKit, stream: Stream) -> dr.DeviceEntry:
    return hub_kit.device(hub_kit.device_id(stream_key(stream)))


def streams_in(hass: HomeAssistant, entry: MockConfigEntry) -> list[str | None]:
    """Return the names of the registered streams."""
    return [
        device.name
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if any(key.startswith("stream:") for _, key in device.identifiers)
    ]


async def later(hass: HomeAssistant, hub_kit: HubKit, delta: timedelta) -> None:
    """Let the timers of that time run now."""
    async_fire_time_changed(hass, dt_util.utcnow() + delta)
    await hub_kit.settled()


# What is shown.


async def test_an_advertised_stream_appears(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    stream = await hub_kit.advertises("Front")

    device = device_of(hub_kit, stream)
    assert (device.name, device.model) == ("Front", "Video")
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.via_device_id == hub_kit.device_id(hub_kit.entry.entry_id)
    active = hub_kit.state(ACTIVE)
    assert active.state == STATE_ON
    assert {
        "stream_id": stream.id,
        "type": "video",
        "protocol": "srt",
        "address": "192.0.2.30",
        "port": 9000,
        "publisher": "td-1",
        "delivery_mode": "unicast",
        "multicast_group": None,
        "multicast_port": None,
    }.items() <= active.attributes.items()
    assert hub_kit.state(SESSIONS).state == "0"
    event = hub_kit.state(EVENT)
    assert event.attributes["event_type"] == "advertised"
    assert event.attributes["stream_id"] == stream.id


async def test_what_happens_to_a_stream_is_shown(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    stream = await hub_kit.advertises("Front")
    session = await hub_kit.requests(stream)
    event = hub_kit.state(EVENT)
    assert event.attributes["event_type"] == "requested"
    assert event.attributes["consumer_id"] == "screen"
    await later(hass, hub_kit, timedelta(seconds=1))
    assert hub_kit.state(SESSIONS).state == "1"

    hub_kit.domain.streams.stop_session(session.id)
    await later(hass, hub_kit, timedelta(seconds=1))
    assert hub_kit.state(SESSIONS).state == "0"

    await hub_kit.withdraws(stream)
    assert hub_kit.state(ACTIVE).state == STATE_OFF
    event = hub_kit.state(EVENT)
    assert event.attributes["event_type"] == "withdrawn"
    assert event.attributes["reason"] == "withdrawn"


async def test_subscribers_of_a_multicast_stream_are_counted(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    stream = await hub_kit.advertises(
        "Front", multicast_group="239.0.0.1", multicast_port=5000
    )
    assert hub_kit.state(ACTIVE).attributes["delivery_mode"] == "multicast"
    streams = hub_kit.domain.streams
    for number in (1, 2):
        streams.join(
            stream.id,
            {"consumer_id": f"wall-{number}", "consumer_address": "192.0.2.41"},
        )
    await later(hass, hub_kit, timedelta(seconds=1))
    assert hub_kit.state(SESSIONS).state == "2"
    await hub_kit.withdraws(stream)
    assert hub_kit.state(SESSIONS).state == "0"


async def test_a_renewed_stream_shows_what_is_new(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.advertises("Front")
    before = hub_kit.state(EVENT).state
    await hub_kit.advertises("Front", port=9001, protocol="udp")
    await later(hass, hub_kit, timedelta(seconds=1))
    active = hub_kit.state(ACTIVE)
    assert (active.attributes["port"], active.attributes["protocol"]) == (9001, "udp")
    assert hub_kit.state(EVENT).state == before


async def test_a_stream_that_comes_again_is_the_same(
    hass: HomeAssistant, hub_kit: HubKit, entity_registry: er.EntityRegistry
) -> None:
    """Its id is another one; device, entities and history stay."""
    first = await hub_kit.advertises("Front")
    device, registered = device_of(hub_kit, first), entity_registry.async_get(ACTIVE)
    await hub_kit.withdraws(first)
    again = await hub_kit.advertises("Front", port=9001)
    await later(hass, hub_kit, timedelta(seconds=1))

    assert again.id != first.id
    assert device_of(hub_kit, again).id == device.id
    assert entity_registry.async_get(ACTIVE) == registered
    active = hub_kit.state(ACTIVE)
    assert (active.state, active.attributes["stream_id"]) == (STATE_ON, again.id)
    assert streams_in(hass, hub_kit.entry) == ["Front"]


@pytest.mark.parametrize(
    "other", [{"publisher_id": "td-2"}, {"stream_type": "ndi"}], ids=str
)
async def test_streams_of_one_name_live_side_by_side(
    hass: HomeAssistant, hub_kit: HubKit, other: dict[str, str]
) -> None:
    one = await hub_kit.advertises("Front")
    two = await hub_kit.advertises("Front", **other)
    assert device_of(hub_kit, one).id != device_of(hub_kit, two).id
    await hub_kit.withdraws(two)
    assert hub_kit.state(ACTIVE).state == STATE_ON
    assert hub_kit.state(f"{ACTIVE}_2").state == STATE_OFF


def test_publisher_name_and_type_do_not_run_together() -> None:
    """The key of `ab` and `c` is not that of `a` and `bc`."""
    now = dt_util.utcnow()
    keys = {
        stream_key(
            Stream(
                id="1",
                name=name,
                publisher_id=publisher,
                stream_type=kind,
                protocol="srt",
                address="192.0.2.30",
                port=9000,
                advertised_at=now,
                last_heartbeat=now,
            )
        )
        for publisher, name, kind in (
            ("ab", "c", "d"),
            ("a", "bc", "d"),
            ("a", "b", "cd"),
            ("1:ab", "c", "d"),
            ("1", "abc", "d"),
            ("ab", "1:c", "d"),
        )
    }
    assert len(keys) == 6


async def test_a_stream_over_mqtt(maestra: MaestraKit) -> None:
    """As the Arduino SDK and the demo show advertise one."""
    offer = {
        "name": "Front",
        "stream_type": "audio",
        "publisher_id": "esp32",
        "protocol": "udp",
        "address": "192.0.2.31",
        "port": 5004,
    }
    await maestra.mqtt.publish("maestra/stream/advertise", offer)
    told = await maestra.mqtt.receives("maestra/stream/advertise/audio", name="Front")
    await maestra.state_is(ACTIVE, STATE_ON, stream_id=told.json["id"])
    await maestra.mqtt.publish(f"maestra/stream/withdraw/{told.json['id']}", {})
    await maestra.state_is(ACTIVE, STATE_OFF, address="192.0.2.31")
    await maestra.mqtt.publish("maestra/stream/advertise", offer)
    await maestra.state_is(ACTIVE, STATE_ON)


# Where it hangs.


async def test_a_stream_hangs_below_what_it_names(hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1")
    device = await hub_kit.registers("AA:01")
    wash = hub_kit.domain.entities["wash-1"]
    of_entity = await hub_kit.advertises("Front", entity_id=wash.id)
    of_device = await hub_kit.advertises("Side", device_id=device.id)
    of_nobody = await hub_kit.advertises("Back", entity_id="nobody")
    above = [
        device_of(hub_kit, stream).via_device_id
        for stream in (of_entity, of_device, of_nobody)
    ]
    assert above == [
        hub_kit.device_id(wash.id),
        hub_kit.device_id(device.id),
        hub_kit.device_id(hub_kit.entry.entry_id),
    ]


async def test_what_it_names_may_come_and_go(hub_kit: HubKit) -> None:
    hub = hub_kit.device_id(hub_kit.entry.entry_id)
    of_entity = await hub_kit.advertises("Front", entity_id="wash-1")
    of_device = await hub_kit.advertises("Side", device_id="AA:01")
    await hub_kit.light("wash-1")
    device = await hub_kit.registers("AA:01")
    assert device_of(hub_kit, of_entity).via_device_id == hub_kit.device_id(
        hub_kit.domain.entities["wash-1"].id
    )
    assert device_of(hub_kit, of_device).via_device_id == hub_kit.device_id(device.id)

    await hub_kit.act("delete_entity", slug="wash-1")
    hub_kit.domain.devices.remove(device.id)
    await hub_kit.settled()
    assert device_of(hub_kit, of_entity).via_device_id == hub
    assert device_of(hub_kit, of_device).via_device_id == hub


# When it ends.


async def test_a_silent_stream_expires(
    hass: HomeAssistant, hub_kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub_kit.advertises("Front")
    monkeypatch.setattr(hub_kit.domain.streams, "_clock", lambda: monotonic() + 31)
    await later(hass, hub_kit, timedelta(seconds=31))
    assert hub_kit.state(ACTIVE).state == STATE_OFF
    event = hub_kit.state(EVENT)
    assert event.attributes["event_type"] == "expired"
    assert len(hub_kit.domain.streams) == 0


async def test_a_silent_session_expires_while_its_stream_lives(
    hass: HomeAssistant, hub_kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = await hub_kit.advertises("Front")
    await hub_kit.requests(stream)
    seconds = monotonic()
    monkeypatch.setattr(hub_kit.domain.streams, "_clock", lambda: seconds)
    seconds += 20
    hub_kit.domain.streams.heartbeat(stream.id)
    seconds += 11
    await later(hass, hub_kit, timedelta(seconds=31))
    assert hub_kit.state(ACTIVE).state == STATE_ON
    assert hub_kit.domain.streams.sessions == []


async def test_every_expiry_is_waited_for(
    hass: HomeAssistant, hub_kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One timer after the other, and none too early."""
    seconds = monotonic()
    monkeypatch.setattr(hub_kit.domain.streams, "_clock", lambda: seconds)
    await hub_kit.advertises("Front")
    seconds += 20
    await hub_kit.advertises("Side")
    seconds += 11
    await later(hass, hub_kit, timedelta(seconds=31))
    assert [stream.name for stream in hub_kit.domain.streams] == ["Side"]
    seconds += 20
    await later(hass, hub_kit, timedelta(seconds=62))
    assert len(hub_kit.domain.streams) == 0


@pytest.fixture
async def remove_device(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Any:
    """Remove a device as the frontend does; returns whether that was allowed."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)

    async def remove(device: dr.DeviceEntry) -> bool:
        await client.send_json_auto_id(
            {"type": "config/device_registry/remove", "device_id": device.id}
        )
        answer = await client.receive_json()
        success: bool = answer["success"]
        return success

    return remove


async def test_only_a_stream_that_has_ended_can_be_removed(
    hass: HomeAssistant, hub_kit: HubKit, remove_device: Any
) -> None:
    stream = await hub_kit.advertises("Front")
    assert not await remove_device(device_of(hub_kit, stream))
    await hub_kit.withdraws(stream)
    assert await remove_device(device_of(hub_kit, stream))
    await hub_kit.settled()
    assert streams_in(hass, hub_kit.entry) == []
    assert hass.states.get(ACTIVE) is None

    await hub_kit.advertises("Front")
    assert hub_kit.state(ACTIVE).state == STATE_ON


async def test_the_number_of_streams_is_bounded(
    hass: HomeAssistant,
    hub_kit: HubKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that has ended makes room; where all are active, the others are served without being shown."""
    monkeypatch.setattr(streams_manager, "MAX_SHOWN", 2)
    await hub_kit.withdraws(await hub_kit.advertises("Front"))
    await hub_kit.advertises("Side")
    await hub_kit.advertises("Back")
    assert streams_in(hass, hub_kit.entry) == ["Side", "Back"]

    told = hub_kit.notified(StreamAdvertised)
    hidden = [await hub_kit.advertises(f"More {number}") for number in (1, 2)]
    await hub_kit.requests(hidden[0])
    await hub_kit.withdraws(hidden[0])
    assert len(told) == 2
    assert streams_in(hass, hub_kit.entry) == ["Side", "Back"]
    assert caplog.text.count("streams are shown in Home Assistant") == 1


# Restarts.


async def test_a_stream_may_come_back_after_a_restart(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    front = await hub_kit.advertises("Front")
    device = device_of(hub_kit, front)
    await hub_kit.advertises("Side")
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    await hub_kit.settled()
    assert hub_kit.state(ACTIVE).state == STATE_UNAVAILABLE

    again = await hub_kit.advertises("Front")
    assert hub_kit.state(ACTIVE).state == STATE_ON
    assert device_of(hub_kit, again).id == device.id

    await later(hass, hub_kit, timedelta(minutes=9))
    assert streams_in(hass, hub_kit.entry) == ["Front", "Side"]
    await later(hass, hub_kit, timedelta(minutes=11))
    assert streams_in(hass, hub_kit.entry) == ["Front"]
    assert hass.states.get("binary_sensor.side_active") is None


async def test_a_stream_that_has_not_come_back_can_be_removed(
    hass: HomeAssistant, hub_kit: HubKit, remove_device: Any
) -> None:
    device = device_of(hub_kit, await hub_kit.advertises("Front"))
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    await hub_kit.settled()
    assert await remove_device(device)
    assert streams_in(hass, hub_kit.entry) == []


async def test_custom_types_outlive_a_restart(
    hass: HomeAssistant, hub_kit: HubKit, hass_storage: dict[str, Any]
) -> None:
    hub_kit.domain.streams.types.create({"name": "lidar", "display_name": "Lidar"})
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    await hub_kit.settled()
    stream = await hub_kit.advertises("Front", stream_type="lidar")
    assert device_of(hub_kit, stream).model == "Lidar"


async def test_what_was_saved_before_there_were_streams_is_read(
    hass: HomeAssistant, hub_kit: HubKit, hass_storage: dict[str, Any]
) -> None:
    await hub_kit.light("wash-1")
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    del hass_storage[STRUCTURE_KEY]["data"]["stream_types"]
    await hass.config_entries.async_setup(hub_kit.entry.entry_id)
    await hub_kit.settled()
    assert hub_kit.domain.entities["wash-1"]


# Diagnostics.


async def test_diagnostics_tell_of_streams(
    hass: HomeAssistant, hub_kit: HubKit, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    stream = await hub_kit.advertises("Front", config={"token": "planted-secret"})
    await hub_kit.requests(stream)

    hub: Any = await get_diagnostics_for_config_entry(hass, hass_client, hub_kit.entry)
    (told,) = hub["streams"]
    assert told["name"] == "Front"
    assert told["sessions"][0]["consumer_id"] == "screen"
    assert hub["counts"]["streams_by_type"] == {"video": 1}
    assert hub["counts"]["stream_sessions"] == 1
    assert "192.0.2." not in str(hub)
    assert "planted-secret" not in str(hub)

    device = await get_diagnostics_for_device(
        hass, hass_client, hub_kit.entry, device_of(hub_kit, stream)
    )
    assert device == {"stream": told, "is_active": True}
