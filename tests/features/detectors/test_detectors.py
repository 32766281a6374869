"""Detectors in Home Assistant: their subentries, what they find live, and in a real database."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.maestra.const import DOMAIN, SUBENTRY_DETECTOR
from custom_components.maestra.core.detectors.catalogue import DETECTORS
from custom_components.maestra.core.iss.rows import TELEMETRY_READINGS
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.diagnostics import async_get_config_entry_diagnostics
from custom_components.maestra.features.detectors.manager import STORAGE_KEY
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component

from ...kits.database import fetch
from ...kits.detectors import BEGIN, FILL, TANK, adds, at, tells
from ...kits.forms import until
from ...kits.hub import HubKit
from ...kits.hub_store import RecordingKit, recording_hub
from ...kits.texts import TEXTS

EVENT = "event.peebot_detection"


@pytest.fixture
async def peebot(hub_kit: HubKit) -> str:
    return await adds(hub_kit, "PeeBot", "peebot", f"iss:{TANK}")


# Setting up.


async def add(hass: HomeAssistant, hub: MockConfigEntry, kind: str) -> Any:
    """Begin the flow; returns the form of the settings."""
    flow = hass.config_entries.subentries
    form = await flow.async_init(
        (hub.entry_id, SUBENTRY_DETECTOR), context={"source": "user"}
    )
    assert form["step_id"] == "user"
    form = await flow.async_configure(form["flow_id"], {"kind": kind})
    assert form["step_id"] == "settings"
    return form


async def fills_in(
    hass: HomeAssistant, form: SubentryFlowResult, **data: Any
) -> SubentryFlowResult:
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], data)
    await hass.async_block_till_done()
    return result


async def test_peebot_is_set_up_with_its_defaults(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = await add(hass, hub, "peebot")
    done = await fills_in(hass, form, name="PeeBot", settings={})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = hub.subentries.values()
    assert subentry.title == "PeeBot"
    assert subentry.data["series"] == f"iss:{TANK}"
    assert subentry.data["settings"]["net_delta"] == 2
    await HubKit(hass, hub).settled()
    assert hass.states.get(EVENT)


@pytest.mark.parametrize("kind", ["threshold", "trend", "rate"])
async def test_a_generic_one_is_set_up_on_any_series(
    hass: HomeAssistant, hub: MockConfigEntry, kind: str
) -> None:
    limits: dict[str, dict[str, Any]] = {"threshold": {"above": 20}}
    settings = limits.get(kind, {})
    form = await add(hass, hub, kind)
    form = await fills_in(hass, form, settings=settings)
    assert form["errors"] == {"base": "series_missing"}
    form = await fills_in(hass, form, series="nowhere:x", settings=settings)
    assert form["errors"] == {"base": "invalid_settings"}
    done = await fills_in(hass, form, entity_id="sensor.power", settings=settings)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = hub.subentries.values()
    assert subentry.title == kind.title()


async def test_limits_that_make_no_sense_are_refused(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = await add(hass, hub, "threshold")
    form = await fills_in(hass, form, entity_id="sensor.power", settings={})
    assert form["errors"] == {"base": "invalid_settings"}
    assert "below" in (form["description_placeholders"] or {})["reason"]


async def test_it_is_changed(hass: HomeAssistant, hub_kit: HubKit) -> None:
    """It keeps its kind, and works with other thresholds at once."""
    id_ = await adds(hub_kit, "Hot", "threshold", "ha:sensor.power", above=100)
    flow = hass.config_entries.subentries
    form = await flow.async_init(
        (hub_kit.entry.entry_id, SUBENTRY_DETECTOR),
        context={"source": "reconfigure", "subentry_id": id_},
    )
    done = await fills_in(
        hass, form, name="Warm", entity_id="sensor.power", settings={"above": 10}
    )
    assert done["reason"] == "reconfigure_successful"
    hass.states.async_set("sensor.power", "50")
    await hub_kit.settled()
    shown = hub_kit.state("event.hot_detection")
    assert shown.attributes["event_type"] == "above"
    assert hub_kit.device(hub_kit.device_id(id_)).name == "Warm"


async def test_one_that_is_removed_leaves_nothing(
    hass: HomeAssistant, hub_kit: HubKit, peebot: str
) -> None:
    assert hass.states.get(EVENT)
    hass.config_entries.async_remove_subentry(hub_kit.entry, peebot)
    await hub_kit.settled()
    assert hass.states.get(EVENT) is None
    tells(hub_kit, FILL)


async def test_one_that_can_not_work_leaves_the_others_alone(
    hass: HomeAssistant, hub_kit: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    await adds(hub_kit, "Broken", "unheard_of", "ha:sensor.power")
    assert "Detector Broken can't work" in caplog.text
    assert hub_kit.domain


# Live.


async def test_a_fill_is_an_event(
    hass: HomeAssistant, hub_kit: HubKit, peebot: str
) -> None:
    assert hub_kit.state(EVENT).state == STATE_UNKNOWN
    tells(hub_kit, FILL)
    await hub_kit.settled()
    shown = hub_kit.state(EVENT).attributes
    assert shown["event_type"] == "urination"
    assert shown["channel"] == TANK
    assert shown["confidence"] == 0.53
    assert shown["metadata"]["net_delta"] == "2"
    await until(hass, lambda: hub_kit.state("sensor.peebot_events_found").state == "1")


async def test_time_alone_decides(
    hass: HomeAssistant, hub_kit: HubKit, peebot: str, freezer: FrozenDateTimeFactory
) -> None:
    """Within two minutes, although the feed says nothing more."""
    freezer.move_to(at(21))
    tells(hub_kit, "18@-90 19@0 20@10 21@20")
    for second in (31, 41, 60, 80):
        freezer.move_to(at(second))
        async_fire_time_changed(hass, at(second))
        await hub_kit.settled()
    assert hub_kit.state(EVENT).state == STATE_UNKNOWN
    freezer.move_to(at(95))
    async_fire_time_changed(hass, at(95))
    await hub_kit.settled()
    assert hub_kit.state(EVENT).attributes["event_type"] == "urination"


async def test_it_goes_on_after_a_restart(
    hass: HomeAssistant, hub_kit: HubKit, peebot: str, hass_storage: dict[str, Any]
) -> None:
    """In the middle of a fill; and a fill that was found is not found again."""
    tells(hub_kit, "19@0 20@10 21@20")
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    await hub_kit.settled()
    assert hass_storage[STORAGE_KEY]["data"][peebot]["state"]["readings"] == 3
    tells(hub_kit, "19@0 20@10 21@20 21@35 21@90")
    await hub_kit.settled()
    assert hub_kit.state(EVENT).attributes["event_type"] == "urination"
    found = hub_kit.state(EVENT).state
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    await hub_kit.settled()
    tells(hub_kit, FILL)
    await hub_kit.settled()
    assert hub_kit.state(EVENT).state == found
    assert hub_kit.state("sensor.peebot_events_found").state == "1"


async def test_it_can_be_switched_off(
    hass: HomeAssistant, hub_kit: HubKit, peebot: str
) -> None:
    """And stays so after a restart."""
    switch = "switch.peebot_detecting"
    assert hub_kit.state(switch).state == "on"
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": switch}, blocking=True
    )
    assert hub_kit.state(switch).state == "off"
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    await hub_kit.settled()
    assert hub_kit.state(switch).state == "off"
    tells(hub_kit, FILL)
    await hub_kit.settled()
    assert hub_kit.state(EVENT).state == STATE_UNKNOWN
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": switch}, blocking=True
    )
    tells(hub_kit, FILL)
    await hub_kit.settled()
    assert hub_kit.state(EVENT).attributes["event_type"] == "urination"


async def test_any_entity_of_home_assistant(
    hass: HomeAssistant, hub_kit: HubKit, freezer: FrozenDateTimeFactory
) -> None:
    """It stays above for a minute, though nothing is said meanwhile."""
    freezer.move_to(BEGIN)
    await adds(hub_kit, "Hot", "threshold", "ha:sensor.power", above=100, hold=60)
    hass.states.async_set("sensor.power", "unavailable")
    hass.states.async_set("sensor.power", "150")
    await hub_kit.settled()
    assert hub_kit.state("event.hot_detection").state == STATE_UNKNOWN
    freezer.move_to(at(75))
    async_fire_time_changed(hass, at(75))
    await hub_kit.settled()
    shown = hub_kit.state("event.hot_detection").attributes
    assert shown["event_type"] == "above"
    assert shown["metadata"] == {"value": 150.0, "limit": 100.0}


async def test_variables_of_entities(hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1")
    await adds(
        hub_kit, "Jump", "rate", "entity:wash-1.brightness", change=50, window=60
    )
    await hub_kit.hears("wash-1", brightness=10)
    await hub_kit.hears("wash-1", brightness=90)
    assert hub_kit.state("event.jump_detection").attributes["event_type"] == "rise"


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 1),
        ({"detector": "PeeBot"}, 1),
        ({"detector": ["Others"]}, 0),
        ({"event_type": ["urination"]}, 1),
        ({"event_type": ["bulk_transfer"]}, 0),
        ({"confidence": 0.5}, 1),
        ({"confidence": 0.6}, 0),
    ],
)
async def test_the_trigger(
    hass: HomeAssistant,
    hub_kit: HubKit,
    peebot: str,
    options: dict[str, Any],
    count: int,
) -> None:
    heard: list[Any] = []
    hass.bus.async_listen("told", lambda event: heard.append(event.data))
    await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {"trigger": "maestra.event_detected", "options": options},
                "actions": {
                    "event": "told",
                    "event_data": {
                        "detector": "{{ trigger.detector }}",
                        "rise": "{{ trigger.metadata.net_delta }}",
                        "began": "{{ trigger.detected_at }}",
                    },
                },
            }
        },
    )
    await hass.async_block_till_done()
    tells(hub_kit, FILL)
    await hub_kit.settled()
    assert len(heard) == count
    assert {(it["detector"], it["rise"]) for it in heard} <= {("PeeBot", 2)}


async def test_the_trigger_targets_devices(
    hass: HomeAssistant, hub_kit: HubKit, peebot: str
) -> None:
    other = await adds(hub_kit, "Other", "peebot", "iss:NODE3000009")
    heard: list[Any] = []
    hass.bus.async_listen("told", heard.append)
    await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "maestra.event_detected",
                    "target": {"device_id": hub_kit.device_id(other)},
                },
                "actions": {"event": "told"},
            }
        },
    )
    await hass.async_block_till_done()
    tells(hub_kit, FILL)
    await hub_kit.settled()
    assert heard == []
    tells(hub_kit, FILL, "NODE3000009")
    await hub_kit.settled()
    assert len(heard) == 1


async def test_diagnostics(hass: HomeAssistant, hub_kit: HubKit, peebot: str) -> None:
    tells(hub_kit, FILL)
    found = await async_get_config_entry_diagnostics(hass, hub_kit.entry)
    assert found["detectors"][peebot]["kind"] == "peebot"
    assert found["detectors"][peebot]["state"]["events"] == 1
    assert found["detectors"]["counters"] == {"events": 1, "readings": 7}


async def test_its_device_stays_while_it_is_there(hub_kit: HubKit, peebot: str) -> None:
    assert not hub_kit.entry.runtime_data.forget([peebot])


# In the database.

EVENTS = "SELECT event_type, channel, detected_at, confidence, metadata->>'net_delta' AS net FROM detected_events"


@pytest.fixture
async def stored(
    hass: HomeAssistant, database: StoreSettings, tmp_path: Path
) -> AsyncGenerator[RecordingKit]:
    """A hub on a real database."""
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        yield hub_kit


async def stores(hub_kit: RecordingKit, text: str, channel: str = TANK) -> None:
    """Write readings of the past."""
    for word in text.split():
        level, second = word.split("@")
        row = (at(float(second)), channel, float(level), level, "24", "N", "G", "{}")
        hub_kit.store.record(TELEMETRY_READINGS, row)
    await hub_kit.store.flush()


def range_of(first: float, last: float) -> dict[str, str]:
    return {"start": at(first).isoformat(), "end": at(last).isoformat()}


async def test_what_is_found_is_stored_once(stored: RecordingKit) -> None:
    await adds(stored, "PeeBot", "peebot", f"iss:{TANK}")
    tells(stored, FILL)
    event = ("urination", TANK, at(0), 0.53, "2")
    assert await stored.rows(EVENTS) == [event]
    replayed = await stored.ask(
        "replay_detector", detector="PeeBot", **range_of(-600, 600)
    )
    assert (replayed["found"], replayed["known"], replayed["stored"]) == (1, 1, 0)
    assert replayed["readings"] == 7
    assert replayed["progress"] == 1
    (again,) = replayed["events"]
    shown = stored.state(EVENT).attributes
    assert {key: shown[key] for key in again} == again
    assert await stored.rows(EVENTS) == [event]


async def test_a_replay_finds_what_nobody_has_seen(stored: RecordingKit) -> None:
    """A dry run stores nothing; nothing of the past is shown as something that happens now."""
    await adds(stored, "PeeBot", "peebot", f"iss:{TANK}")
    later = " ".join(
        f"{level}@{1000 + second}" for level, second in ((21, 0), (23, 20), (23, 90))
    )
    await stores(stored, f"{FILL} {later}")
    asked = {"detector": "PeeBot", **range_of(-600, 2000)}
    dry = await stored.ask("replay_detector", dry_run=True, **asked)
    assert (dry["found"], dry["stored"]) == (2, 0)
    assert await stored.rows(EVENTS) == []
    done = await stored.ask("replay_detector", **asked)
    assert (done["found"], done["stored"]) == (2, 2)
    assert done["events"] == dry["events"]
    assert len(await stored.rows(EVENTS)) == 2
    assert stored.state(EVENT).state == STATE_UNKNOWN
    # Only what began within the range.
    part = await stored.ask("replay_detector", detector="PeeBot", **range_of(500, 2000))
    assert [it["detected_at"] for it in part["events"]] == [
        done["events"][1]["detected_at"]
    ]


async def test_a_range_may_begin_or_end_within_a_fill(stored: RecordingKit) -> None:
    """What lies around it is read too."""
    await adds(stored, "PeeBot", "peebot", f"iss:{TANK}")
    await stores(stored, FILL)
    early = await stored.ask("replay_detector", detector="PeeBot", **range_of(-60, 5))
    assert early["found"] == 1
    late = await stored.ask("replay_detector", detector="PeeBot", **range_of(5, 600))
    assert late["found"] == 0


async def test_a_replay_of_an_entity_of_home_assistant(stored: RecordingKit) -> None:
    """Live and replayed it is the same; two detectors of one series do not hide each other's events."""
    for title, above in (("Hot", 100), ("Hotter", 120)):
        await adds(stored, title, "threshold", "ha:sensor.desk_power", above=above)
    stored.hass.states.async_set("sensor.desk_power", "20")
    stored.hass.states.async_set("sensor.desk_power", "150")
    await stored.settled()
    rows = await stored.rows(EVENTS)
    assert len({event_type for event_type, *_ in rows}) == 2
    replayed = await stored.ask("replay_detector", entity_id="event.hot_detection")
    assert (replayed["found"], replayed["known"]) == (1, 1)
    assert await stored.rows(EVENTS) == rows


