"""QS devices in Home Assistant, over a real broker."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.qs.dead_letters import letter_as_dict
from custom_components.maestra.diagnostics import async_get_config_entry_diagnostics
from custom_components.maestra.features.qs.entities import node_key
from custom_components.maestra.features.qs.manager import QsManager, async_zone
from custom_components.maestra.features.qs.repairs import QUIET_AFTER
from custom_components.maestra.hub.issues import facts
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component

from ...kits.hub_broker import MaestraKit
from ...kits.process import PATIENCE
from ...kits.qs import event

TOPIC = "qs/v1/esp32-01/events"


async def sends(qs: MaestraKit, *events: Any) -> None:
    await qs.mqtt.publish(TOPIC, list(events))


async def test_a_device_appears_with_its_values(qs: MaestraKit) -> None:
    """Numbers with unit and device class, texts as they are, each type of event a sensor."""
    await sends(
        qs,
        event("a", unit="C", ts_device="2024-02-10T00:00:00"),
        event("b", event_type="door", value="open"),
        event("c", event_type="humidity", value=40, unit="%"),
    )
    await qs.mqtt.receives("qs/v1/esp32-01/acks", event_id="a", status="stored")
    await qs.state_is(
        "sensor.esp32_01_temperature",
        "21.5",
        unit_of_measurement="°C",
        device_class="temperature",
        state_class="measurement",
        measured_at="2024-02-10T08:00:00+00:00",
    )
    await qs.state_is("sensor.esp32_01_door", "open", unit_of_measurement=None)
    await qs.state_is("sensor.esp32_01_humidity", "40.0", device_class="humidity")
    await qs.state_is("sensor.esp32_01_events_accepted", "3")
    device = qs.device_of(node_key("esp32-01"))
    assert device
    assert (device.name, device.serial_number) == ("esp32-01", "esp32-01")


@pytest.mark.parametrize(
    "field", ["event_id", "device_id", "event_type", "value", "unit", "meta"]
)
async def test_half_a_character_breaks_nothing_of_home_assistant(
    qs: MaestraKit, field: str
) -> None:
    """Its states can be written, and the event is a dead letter that can be listed."""
    body = event("whole") | {field: "\ud800"}
    await qs.mqtt.publish(TOPIC, [body, event("good")])
    await qs.mqtt.receives("qs/v1/esp32-01/acks", event_id="good", status="stored")
    await qs.mqtt.receives("qs/v1/deadletter", stored=1)
    await qs.appears("sensor.esp32_01_temperature")

    states = qs.hass.states.async_all()
    assert all(json_bytes(state.as_dict()) for state in states)
    registry = er.async_get(qs.hass)
    assert json_bytes([entry.extended_dict for entry in registry.entities.values()])
    letters = qs.entry.runtime_data.manager(QsManager).registry.dead_letters
    assert json_bytes([letter_as_dict(letter) for letter in letters])


async def test_values_change(qs: MaestraKit) -> None:
    """A repeated event changes nothing; a text of the same type has a sensor of its own."""
    await sends(qs, event("a"))
    await qs.appears("sensor.esp32_01_temperature")
    await sends(qs, event("b", value=3), event("a"))
    await qs.state_is("sensor.esp32_01_temperature", "3.0")
    await qs.state_is("sensor.esp32_01_events_repeated", "1")
    await sends(qs, event("c", value="broken"))
    await qs.state_is("sensor.esp32_01_temperature_2", "broken")
    await qs.state_is("sensor.esp32_01_temperature", "3.0")
    await sends(qs, event("d", value=4))
    await qs.state_is("sensor.esp32_01_temperature", "4.0")
    await qs.state_is("sensor.esp32_01_temperature_2", "broken")


async def test_clock_drift_and_last_seen(qs: MaestraKit) -> None:
    """How far a device's clock is behind."""
    behind = datetime.now(UTC) - timedelta(hours=1)
    await sends(qs, event("a", ts_device=behind.isoformat()))
    state = await qs.appears("sensor.esp32_01_clock_drift")
    assert float(state.state) == pytest.approx(3600, abs=60)
    await qs.appears("sensor.esp32_01_last_seen")


