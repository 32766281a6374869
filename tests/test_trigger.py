"""Automations that Maestra starts."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from time import monotonic
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.maestra.features.streams.manager import stream_key
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component

from .kits.hub import HubKit
from .kits.production import PRODUCTION_ID, as_subentry, production_subentry
from .kits.speech import TRANSCRIPTION_ID, transcription_subentry

type Watch = Callable[..., Coroutine[Any, Any, list[ServiceCall]]]


@pytest.fixture
def watch(hass: HomeAssistant) -> Watch:
    """Set up an automation; returns the list that its runs fill, each with the trigger's variables."""

    async def watch(trigger: str, **config: Any) -> list[ServiceCall]:
        calls = async_mock_service(hass, "test", "run")
        assert await async_setup_component(
            hass,
            "automation",
            {
                "automation": {
                    "alias": "Watch",
                    "mode": "parallel",
                    "max": 100,
                    "triggers": {"trigger": f"maestra.{trigger}", **config},
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


def variables(call: ServiceCall) -> dict[str, Any]:
    """Return what the trigger told."""
    told: dict[str, Any] = call.data["trigger"]
    return told


async def test_state_changed_tells_everything(hub_kit: HubKit, watch: Watch) -> None:
    device_id = await hub_kit.light("wash-1")
    calls = await watch("state_changed")
    await hub_kit.hears("wash-1", brightness=30, on=True)
    told = variables(calls[0])
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "id": "0",
        "idx": "0",
        "alias": None,
        "platform": "maestra.state_changed",
        "description": "state of wash-1 changed",
        "slug": "wash-1",
        "name": "wash-1",
        "entity_type": "light",
        "path": "wash_1",
        "state": {"on": True, "brightness": 30, "color": "#ffffff"},
        "previous_state": {"on": False, "brightness": 0, "color": "#ffffff"},
        "changed_keys": ["brightness", "on"],
        "correlation_id": None,
        "source": "touchdesigner",
        "device_id": device_id,
    }


@pytest.mark.parametrize(
    ("options", "slugs"),
    [
        ({}, ["wash-1", "wash-2", "temp"]),
        ({"slug": "wash-1"}, ["wash-1"]),
        ({"slug": ["wash-1", "temp"]}, ["wash-1", "temp"]),
        ({"entity_type": "light"}, ["wash-1", "wash-2"]),
        ({"path": "stage.*"}, ["wash-1"]),
        ({"path": "!stage"}, ["wash-2", "temp"]),
        ({"key": ["value", "gobo"]}, ["temp"]),
        ({"entity_type": "light", "path": "stage.*", "key": "value"}, []),
    ],
)
async def test_state_changed_filters(
    hub_kit: HubKit, watch: Watch, options: dict[str, Any], slugs: list[str]
) -> None:
    await hub_kit.act("create_entity", name="Stage", entity_type="space")
    await hub_kit.light("wash-1", parent="stage")
    await hub_kit.light("wash-2")
    await hub_kit.act("create_entity", name="Temp", entity_type="sensor")
    calls = await watch("state_changed", options=options)
    for brightness in (1, 2):
        calls.clear()
        await hub_kit.hears("wash-1", brightness=brightness)
        await hub_kit.hears("wash-2", brightness=brightness)
        await hub_kit.hears("temp", value=brightness)
        assert [variables(call)["slug"] for call in calls] == slugs


async def test_what_home_assistant_changes_is_a_change_too(
    hub_kit: HubKit, watch: Watch
) -> None:
    await hub_kit.light("wash-1")
    calls = await watch("state_changed")
    await hub_kit.act("set_state", slug="wash-1", state={"on": True})
    assert [variables(call)["source"] for call in calls] == ["home_assistant"]


async def test_target_and_slug_add_up(hub_kit: HubKit, watch: Watch) -> None:
    await hub_kit.light("wash-1")
    await hub_kit.light("wash-2")
    await hub_kit.light("wash-3")
    calls = await watch(
        "state_changed",
        target={"entity_id": "light.wash_1"},
        options={"slug": "wash-2"},
    )
    for slug in ("wash-1", "wash-2", "wash-3"):
        await hub_kit.hears(slug, on=True)
    assert [variables(call)["slug"] for call in calls] == ["wash-1", "wash-2"]


async def test_target_follows_the_registries(hub_kit: HubKit, watch: Watch) -> None:
    await hub_kit.light("wash-1")
    lights = hub_kit.label_id("Maestra light")
    calls = await watch("state_changed", target={"label_id": lights})
    await hub_kit.hears("wash-1", on=True)
    await hub_kit.light("wash-2")
    await hub_kit.hears("wash-2", on=True)
    await hub_kit.act("create_entity", name="Temp", entity_type="sensor")
    await hub_kit.hears("temp", value=1)
    assert [variables(call)["slug"] for call in calls] == ["wash-1", "wash-2"]


async def test_goes_on_after_a_reload(
    hass: HomeAssistant, hub_kit: HubKit, watch: Watch
) -> None:
    await hub_kit.light("wash-1")
    calls = await watch("state_changed")
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    await hass.async_block_till_done()
    await hub_kit.hears("wash-1", on=True)
    hass.config_entries.async_update_entry(hub_kit.entry, title="Another")
    await hass.async_block_till_done()
    await hub_kit.hears("wash-1", on=False)
    assert [variables(call)["state"]["on"] for call in calls] == [True, False]


async def test_waits_for_an_entry_that_is_not_loaded(
    hass: HomeAssistant, hub_kit: HubKit, watch: Watch
) -> None:
    await hub_kit.light("wash-1")
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    calls = await watch("state_changed")
    await hass.config_entries.async_setup(hub_kit.entry.entry_id)
    await hass.async_block_till_done()
    await hub_kit.hears("wash-1", on=True)
    assert len(calls) == 1


@pytest.mark.parametrize("config", [{}, {"target": {"entity_id": "light.wash_1"}}])
async def test_is_silent_once_it_is_turned_off(
    hass: HomeAssistant, hub_kit: HubKit, watch: Watch, config: dict[str, Any]
) -> None:
    await hub_kit.light("wash-1")
    calls = await watch("state_changed", **config)
    automation = {"entity_id": "automation.watch"}
    await hass.services.async_call("automation", "turn_off", automation, blocking=True)
    await hub_kit.hears("wash-1", on=True)
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    await hub_kit.hears("wash-1", on=False)
    await hass.services.async_call("automation", "turn_on", automation, blocking=True)
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    await hass.services.async_call("automation", "turn_off", automation, blocking=True)
    await hass.config_entries.async_setup(hub_kit.entry.entry_id)
    await hub_kit.hears("wash-1", on=True)
    assert calls == []


@pytest.mark.parametrize(
    ("options", "count"),
    [({}, 1), ({"device_type": "esp32"}, 1), ({"device_type": "kiosk"}, 0)],
)
async def test_device_discovered(
    hub_kit: HubKit, watch: Watch, options: dict[str, Any], count: int
) -> None:
    calls = await watch("device_discovered", options=options)
    await hub_kit.discovers(
        "AA:01", firmware_version="1.2", ip_address="10.0.0.7", metadata={"a": 1}
    )
    await hub_kit.registers("AA:02")
    told = [
        {
            key: variables(call)[key]
            for key in (
                "hardware_id",
                "name",
                "device_type",
                "status",
                "firmware_version",
                "ip_address",
                "metadata",
                "device_id",
            )
        }
        for call in calls
    ]
    assert (
        told
        == [
            {
                "hardware_id": "AA:01",
                "name": "AA:01",
                "device_type": "esp32",
                "status": "pending",
                "firmware_version": "1.2",
                "ip_address": "10.0.0.7",
                "metadata": {"a": 1},
                "device_id": None,
            }
        ][:count]
    )


async def test_discovered_device_can_be_approved_at_once(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {"trigger": "maestra.device_discovered"},
                "actions": {
                    "action": "maestra.approve_device",
                    "data": {"device": "{{ trigger.hardware_id }}"},
                },
            }
        },
    )
    device = await hub_kit.discovers("AA:01")
    assert hub_kit.device_id(device.id)


