"""Binary sensors: outputs that are true or false, devices and links."""

from tests.kits.hub_broker import MaestraKit


async def test_an_output_that_is_true_or_false(maestra: MaestraKit) -> None:
    await maestra.update("gate", open=True)
    await maestra.state_is("binary_sensor.gate_open", "on")

    await maestra.update("gate", open=False)
    await maestra.state_is("binary_sensor.gate_open", "off")


async def test_what_is_neither_true_nor_false_is_unknown(maestra: MaestraKit) -> None:
    await maestra.act(
        "create_entity",
        name="Gate",
        entity_type="sensor",
        variables=[{"name": "open", "type": "boolean", "direction": "output"}],
    )
    await maestra.update("gate", open=True)
    await maestra.state_is("binary_sensor.gate_open", "on")

    await maestra.update("gate", open=0)

    await maestra.state_is("binary_sensor.gate_open", "unknown")


async def test_a_device_is_connected_while_it_is_heard(maestra: MaestraKit) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("binary_sensor.entrance_connection", "on")

    await maestra.device_says("heartbeat", "AA:01", status="offline")
    await maestra.state_is("binary_sensor.entrance_connection", "off")

    await maestra.device_says("heartbeat", "AA:01")
    await maestra.state_is("binary_sensor.entrance_connection", "on")