@pytest.mark.parametrize("hub_options", [{"qs": {"devices": ["esp32-02"]}}])
async def test_only_some_are_shown(qs: MaestraKit) -> None:
    """The others are acknowledged all the same."""
    await sends(qs, event("a"), event("b", "esp32-02"))
    await qs.mqtt.receives("qs/v1/esp32-01/acks", event_id="a")
    await qs.appears("sensor.esp32_02_temperature")
    assert qs.device_of(node_key("esp32-01")) is None


async def test_devices_outlive_a_restart_and_can_be_removed(
    qs: MaestraKit, hass: HomeAssistant
) -> None:
    """A ghost is gone for good; a device that talks comes back."""
    await sends(qs, event("a"))
    await qs.appears("sensor.esp32_01_temperature")
    await qs.reload()
    await qs.connected()
    await qs.state_is("sensor.esp32_01_temperature", "21.5")
    assert qs.entry.runtime_data.forget([node_key("esp32-01")])
    await qs.disappears("sensor.esp32_01_temperature")
    await qs.reload()
    await qs.connected()
    assert qs.device_of(node_key("esp32-01")) is None
    await sends(qs, event("a"), event("b"))
    await qs.appears("sensor.esp32_01_temperature")


async def test_what_an_earlier_version_has_saved_is_taken_over(
    qs: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    """Once: its own file is gone then, and what is forgotten does not come back out of it."""
    facts: dict[str, Any] = {
        "drift": 2.5,
        "accepted": 7,
        "duplicates": 1,
        "dead_letters": 1,
        "ids_reused": 0,
        "last_seen": "2026-11-01T10:00:00.000000Z",
    }
    at = "2026-11-01T09:00:00.000000Z"
    nodes = [
        {"device_id": "esp32-01", **facts, "latest": [["temperature", 4.0, "C", at]]},
        {"device_id": "older", **facts, "latest": {"door": ["open", None, None]}},
    ]
    saved = {"nodes": nodes, "letters": {"total": 9, "letters": []}}
    hass_storage["maestra.qs"] = {"version": 1, "minor_version": 1, "data": saved}
    await qs.reload()
    await qs.connected()
    await qs.state_is(
        "sensor.esp32_01_temperature", "4.0", measured_at="2026-11-01T09:00:00+00:00"
    )
    await qs.state_is("sensor.esp32_01_events_accepted", "7")
    await qs.state_is("sensor.older_door", "open")
    await qs.state_is("sensor.qs_telemetry_dead_letters", "9")
    async with asyncio.timeout(PATIENCE):
        while "maestra.qs" in hass_storage:
            await asyncio.sleep(0.05)
    assert qs.entry.runtime_data.forget([node_key("older")])
    await qs.reload()
    await qs.connected()
    await qs.state_is("sensor.esp32_01_temperature", "4.0")
    await qs.state_is("sensor.qs_telemetry_dead_letters", "9")
    assert qs.device_of(node_key("older")) is None


async def test_dead_letters(
    qs: MaestraKit, hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """Counted, shown as an event, listed for administrators, and replayed when they were put right."""
    await async_setup_component(hass, "websocket_api", {})
    client = await hass_ws_client(hass)
    await sends(qs, event("a") | {"event_type": None}, event("b"))
    await qs.appears_with(
        "event.qs_telemetry_dead_letter",
        error="missing required field event_type",
        device_id="esp32-01",
        index=0,
    )
    await qs.state_is("sensor.qs_telemetry_dead_letters", "1")
    await client.send_json_auto_id({"type": f"{DOMAIN}/dead_letters"})
    answer = (await client.receive_json())["result"]
    assert answer["total"] == 1
    (letter,) = answer["dead_letters"]
    assert letter["topic"] == TOPIC
    assert '"event_id":"a"' in letter["payload"]
    with pytest.raises(ServiceValidationError, match="missing required field"):
        await qs.act("replay_dead_letter", dead_letter=letter["id"])
    await qs.act("replay_dead_letter", dead_letter=letter["id"], payload=event("a"))
    await qs.mqtt.receives("qs/v1/esp32-01/acks", event_id="a")
    with pytest.raises(ServiceValidationError, match="not known"):
        await qs.act("replay_dead_letter", dead_letter=letter["id"])


async def test_dead_letters_outlive_a_restart(
    qs: MaestraKit, hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    await sends(qs, {})
    await qs.state_is("sensor.qs_telemetry_dead_letters", "1")
    await qs.reload()
    await qs.state_is("sensor.qs_telemetry_dead_letters", "1")
    await async_setup_component(hass, "websocket_api", {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": f"{DOMAIN}/dead_letters"})
    assert len((await client.receive_json())["result"]["dead_letters"]) == 1


async def test_ids_that_are_used_twice_are_an_issue(
    qs: MaestraKit, hass: HomeAssistant
) -> None:
    """It names the device, and goes away when that has been well for a day."""
    await sends(qs, event("a-1000", value=1), event("a-1000", value=2))
    await qs.state_is("sensor.esp32_01_event_ids_used_twice", "1")
    issues = ir.async_get(hass).issues
    (issue,) = [it for it in issues.values() if it.translation_key == "qs_ids_reused"]
    assert issue.translation_placeholders == facts(device="esp32-01", example="a-1000")
    await qs.later(QUIET_AFTER + timedelta(minutes=1))
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("options", "triggered"),
    [
        ({}, ["a", "b", "c", "d"]),
        ({"device": ["esp32-02"]}, ["d"]),
        ({"event_type": "door"}, ["c"]),
        ({"above": 20}, ["a"]),
        ({"below": 20}, ["b", "d"]),
        ({"above": 1, "below": 20, "device": "esp32-01"}, ["b"]),
    ],
)
async def test_the_trigger(
    qs: MaestraKit, hass: HomeAssistant, options: dict[str, Any], triggered: list[str]
) -> None:
    """Each event once, those that are meant only."""
    await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "maestra.telemetry_received",
                    "options": options,
                },
                "actions": {
                    "event": "told",
                    "event_data": {"id": "{{ trigger.event_id }}"},
                },
                "mode": "queued",
            }
        },
    )
    await hass.async_block_till_done()
    told = async_capture_events(hass, "told")
    sent = (
        event("a"),
        event("b", value=2),
        event("c", event_type="door", value="open"),
        event("d", "esp32-02", value=0),
    )
    await sends(qs, *sent)
    await sends(qs, *sent, event("z"))
    await qs.mqtt.receives("qs/v1/esp32-01/acks", event_id="z")
    await hass.async_block_till_done()
    assert [it.data["id"] for it in told if it.data["id"] != "z"] == triggered


