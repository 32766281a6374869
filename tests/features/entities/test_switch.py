"""Switches: inputs that are true or false, on the wire and in Home Assistant."""

from tests.kits.hub_broker import MaestraKit


async def test_a_switch_goes_both_ways(maestra: MaestraKit) -> None:
    await maestra.act("create_entity", name="Fogger", entity_type="actuator")
    await maestra.state_is("switch.fogger_active", "off")

    await maestra.call("switch.turn_on", "switch.fogger_active")
    event = await maestra.mqtt.receives(
        "maestra/entity/state/actuator/fogger", changed_keys=["active"]
    )
    assert event.json["current_state"] == {"active": True}
    assert event.json["source"] == "home_assistant"
    assert maestra.state("switch.fogger_active").state == "on"

    await maestra.update("fogger", active=False)
    await maestra.state_is("switch.fogger_active", "off")

    await maestra.update("fogger", active=True)
    await maestra.state_is("switch.fogger_active", "on")
    await maestra.call("switch.turn_off", "switch.fogger_active")
    assert maestra.state("switch.fogger_active").state == "off"


async def test_what_is_neither_true_nor_false_is_unknown(maestra: MaestraKit) -> None:
    await maestra.act(
        "create_entity",
        name="Fogger",
        entity_type="controller",
        variables=[{"name": "on", "type": "boolean", "direction": "input"}],
    )
    await maestra.update("fogger", on=True)
    await maestra.state_is("switch.fogger_on", "on")

    await maestra.update("fogger", on="maybe")

    await maestra.state_is("switch.fogger_on", "unknown")