async def test_device_offline(hub_kit: HubKit, watch: Watch) -> None:
    calls = await watch("device_offline")
    device = await hub_kit.registers("AA:01")
    await hub_kit.beats("AA:01", "error")
    await hub_kit.beats("AA:01", "offline")
    await hub_kit.beats("AA:01", "offline")
    assert len(calls) == 1
    told = variables(calls[0])
    assert told["previous_status"] == "error"
    assert told["device_id"] == hub_kit.device_id(device.id)
    assert told["description"] == "device AA:01 offline"


async def test_silent_device_is_offline(hub_kit: HubKit, watch: Watch) -> None:
    calls = await watch("device_offline")
    await hub_kit.registers("AA:01")
    hub_kit.domain.devices.expire(timedelta(seconds=-1))
    await hub_kit.settled()
    assert [variables(call)["hardware_id"] for call in calls] == ["AA:01"]


@pytest.mark.parametrize(
    ("config", "count"),
    [
        ({"options": {"device": "AA:01"}}, 1),
        ({"options": {"device": "AA:02"}}, 0),
        ({"options": {"device_type": ["esp32", "kiosk"]}}, 1),
        ({"options": {"device_type": "kiosk"}}, 0),
        ({"target": {"entity_id": "binary_sensor.aa_01_connection"}}, 1),
        ({"target": {"entity_id": "binary_sensor.aa_02_connection"}}, 0),
    ],
)
async def test_device_offline_filters(
    hub_kit: HubKit, watch: Watch, config: dict[str, Any], count: int
) -> None:
    await hub_kit.registers("AA:01")
    calls = await watch("device_offline", **config)
    await hub_kit.beats("AA:01", "offline")
    assert len(calls) == count


