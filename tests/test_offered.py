"""What the automation editor offers for which device: Home Assistant's own matching of targets, over a show with everything."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.maestra.const import (
    CONF_DIALECTS,
    DOMAIN,
    SUBENTRY_DETECTOR,
    SUBENTRY_PRODUCTION,
    SUBENTRY_TRANSCRIPTION,
    TargetKind,
)
from custom_components.maestra.features import FEATURES
from custom_components.maestra.features.cues.manager import CuesManager
from custom_components.maestra.features.experiences.manager import ExperiencesManager
from custom_components.maestra.features.f2.setup import connector_id, controller_id
from custom_components.maestra.features.qs.entities import node_key
from custom_components.maestra.features.streams.manager import stream_key
from custom_components.maestra.hub.registry import registry_of
from homeassistant.components.automation.config import async_validate_config_item
from homeassistant.components.websocket_api import automation as offers
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    condition as conditions,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component

from .kits.f2_device import MAC, add_controller
from .kits.hub_broker import BROKER_ID, MaestraKit, maestra_on_broker
from .kits.qs import event
from .test_actions_contract import described

ENTITY_ACTIONS = {
    "capture_cue",
    "define_variable",
    "delete_entity",
    "fade",
    "get_state",
    "remove_variable",
    "set_state",
    "stop_fades",
    "update_entity",
}
DEVICE_ACTIONS = {
    "block_device",
    "push_configuration",
    "send_event",
    "set_device_group",
}
PRODUCTION_TRIGGERS = {
    "alert_shown",
    "show_changed",
    "stream_event",
    "takeover_ended",
    "takeover_started",
}
CUE_TRIGGERS = {
    "cue_ended",
    "cue_failed",
    "cue_list_ended",
    "cue_started",
    "panic",
}
EXPERIENCE_TRIGGERS = {"deployment_failed", "experience_deployed"}
STREAM_TRIGGERS = {
    "session_ended",
    "session_started",
    "stream_advertised",
    "stream_ended",
}
OFFERED: Mapping[str, tuple[set[str], set[str], set[str]]] = {
    "light": ({"state_changed"}, {"is_online", "is_state"}, ENTITY_ACTIONS),
    "sensor": ({"state_changed"}, {"is_online", "is_state"}, ENTITY_ACTIONS),
    "device": ({"device_event", "device_offline"}, {"is_online"}, DEVICE_ACTIONS),
    "stream": (
        STREAM_TRIGGERS,
        {"is_stream_active"},
        {"request_stream", "withdraw_stream"},
    ),
    "detector": ({"event_detected"}, set(), {"replay_detector"}),
    "cue list": (
        CUE_TRIGGERS,
        {"is_cue", "is_cue_list_running"},
        {
            "back",
            "delete_cue_list",
            "get_cue_list_versions",
            "get_cue_lists",
            "go",
            "go_to_cue",
            "panic",
            "pause_cues",
            "restore_cue_list",
            "resume_cues",
            "stand_by_cue",
            "stop_cues",
        },
    ),
    "experience": (
        EXPERIENCE_TRIGGERS,
        set(),
        {
            "archive_experience",
            "delete_experience",
            "deploy_experience",
            "get_experiences",
            "publish_experience",
            "roll_back",
        },
    ),
    "production": (
        PRODUCTION_TRIGGERS,
        {"is_live", "is_show"},
        {
            "clear_takeover",
            "remove_item",
            "report_stream_event",
            "set_show",
            "show_alert",
            "show_content",
            "takeover",
        },
    ),
    "transcription": (
        {"utterance"},
        set(),
        {
            "end_session",
            "export_captions",
            "search_transcripts",
            "start_session",
            "submit_transcription",
            "transcribe_file",
        },
    ),
    "QS node": ({"telemetry_received"}, set(), set()),
    "QS telemetry": ({"telemetry_received"}, set(), set()),
    "gate": (set(), set(), {"f2_feedback", "f2_record_access", "f2_unlock"}),
    "siren": (set(), set(), set()),
    "controller": (set(), set(), set()),
    "broker": (set(), set(), set()),
    "hub": (
        {
            "device_event",
            "device_offline",
            "event_detected",
            "state_changed",
            "telemetry_received",
            "utterance",
            *CUE_TRIGGERS,
            *EXPERIENCE_TRIGGERS,
            *PRODUCTION_TRIGGERS,
            *STREAM_TRIGGERS,
        },
        {"is_cue", "is_cue_list_running", "is_live", "is_show", "is_stream_active"},
        set(),
    ),
}
"""Triggers, conditions and actions by what is targeted."""
GATE_ACTIONS = {
    "f2_named_lock": {"f2_unlock"},
    "f2_reader": {"f2_feedback", "f2_record_access"},
}
UNTARGETED = {"device_discovered", "obs_event", "osc_received"}
"""Triggers on what has no place in Home Assistant."""


class Show:
    """The devices of a hub that has one of everything, by what they are."""

    def __init__(self, kit: MaestraKit, devices: Mapping[str, str]) -> None:
        self.kit = kit
        self.devices = devices

    async def offered(self, target: Mapping[str, Any]) -> tuple[set[str], ...]:
        """Return what the editor offers of ours for a target."""
        hass = self.kit.hass
        found = [
            await ask(hass, dict(target), True)
            for ask in (
                offers.async_get_triggers_for_target,
                offers.async_get_conditions_for_target,
                offers.async_get_services_for_target,
            )
        ]
        ours = f"{DOMAIN}."
        return tuple(
            {name.removeprefix(ours) for name in names if name.startswith(ours)}
            for names in found
        )


@pytest.fixture
async def show(
    hass: HomeAssistant,
    socket_enabled: None,
    tmp_path: Path,
    hub_options: dict[str, object],
) -> AsyncGenerator[Show]:
    """A hub on a broker, with one of everything."""
    hass.config.config_dir = str(tmp_path)
    async with maestra_on_broker(hass, tmp_path, hub_options) as kit:
        await kit.configure(**{CONF_DIALECTS: ["maestra", "qs", "f2"]})
        await kit.broker.logged("qs/v1/+/events")
        await kit.connected()
        add_controller(hass, kit.entry)
        detector = ConfigSubentry(
            subentry_type=SUBENTRY_DETECTOR,
            title="PeeBot",
            unique_id=None,
            data=MappingProxyType(
                {"kind": "peebot", "series": "iss:NODE3000005", "settings": {}}
            ),
        )
        hass.config_entries.async_add_subentry(kit.entry, detector)
        production = ConfigSubentry(
            subentry_type=SUBENTRY_PRODUCTION,
            title="Stage",
            unique_id=None,
            data=MappingProxyType({}),
        )
        hass.config_entries.async_add_subentry(kit.entry, production)
        transcription = ConfigSubentry(
            subentry_type=SUBENTRY_TRANSCRIPTION,
            title="Captions",
            unique_id=None,
            data=MappingProxyType({"stt_entity": "stt.none"}),
        )
        hass.config_entries.async_add_subentry(kit.entry, transcription)
        light = await kit.light("wash-1")
        await kit.act(
            "create_entity",
            name="Probe",
            entity_type="sensor",
            variables=[{"name": "value", "type": "number", "direction": "output"}],
        )
        await kit.act("save_cue_list", name="Act 1", cues=[{"name": "Dawn"}])
        (cues,) = kit.entry.runtime_data.manager(CuesManager).owners
        await kit.act("save_experience", name="Evening")
        (evening,) = kit.entry.runtime_data.manager(ExperiencesManager).owners
        device = await kit.registers("AA:01")
        stream = await kit.advertises("Front")
        await kit.mqtt.publish("qs/v1/esp32-01/events", [event("a")])
        await kit.appears("sensor.esp32_01_temperature")
        for platform in ("automation", "websocket_api"):
            assert await async_setup_component(hass, platform, {})
        keys = {
            "sensor": kit.domain.entities["probe"].id,
            "device": device.id,
            "stream": stream_key(stream),
            "detector": detector.subentry_id,
            "production": production.subentry_id,
            "transcription": transcription.subentry_id,
            "cue list": cues,
            "experience": evening,
            "QS node": node_key("esp32-01"),
            "QS telemetry": "qs",
            "gate": connector_id(MAC, "J1"),
            "siren": connector_id(MAC, "J2"),
            "controller": controller_id(MAC),
            "broker": BROKER_ID,
            "hub": kit.entry.entry_id,
        }
        found = {name: kit.device_id(key) for name, key in keys.items()}
        yield Show(kit, {"light": light, **found})


async def test_everything_is_offered_for_what_it_fits(show: Show) -> None:
    """A table of kinds of devices, and what is offered for each: nothing else, and nothing is missing."""
    found = {
        name: await show.offered({"device_id": [device]})
        for name, device in show.devices.items()
    }
    assert found == OFFERED


def offered(column: int) -> set[str]:
    return set().union(*(row[column] for row in OFFERED.values()))


def test_everything_with_a_target_is_offered_somewhere() -> None:
    for column, kind in enumerate(("triggers", "conditions", "services")):
        targeted = {
            name
            for name, description in described(kind).items()
            if "target" in description
        }
        assert offered(column) == targeted
    assert set(described("triggers")) - offered(0) == UNTARGETED


async def test_whatever_of_a_device_is_chosen_offers_the_same(
    hass: HomeAssistant, show: Show
) -> None:
    """Single entities, diagnostics too; of a controller's gate, lock and reader have what is theirs."""
    registry = er.async_get(hass)
    for name in OFFERED.keys() - {"gate", "hub", "QS telemetry"}:
        for entry in er.async_entries_for_device(registry, show.devices[name]):
            found = await show.offered({"entity_id": [entry.entity_id]})
            assert found == OFFERED[name], entry.entity_id
    for entry in er.async_entries_for_device(registry, show.devices["gate"]):
        _, _, actions = await show.offered({"entity_id": [entry.entity_id]})
        assert actions == GATE_ACTIONS.get(entry.translation_key or "", set())


