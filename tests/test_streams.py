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

from custom_components.maestra import stream_show
from custom_components.maestra.domain.events import StreamAdvertised
from custom_components.maestra.domain.stream import Stream
from custom_components.maestra.persistence import STRUCTURE_KEY
from custom_components.maestra.stream_show import stream_key
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .kits.house import House
from .kits.maestra import MaestraKit

ACTIVE = "binary_sensor.front_active"
SESSIONS = "sensor.front_sessions"
EVENT = "event.front_event"


def device_of(house: House, stream: Stream) -> dr.DeviceEntry:
    return house.device(house.device_id(stream_key(stream)))


def streams_in(hass: HomeAssistant, entry: MockConfigEntry) -> list[str | None]:
    """Return the names of the registered streams."""
    return [
        device.name
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if any(key.startswith("stream:") for _, key in device.identifiers)
    ]


async def later(hass: HomeAssistant, house: House, delta: timedelta) -> None:
    """Let the timers of that time run now."""
    async_fire_time_changed(hass, dt_util.utcnow() + delta)
    await house.settled()


# What is shown.


async def test_an_advertised_stream_appears(hass: HomeAssistant, house: House) -> None:
    stream = await house.advertises("Front")

    device = device_of(house, stream)
    assert (device.name, device.model) == ("Front", "Video")
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.via_device_id == house.device_id(house.entry.entry_id)
    active = house.shown(ACTIVE)
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
    assert house.shown(SESSIONS).state == "0"
    event = house.shown(EVENT)
    assert event.attributes["event_type"] == "advertised"
    assert event.attributes["stream_id"] == stream.id


async def test_what_happens_to_a_stream_is_shown(
    hass: HomeAssistant, house: House
) -> None:
    stream = await house.advertises("Front")
    session = await house.requests(stream)
    event = house.shown(EVENT)
    assert event.attributes["event_type"] == "requested"
    assert event.attributes["consumer_id"] == "screen"
    await later(hass, house, timedelta(seconds=1))
    assert house.shown(SESSIONS).state == "1"

    house.domain.streams.stop_session(session.id)
    await later(hass, house, timedelta(seconds=1))
    assert house.shown(SESSIONS).state == "0"

    await house.withdraws(stream)
    assert house.shown(ACTIVE).state == STATE_OFF
    event = house.shown(EVENT)
    assert event.attributes["event_type"] == "withdrawn"
    assert event.attributes["reason"] == "withdrawn"


async def test_subscribers_of_a_multicast_stream_are_counted(
    hass: HomeAssistant, house: House
) -> None:
    stream = await house.advertises(
        "Front", multicast_group="239.0.0.1", multicast_port=5000
    )
    assert house.shown(ACTIVE).attributes["delivery_mode"] == "multicast"
    streams = house.domain.streams
    for number in (1, 2):
        streams.join(
            stream.id,
            {"consumer_id": f"wall-{number}", "consumer_address": "192.0.2.41"},
        )
    await later(hass, house, timedelta(seconds=1))
    assert house.shown(SESSIONS).state == "2"
    await house.withdraws(stream)
    assert house.shown(SESSIONS).state == "0"


async def test_a_renewed_stream_shows_what_is_new(
    hass: HomeAssistant, house: House
) -> None:
    await house.advertises("Front")
    before = house.shown(EVENT).state
    await house.advertises("Front", port=9001, stream_type="ndi")
    await later(hass, house, timedelta(seconds=1))
    active = house.shown(ACTIVE)
    assert (active.attributes["port"], active.attributes["type"]) == (9001, "ndi")
    assert house.shown(EVENT).state == before


async def test_a_stream_that_comes_again_is_the_same(
    hass: HomeAssistant, house: House, entity_registry: er.EntityRegistry
) -> None:
    """Its id is another one; device, entities and history stay."""
    first = await house.advertises("Front")
    device, registered = device_of(house, first), entity_registry.async_get(ACTIVE)
    await house.withdraws(first)
    again = await house.advertises("Front", port=9001)
    await later(hass, house, timedelta(seconds=1))

    assert again.id != first.id
    assert device_of(house, again).id == device.id
    assert entity_registry.async_get(ACTIVE) == registered
    active = house.shown(ACTIVE)
    assert (active.state, active.attributes["stream_id"]) == (STATE_ON, again.id)
    assert streams_in(hass, house.entry) == ["Front"]


