"""Events: what happens at devices."""

from homeassistant.helpers import entity_registry as er
from tests.kits.hub_broker import MaestraKit


async def test_an_event_is_shown_at_once(maestra: MaestraKit) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("event.entrance_event", "unknown")

    await maestra.device_says(
        "events",
        "AA:01",
        event_type="button",
        severity="warning",
        message="Pressed",
        data={"button": 2},
    )

    event = await maestra.appears_with("event.entrance_event", event_type="button")
    assert {
        name: event.attributes[name] for name in ("type", "severity", "message", "data")
    } == {
        "type": "button",
        "severity": "warning",
        "message": "Pressed",
        "data": {"button": 2},
    }
    assert event.attributes["event_types"] == ["other", "button"]


async def test_the_same_event_twice_is_two_events(maestra: MaestraKit) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("event.entrance_event", "unknown")

    async with maestra.counting("event.entrance_event") as written:
        await maestra.mqtt.publish(
            "maestra/device/events/AA:01",
            [{"event_type": "step", "data": {"n": n}} for n in range(3)],
        )
        await maestra.appears_with("event.entrance_event", data={"n": 2})

    assert [state.attributes["data"] for state in written] == [
        {"n": 0},
        {"n": 1},
        {"n": 2},
    ]


async def test_what_happens_before_the_entity_is_there(maestra: MaestraKit) -> None:
    # Both in one turn of the loop: Home Assistant has not added the entity yet.
    maestra.domain.devices.register(
        {"hardware_id": "AA:01", "name": "Entrance", "device_type": "esp32"}
    )
    maestra.domain.devices.report_event("AA:01", {"event_type": "boot"})

    await maestra.appears_with("event.entrance_event", event_type="boot")


async def test_devices_do_not_invent_types_without_end(maestra: MaestraKit) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("event.entrance_event", "unknown")

    await maestra.mqtt.publish(
        "maestra/device/events/AA:01", [{"event_type": f"type-{n}"} for n in range(150)]
    )

    event = await maestra.appears_with("event.entrance_event", type="type-149")
    assert event.attributes["event_type"] == "other"
    assert len(event.attributes["event_types"]) == 100


async def test_a_disabled_event_entity_stays_silent(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.appears("event.entrance_event")
    entity_registry.async_update_entity(
        "event.entrance_event", disabled_by=er.RegistryEntryDisabler.USER
    )
    await maestra.disappears("event.entrance_event")

    await maestra.device_says("events", "AA:01", event_type="button")
    await maestra.device_says("metrics", "AA:01", metric_name="rssi", metric_value=1)

    await maestra.appears("sensor.entrance_rssi")
    assert maestra.hass.states.get("event.entrance_event") is None
