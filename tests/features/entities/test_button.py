"""Buttons: inputs that are true for a moment, on the wire and in Home Assistant."""

import pytest

from homeassistant.const import STATE_UNKNOWN
from tests.kits.hub_broker import MaestraKit

DOORBELL = "button.doorbell_ring"
CHANGES = "maestra/entity/state/controller/doorbell"


@pytest.fixture
async def doorbell(maestra: MaestraKit) -> MaestraKit:
    """A hub with a doorbell."""
    await maestra.act(
        "create_entity",
        name="Doorbell",
        entity_type="controller",
        variables=[
            {
                "name": "ring",
                "type": "boolean",
                "direction": "input",
                "config": {"momentary": True, "device_class": "identify"},
            }
        ],
    )
    await maestra.state_is(DOORBELL, STATE_UNKNOWN, device_class="identify")
    return maestra


async def test_a_button_is_pressed(doorbell: MaestraKit) -> None:
    await doorbell.call("button.press", DOORBELL)

    event = await doorbell.mqtt.receives(CHANGES, changed_keys=["ring"])
    assert event.json["current_state"] == {"ring": True}
    assert event.json["source"] == "home_assistant"


async def test_each_press_is_told_though_the_one_before_still_is(
    doorbell: MaestraKit,
) -> None:
    for _ in range(3):
        await doorbell.call("button.press", DOORBELL)

    await doorbell.mqtt.settled()
    told = [
        event.json["current_state"]["ring"] for event in doorbell.mqtt.collect(CHANGES)
    ]
    assert told == [True, False, True, False, True]