async def test_a_label_of_everything_offers_everything(show: Show) -> None:
    registry = dr.async_get(show.kit.hass)
    for device in show.devices.values():
        registry.async_update_device(device, labels={"all"})
    assert await show.offered({"label_id": ["all"]}) == tuple(map(offered, range(3)))


def kinds_of(description: Mapping[str, Any]) -> TargetKind:
    """Return what a description lets one target, and check that its filters name all platforms of that."""
    found = TargetKind(0)
    for entity in description.get("target", {}).get("entity", ()):
        kind = TargetKind(sum(entity.get("supported_features", ())))
        assert ("integration" in entity) is not bool(kind)
        domains = set(entity["domain"])
        if kind:
            assert domains == platforms_of(kind), kind
        else:
            assert domains == {Platform.LIGHT}
            kind = TargetKind.ENTITY
        found |= kind
    return found


def platforms_of(kind: TargetKind) -> set[str]:
    """Return the platforms of the entities that stand for a kind."""
    return {
        str(platform)
        for platform, factories in registry_of(FEATURES).entities.items()
        for factory in factories.values()
        if platform is not Platform.LIGHT
        and getattr(factory, "__attr_supported_features", None) is kind
    }


def test_what_may_be_targeted_is_what_is_offered() -> None:
    """The code refuses what the descriptions do not offer, and nothing else."""
    registry = registry_of(FEATURES)
    for kind, found in (
        ("triggers", registry.triggers),
        ("conditions", registry.conditions),
    ):
        for name, description in described(kind).items():
            fits = getattr(found[name], "fits", None)
            assert fits == kinds_of(description), name


