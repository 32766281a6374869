"""OSC programs and Home Assistant: faders that start automations, lights that consoles follow."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.maestra.const import DOMAIN, SUBENTRY_OSC_TARGET
from custom_components.maestra.features.osc.flow import SCHEMA
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ...kits.forms import until
from ...kits.hub import HubKit
from ...kits.listeners import HOST, ListenerKit
from ...kits.osc import OscPeer, free_udp_port
from ...kits.process import soon

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONNECTION = "binary_sensor.desk_connection"
SECTIONS: dict[str, dict[str, Any]] = {"filter": {}, "keep_alive": {}, "replies": {}}

type Watch = Callable[..., Coroutine[Any, Any, list[ServiceCall]]]
type AddTarget = Callable[..., Coroutine[Any, Any, str]]


@pytest.fixture
async def desk(hub: MockConfigEntry) -> AsyncGenerator[OscPeer]:
    """A program with a socket of its own."""
    async with OscPeer() as peer:
        yield peer


@pytest.fixture
async def port(hass: HomeAssistant, hub: MockConfigEntry) -> int:
    """The port where the hub takes OSC."""
    return await ListenerKit(hass, hub, "osc").on()


@pytest.fixture
def add_target(hass: HomeAssistant, hub: MockConfigEntry) -> AddTarget:
    """Return what adds a target on a port of this host; sections are merged into what is usual."""

    async def add(port: int, title: str = "Desk", **others: Any) -> str:
        typed = {"name": title, "host": HOST, "port": port, **SECTIONS, **others}
        data = SCHEMA(typed)
        del data["name"]
        subentry = ConfigSubentry(
            subentry_type=SUBENTRY_OSC_TARGET,
            title=title,
            unique_id=f"udp://{HOST}:{port}",
            data=MappingProxyType(data),
        )
        hass.config_entries.async_add_subentry(hub, subentry)
        await hass.async_block_till_done()
        return subentry.subentry_id

    return add


@pytest.fixture
def watch(hass: HomeAssistant) -> Watch:
    """Set up an automation; returns the list that its runs fill."""

    async def watch(**options: Any) -> list[ServiceCall]:
        calls = async_mock_service(hass, "test", "run")
        assert await async_setup_component(
            hass,
            "automation",
            {
                "automation": {
                    "mode": "parallel",
                    "max": 100,
                    "triggers": {"trigger": "maestra.osc_received", "options": options},
                    "actions": {
                        "action": "test.run",
                        "data": {"trigger": "{{ trigger }}"},
                    },
                }
            },
        )
        await hass.async_block_till_done()
        return calls

    return watch


async def is_shown(hass: HomeAssistant, state: str) -> None:
    """Wait until the desk's connection is shown like this."""

    def found() -> bool:
        shown = hass.states.get(CONNECTION)
        return shown is not None and shown.state == state

    await until(hass, found)


# Cues.