async def _pass(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, **time: int
) -> None:
    freezer.tick(timedelta(**time))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_device_offline_for_a_while(
    hass: HomeAssistant, hub_kit: HubKit, watch: Watch, freezer: FrozenDateTimeFactory
) -> None:
    calls = await watch("device_offline", options={"for": {"seconds": 30}})
    await hub_kit.registers("AA:01")
    await hub_kit.beats("AA:01", "offline")
    await _pass(hass, freezer, seconds=20)
    await hub_kit.beats("AA:01")
    await _pass(hass, freezer, seconds=20)
    await hub_kit.beats("AA:01", "offline")
    await _pass(hass, freezer, seconds=20)
    assert calls == []
    await _pass(hass, freezer, seconds=20)
    assert [variables(call)["for"] for call in calls] == ["0:00:30"]


async def test_a_device_that_is_removed_is_not_waited_for(
    hass: HomeAssistant, hub_kit: HubKit, watch: Watch, freezer: FrozenDateTimeFactory
) -> None:
    calls = await watch("device_offline", options={"for": "00:00:30"})
    await hub_kit.registers("AA:01")
    await hub_kit.beats("AA:01", "offline")
    await hub_kit.act("block_device", device="AA:01")
    await _pass(hass, freezer, seconds=40)
    assert calls == []


async def test_nothing_is_waited_for_after_an_unload(
    hass: HomeAssistant, hub_kit: HubKit, watch: Watch, freezer: FrozenDateTimeFactory
) -> None:
    calls = await watch("device_offline", options={"for": "00:00:30"})
    await hub_kit.registers("AA:01")
    await hub_kit.beats("AA:01", "offline")
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    await _pass(hass, freezer, seconds=40)
    assert calls == []


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 1),
        ({"event_type": "press"}, 1),
        ({"event_type": ["release"]}, 0),
        ({"severity": ["warning", "error"]}, 1),
        ({"severity": "info"}, 0),
        ({"device": "AA:01"}, 1),
        ({"device": "AA:02"}, 0),
    ],
)
async def test_device_event(
    hass: HomeAssistant,
    hub_kit: HubKit,
    watch: Watch,
    options: dict[str, Any],
    count: int,
) -> None:
    await hub_kit.registers("AA:01")
    calls = await watch("device_event", options=options)
    hub_kit.domain.devices.report_event(
        "AA:01",
        {
            "event_type": "press",
            "severity": "warning",
            "message": "Ouch",
            "data": {"button": 2},
        },
    )
    await hass.async_block_till_done()
    told = [
        [variables(call)[key] for key in ("event_type", "severity", "message", "data")]
        for call in calls
    ]
    assert told == [["press", "warning", "Ouch", {"button": 2}]][:count]