async def test_a_replay_need_not_be_waited_for(stored: RecordingKit) -> None:
    id_ = await adds(stored, "PeeBot", "peebot", f"iss:{TANK}")
    await stores(stored, FILL)
    call = {"detector": id_, **range_of(-600, 600)}
    begun = await stored.hass.services.async_call(
        DOMAIN,
        "replay_detector",
        {**call, "wait": False},
        blocking=True,
        return_response=True,
    )
    assert begun
    assert begun["running"] is True
    with pytest.raises(ServiceValidationError, match="being replayed"):
        await stored.ask("replay_detector", **call)
    await stored.hass.async_block_till_done(wait_background_tasks=True)
    assert len(await stored.rows(EVENTS)) == 1
    assert (await stored.ask("replay_detector", **call))["known"] == 1


async def test_replays_that_can_not_be(stored: RecordingKit) -> None:
    await adds(stored, "PeeBot", "peebot", f"iss:{TANK}")
    with pytest.raises(ServiceValidationError, match="exactly one detector"):
        await stored.ask("replay_detector", detector="Nobody")
    with pytest.raises(ServiceValidationError, match="after the start"):
        await stored.ask("replay_detector", detector="PeeBot", **range_of(5, 5))


async def test_a_replay_needs_a_database(hub_kit: HubKit, peebot: str) -> None:
    with pytest.raises(ServiceValidationError, match="database"):
        await hub_kit.ask("replay_detector", detector="PeeBot")