async def test_streams_of_two_publishers_are_two(
    hass: HomeAssistant, house: House
) -> None:
    one = await house.advertises("Front")
    two = await house.advertises("Front", publisher_id="td-2")
    assert device_of(house, one).id != device_of(house, two).id


def test_publisher_and_name_do_not_run_together() -> None:
    """The key of `ab` and `c` is not that of `a` and `bc`."""
    now = dt_util.utcnow()
    keys = {
        stream_key(
            Stream(
                id="1",
                name=name,
                publisher_id=publisher,
                stream_type="video",
                protocol="srt",
                address="192.0.2.30",
                port=9000,
                advertised_at=now,
                last_heartbeat=now,
            )
        )
        for publisher, name in (("ab", "c"), ("a", "bc"), ("1:ab", "c"), ("1", "abc"))
    }
    assert len(keys) == 4


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


async def test_a_stream_hangs_below_what_it_names(house: House) -> None:
    await house.light("wash-1")
    device = await house.registers("AA:01")
    wash = house.domain.entities["wash-1"]
    of_entity = await house.advertises("Front", entity_id=wash.id)
    of_device = await house.advertises("Side", device_id=device.id)
    of_nobody = await house.advertises("Back", entity_id="nobody")
    above = [
        device_of(house, stream).via_device_id
        for stream in (of_entity, of_device, of_nobody)
    ]
    assert above == [
        house.device_id(wash.id),
        house.device_id(device.id),
        house.device_id(house.entry.entry_id),
    ]


async def test_what_it_names_may_come_and_go(house: House) -> None:
    hub = house.device_id(house.entry.entry_id)
    of_entity = await house.advertises("Front", entity_id="wash-1")
    of_device = await house.advertises("Side", device_id="AA:01")
    await house.light("wash-1")
    device = await house.registers("AA:01")
    assert device_of(house, of_entity).via_device_id == house.device_id(
        house.domain.entities["wash-1"].id
    )
    assert device_of(house, of_device).via_device_id == house.device_id(device.id)

    await house.act("delete_entity", slug="wash-1")
    house.domain.devices.remove(device.id)
    await house.settled()
    assert device_of(house, of_entity).via_device_id == hub
    assert device_of(house, of_device).via_device_id == hub


# When it ends.