async def test_a_cue_sends_to_consoles(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    desk: OscPeer,
    add_target: AddTarget,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In their order; one that is not there does not keep the others."""
    await add_target(desk.port)
    await is_shown(hass, "on")
    messages = [
        {"to": "Desk", "address": "/cue/2/start"},
        {"to": "Attic", "address": "/go"},
        {"to": "Desk", "address": "/level", "arguments": [0.5, "x", 3]},
    ]
    cues = [{"name": "Storm", "osc": messages}]
    for action, data in (
        ("save_cue_list", {"name": "Act 1", "cues": cues}),
        ("go", {}),
    ):
        await hass.services.async_call("maestra", action, data, blocking=True)
    await desk.receives("/cue/2/start")
    await desk.receives("/level", 0.5, "x", 3)
    assert "A cue can't send /go to Attic" in caplog.text


# The trigger.


async def test_a_fader_starts_an_automation(
    hass: HomeAssistant, port: int, desk: OscPeer, watch: Watch
) -> None:
    runs = await watch(address="/1/fader*")

    desk.send("/1/fader3", 0.5, "left", to=port)

    await soon(lambda: runs)
    told = runs[0].data["trigger"]
    assert told["address"] == "/1/fader3"
    assert told["arguments"] == [0.5, "left"]
    assert told["peer"] == f"{HOST}:{desk.port}"
    assert told["gateway"] == "osc"
    assert told["description"] == "OSC message on /1/fader3"


@pytest.mark.parametrize(
    ("options", "sent", "runs"),
    [
        ({"above": 0.5}, [0.25, 0.5, 0.75], [0.75]),
        ({"below": 0.5}, [0.25, 0.5, 0.75], [0.25]),
        ({"above": 0.25, "below": 0.75}, [0.25, 0.5, 0.75, "0.5", True], [0.5]),
        ({"value": 1}, [0, 1, 1.0, "1"], [1, 1.0]),
        ({"value": "1"}, [0, 1, True, "1"], [1, "1"]),
        ({"value": "true"}, [True, False, "true", 1], [True, "true"]),
        ({"value": "go"}, ["stop", "go", 1], ["go"]),
    ],
)
async def test_only_messages_with_such_an_argument(
    hass: HomeAssistant,
    port: int,
    desk: OscPeer,
    watch: Watch,
    options: dict[str, Any],
    sent: list[Any],
    runs: list[Any],
) -> None:
    calls = await watch(address="/{cue,fence}", argument=1, **options)

    desk.send("/cue", to=port)
    for value in sent:
        desk.send("/cue", "first", value, to=port)
    desk.send("/elsewhere", "first", runs[0], to=port)
    desk.send("/fence", "first", runs[0], to=port)

    await soon(lambda: calls and calls[-1].data["trigger"]["address"] == "/fence")
    *told, _fence = calls
    assert [call.data["trigger"]["arguments"][1] for call in told] == runs


@pytest.mark.usefixtures("hub")
async def test_a_wrong_pattern_is_told_at_once(hass: HomeAssistant) -> None:
    with pytest.raises(probatio.Invalid, match="must begin with /"):
        await async_validate_trigger_config(
            hass,
            [{"platform": "maestra.osc_received", "options": {"address": "fader"}}],
        )


# The address map.


async def test_a_changed_map_disconnects_nobody(
    hass: HomeAssistant, hub: MockConfigEntry, hub_kit: HubKit, port: int, desk: OscPeer
) -> None:
    link = hub.runtime_data.links.get("osc")
    await hub_kit.light("wash-1")
    rows = [
        {
            "osc_address": "/1/fader1",
            "entity_slug": "wash-1",
            "state_keys": ["brightness"],
            "operation": "update",
        }
    ]

    hass.config_entries.async_update_entry(
        hub, options={**hub.options, "osc_maps": rows}
    )
    await hass.async_block_till_done()
    desk.send("/1/fader1", 64, to=port)

    light = hub_kit.domain.entities["wash-1"]
    await soon(lambda: light.state.get("brightness") == 64)
    assert hub.runtime_data.links.get("osc") is link
    assert link.port == port


# Targets.


async def test_a_light_reaches_a_target_once(
    hass: HomeAssistant, hub_kit: HubKit, desk: OscPeer, add_target: AddTarget
) -> None:
    await hub_kit.light(
        "wash-1", state={"on": False, "brightness": 0, "color": "#ff0000"}
    )
    light = hass.states.async_entity_ids("light")[0]
    await add_target(desk.port, output="keys")
    await is_shown(hass, "on")

    await hass.services.async_call(
        "light", "turn_on", {"entity_id": light, "brightness": 255}, blocking=True
    )
    await hub_kit.act("send_osc", to="Desk", address="/fence")

    await desk.receives("/fence")
    heard = sorted(message.address for message in desk.collect())
    assert heard == [
        "/entity/state/light/wash-1/brightness",
        "/entity/state/light/wash-1/on",
    ]


async def test_a_light_that_osc_changed_is_shown_and_told_to_others(
    hass: HomeAssistant,
    hub_kit: HubKit,
    port: int,
    desk: OscPeer,
    add_target: AddTarget,
) -> None:
    await hub_kit.light("wash-1", state={"brightness": 0})
    await add_target(desk.port, output="keys")
    await is_shown(hass, "on")
    async with OscPeer(port) as fader:
        fader.send("/entity/update/wash-1/brightness", 64)

        await desk.receives("/entity/state/light/wash-1/brightness", 64)
        assert desk.collect() == []
        assert fader.collect() == []


async def test_which_changes_a_target_is_told(
    hass: HomeAssistant, hub_kit: HubKit, desk: OscPeer, add_target: AddTarget
) -> None:
    for slug in ("wash-1", "wash-2"):
        await hub_kit.light(slug)
    await add_target(
        desk.port, output="keys", filter={"slugs": ["wash-2"], "keys": ["level"]}
    )
    await is_shown(hass, "on")

    await hub_kit.hears("wash-1", level=1)
    await hub_kit.hears("wash-2", level=2, other=3)

    await desk.receives("/entity/state/light/wash-2/level", 2)
    await hub_kit.act("send_osc", to="Desk", address="/fence")
    await desk.receives("/fence")
    assert desk.collect() == []


async def test_a_target_that_answers(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    desk: OscPeer,
    add_target: AddTarget,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A mixer that wants `/xremote` again and again, and is there as long as it talks."""
    subentry_id = await add_target(
        desk.port,
        replies={"expects_replies": True},
        keep_alive={"address": "/xremote", "arguments": [1], "interval": 1},
    )
    await desk.receives("/xremote", 1)
    await is_shown(hass, "off")
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=5, seconds=1))
    issue = issue_registry.async_get_issue(DOMAIN, f"osc_target_silent_{subentry_id}")
    assert issue
    assert issue.translation_placeholders
    assert issue.translation_placeholders["target"] == "Desk"

    desk.send("/meters", 0.5, to=desk.clients[0][1])

    await is_shown(hass, "on")
    assert not issue_registry.issues
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, subentry_id), hub.entry_id
    )
    assert device
    assert device.name == "Desk"


