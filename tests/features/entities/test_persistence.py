"""What outlives a restart, and a kill."""

import asyncio
from datetime import timedelta
import errno
import os
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.journal.journal import StateJournal
from custom_components.maestra.features.entities.persistence import (
    JOURNAL_FOLDER,
    STATE_NOT_SAVED,
    STATES_KEY,
    STRUCTURE_KEY,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.kits.hub import CLIENT, HubKit, unload
from tests.kits.hub_broker import MaestraKit
from tests.kits.process import PATIENCE
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
    described: JsonObject = {"rssi": {"unit": "dBm", "precision": 1}}
    maestra.domain.devices.describe_metrics("AA:01", described)
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
    assert maestra.domain.devices["AA:01"].described == described
    assert devices == [
        maestra.registered(key) for key in ("stage", "wash", "AA:01", "td-1")
    ]
    answer = await maestra.hass.services.async_call(
        DOMAIN, "get_state", {"slug": "wash"}, blocking=True, return_response=True
    )
    assert answer
    state: Any = answer["wash"]
    assert (state["entity_type"], state["path"]) == ("light", "stage.wash")


class Saved:
    """The snapshots of a test's storage."""

    def __init__(self, hass_storage: dict[str, Any]) -> None:
        self._storage = hass_storage

    async def load(self) -> tuple[Any, Any]:
        keys = (STRUCTURE_KEY, STATES_KEY)
        structure, states = (self._storage.get(key, {"data": {}}) for key in keys)
        return structure["data"], states["data"]

    async def save(self, structure: Any, states: Any) -> None:
        raise NotImplementedError


async def after_a_kill(hass: HomeAssistant, hass_storage: dict[str, Any]) -> Domain:
    """What a restart would find if Home Assistant were killed now."""
    domain = Domain(Bus())
    folder = Path(hass.config.path(JOURNAL_FOLDER))
    await StateJournal(domain, folder, Saved(hass_storage)).load()
    return domain


async def test_what_is_new_outlives_a_kill(
    maestra: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    """Nothing waits for the next file that is written as a whole."""
    await maestra.update("td-1", fps=60)
    await maestra.appears("sensor.td_1_frame_rate")
    await maestra.broker.logged("Received PUBACK from maestra-kit")

    there = await after_a_kill(maestra.hass, hass_storage)
    assert there.entities["td-1"].state == {"fps": 60}
    assert there.entities["td-1"].id == maestra.domain.entities["td-1"].id
    assert STRUCTURE_KEY not in hass_storage


async def test_a_busy_show_is_written_all_the_same(
    maestra: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    """What is changed without end, by users and by wires without acknowledgements, is written while it is."""
    fps = 0
    async with asyncio.timeout(PATIENCE):
        while True:
            fps += 1
            maestra.domain.entities.report("td-1", {"fps": fps}, source=CLIENT)
            await asyncio.sleep(0)
            if fps % 500 == 0:
                there = await after_a_kill(maestra.hass, hass_storage)
                if there.entities.get("td-1"):
                    break
    assert STATES_KEY not in hass_storage


async def test_heartbeats_write_no_file_anew(
    maestra: MaestraKit, hass_storage: dict[str, Any]
) -> None:
    """Changing metadata is what devices do all the time."""
    await maestra.register("AA:01", "Entrance")
    await maestra.appears("binary_sensor.entrance_connection")
    for uptime in range(20):
        await maestra.device_says("heartbeat", "AA:01", metadata={"uptime": uptime})
    await maestra.until(
        lambda: maestra.domain.devices["AA:01"].metadata == {"uptime": 19},
        "the last heartbeat",
    )
    await maestra.later(timedelta(seconds=61))
    await maestra.hass.async_block_till_done(wait_background_tasks=False)
    assert STRUCTURE_KEY not in hass_storage
    assert STATES_KEY not in hass_storage


async def test_a_disk_that_fails_is_told(
    maestra: MaestraKit,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Everything goes on, and nothing is acknowledged; the issue goes when it is over."""
    issues = ir.async_get(maestra.hass)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        await maestra.update("td-1", fps=60)
        await maestra.state_is("sensor.td_1_frame_rate", "60")
        await maestra.until(
            lambda: issues.async_get_issue(DOMAIN, STATE_NOT_SAVED), "an issue"
        )
        assert not maestra.broker.acknowledged("maestra-kit")
    await maestra.until(
        lambda: not issues.async_get_issue(DOMAIN, STATE_NOT_SAVED), "no issue"
    )
    await maestra.broker.logged("Received PUBACK from maestra-kit")
    there = await after_a_kill(maestra.hass, hass_storage)
    assert there.entities["td-1"].state == {"fps": 60}
    assert caplog.text.count("can't be written down") == 1


async def test_a_disk_that_can_not_be_read_is_tried_again(hass: HomeAssistant) -> None:
    """What is there is not taken for nothing, and not written over."""
    folder = Path(hass.config.path(JOURNAL_FOLDER))
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    entry = MockConfigEntry(domain=DOMAIN, title="Maestra")
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state == ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "journal_unreadable"

    folder.unlink()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await unload(hass, entry)


async def test_a_removed_hub_leaves_nothing(
    hass: HomeAssistant, hub_kit: HubKit, hub: MockConfigEntry
) -> None:
    hub_kit.domain.entities.create(name="Hall", entity_type="space")
    await hass.config_entries.async_remove(hub.entry_id)
    assert not Path(hass.config.path(JOURNAL_FOLDER)).exists()


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
