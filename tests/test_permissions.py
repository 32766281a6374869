"""Who may do what: every action, command, route and entity that needs more, with four users and with nobody."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.fleet_api.api import ROUTES
from custom_components.maestra.features import FEATURES
from custom_components.maestra.features.f2.setup import connector_id
from custom_components.maestra.hub.permissions import Needs
from custom_components.maestra.hub.registry import registry_of
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.auth.models import Group
from homeassistant.auth.permissions.system_policies import (
    ADMIN_POLICY,
    READ_ONLY_POLICY,
    USER_POLICY,
)
from homeassistant.components.websocket_api.const import DOMAIN as WEBSOCKET_API
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from .kits.hub import HubKit

DOCS = Path(__file__).parent.parent / "docs" / "security.md"
ACTIONS = registry_of(FEATURES).actions
LIGHT = "light.wash_1"
LOCK = "lock.gate"
READER = "event.gate_reader"
OWN = {"entities": {"entity_ids": dict.fromkeys((LIGHT, LOCK, READER), True)}}
POLICIES: Mapping[str, Any] = {
    "administrator": ADMIN_POLICY,
    "user": USER_POLICY,
    "user of some entities": OWN,
    "reader": READ_ONLY_POLICY,
}
ALLOWED = {
    Needs.ADMIN: {"administrator"},
    Needs.CONTROL: {"administrator", "user"},
    Needs.READ: {"administrator", "user", "reader"},
}
"""Who may do what touches everything, or what is not theirs."""
STREAM = {
    "name": "Camera",
    "stream_type": "video",
    "protocol": "tcp",
    "address": "10.0.0.1",
    "port": 1,
}
DATA: Mapping[str, Mapping[str, Any]] = {
    "advertise_stream": STREAM,
    "annotate": {"title": "Doors"},
    "apply": {"states": {"wash-2": {"brightness": 5}}},
    "approve_device": {"device": "AA:01"},
    "archive_experience": {},
    "ask_context": {"question": "What?"},
    "back": {},
    "block_device": {"device": "AA:01"},
    "capture_cue": {"slug": "wash-2", "cue_list": "x"},
    "clear_takeover": {},
    "create_claiming_code": {},
    "create_entity": {"name": "New", "entity_type": "light"},
    "define_variable": {
        "slug": "wash-2",
        "name": "x",
        "type": "number",
        "direction": "input",
    },
    "delete_cue_list": {},
    "delete_entity": {"slug": "wash-2"},
    "delete_experience": {"experience": "Evening"},
    "deploy_experience": {},
    "end_session": {},
    "export_captions": {},
    "export_history": {"kind": "states"},
    "f2_feedback": {"entity_id": "event.other_reader", "kind": "success"},
    "f2_record_access": {
        "entity_id": "event.other_reader",
        "granted": True,
        "reason": "known",
    },
    "f2_unlock": {"entity_id": "lock.other"},
    "fade": {"slug": "wash-2", "state": {"brightness": 5}},
    "flush": {},
    "get_contexts": {},
    "get_cue_list_versions": {},
    "get_cue_lists": {},
    "get_experiences": {},
    "get_state": {"slug": "wash-2"},
    "go": {},
    "go_to_cue": {"cue": "1"},
    "import_f2_templates": {"templates": []},
    "import_history": {"source": "home_assistant"},
    "install_blueprints": {},
    "issue_certificate": {"mac": "aabbccddeeff"},
    "list_streams": {},
    "obs_batch": {"requests": [{"request": "GetStats"}]},
    "obs_request": {"request": "GetStats"},
    "obs_set_visibility": {"source": "Camera"},
    "open_enrolment": {},
    "panic": {},
    "pause_cues": {},
    "publish": {"topic": "maestra/x"},
    "publish_experience": {},
    "push_configuration": {"device": "AA:02", "configuration": {"fps": 1}},
    "query_history": {"series": ["light.wash_2"]},
    "record_context": {},
    "reject_device": {"device": "AA:01"},
    "remove_device_group": {"name": "stage"},
    "remove_item": {},
    "remove_variable": {"slug": "wash-2", "name": "brightness"},
    "replay_dead_letter": {"dead_letter": "x", "payload": {"event_id": "forged"}},
    "replay_detector": {"detector": "x"},
    "report_stream_event": {"type": "channel.follow", "data": {"user_name": "x"}},
    "request_stream": {"stream": "x", "address": "10.0.0.1"},
    "restore_cue_list": {"version": 1},
    "resume_cues": {},
    "revoke_certificate": {"mac": "aabbccddeeff"},
    "roll_back": {},
    "save_cue_list": {"name": "x", "cues": []},
    "save_experience": {"name": "Evening"},
    "search_transcripts": {},
    "send_event": {"device": "AA:02", "event_type": "reboot"},
    "send_osc": {"to": "desk", "address": "/x"},
    "set_device_group": {"name": "stage"},
    "set_show": {"show": "coding"},
    "set_state": {"slug": "wash-2", "state": {"brightness": 5}},
    "show_alert": {"title": "x"},
    "show_content": {"type": "alert", "data": {"title": "x"}},
    "stand_by_cue": {"cue": "1"},
    "start_session": {},
    "stop_cues": {},
    "stop_fades": {},
    "stop_session": {"session": "x"},
    "submit_transcription": {
        "timestamp": "2026-11-30T20:00:00Z",
        "duration": 1,
        "text": "x",
    },
    "takeover": {"type": "custom", "message": "x"},
    "transcribe_file": {"path": "/x"},
    "unblock_device": {"hardware_id": "AA:03"},
    "undo": {},
    "update_entity": {"slug": "wash-2", "name": "Other"},
    "withdraw_stream": {"stream": "x"},
    "write_broker_configuration": {},
}
"""A call of each action that touches everything, or what is nobody's but the administrator's."""
OWNED: Mapping[str, Mapping[str, Any]] = {
    "apply": {"states": {"wash-1": {"brightness": 5}}},
    "f2_feedback": {"entity_id": READER, "kind": "success"},
    "f2_record_access": {"entity_id": READER, "granted": True, "reason": "known"},
    "f2_unlock": {"entity_id": LOCK},
    "fade": {"slug": "wash-1", "state": {"brightness": 5}},
    "get_state": {"slug": "wash-1", "paths": ["brightness"]},
    "query_history": {"series": [LIGHT]},
    "set_state": {"slug": "wash-1", "state": {"brightness": 5}},
}
"""A call of each action that touches only what somebody may control."""


@pytest.fixture
async def house(hass: HomeAssistant, hub_kit: HubKit) -> HubKit:
    """A hub with lights, devices and the entities of a gate."""
    for slug in ("wash-1", "wash-2"):
        await hub_kit.light(slug, state={"brightness": 1})
    await hub_kit.discovers("AA:01")
    await hub_kit.registers("AA:02")
    await hub_kit.registers("AA:03")
    hub_kit.domain.devices.block("AA:03")
    for entity_id, key in (
        (LOCK, "strike-1.lock"),
        ("lock.other", "strike-2.lock"),
        (READER, "reader-1.event"),
        ("event.other_reader", "reader-2.event"),
    ):
        domain, _, name = entity_id.partition(".")
        er.async_get(hass).async_get_or_create(
            domain,
            DOMAIN,
            f"{connector_id('aabbccddee01', 'J1')}:{key}",
            suggested_object_id=name,
            config_entry=hub_kit.entry,
        )
    await hub_kit.settled()
    return hub_kit


def added(hass: HomeAssistant, name: str) -> MockUser:
    """Let somebody have an account."""
    policy = POLICIES[name]
    group = Group(
        name=name,
        policy=policy,
        id=GROUP_ID_ADMIN if name == "administrator" else f"group-{name}",
    )
    user = MockUser(name=name, groups=[group]).add_to_hass(hass)
    assert user.is_admin is (name == "administrator")
    return user


async def refused(
    hass: HomeAssistant, action: str, data: Mapping[str, Any], context: Context | None
) -> bool:
    """Tell whether somebody may not do something; what fails for another reason was allowed."""
    wants_answer = hass.services.supports_response(DOMAIN, action).value != "none"
    try:
        await hass.services.async_call(
            DOMAIN,
            action,
            dict(data),
            blocking=True,
            context=context,
            return_response=wants_answer,
        )
    except Unauthorized:
        return True
    except HomeAssistantError, KeyError:
        return False
    return False


def test_every_action_has_its_row() -> None:
    assert set(DATA) == set(ACTIONS)
    assert {name for name, action in ACTIONS.items() if name not in OWNED} >= {
        name for name, action in ACTIONS.items() if action.needs is Needs.ADMIN
    }


@pytest.mark.parametrize("who", POLICIES)
async def test_actions(hass: HomeAssistant, house: HubKit, who: str) -> None:
    context = Context(user_id=added(hass, who).id)
    found = {
        name: await refused(hass, name, data, context) for name, data in DATA.items()
    }
    assert found == {
        name: who not in ALLOWED[action.needs] for name, action in ACTIONS.items()
    }


@pytest.mark.parametrize("who", POLICIES)
async def test_actions_on_what_is_ones_own(
    hass: HomeAssistant, house: HubKit, who: str
) -> None:
    context = Context(user_id=added(hass, who).id)
    found = {
        name: await refused(hass, name, data, context) for name, data in OWNED.items()
    }
    allowed = {
        need: names | {"user of some entities"} for need, names in ALLOWED.items()
    }
    assert found == {name: who not in allowed[ACTIONS[name].needs] for name in OWNED}


@pytest.mark.parametrize(
    ("action", "data"),
    [
        # A key that no entity shows, one of several entities, and what is hidden by replacing.
        ("set_state", {"slug": "wash-1", "state": {"raw": {"a": 1}}}),
        ("set_state", {"slug": ["wash-1", "wash-2"], "state": {"brightness": 5}}),
        ("set_state", {"entity_id": "light.wash_2", "state": {"brightness": 5}}),
        ("get_state", {"slug": "wash-1", "paths": ["raw"]}),
        ("get_state", {"slug": ["wash-1", "wash-2"]}),
        ("query_history", {"series": [LIGHT, "light.wash_2"]}),
        ("query_history", {"series": [{"entity": "wash-1", "variable": "x"}]}),
        ("f2_unlock", {"entity_id": [LOCK, "lock.other"]}),
        ("fade", {"slug": ["wash-1", "wash-2"], "state": {"brightness": 5}}),
        (
            "apply",
            {"states": {"wash-1": {"brightness": 5}, "wash-2": {"brightness": 5}}},
        ),
        ("stop_fades", {"slug": ["wash-1", "wash-2"]}),
    ],
)
async def test_all_that_is_touched_counts(
    hass: HomeAssistant, house: HubKit, action: str, data: dict[str, Any]
) -> None:
    context = Context(user_id=added(hass, "user of some entities").id)
    assert await refused(hass, action, data, context)
    assert house.domain.entities["wash-1"].state["brightness"] == 1


async def test_who_is_refused_changes_nothing(
    hass: HomeAssistant, house: HubKit
) -> None:
    context = Context(user_id=added(hass, "reader").id)
    before = (house.domain.entities["wash-2"].state, len(house.domain.devices))
    for name, data in (*DATA.items(), *OWNED.items()):
        await refused(hass, name, data, context)
    assert (house.domain.entities["wash-2"].state, len(house.domain.devices)) == before


@pytest.mark.parametrize("context", [None, Context()], ids=["nobody", "automation"])
async def test_automations_do_everything(
    hass: HomeAssistant, house: HubKit, context: Context | None
) -> None:
    for name, data in (*DATA.items(), *OWNED.items()):
        assert not await refused(hass, name, data, context), name


async def test_a_user_who_is_gone_does_nothing(
    hass: HomeAssistant, house: HubKit
) -> None:
    with pytest.raises(UnknownUser):
        await house.act("flush", Context(user_id="gone"))


async def test_the_document_has_the_same_table() -> None:
    rows = re.findall(
        r"^\| `maestra\.(\w+)` \| (\w+)", DOCS.read_text(), flags=re.MULTILINE
    )
    assert dict(rows) == {name: action.needs.value for name, action in ACTIONS.items()}


# WebSocket commands.

COMMANDS: Mapping[str, tuple[Needs, Mapping[str, Any]]] = {
    "maestra/history": (Needs.READ, {"series": ["light.wash_2"]}),
    "maestra/last": (Needs.READ, {"series": ["light.wash_2"]}),
    "maestra/timeline": (Needs.READ, {}),
    "maestra/summary": (Needs.READ, {}),
    "maestra/dead_letters": (Needs.ADMIN, {}),
    "maestra/entity": (Needs.READ, {"entity": "wash-2"}),
    "maestra/devices": (Needs.READ, {}),
    "maestra/tree": (Needs.READ, {}),
    "maestra/find": (Needs.READ, {"path": "*"}),
    "maestra/qs_nodes": (Needs.READ, {}),
    "maestra/qs_dead_letters": (Needs.ADMIN, {}),
    "maestra/f2_controllers": (Needs.READ, {}),
    "maestra/certificates": (Needs.READ, {}),
    "maestra/store": (Needs.READ, {}),
    "maestra/store_tables": (Needs.READ, {}),
    "maestra/streams": (Needs.READ, {}),
    "maestra/iss": (Needs.READ, {}),
    "maestra/cue_lists": (Needs.READ, {}),
    "maestra/productions": (Needs.READ, {}),
    "maestra/stream_events": (Needs.READ, {"production": "any"}),
    "maestra/traffic": (Needs.ADMIN, {}),
    "maestra/messages": (Needs.ADMIN, {}),
    "maestra/contents": (Needs.READ, {}),
    "maestra/audio": (Needs.CONTROL, {}),
}


async def test_every_command_has_its_row(hass: HomeAssistant, house: HubKit) -> None:
    found = {
        name: handler.needs
        for name, (handler, _) in hass.data[WEBSOCKET_API].items()
        if name.startswith(f"{DOMAIN}/")
    }
    assert found == {name: needs for name, (needs, _) in COMMANDS.items()}
    text = DOCS.read_text()
    for name, needs in found.items():
        assert f"| `{name}` | {needs.value}" in text


async def token(hass: HomeAssistant, who: str) -> str:
    """Let somebody log in."""
    user = added(hass, who)
    refresh = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
    return hass.auth.async_create_access_token(refresh)


@pytest.mark.parametrize("who", POLICIES)
async def test_commands(
    hass: HomeAssistant,
    house: HubKit,
    hass_ws_client: WebSocketGenerator,
    who: str,
) -> None:
    client = await hass_ws_client(hass, await token(hass, who))
    for name, (needs, data) in COMMANDS.items():
        await client.send_json_auto_id({"type": name, **data})
        while (answer := await client.receive_json())["type"] == "event":
            pass  # What an earlier command follows.
        is_refused = not answer["success"] and answer["error"]["code"] == "unauthorized"
        assert is_refused is (who not in ALLOWED[needs]), name


# HTTP routes.

type Ask = Callable[[str, str], Awaitable[tuple[int, Any]]]


@pytest.mark.parametrize("who", POLICIES)
async def test_routes(
    hass: HomeAssistant,
    house: HubKit,
    hass_client: ClientSessionGenerator,
    socket_enabled: None,
    who: str,
) -> None:
    client = await hass_client(await token(hass, who))
    for route in ROUTES:
        path = re.sub(r"\{[^}]*\}", "00000000-0000-0000-0000-000000000000", route.path)
        needs = Needs.READ if route.is_reading else Needs.ADMIN
        async with client.request(route.method, f"/api/maestra{path}") as answer:
            text = await answer.text()
        is_refused = answer.status == HTTPStatus.FORBIDDEN and "Only " in text
        assert is_refused is (who not in ALLOWED[needs]), (route.method, path)


def test_what_a_get_does_is_known() -> None:
    """One that acts is for devices and consumers themselves."""
    acting = {route.path for route in ROUTES if route.method == "GET" and route.acts}
    assert acting == {
        "/devices/{device_id}/provision",
        "/streams/{stream_id}/preview",
    }