async def test_stream_advertised_tells_everything(
    hub_kit: HubKit, watch: Watch
) -> None:
    calls = await watch("stream_advertised")
    stream = await hub_kit.advertises(
        "Front", config={"codec": "h264"}, metadata={"lens": 35}
    )
    told = variables(calls[0])
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "id": "0",
        "idx": "0",
        "alias": None,
        "platform": "maestra.stream_advertised",
        "description": "stream Front advertised",
        "stream_id": stream.id,
        "name": "Front",
        "stream_type": "video",
        "publisher_id": "td-1",
        "protocol": "srt",
        "address": "192.0.2.30",
        "port": 9000,
        "delivery_mode": "unicast",
        "multicast_group": None,
        "multicast_port": None,
        "config": {"codec": "h264"},
        "metadata": {"lens": 35},
        "device_id": hub_kit.device_id(stream_key(stream)),
    }


async def test_renewed_stream_is_not_a_new_one(hub_kit: HubKit, watch: Watch) -> None:
    calls = await watch("stream_advertised")
    await hub_kit.withdraws(await hub_kit.advertises("Front"))
    for port in (9000, 9001):
        await hub_kit.advertises("Front", port=port)
    assert [variables(call)["port"] for call in calls] == [9000, 9000]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["Front", "Mix"]),
        ({"name": ["Front", "Side"]}, ["Front"]),
        ({"stream_type": "audio"}, ["Mix"]),
        ({"publisher": ["td-1", "desk"]}, ["Front", "Mix"]),
        ({"publisher": "desk", "name": "Front"}, []),
    ],
)
@pytest.mark.parametrize("trigger", ["stream_advertised", "stream_ended"])
async def test_stream_filters(
    hub_kit: HubKit,
    watch: Watch,
    trigger: str,
    options: dict[str, Any],
    names: list[str],
) -> None:
    calls = await watch(trigger, options=options)
    await hub_kit.withdraws(await hub_kit.advertises("Front"))
    await hub_kit.withdraws(
        await hub_kit.advertises("Mix", stream_type="audio", publisher_id="desk")
    )
    assert [variables(call)["name"] for call in calls] == names


@pytest.mark.parametrize(
    ("options", "reasons"),
    [
        ({}, ["withdrawn", "expired"]),
        ({"reason": "expired"}, ["expired"]),
        ({"reason": "stopped"}, []),
    ],
)
async def test_stream_ended(
    hub_kit: HubKit,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    reasons: list[str],
) -> None:
    calls = await watch("stream_ended", options=options)
    await hub_kit.withdraws(await hub_kit.advertises("Front"))
    await hub_kit.advertises("Side")
    monkeypatch.setattr(hub_kit.domain.streams, "_clock", lambda: monotonic() + 31)
    hub_kit.domain.streams.expire()
    await hub_kit.settled()
    assert [variables(call)["reason"] for call in calls] == reasons


@pytest.mark.parametrize(
    ("options", "consumers"),
    [
        ({}, ["screen", "wall"]),
        ({"name": "Front"}, ["screen"]),
        ({"consumer": "wall"}, ["wall"]),
        ({"stream_type": "audio"}, []),
    ],
)
async def test_session_started(
    hub_kit: HubKit, watch: Watch, options: dict[str, Any], consumers: list[str]
) -> None:
    calls = await watch("session_started", options=options)
    session = await hub_kit.requests(await hub_kit.advertises("Front"))
    await hub_kit.requests(await hub_kit.advertises("Side"), "wall")
    told = [variables(call) for call in calls]
    assert [it["consumer_id"] for it in told] == consumers
    assert [it["publisher_port"] for it in told] == [9000 for _ in consumers]
    assert all(it["consumer_address"] == "192.0.2.40" for it in told)
    assert {it["session_id"] == session.id for it in told if it["name"] == "Front"} <= {
        True
    }