async def test_events_of_a_hub_are_in_its_database(stored: RecordingKit) -> None:
    """Nothing asks the database while readings come in."""
    await adds(stored, "PeeBot", "peebot", f"iss:{TANK}")
    tells(stored, FILL)
    await stored.store.flush()
    rows = await fetch(stored.settings, EVENTS)
    assert len(rows) == 1


# Texts.


@pytest.mark.parametrize("kind", DETECTORS)
def test_every_detector_has_its_texts(kind: str) -> None:
    detector = DETECTORS[kind]
    form = TEXTS["config_subentries"]["detector"]["step"]["settings"]
    fields = form["sections"]["settings"]
    assert TEXTS["selector"]["detector_kind"]["options"][kind]
    for option in detector.options:
        assert fields["data"][option.key]
        assert fields["data_description"][option.key]
    types = TEXTS["entity"]["event"]["detection"]["state_attributes"]["event_type"]
    assert set(detector.event_types) <= set(types["state"])


def test_no_text_of_a_detector_is_left_over() -> None:
    options = {it.key for kind in DETECTORS.values() for it in kind.options}
    types = {it for kind in DETECTORS.values() for it in kind.event_types}
    form = TEXTS["config_subentries"]["detector"]["step"]["settings"]
    shown = TEXTS["entity"]["event"]["detection"]["state_attributes"]["event_type"]
    assert set(form["sections"]["settings"]["data"]) == options
    assert set(TEXTS["selector"]["detector_kind"]["options"]) == set(DETECTORS)
    assert set(shown["state"]) == types
