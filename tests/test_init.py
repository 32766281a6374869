"""The config entry: set up, unloaded, removed, and what a user may remove of it."""

import asyncio
from datetime import timedelta
import gc
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.const import (
    CONF_CREATE_UNKNOWN,
    CONF_OFFLINE_AFTER,
    CONF_STRICT,
    DOMAIN,
)
from custom_components.maestra.features.cues.manager import CuesManager
from custom_components.maestra.features.entities.persistence import (
    STATES_KEY,
    STRUCTURE_KEY,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.kits.hub_broker import BROKER_ID, MaestraKit

SAVED = timedelta(minutes=1)
"""Longer than Home Assistant waits until it saves its registries."""


def running() -> list[str]:
    """Return the names of our tasks."""
    names = (task.get_name() for task in asyncio.all_tasks())
    return sorted(name for name in names if name.startswith("maestra"))


def ours(hass: HomeAssistant) -> list[State]:
    """Return all states but that of the zone, which comes with the trackers' platform."""
    return [state for state in hass.states.async_all() if state.domain != "zone"]


async def test_unloading_and_setting_up_leaves_nothing_behind(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    await maestra.appears("binary_sensor.entrance_connection")
    await maestra.later(SAVED)
    listeners = hass.bus.async_listeners()
    tasks = running()

    for _ in range(3):
        await hass.config_entries.async_unload(maestra.entry.entry_id)
        await maestra.state_is(
            "sensor.td_1_frame_rate", STATE_UNAVAILABLE, restored=True
        )
        await hass.config_entries.async_setup(maestra.entry.entry_id)
        await maestra.connected()
        await maestra.state_is("sensor.td_1_frame_rate", "60")

    await maestra.later(SAVED)
    assert hass.bus.async_listeners() == listeners
    assert running() == tasks


async def test_unloading_while_much_is_going_on(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    # A write that waits for its window, entities that wait for their turn.
    maestra.domain.entities.update("td-1", {"fps": 30})
    for number in range(60):
        maestra.domain.entities.create(name=f"New {number}", entity_type="sensor")

    assert await hass.config_entries.async_unload(maestra.entry.entry_id)

    await hass.async_block_till_done()
    assert {state.state for state in ours(hass)} == {STATE_UNAVAILABLE}
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.state_is("sensor.td_1_frame_rate", "30")
    await maestra.state_is("sensor.new_59", "0")


async def test_unloading_before_anything_is_shown(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    hub.runtime_data.domain.entities.create(name="Probe", entity_type="sensor")

    assert await hass.config_entries.async_unload(hub.entry_id)

    await hass.async_block_till_done()
    # It may be added while the disk is written, but goes with all others.
    shown = {state.entity_id: state.state for state in hass.states.async_all()}
    assert shown.get("sensor.probe", STATE_UNAVAILABLE) == STATE_UNAVAILABLE


async def test_removing_the_hub_forgets_what_was_saved(
    maestra: MaestraKit, hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    await maestra.reload()
    assert {STRUCTURE_KEY, STATES_KEY} <= hass_storage.keys()
    ir.async_create_issue(
        hass,
        DOMAIN,
        "ignored",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="unknown_entities_flood",
    )

    await hass.config_entries.async_remove(maestra.entry.entry_id)

    assert not ir.async_get(hass).issues

    assert not {STRUCTURE_KEY, STATES_KEY} & hass_storage.keys()
    assert ours(hass) == []


async def test_a_second_hub_is_none(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "user"}
    )

    assert result["type"] == "abort"
    assert result["reason"] == "single_instance_allowed"


async def test_options_are_taken_over_at_once(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    await maestra.act(
        "create_entity",
        name="Head",
        entity_type="controller",
        variables=[{"name": "pan", "type": "range", "direction": "input"}],
    )
    await maestra.update("head", pan=200)
    await maestra.state_is("number.head_pan", "200")
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("binary_sensor.entrance_connection", STATE_ON)

    hass.config_entries.async_update_entry(
        maestra.entry,
        options={CONF_CREATE_UNKNOWN: False, CONF_STRICT: True, CONF_OFFLINE_AFTER: -1},
    )
    await hass.async_block_till_done()

    await maestra.update("head", pan=300)
    await maestra.mqtt.receives("maestra/errors/head", code="invalid_value")
    await maestra.update("stranger", fps=60)
    await maestra.mqtt.receives("maestra/errors/stranger", code="unknown_entity")
    assert maestra.state("number.head_pan").state == "200"
    await maestra.later(timedelta(seconds=6))
    await maestra.state_is("binary_sensor.entrance_connection", STATE_OFF)
    assert maestra.entry.state is ConfigEntryState.LOADED


@pytest.fixture
async def remove_device(
    maestra: MaestraKit, hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> Any:
    """Remove a device as the frontend does; returns whether that was allowed."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)

    async def remove(device: dr.DeviceEntry | None) -> bool:
        assert device
        await client.send_json_auto_id(
            {"type": "config/device_registry/remove", "device_id": device.id}
        )
        answer = await client.receive_json()
        success: bool = answer["success"]
        return success

    return remove


async def test_an_entity_can_be_removed(
    maestra: MaestraKit, remove_device: Any
) -> None:
    await maestra.act("create_entity", name="Stage", entity_type="zone")
    await maestra.act("create_entity", name="Wash", entity_type="light", parent="stage")
    await maestra.appears("light.wash")
    stage, wash = maestra.registered("stage"), maestra.registered("wash")

    assert await remove_device(stage)

    await maestra.mqtt.receives("maestra/entity/deleted/zone/stage")
    hub, left = maestra.device_of(maestra.entry.entry_id), maestra.registered("wash")
    assert hub and left and wash
    assert (left.id, left.via_device_id) == (wash.id, hub.id)
    assert await remove_device(left)
    await maestra.disappears("light.wash")
    # It would come back if it were still heard.
    await maestra.update("wash", fps=1)
    await maestra.appears("sensor.wash_frame_rate")


async def test_only_a_silent_device_can_be_removed(
    maestra: MaestraKit, remove_device: Any
) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.state_is("binary_sensor.entrance_connection", STATE_ON)
    device = maestra.registered("AA:01")

    assert not await remove_device(device)

    await maestra.device_says("heartbeat", "AA:01", status="offline")
    await maestra.state_is("binary_sensor.entrance_connection", STATE_OFF)
    assert await remove_device(device)
    await maestra.disappears("binary_sensor.entrance_connection")
    assert maestra.domain.devices.get("AA:01") is None


async def test_the_hub_and_its_links_stay(
    maestra: MaestraKit, remove_device: Any
) -> None:
    assert not await remove_device(maestra.device_of(maestra.entry.entry_id))
    assert not await remove_device(maestra.device_of(BROKER_ID))


async def test_a_device_that_nobody_knows_can_be_removed(
    maestra: MaestraKit, remove_device: Any, device_registry: dr.DeviceRegistry
) -> None:
    ghost = device_registry.async_get_or_create(
        config_entry_id=maestra.entry.entry_id, identifiers={(DOMAIN, "long-gone")}
    )

    assert await remove_device(ghost)

    assert device_registry.async_get(ghost.id) is None


async def test_a_start_that_fails_leaves_nothing_behind(
    hass: HomeAssistant, hub: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await hass.config_entries.async_unload(hub.entry_id)
    listeners, thresholds = hass.bus.async_listeners(), gc.get_threshold()

    def fail(_manager: CuesManager) -> None:
        raise RuntimeError("something nobody foresaw")

    with monkeypatch.context() as patch:
        patch.setattr(CuesManager, "start", fail)
        await hass.config_entries.async_setup(hub.entry_id)
        await hass.async_block_till_done()
    assert hub.state is ConfigEntryState.SETUP_ERROR
    assert hass.bus.async_listeners() == listeners
    assert gc.get_threshold() == thresholds
    assert await hass.config_entries.async_reload(hub.entry_id)