@pytest.mark.parametrize(
    ("options", "reasons"),
    [
        ({}, ["stopped", "withdrawn"]),
        ({"reason": "withdrawn"}, ["withdrawn"]),
        ({"reason": ["stopped", "expired"], "consumer": "screen"}, ["stopped"]),
        ({"consumer": "wall"}, []),
    ],
)
async def test_session_ended(
    hub_kit: HubKit, watch: Watch, options: dict[str, Any], reasons: list[str]
) -> None:
    calls = await watch("session_ended", options=options)
    stream = await hub_kit.advertises("Front")
    session = await hub_kit.requests(stream)
    hub_kit.domain.streams.stop_session(
        session.id, bytes_transferred=12, error="Connection lost"
    )
    await hub_kit.requests(stream)
    await hub_kit.withdraws(stream)
    told = [variables(call) for call in calls]
    assert [it["reason"] for it in told] == reasons
    assert [it["error"] for it in told if it["reason"] == "stopped"] == [
        "Connection lost" for reason in reasons if reason == "stopped"
    ]
    assert all(it["duration"] >= 0 for it in told)
    assert {it["bytes_transferred"] for it in told} <= {0, 12}


@pytest.mark.parametrize(
    ("trigger", "config"),
    [
        ("state_changed", {"options": {"path": "no path"}}),
        ("state_changed", {"options": {"colour": "red"}}),
        ("device_discovered", {"target": {"area_id": "stage"}}),
        ("device_offline", {"options": {"for": "-1"}}),
        ("stream_ended", {"options": {"consumer": "screen"}}),
        ("osc_received", {"target": {"area_id": "stage"}}),
        ("state_changed", {"options": {"above": "much"}}),
    ],
)
async def test_refused_configuration(
    hass: HomeAssistant, hub: object, trigger: str, config: dict[str, Any]
) -> None:
    with pytest.raises(probatio.Invalid):
        await async_validate_trigger_config(
            hass, [{"platform": f"maestra.{trigger}", **config}]
        )


@pytest.mark.parametrize(
    ("options", "states", "runs"),
    [
        ({"to": "true"}, [{"on": True}, {"on": False}, {"on": True}], ["on", "on"]),
        ({"key": "on", "to": True, "from": False}, [{"on": True}], ["on"]),
        ({"from": "0"}, [{"brightness": 3}, {"brightness": 4}], ["brightness"]),
        ({"from": 0, "to": 4}, [{"brightness": 3}, {"brightness": 4}], []),
        (
            {"above": 10},
            [{"brightness": it} for it in (10, 11, 12, 10, 20)],
            ["brightness", "brightness"],
        ),
        (
            {"above": 10, "below": 20, "key": "brightness"},
            [{"brightness": it} for it in (30, 15, 16, 5, 15)],
            ["brightness", "brightness"],
        ),
        ({"below": 5}, [{"brightness": 3}, {"color": "#000000"}], []),
        ({"key": "position.x"}, [{"position": {"x": 1, "y": 1}}], [None]),
        (
            {"key": "position.x"},
            [{"position": {"x": 1, "y": 1}}, {"position": {"y": 2}}],
            [None],
        ),
        (
            {"key": "position.x", "above": 4},
            [{"position": {"x": it}} for it in (4, 5, 6)],
            ["position.x"],
        ),
        ({"to": "red"}, [{"gel": "red", "gobo": "red"}], ["gel", "gobo"]),
    ],
)
async def test_values_of_states(
    hub_kit: HubKit,
    watch: Watch,
    options: dict[str, Any],
    states: list[dict[str, Any]],
    runs: list[str | None],
) -> None:
    """From, to, above and below, as in Home Assistant: what is within bounds already does not come into them."""
    await hub_kit.light("wash-1")
    calls = await watch("state_changed", options=options)
    for state in states:
        await hub_kit.hears("wash-1", **state)
    assert [variables(call).get("key") for call in calls] == runs


async def test_values_are_told(hub_kit: HubKit, watch: Watch) -> None:
    await hub_kit.light("wash-1")
    calls = await watch("state_changed", options={"to": "7"})
    await hub_kit.hears("wash-1", brightness=7, on=True)
    told = variables(calls[0])
    assert [told[key] for key in ("key", "from", "to", "slug")] == [
        "brightness",
        0,
        7,
        "wash-1",
    ]


