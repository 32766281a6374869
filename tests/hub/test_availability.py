"""What is shown while brokers and devices are away."""

from datetime import timedelta
import logging

import pytest

from custom_components.maestra.const import CONF_OFFLINE_AFTER
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from tests.kits.hub_broker import BROKER_CONNECTION, BROKER_ID, MaestraKit
from tests.kits.process import free_port

LOGGER = "custom_components.maestra"


def lines(caplog: pytest.LogCaptureFixture, text: str) -> list[str]:
    return [
        record.message
        for record in caplog.records
        if record.name.startswith(LOGGER) and text in record.message
    ]


async def test_a_broker_that_goes_and_comes(
    maestra: MaestraKit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    await maestra.update("td-1", fps=60)
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    await maestra.state_is("binary_sensor.entrance_connection", STATE_ON)

    await maestra.broker.stop()

    await maestra.state_is("sensor.td_1_frame_rate", STATE_UNAVAILABLE)
    await maestra.state_is("event.entrance_event", STATE_UNAVAILABLE)
    await maestra.state_is("binary_sensor.entrance_connection", STATE_OFF)
    assert maestra.state(BROKER_CONNECTION).state == STATE_OFF

    await maestra.broker.start()

    await maestra.connected()
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    await maestra.state_is("binary_sensor.entrance_connection", STATE_ON)
    assert len(lines(caplog, "No connection to")) == 1
    assert len(lines(caplog, "again")) == 2  # "trying again", and back again
    async with maestra.broker.peer() as td:
        await td.publish("maestra/entity/state/update/td-1", {"fps": 30})
        await maestra.state_is("sensor.td_1_frame_rate", "30")


async def test_what_is_set_while_the_broker_is_away_is_not_sent_late(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    await maestra.act("create_entity", name="Fogger", entity_type="actuator")
    await maestra.appears("switch.fogger_active")
    await maestra.broker.stop()
    await maestra.state_is("switch.fogger_active", STATE_UNAVAILABLE)

    await maestra.act("set_state", slug="fogger", state={"active": True})
    await maestra.later(timedelta(seconds=5))

    await maestra.state_is("sensor.stage_broker_messages_refused", "0")
    assert (
        maestra.entry.runtime_data.links.get(BROKER_ID).gateway.counters["unsent"] == 3
    )


@pytest.mark.parametrize("hub_options", [{CONF_OFFLINE_AFTER: 60}])
async def test_a_device_that_falls_silent(
    maestra: MaestraKit,
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = 1_000.0
    monkeypatch.setattr(maestra.domain.devices, "_clock", lambda: seconds)
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("binary_sensor.entrance_connection", STATE_ON)

    seconds += 61
    await maestra.later(timedelta(seconds=5))
    await maestra.state_is("binary_sensor.entrance_connection", STATE_OFF)
    await maestra.state_is("event.entrance_event", STATE_UNAVAILABLE)

    # Anything it says brings it back.
    await maestra.device_says("metrics", "AA:01", metric_name="rssi", metric_value=-60)
    await maestra.state_is("binary_sensor.entrance_connection", STATE_ON)
    await maestra.state_is("sensor.entrance_rssi", "-60")


async def test_messages_that_are_refused_are_counted(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    await maestra.mqtt.publish("maestra/entity/state/update/td-1", "not json")
    answer = await maestra.mqtt.receives("maestra/errors/td-1", code="malformed")
    assert answer.json["topic"] == "maestra/entity/state/update/td-1"

    await maestra.later(timedelta(seconds=5))

    await maestra.state_is("sensor.stage_broker_messages_refused", "1")


async def test_no_broker_at_start(maestra: MaestraKit) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    await maestra.broker.stop()
    await maestra.state_is(BROKER_CONNECTION, STATE_OFF)

    await maestra.reload()

    await maestra.state_is("sensor.td_1_frame_rate", STATE_UNAVAILABLE)
    await maestra.broker.start()
    await maestra.state_is("sensor.td_1_frame_rate", "60")


async def test_one_broker_away_leaves_the_other_alone(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")

    await maestra.add_broker("Foyer broker", port=free_port())

    await maestra.state_is("binary_sensor.foyer_broker_connection", STATE_OFF)
    assert maestra.state("sensor.td_1_frame_rate").state == "60"
    await maestra.act("create_entity", name="Probe", entity_type="sensor")
    # Never heard on any link: it is reachable over one of them.
    await maestra.state_is("sensor.probe", "0")