async def test_a_silent_stream_expires(
    hass: HomeAssistant, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.advertises("Front")
    monkeypatch.setattr(house.domain.streams, "_clock", lambda: monotonic() + 31)
    await later(hass, house, timedelta(seconds=31))
    assert house.shown(ACTIVE).state == STATE_OFF
    event = house.shown(EVENT)
    assert event.attributes["event_type"] == "expired"
    assert len(house.domain.streams) == 0


async def test_a_silent_session_expires_while_its_stream_lives(
    hass: HomeAssistant, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = await house.advertises("Front")
    await house.requests(stream)
    seconds = monotonic()
    monkeypatch.setattr(house.domain.streams, "_clock", lambda: seconds)
    seconds += 20
    house.domain.streams.heartbeat(stream.id)
    seconds += 11
    await later(hass, house, timedelta(seconds=31))
    assert house.shown(ACTIVE).state == STATE_ON
    assert house.domain.streams.sessions == []


async def test_every_expiry_is_waited_for(
    hass: HomeAssistant, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One timer after the other, and none too early."""
    seconds = monotonic()
    monkeypatch.setattr(house.domain.streams, "_clock", lambda: seconds)
    await house.advertises("Front")
    seconds += 20
    await house.advertises("Side")
    seconds += 11
    await later(hass, house, timedelta(seconds=31))
    assert [stream.name for stream in house.domain.streams] == ["Side"]
    seconds += 20
    await later(hass, house, timedelta(seconds=62))
    assert len(house.domain.streams) == 0


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
    hass: HomeAssistant, house: House, remove_device: Any
) -> None:
    stream = await house.advertises("Front")
    assert not await remove_device(device_of(house, stream))
    await house.withdraws(stream)
    assert await remove_device(device_of(house, stream))
    await house.settled()
    assert streams_in(hass, house.entry) == []
    assert hass.states.get(ACTIVE) is None

    await house.advertises("Front")
    assert house.shown(ACTIVE).state == STATE_ON


async def test_the_number_of_streams_is_bounded(
    hass: HomeAssistant,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that has ended makes room; where all are active, the others are served without being shown."""
    monkeypatch.setattr(stream_show, "MAX_SHOWN", 2)
    await house.withdraws(await house.advertises("Front"))
    await house.advertises("Side")
    await house.advertises("Back")
    assert streams_in(hass, house.entry) == ["Side", "Back"]

    told = house.told(StreamAdvertised)
    hidden = [await house.advertises(f"More {number}") for number in (1, 2)]
    await house.requests(hidden[0])
    await house.withdraws(hidden[0])
    assert len(told) == 2
    assert streams_in(hass, house.entry) == ["Side", "Back"]
    assert caplog.text.count("streams are shown in Home Assistant") == 1


# Restarts.


async def test_a_stream_may_come_back_after_a_restart(
    hass: HomeAssistant, house: House
) -> None:
    front = await house.advertises("Front")
    device = device_of(house, front)
    await house.advertises("Side")
    await hass.config_entries.async_reload(house.entry.entry_id)
    await house.settled()
    assert house.shown(ACTIVE).state == STATE_UNAVAILABLE

    again = await house.advertises("Front")
    assert house.shown(ACTIVE).state == STATE_ON
    assert device_of(house, again).id == device.id

    await later(hass, house, timedelta(minutes=9))
    assert streams_in(hass, house.entry) == ["Front", "Side"]
    await later(hass, house, timedelta(minutes=11))
    assert streams_in(hass, house.entry) == ["Front"]
    assert hass.states.get("binary_sensor.side_active") is None


async def test_a_stream_that_has_not_come_back_can_be_removed(
    hass: HomeAssistant, house: House, remove_device: Any
) -> None:
    device = device_of(house, await house.advertises("Front"))
    await hass.config_entries.async_reload(house.entry.entry_id)
    await house.settled()
    assert await remove_device(device)
    assert streams_in(hass, house.entry) == []


async def test_custom_types_outlive_a_restart(
    hass: HomeAssistant, house: House, hass_storage: dict[str, Any]
) -> None:
    house.domain.streams.types.create({"name": "lidar", "display_name": "Lidar"})
    await hass.config_entries.async_reload(house.entry.entry_id)
    await house.settled()
    stream = await house.advertises("Front", stream_type="lidar")
    assert device_of(house, stream).model == "Lidar"


async def test_what_was_saved_before_there_were_streams_is_read(
    hass: HomeAssistant, house: House, hass_storage: dict[str, Any]
) -> None:
    await house.light("wash-1")
    await hass.config_entries.async_unload(house.entry.entry_id)
    del hass_storage[STRUCTURE_KEY]["data"]["stream_types"]
    await hass.config_entries.async_setup(house.entry.entry_id)
    await house.settled()
    assert house.domain.entities["wash-1"]


# Diagnostics.


async def test_diagnostics_tell_of_streams(
    hass: HomeAssistant, house: House, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    stream = await house.advertises("Front", config={"token": "planted-secret"})
    await house.requests(stream)

    hub: Any = await get_diagnostics_for_config_entry(hass, hass_client, house.entry)
    (told,) = hub["streams"]
    assert told["name"] == "Front"
    assert told["sessions"][0]["consumer_id"] == "screen"
    assert hub["counts"]["streams_by_type"] == {"video": 1}
    assert hub["counts"]["stream_sessions"] == 1
    assert "192.0.2." not in str(hub)
    assert "planted-secret" not in str(hub)

    device = await get_diagnostics_for_device(
        hass, hass_client, house.entry, device_of(house, stream)
    )
    assert device == {"stream": told, "is_active": True}
