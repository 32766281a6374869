"""The connections of the hub: added, changed, removed while everything else goes on."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.maestra.const import (
    CONF_EVENT_SIZE_LIMIT,
    DOMAIN,
    REFRESH_INTERVAL,
)
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.features.entities.persistence import STATES_KEY
from homeassistant.const import (
    CONF_PASSWORD,
    CONF_PORT,
    CONF_USERNAME,
    STATE_OFF,
    STATE_ON,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.kits.broker import Broker
from tests.kits.hub_broker import BROKER_CONNECTION, BROKER_ID, MaestraKit
from tests.kits.process import free_port


async def test_each_event_is_heard_once_on_each_topic(maestra: MaestraKit) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.mqtt.receives("maestra/entity/state/device/td-1")
    await maestra.mqtt.settled()
    maestra.mqtt.collect()

    await maestra.update("td-1", fps=30)
    await maestra.mqtt.receives("maestra/entity/state/device/td-1", source="mqtt")
    await maestra.update("td-1", fps=30)
    await maestra.act("set_state", slug="td-1", state={"cue": 1})
    await maestra.mqtt.receives(
        "maestra/entity/state/device/td-1", source="home_assistant"
    )
    await maestra.mqtt.settled()

    assert sorted(message.topic for message in maestra.mqtt.collect()) == [
        "maestra/entity/state",
        "maestra/entity/state",
        "maestra/entity/state/device",
        "maestra/entity/state/device",
    ]


async def test_a_broker_is_added(maestra: MaestraKit, tmp_path: Path) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")

    async with Broker(tmp_path / "foyer") as foyer, foyer.peer() as client:
        await maestra.add_broker("Foyer broker", port=foyer.port)
        await maestra.state_is("binary_sensor.foyer_broker_connection", STATE_ON)

        # One stage: what is heard on one broker is told on all.
        await client.publish("maestra/entity/state/update/td-1", {"fps": 30})
        await maestra.state_is("sensor.td_1_frame_rate", "30")
        await maestra.mqtt.receives(
            "maestra/entity/state/device/td-1", current_state={"fps": 30}
        )
        await client.receives("maestra/entity/state/device/td-1")


async def test_what_passes_is_counted(
    everything_is_enabled: None, maestra: MaestraKit
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.mqtt.receives("maestra/entity/state/device/td-1")

    await maestra.later(REFRESH_INTERVAL)

    await maestra.state_is("sensor.stage_broker_messages_in", "1")
    for key in ("messages_out", "data_in", "data_out", "latency"):
        assert float(maestra.state(f"sensor.stage_broker_{key}").state) > 0


async def test_a_broker_is_removed(maestra: MaestraKit, hass: HomeAssistant) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")

    assert hass.config_entries.async_remove_subentry(maestra.entry, BROKER_ID)

    await maestra.disappears(BROKER_CONNECTION)
    await hass.async_block_till_done()
    assert maestra.device_of(BROKER_ID) is None
    # It belongs to the show, not to the broker.
    assert maestra.state("sensor.td_1_frame_rate").state == "60"


async def test_changed_settings_are_taken_over(
    maestra: MaestraKit, tmp_path: Path
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    device = maestra.device_of(BROKER_ID)

    async with Broker(tmp_path / "other") as other, other.peer() as client:
        await maestra.configure(**{CONF_PORT: other.port, CONF_EVENT_SIZE_LIMIT: 10})
        await other.logged("Sending SUBACK to maestra-kit")
        await client.publish("maestra/entity/state/update/td-1", {"fps": 30})

        event = await client.receives("maestra/entity/state/device/td-1")
        assert event.json["previous_state"] == {}
        await maestra.state_is("sensor.td_1_frame_rate", "30")
        assert maestra.device_of(BROKER_ID) == device


async def test_changes_that_come_all_at_once(
    maestra: MaestraKit, hass: HomeAssistant, tmp_path: Path
) -> None:
    async with Broker(tmp_path / "other") as other, other.peer() as client:
        await maestra.configure(**{CONF_PORT: free_port()})
        await maestra.configure(**{CONF_PORT: other.port})
        subentry_id = await maestra.add_broker("Foyer broker", port=free_port())
        hass.config_entries.async_remove_subentry(maestra.entry, subentry_id)

        await other.logged("Sending SUBACK to maestra-kit")
        await client.publish("maestra/entity/state/update/td-1", {"fps": 30})
        await maestra.state_is("sensor.td_1_frame_rate", "30")

    assert hass.states.get("binary_sensor.foyer_broker_connection") is None
    assert [link.id for link in maestra.entry.runtime_data.links] == [BROKER_ID]


async def test_added_and_removed_in_one_turn_of_the_loop(
    maestra: MaestraKit, hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    subentry_id = await maestra.add_broker("Foyer broker", port=free_port())
    hass.config_entries.async_remove_subentry(maestra.entry, subentry_id)
    await hass.async_block_till_done()

    assert [link.id for link in maestra.entry.runtime_data.links] == [BROKER_ID]
    assert maestra.device_of(subentry_id) is None
    assert hass.states.get("binary_sensor.foyer_broker_connection") is None
    assert "ERROR" not in caplog.text


async def test_a_change_just_before_the_end(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    runtime = maestra.entry.runtime_data
    await maestra.configure(**{CONF_PORT: free_port()})

    await hass.config_entries.async_unload(maestra.entry.entry_id)

    await hass.async_block_till_done()
    assert list(runtime.links) == []


async def test_a_change_after_the_end_has_begun(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    runtime = maestra.entry.runtime_data
    unloading = hass.async_create_task(
        hass.config_entries.async_unload(maestra.entry.entry_id)
    )
    await maestra.add_broker("Foyer broker", port=free_port())

    assert await unloading
    await hass.async_block_till_done()
    assert list(runtime.links) == []


async def test_a_new_name_needs_no_new_connection(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    async with maestra.counting(BROKER_CONNECTION) as written:
        hass.config_entries.async_update_subentry(
            maestra.entry, maestra.entry.subentries[BROKER_ID], title="Main broker"
        )
        await maestra.state_is(
            BROKER_CONNECTION, STATE_ON, friendly_name="Main broker Connection"
        )

    assert {state.state for state in written} == {STATE_ON}


async def test_refused_credentials_ask_the_user(
    maestra: MaestraKit, hass: HomeAssistant
) -> None:
    await maestra.broker.stop()
    maestra.broker.users = {"stage": "secret"}
    await maestra.broker.start()

    await maestra.until(
        lambda: hass.config_entries.flow.async_progress_by_handler(DOMAIN),
        "a reauth flow",
    )

    flow = hass.config_entries.flow.async_progress_by_handler(DOMAIN)[0]
    assert flow["context"]["source"] == "reauth"
    # As where another broker was asked for first: the question comes again.
    hass.config_entries.flow.async_abort(flow["flow_id"])
    await maestra.later(timedelta(seconds=6))
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN)

    await maestra.configure(**{CONF_USERNAME: "stage", CONF_PASSWORD: "secret"})
    await maestra.connected()
    # The credentials are good now: there is nothing to ask any more.
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_a_broker_that_stays_away_is_a_repair(
    maestra: MaestraKit,
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
) -> None:
    await maestra.broker.stop()
    await maestra.state_is(BROKER_CONNECTION, STATE_OFF)
    assert not issue_registry.issues

    await maestra.later(timedelta(minutes=5, seconds=1))
    issue = issue_registry.async_get_issue(DOMAIN, f"broker_unreachable_{BROKER_ID}")
    assert issue
    assert issue.translation_placeholders
    assert issue.translation_placeholders["broker"] == "Stage broker"

    await maestra.broker.start()
    await maestra.connected()
    assert not issue_registry.issues


async def test_a_transport_that_breaks_is_logged(
    maestra: MaestraKit,
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def breaks(_: DirectTransport) -> None:
        raise RuntimeError("out of tune")

    monkeypatch.setattr(DirectTransport, "run", breaks)

    await maestra.reload()

    assert "The connection to Stage broker: unexpected RuntimeError" in caplog.text


async def test_home_assistant_stops(
    maestra: MaestraKit, hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    async with maestra.counting("sensor.td_1_frame_rate") as written:
        await hass.async_stop(force=True)

    # It is Home Assistant that goes, not the broker.
    assert written == []
    assert [saved[0] for saved in hass_storage[STATES_KEY]["data"].values()] == [
        {"fps": 60}
    ]