async def test_a_target_is_changed_and_removed(
    hass: HomeAssistant, hub: MockConfigEntry, desk: OscPeer, add_target: AddTarget
) -> None:
    subentry_id = await add_target(free_udp_port())
    await is_shown(hass, "on")
    subentry = hub.subentries[subentry_id]

    hass.config_entries.async_update_subentry(
        hub, subentry, data={**subentry.data, "port": desk.port}
    )
    await hass.async_block_till_done()
    await is_shown(hass, "on")
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, subentry_id), hub.entry_id
    )
    assert device
    for name in (subentry_id, device.id):
        await hass.services.async_call(
            DOMAIN, "send_osc", {"to": name, "address": "/fence"}, blocking=True
        )
        await desk.receives("/fence")

    hass.config_entries.async_remove_subentry(hub, subentry_id)
    await until(hass, lambda: not hass.states.get(CONNECTION))
    await hass.async_block_till_done()
    assert list(hub.runtime_data.links) == []


# The action.


@pytest.mark.parametrize(
    ("arguments", "heard"),
    [
        ([], ()),
        ([1, 0.5, "go", True, None], (1, 0.5, "go", True, None)),
        (7, (7,)),
        ([{"type": "d", "value": 0.1}], (0.1,)),
        ([{"blob": "AAE="}], (b"\0\1",)),
        ([[1, 2]], ([1, 2],)),
    ],
)
async def test_a_message_is_sent(
    hass: HomeAssistant,
    hub_kit: HubKit,
    desk: OscPeer,
    add_target: AddTarget,
    arguments: Any,
    heard: tuple[Any, ...],
) -> None:
    await add_target(desk.port)
    await is_shown(hass, "on")

    await hub_kit.act(
        "send_osc", to=f"{HOST}:{desk.port}", address="/cue/7", arguments=arguments
    )

    assert (await desk.receives("/cue/7")).arguments == heard


@pytest.mark.parametrize(
    ("call", "key"),
    [
        ({"to": "Nobody", "address": "/cue"}, "unknown_osc_target"),
        ({"to": "Desk", "address": "cue"}, "invalid_field"),
        ({"to": "Desk", "address": "/cue", "arguments": [{}]}, "invalid_field"),
    ],
)
async def test_what_can_not_be_sent(
    hass: HomeAssistant,
    hub_kit: HubKit,
    desk: OscPeer,
    add_target: AddTarget,
    call: dict[str, Any],
    key: str,
) -> None:
    await add_target(desk.port)
    await is_shown(hass, "on")

    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("send_osc", **call)
    assert refused.value.translation_key == key


async def test_a_target_that_can_not_be_reached(
    hass: HomeAssistant, hub_kit: HubKit, add_target: AddTarget
) -> None:
    await add_target(free_udp_port(), protocol="tcp_slip")

    with pytest.raises(HomeAssistantError) as failed:
        await hub_kit.act("send_osc", to="Desk", address="/cue")
    assert failed.value.translation_key == "not_connected"