@pytest.mark.parametrize(
    ("options", "states", "count"),
    [
        ({"to": True}, [{"on": True}], 1),
        ({"to": True}, [{"on": True}, {"on": False}], 0),
        ({"to": True}, [{"on": True}, {"brightness": 3}], 1),
        ({"above": 10}, [{"brightness": 20}, {"brightness": 30}], 1),
        ({"above": 10}, [{"brightness": 20}, {"brightness": 5}], 0),
        ({"key": "brightness"}, [{"brightness": 20}, {"brightness": 30}], 1),
        ({}, [{"brightness": 20}, {"on": True}], 2),
    ],
)
async def test_state_that_stays_for_a_while(
    hass: HomeAssistant,
    hub_kit: HubKit,
    watch: Watch,
    freezer: FrozenDateTimeFactory,
    options: dict[str, Any],
    states: list[dict[str, Any]],
    count: int,
) -> None:
    """A value may move within its bounds meanwhile; any other change begins anew."""
    await hub_kit.light("wash-1")
    calls = await watch("state_changed", options={**options, "for": "00:00:30"})
    for state in states:
        await hub_kit.hears("wash-1", **state)
        await _pass(hass, freezer, seconds=20)
    await _pass(hass, freezer, seconds=20)
    assert len(calls) == count
    assert {variables(call)["for"] for call in calls} <= {"0:00:30"}


async def test_state_of_what_is_deleted_is_not_waited_for(
    hass: HomeAssistant, hub_kit: HubKit, watch: Watch, freezer: FrozenDateTimeFactory
) -> None:
    await hub_kit.light("wash-1")
    calls = await watch("state_changed", options={"for": "00:00:30"})
    await hub_kit.hears("wash-1", brightness=20, on=True)
    await hub_kit.act("delete_entity", slug="wash-1")
    await _pass(hass, freezer, seconds=40)
    assert calls == []


async def test_the_hub_stands_for_everything(hub_kit: HubKit, watch: Watch) -> None:
    hub = hub_kit.device_id(hub_kit.entry.entry_id)
    await hub_kit.light("wash-1")
    calls = await watch("state_changed", target={"device_id": hub})
    await hub_kit.hears("wash-1", on=True)
    await hub_kit.light("wash-2")
    await hub_kit.hears("wash-2", on=True)
    assert [variables(call)["slug"] for call in calls] == ["wash-1", "wash-2"]


@pytest.mark.parametrize("trigger", ["stream_advertised", "stream_ended"])
async def test_streams_are_targeted(
    hub_kit: HubKit, watch: Watch, trigger: str
) -> None:
    """By their devices, which stay when a stream has ended."""
    front = await hub_kit.advertises("Front")
    await hub_kit.withdraws(front)
    calls = await watch(
        trigger, target={"device_id": hub_kit.device_id(stream_key(front))}
    )
    for name in ("Front", "Side"):
        await hub_kit.withdraws(await hub_kit.advertises(name))
    assert [variables(call)["name"] for call in calls] == ["Front"]


async def test_knows_a_bounded_number_of_paths(
    hub_kit: HubKit, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "custom_components.maestra.features.entities.triggers.MAX_KNOWN_PATHS", 1
    )
    await hub_kit.light("wash-1")
    await hub_kit.light("fan")
    calls = await watch("state_changed", options={"path": "wash_*"})
    for brightness in (1, 2):
        await hub_kit.hears("wash-1", brightness=brightness)
        await hub_kit.hears("fan", brightness=brightness)
    assert [variables(call)["slug"] for call in calls] == ["wash-1", "wash-1"]


@pytest.fixture
async def stage(hass: HomeAssistant, hub_kit: HubKit) -> HubKit:
    """A hub with a production."""
    hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(production_subentry())
    )
    await hub_kit.settled()
    return hub_kit


async def test_alert_shown_tells_everything(stage: HubKit, watch: Watch) -> None:
    calls = await watch("alert_shown", options={"type": "raid_alert"})
    await stage.act("show_alert", title="not this")
    item = (await stage.ask("show_alert", type="raid_alert", priority=200))["item"]
    told = variables(calls[0])
    assert told.pop("item")["id"] == item["id"]
    assert told == {
        "id": "0",
        "idx": "0",
        "alias": None,
        "platform": "maestra.alert_shown",
        "description": "raid_alert shown by Stage",
        "production": "Stage",
        "device_id": stage.device_id(PRODUCTION_ID),
        "show": "Variety",
        "type": "raid_alert",
    }
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 1),
        ({"production": "Stage"}, 1),
        ({"production": ["Other", PRODUCTION_ID]}, 1),
        ({"production": "Other"}, 0),
        ({"type": "sub_train"}, 0),
    ],
)
async def test_alert_shown_filters(
    stage: HubKit, watch: Watch, options: dict[str, Any], count: int
) -> None:
    calls = await watch("alert_shown", options=options)
    await stage.act("show_alert")
    assert len(calls) == count