def wrong(column: int) -> Iterable[tuple[str, str]]:
    """Return everything of one column with each kind of device that it does not fit."""
    for name in sorted(offered(column)):
        for kind, row in OFFERED.items():
            if name not in row[column]:
                yield name, kind


async def test_a_trigger_on_a_wrong_target_is_refused(
    hass: HomeAssistant, show: Show
) -> None:
    for name, kind in wrong(0):
        target = {"device_id": show.devices[kind]}
        with pytest.raises(ServiceValidationError, match="does not fit"):
            await async_validate_trigger_config(
                hass, [{"platform": f"maestra.{name}", "target": target}]
            )


OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "is_cue": {"cue": "1"},
    "is_show": {"show": "x"},
    "is_state": {"key": "on", "value": True},
}
"""What conditions have to be asked with."""


async def test_a_condition_on_a_wrong_target_is_refused(
    hass: HomeAssistant, show: Show
) -> None:
    for name, kind in wrong(1):
        question = {
            "condition": f"maestra.{name}",
            "target": {"device_id": show.devices[kind]},
            "options": OPTIONS.get(name, {}),
        }
        with pytest.raises(ServiceValidationError, match="does not fit"):
            await conditions.async_validate_condition_config(
                hass, cv.CONDITION_SCHEMA(question)
            )


