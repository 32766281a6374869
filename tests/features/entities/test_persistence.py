"""What outlives a restart."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.features.entities.persistence import (
    STATES_KEY,
    STRUCTURE_KEY,
)
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from tests.kits.hub import unload
from tests.kits.hub_broker import MaestraKit
from tests.kits.sample import entity, storage, variable


async def test_a_restart_forgets_nothing(maestra: MaestraKit) -> None:
    await maestra.act("create_entity", name="Stage", entity_type="venue", tags=["a"])
    await maestra.act("create_entity", name="Wash", entity_type="light", parent="stage")
    await maestra.act(
        "define_variable",
        slug="stage",
        name="scene",
        type="enum",
        direction="input",
        config={"options": ["day", "night"]},
    )
    await maestra.register("AA:01", "Entrance")
    await maestra.device_says("metrics", "AA:01", metric_name="rssi", metric_value=-60)
    await maestra.update("wash", on=True, brightness=20)
    await maestra.update("td-1", fps=60)
    await maestra.state_is("light.wash", STATE_ON, brightness=51)
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    await maestra.state_is("sensor.entrance_rssi", "-60")
    # The hub counts now and then.
    await maestra.state_is("sensor.maestra_entities", "3")
    await maestra.state_is("sensor.maestra_devices_online", "1")
    before = {state.entity_id: state.state for state in maestra.hass.states.async_all()}
    devices = [maestra.registered(key) for key in ("stage", "wash", "AA:01", "td-1")]

    await maestra.reload()

    await maestra.connected()
    await maestra.until(
        lambda: (
            before
            == {
                state.entity_id: state.state
                for state in maestra.hass.states.async_all()
            }
        ),
        "everything as it was",
    )
    assert devices == [
        maestra.registered(key) for key in ("stage", "wash", "AA:01", "td-1")
    ]
    answer = await maestra.hass.services.async_call(
        DOMAIN, "get_state", {"slug": "wash"}, blocking=True, return_response=True
    )
    assert answer
    state: Any = answer["wash"]
    assert (state["entity_type"], state["path"]) == ("light", "stage.wash")


async def test_what_is_new_is_saved_soon(
    maestra: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.appears("sensor.td_1_frame_rate")
    assert STRUCTURE_KEY not in hass_storage

    await maestra.later(timedelta(seconds=6))
    await maestra.hass.async_block_till_done(wait_background_tasks=False)

    structure, states = hass_storage[STRUCTURE_KEY], hass_storage[STATES_KEY]
    assert [saved["slug"] for saved in structure["data"]["entities"]] == ["td-1"]
    assert [saved[0] for saved in states["data"].values()] == [{"fps": 60}]


async def test_a_busy_show_is_saved_all_the_same(
    maestra: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    await maestra.update("td-1", fps=0)
    await maestra.appears("sensor.td_1_frame_rate")
    await maestra.later(timedelta(seconds=6))
    await maestra.hass.async_block_till_done()

    # Never quiet for as long as a delayed save would wait for.
    for second in range(1, 62):
        maestra.domain.entities.update("td-1", {"fps": second})
    await maestra.later(timedelta(seconds=61))
    await maestra.hass.async_block_till_done()

    assert [saved[0] for saved in hass_storage[STATES_KEY]["data"].values()] == [
        {"fps": 61}
    ]


async def test_what_devices_do_all_the_time_is_saved_at_the_end(
    maestra: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.device_says("metrics", "AA:01", metric_name="rssi", metric_value=-60)
    await maestra.state_is("sensor.entrance_rssi", "-60")
    await maestra.later(timedelta(seconds=6))
    await maestra.hass.async_block_till_done()

    await maestra.device_says("heartbeat", "AA:01", status="offline")
    await maestra.state_is("binary_sensor.entrance_connection", STATE_OFF)
    await maestra.reload()
    assert [
        device["status"] for device in hass_storage[STRUCTURE_KEY]["data"]["devices"]
    ] == ["offline"]
    await maestra.connected()
    await maestra.state_is("binary_sensor.entrance_connection", STATE_OFF)


async def test_the_end_of_home_assistant_saves_everything(
    maestra: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.appears("sensor.td_1_frame_rate")

    maestra.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await maestra.hass.async_block_till_done()

    assert hass_storage[STRUCTURE_KEY]["data"]["entities"]
    assert hass_storage[STATES_KEY]["data"]


async def test_what_did_not_change_is_not_saved(
    maestra: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    await maestra.later(timedelta(seconds=61))
    await maestra.hass.async_block_till_done()
    await maestra.reload()

    assert STRUCTURE_KEY not in hass_storage
    assert STATES_KEY not in hass_storage


async def test_no_device_commands_are_repeated_by_a_restart(
    maestra: MaestraKit,
) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.appears("binary_sensor.entrance_connection")
    await maestra.act("push_configuration", device="AA:01", configuration={"leds": 4})
    sent = await maestra.mqtt.receives("maestra/device/configuration/AA:01")
    assert sent.json["version"] == 1

    await maestra.reload()
    await maestra.connected()
    await maestra.device_says("applied", "AA:01", version=1)
    await maestra.device_says("heartbeat", "AA:01")
    await maestra.act("push_configuration", device="AA:01", configuration={"leds": 5})

    again = await maestra.mqtt.receives("maestra/device/configuration/AA:01")
    assert again.json["version"] == 2


@pytest.fixture
async def restored(
    hass: HomeAssistant, hass_storage: dict[str, Any], saved: dict[str, Any]
) -> Any:
    hass_storage.update(saved)
    entry = MockConfigEntry(domain=DOMAIN, title="Maestra", entry_id="maestrahub")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry
    await unload(hass, entry)


@pytest.mark.parametrize(
    "saved",
    [
        storage(
            entities=[
                entity("probe", "sensor", [variable("value", "number", "output")]),
                entity("new", "sensor", [variable("value", "number", "output")]),
            ],
            states={"probe": {"value": 4}},
        )
    ],
)
async def test_states_that_were_not_saved_are_the_defaults(
    restored: MockConfigEntry, hass: HomeAssistant
) -> None:
    values = {
        entity_id: hass.states.get(entity_id).state  # type: ignore[union-attr]
        for entity_id in ("sensor.probe", "sensor.new")
    }

    assert values == {"sensor.probe": "4", "sensor.new": "0"}


@pytest.mark.parametrize(
    "saved",
    [
        {
            **storage(
                entities=[
                    entity("probe", "sensor", [variable("value", "number", "output")])
                ]
            ),
            STATES_KEY: {
                "version": 1,
                "minor_version": 1,
                "key": STATES_KEY,
                "data": {
                    "probe-id": [
                        {"value": 4},
                        "2026-11-21T18:00:00+00:00",
                        "a-link-that-is-gone",
                    ]
                },
            },
        }
    ],
)
async def test_heard_on_a_link_that_is_gone(
    restored: MockConfigEntry, hass: HomeAssistant
) -> None:
    probe = hass.states.get("sensor.probe")

    assert probe
    assert probe.state == "4"