async def test_takeovers_start_and_end(stage: HubKit, watch: Watch) -> None:
    started = await watch(
        "takeover_started",
        target={"device_id": stage.device_id(PRODUCTION_ID)},
        options={"type": "custom"},
    )
    await stage.act("takeover", type="screen-cover")
    await stage.act("takeover", type="custom", message="Soon", duration=0)
    (told,) = map(variables, started)
    assert (told["type"], told["message"]) == ("custom", "Soon")


async def test_takeovers_end_for_a_reason(stage: HubKit, watch: Watch) -> None:
    ended = await watch("takeover_ended")
    await stage.act("takeover", type="screen-cover")
    await stage.act("takeover", type="custom", message="Soon", duration=0)
    await stage.act("clear_takeover")
    told = [(each["type"], each["reason"]) for each in map(variables, ended)]
    assert told == [("screen-cover", "replaced"), ("custom", "cleared")]


@pytest.mark.parametrize(("show", "count"), [("Coding", 1), ("coding", 1), ("x", 0)])
async def test_show_changed(stage: HubKit, watch: Watch, show: str, count: int) -> None:
    calls = await watch("show_changed", options={"show": show})
    await stage.act("set_show", show="Coding")
    await stage.act("set_show", show="Coding")
    await stage.act("set_show", show="Default")
    told = [(each["show"], each["previous_show"]) for each in map(variables, calls)]
    assert told == [("Coding", "variety")] * count


async def test_stream_events(stage: HubKit, watch: Watch) -> None:
    calls = await watch("stream_event", options={"type": "channel.cheer"})
    for type_, id_ in (("follow", "1"), ("cheer", "2"), ("cheer", "2")):
        await stage.act(
            "report_stream_event",
            type=f"channel.{type_}",
            id=id_,
            data={"user_name": "Ann", "bits": 5},
        )
    (told,) = map(variables, calls)
    assert (told["person"], told["event"]["bits"]) == ("Ann", 5)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 1),
        ({"phrase": "LIGHTS out"}, 1),
        ({"phrase": ["curtain", "out, now"]}, 1),
        ({"phrase": "light"}, 0),
        ({"source": "booth"}, 1),
        ({"source": "stage"}, 0),
        ({"transcription": ["Hall", "Other"]}, 1),
        ({"transcription": TRANSCRIPTION_ID}, 1),
        ({"transcription": "Other"}, 0),
    ],
)
async def test_utterances(
    hub_kit: HubKit, watch: Watch, options: dict[str, Any], count: int
) -> None:
    hub_kit.hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(transcription_subentry())
    )
    await hub_kit.settled()
    calls = await watch("utterance", options=options)
    await hub_kit.act(
        "submit_transcription",
        timestamp="2026-11-30T20:00:00Z",
        duration=2,
        text="Lights out, now!",
        source_id="booth",
        stream_session_id="Premiere",
    )
    told = [
        (each["text"], each["source"], each["session"], each["device_id"])
        for each in map(variables, calls)
    ]
    device = hub_kit.device_id(TRANSCRIPTION_ID)
    assert told == [("Lights out, now!", "booth", "Premiere", device)] * count


async def test_an_utterance_tells_its_phrase(hub_kit: HubKit, watch: Watch) -> None:
    hub_kit.hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(transcription_subentry())
    )
    await hub_kit.settled()
    calls = await watch("utterance", options={"phrase": ["curtain", "lights out"]})
    for text in ("Curtain!", "Go.", "Lights out."):
        await hub_kit.act(
            "submit_transcription",
            timestamp="2026-11-30T20:00:00Z",
            duration=2,
            text=text,
        )
    told = [(each["phrase"], each["description"]) for each in map(variables, calls)]
    assert told == [
        ("curtain", "curtain was said, heard by Hall"),
        ("lights out", "lights out was said, heard by Hall"),
    ]