FIELDS: Mapping[str, Mapping[str, Any]] = {
    "capture_cue": {"cue_list": "x"},
    "define_variable": {"name": "x", "type": "number", "direction": "input"},
    "f2_feedback": {"kind": "success"},
    "f2_record_access": {"granted": True, "reason": "known"},
    "fade": {"state": {}},
    "go_to_cue": {"cue": "1"},
    "push_configuration": {"configuration": {}},
    "remove_variable": {"name": "x"},
    "restore_cue_list": {"version": 1},
    "report_stream_event": {"type": "x"},
    "request_stream": {"address": "192.0.2.1"},
    "send_event": {"event_type": "x"},
    "set_device_group": {"name": "x"},
    "set_show": {"show": "x"},
    "set_state": {"state": {}},
    "show_content": {"type": "x"},
    "stand_by_cue": {"cue": "1"},
    "submit_transcription": {
        "timestamp": "2026-11-30T20:00:00Z",
        "duration": 1,
        "text": "x",
    },
    "takeover": {"type": "screen-cover"},
    "transcribe_file": {"path": "/x"},
}


async def test_an_action_on_a_wrong_target_is_refused(
    hass: HomeAssistant, show: Show
) -> None:
    for name, kind in wrong(2):
        with pytest.raises(HomeAssistantError):
            await hass.services.async_call(
                DOMAIN,
                name,
                {**FIELDS.get(name, {}), "device_id": show.devices[kind]},
                blocking=True,
                return_response=hass.services.supports_response(DOMAIN, name).value
                != "none",
            )


async def test_a_wrong_target_is_said_in_the_editor(
    hass: HomeAssistant, show: Show
) -> None:
    """A light of another brand: the automation is refused, by the light's name."""
    hass.states.async_set("light.kitchen", "on")
    with pytest.raises(
        ServiceValidationError, match=r"light\.kitchen does not fit here"
    ):
        await async_validate_config_item(
            hass,
            "x",
            {
                "triggers": {
                    "trigger": "maestra.state_changed",
                    "target": {"entity_id": "light.kitchen"},
                },
                "actions": [],
            },
        )


@pytest.mark.parametrize(
    "target",
    [
        {"entity_id": "light.nobody"},
        {"device_id": "nobody"},
        {"area_id": "nowhere"},
        {"label_id": "nothing"},
    ],
)
async def test_what_is_not_known_may_still_come(
    hass: HomeAssistant, show: Show, target: dict[str, str]
) -> None:
    await async_validate_trigger_config(
        hass, [{"platform": "maestra.state_changed", "target": target}]
    )


async def test_a_group_of_lights_fits(hass: HomeAssistant, show: Show) -> None:
    assert await async_setup_component(
        hass, "group", {"group": {"all": {"entities": ["light.wash_1"]}}}
    )
    await hass.async_block_till_done()
    await async_validate_trigger_config(
        hass,
        [{"platform": "maestra.state_changed", "target": {"entity_id": "group.all"}}],
    )
    await show.kit.act("set_state", entity_id="group.all", state={"on": True})
    assert (await show.kit.entity_state("wash-1"))["on"] is True


async def test_fields_take_what_forms_give(hass: HomeAssistant, show: Show) -> None:
    """Devices and labels of Home Assistant, where YAML has names of Maestra's."""
    kit, devices = show.kit, show.devices
    await kit.act(
        "create_entity", name="Lamp", entity_type="light", parent=devices["light"]
    )
    await kit.act("update_entity", slug="lamp", device=devices["device"])
    lamp = kit.domain.entities["lamp"]
    assert lamp.path == "wash_1.lamp"
    assert lamp.device_id == kit.domain.devices["AA:01"].id
    await kit.act("set_device_group", name="Left", device_id=devices["device"])
    await kit.act("remove_device_group", name=kit.label_id("Left"))
    assert "Left" not in {group.name for group in kit.domain.groups}
    stream = next(iter(kit.domain.streams))
    offer = await kit.ask(
        "advertise_stream",
        name="Lamp view",
        stream_type="video",
        protocol="srt",
        address="192.0.2.30",
        port=1,
        entity=kit.device_id(lamp.id),
        device=devices["device"],
    )
    assert (offer["entity_id"], offer["device_id"]) == (lamp.id, lamp.device_id)
    withdrawn = await kit.ask("withdraw_stream", device_id=devices["stream"])
    assert withdrawn == {"withdrawn": [stream.id]}
    await kit.act(
        "publish", topic="maestra/show/cue", payload="1", broker=devices["broker"]
    )
    await kit.mqtt.receives("maestra/show/cue")