async def test_options(qs: MaestraKit, hass: HomeAssistant) -> None:
    """They are checked, and take effect at once."""
    flows = hass.config_entries.options
    flow = await flows.async_init(qs.entry.entry_id)
    flow = await flows.async_configure(flow["flow_id"], {"next_step_id": "qs"})
    form = {"zone": "Etc/Nowhere", "mismatch": "refuse", "group": "a/b", "devices": []}
    flow = await flows.async_configure(flow["flow_id"], form)
    assert flow["errors"] == {"zone": "unknown_zone", "group": "invalid_group"}
    form |= {"zone": "-08:00", "group": "stage", "devices": [" esp32-01 ", ""]}
    flow = await flows.async_configure(flow["flow_id"], form)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert qs.entry.options["qs"]["devices"] == ["esp32-01"]
    await qs.broker.logged("$share/stage/qs/v1/+/events")
    await sends(qs, event("a", ts_device="2024-07-10T00:00:00"))
    await qs.state_is(
        "sensor.esp32_01_temperature", "21.5", measured_at="2024-07-10T08:00:00+00:00"
    )
    await sends(qs, event("b", "other"))
    await qs.mqtt.receives("qs/v1/deadletter", index=0)


async def test_diagnostics(qs: MaestraKit, hass: HomeAssistant) -> None:
    """Figures, and nothing of what a dead letter holds."""
    await sends(qs, event("a"), {"password": "hunter2"})
    await qs.mqtt.receives("qs/v1/esp32-01/acks", event_id="a")
    found = (await async_get_config_entry_diagnostics(hass, qs.entry))["qs"]
    assert (found["nodes"], found["dead_letters"]) == (1, 1)
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("name", "offset"),
    [("UTC", 0), ("Etc/GMT+8", -8), ("-08:00", -8), ("UTC+0530", 5.5), ("+01:00", 1)],
)
async def test_zones(hass: HomeAssistant, name: str, offset: float) -> None:
    """Names and fixed offsets."""
    zone = await async_zone(name)
    assert datetime(2024, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize("name", ["", "Etc/Nowhere", "-99:99", "../etc/passwd"])
async def test_no_zones(hass: HomeAssistant, name: str) -> None:
    assert await async_zone(name) is None
