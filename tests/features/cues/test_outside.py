"""Fades of what Home Assistant has: lights, numbers, covers, players, by their own actions."""

import asyncio
from datetime import timedelta
from typing import Any, override

import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_mock_service,
    setup_test_component_platform,
)

from custom_components.maestra.core.cues import fader
from custom_components.maestra.core.cues.clients import CueClients
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.features.cues.manager import CuesManager
from homeassistant.components.cover import CoverEntity, CoverEntityFeature
from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import ColorMode, LightEntityFeature
from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.const import (
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Context, CoreState, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.kits.hub import HubKit
from tests.kits.process import soon

SPOT = "light.spot"
FOG = "input_number.fog"
CURTAIN = "cover.curtain"
FOH = "media_player.foh"


class Spot(LightEntity):
    """A bulb."""

    _attr_name = "Spot"
    _attr_should_poll = False
    _attr_color_mode = ColorMode.RGB
    _attr_supported_color_modes = {ColorMode.RGB}

    def __init__(self, features: LightEntityFeature = LightEntityFeature(0)) -> None:
        self._attr_supported_features = features
        self._attr_is_on = True
        self._attr_brightness = 255
        self._attr_rgb_color = (255, 0, 0)
        self.told: list[dict[str, Any]] = []
        self.is_broken = False

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        self.told.append(kwargs)
        if self.is_broken:
            raise RuntimeError("no power")
        self._attr_is_on = True
        self._attr_brightness = kwargs.get("brightness", self._attr_brightness)
        self._attr_rgb_color = kwargs.get("rgb_color", self._attr_rgb_color)
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self.told.append({"off": True, **kwargs})
        self._attr_is_on = False
        self.async_write_ha_state()


class Curtain(CoverEntity):
    """A curtain."""

    _attr_name = "Curtain"
    _attr_should_poll = False
    _attr_supported_features = CoverEntityFeature.SET_POSITION
    _attr_is_closed = False
    _attr_current_cover_position = 0

    @override
    async def async_set_cover_position(self, **kwargs: Any) -> None:
        self._attr_current_cover_position = kwargs["position"]
        self.async_write_ha_state()


class FrontOfHouse(MediaPlayerEntity):
    """A player."""

    _attr_name = "FOH"
    _attr_should_poll = False
    _attr_supported_features = MediaPlayerEntityFeature.VOLUME_SET
    _attr_state = MediaPlayerState.PLAYING
    _attr_volume_level = 1.0

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        self._attr_volume_level = volume
        self.async_write_ha_state()


@pytest.fixture
async def spot(hass: HomeAssistant, request: pytest.FixtureRequest) -> Spot:
    """A house with a bulb, which may fade by itself, a fog machine's fader, a curtain and a player; set up before the hub."""
    spot = Spot(getattr(request, "param", LightEntityFeature(0)))
    for domain, entity in (
        ("light", spot),
        ("cover", Curtain()),
        ("media_player", FrontOfHouse()),
    ):
        setup_test_component_platform(hass, domain, [entity])
        assert await async_setup_component(hass, domain, {domain: {"platform": "test"}})
    fog = {"name": "Fog", "min": 0, "max": 10, "step": 0.5, "initial": 0}
    assert await async_setup_component(hass, "input_number", {"input_number": {"fog": fog}})  # fmt: skip
    await hass.async_block_till_done()
    return spot


def brightness(hass: HomeAssistant) -> Any:
    state = hass.states.get(SPOT)
    assert state
    return state.attributes.get("brightness") or 0


async def test_all_of_them_fade_together(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    await hub_kit.light("wash-1", state={"brightness": 0})
    await hub_kit.act(
        "apply",
        transition=0.6,
        states={
            "wash-1": {"brightness": 100},
            SPOT: {"brightness": 0, "color": "#0000ff"},
            FOG: {"value": 8},
            CURTAIN: {"position": 60},
            FOH: {"volume": 20},
        },
    )
    await hub_kit.state_is(CURTAIN, "open", current_position=60)
    await hub_kit.state_is(FOH, "playing", volume_level=0.2)
    await hub_kit.state_is(FOG, "8.0")
    await hub_kit.state_is(SPOT, "off")
    await soon(lambda: hub_kit.domain.entities["wash-1"].state["brightness"] == 100)
    on_the_way = [it["brightness"] for it in spot.told if "brightness" in it]
    assert on_the_way == sorted(on_the_way, reverse=True)
    # As often as devices take it, not as often as the wire.
    assert 2 <= len(on_the_way) <= 4
    assert len({tuple(it["rgb_color"]) for it in spot.told if "rgb_color" in it}) > 1


@pytest.mark.parametrize("spot", [LightEntityFeature.TRANSITION], indirect=True)
async def test_a_light_that_fades_is_let_to(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    await hub_kit.act("apply", states={SPOT: {"brightness": 10}}, transition=0.3)
    await soon(lambda: brightness(hass) == 26)
    assert len(spot.told) == 2
    assert all(it["transition"] == 1 for it in spot.told)


async def test_a_hand_takes_over(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    await hub_kit.act("apply", states={SPOT: {"brightness": 0}}, transition=30)
    await soon(lambda: brightness(hass) < 255)
    # What the bulb says by itself is no hand.
    spot.async_write_ha_state()
    fader = hub_kit.entry.runtime_data.manager(CuesManager).lists.fader
    assert fader.moving == 1
    await hub_kit.call("light.turn_on", SPOT, brightness=200)
    assert fader.moving == 0
    told = len(spot.told)
    await asyncio.sleep(0.6)
    assert len(spot.told) == told
    assert brightness(hass) == 200


async def test_cues_with_them(hass: HomeAssistant, spot: Spot, hub_kit: HubKit) -> None:
    cue = {"states": {SPOT: {"brightness": 0}}, "transition": 60}
    await hub_kit.act(
        "save_cue_list", name="Act 1", cues=[cue], safe={SPOT: {"brightness": 100}}
    )
    await hub_kit.act("go", cue_list="Act 1")
    await soon(lambda: brightness(hass) < 255)
    await hub_kit.act("pause_cues", cue_list="Act 1")
    told = len(spot.told)
    await asyncio.sleep(0.6)
    assert len(spot.told) <= told + 1
    await hub_kit.act("panic", cue_list="Act 1")
    await soon(lambda: brightness(hass) == 255)


async def test_undo(hass: HomeAssistant, spot: Spot, hub_kit: HubKit) -> None:
    await hub_kit.act("apply", states={FOG: {"value": 5}})
    await hub_kit.state_is(FOG, "5.0")
    await hub_kit.act("undo")
    await hub_kit.state_is(FOG, "0.0")


@pytest.mark.parametrize(
    ("states", "error"),
    [
        ({"light.nobody": {"brightness": 1}}, "unknown_entity"),
        ({"sun.sun": {"elevation": 1}}, "unknown_entity"),
        ({SPOT: {"heat": 1}}, "unknown_variable"),
        ({SPOT: {"brightness": 101}}, "invalid_value"),
        ({FOG: {"value": 11}}, "invalid_value"),
        ({FOG: {"value": "much"}}, "invalid_value"),
    ],
)
async def test_what_does_not_fit_is_refused_whole(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit, states: Any, error: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("apply", states={CURTAIN: {"position": 50}, **states})
    assert refused.value.translation_key == error
    await hass.async_block_till_done()
    await hub_kit.state_is(CURTAIN, "open", current_position=0)


async def test_one_that_fails_keeps_no_other(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    spot.is_broken = True
    await hub_kit.act(
        "apply",
        states={SPOT: {"brightness": 50}, FOG: {"value": 4}},
        transition=0.5,
    )
    await hub_kit.state_is(FOG, "4.0")
    assert len(spot.told) == 1
    assert "A fade of light.spot ends: no power" in caplog.text


async def test_what_is_unavailable_is_left_out(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    hass.states.async_set(SPOT, "unavailable")
    await hub_kit.act("apply", states={SPOT: {"brightness": 5}, FOG: {"value": 4}})
    await hub_kit.state_is(FOG, "4.0")
    assert not spot.told


@pytest.mark.parametrize(
    ("entity_id", "state", "attributes", "wanted"),
    [
        ("light.odd", "on", {"brightness": "bright", "rgb_color": "red"}, "brightness"),
        ("light.odd", "on", {"rgb_color": [1, None, 2], "supported_features": "all"}, "color"),
        ("cover.odd", "open", {"current_position": "half"}, "position"),
        ("media_player.odd", "playing", {"volume_level": float("nan")}, "volume"),
        ("number.odd", "much", {"min": "low", "max": [1]}, "value"),
    ],
)  # fmt: skip
async def test_what_others_write_keeps_no_fade(
    hass: HomeAssistant,
    spot: Spot,
    hub_kit: HubKit,
    entity_id: str,
    state: str,
    attributes: dict[str, Any],
    wanted: str,
) -> None:
    """Attributes that are not what they should be are not known; all else fades."""
    await hub_kit.light("wash-1", state={"brightness": 0})
    hass.states.async_set(entity_id, state, attributes)
    value = "#00ff00" if wanted == "color" else 1
    await hub_kit.act(
        "apply",
        transition=0.3,
        states={entity_id: {wanted: value}, "wash-1": {"brightness": 100}},
    )
    await soon(lambda: hub_kit.domain.entities["wash-1"].state["brightness"] == 100)


async def test_what_is_due_waits_for_what_comes_later(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    """Home Assistant loads integrations side by side: at our start, others' entities are not there yet."""
    at = dt_util.now() + timedelta(seconds=1)
    await hub_kit.act("apply", states={FOG: {"value": 5}}, at=at.isoformat())
    later = dt_util.now() + timedelta(days=1)
    await hub_kit.act("apply", states={FOG: {"value": 7}}, at=later.isoformat())
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    fog = hass.states.get(FOG)
    assert fog
    hass.states.async_remove(FOG)
    er.async_get(hass).async_remove(FOG)
    await asyncio.sleep(1.1)
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(hub_kit.entry.entry_id)
    # Started again before it was complete: nothing is lost.
    await hub_kit.act("apply", states={CURTAIN: {"position": 9}}, at=later.isoformat())
    await hub_kit.reload()
    hass.states.async_set(FOG, fog.state, fog.attributes)
    hass.set_state(CoreState.running)
    sent = async_mock_service(hass, "input_number", "set_value")
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await soon(lambda: [call.data["value"] for call in sent] == [5])
    fader = hub_kit.entry.runtime_data.manager(CuesManager).lists.fader
    assert fader.waiting == 2


async def test_users_choose_them_and_clients_do_not(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit, hass_read_only_user: MockUser
) -> None:
    with pytest.raises(Unauthorized):
        await hub_kit.act(
            "apply",
            Context(user_id=hass_read_only_user.id),
            states={SPOT: {"brightness": 0}},
        )
    clients = CueClients(hub_kit.entry.runtime_data.manager(CuesManager).lists)
    fields: dict[str, Any] = {
        "name": "Act 1",
        "cues": [{"states": {SPOT: {"brightness": 0}}}],
    }
    with pytest.raises(InvalidField, match=SPOT):
        clients.put(fields)
    await hub_kit.act("save_cue_list", **fields)
    assert clients.put({**fields, "min_interval": 1})
    with pytest.raises(InvalidField, match=FOG):
        clients.put({**fields, "safe": {FOG: {"value": 0}}})


async def test_what_is_set_now_is_kept_of_them_too(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    """A cue captures what other integrations have, and brings it back."""
    select = {"look": {"options": ["Day", "Night"], "initial": "Night"}}
    assert await async_setup_component(hass, "input_select", {"input_select": select})
    on = {"haze": {"initial": True}}
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": on})
    await hub_kit.light("wash-1", state={"brightness": 30})
    kept = {
        SPOT: {"brightness": 100.0, "color": "#ff0000"},
        FOG: {"value": 0.0},
        CURTAIN: {"position": 0.0},
        FOH: {"volume": 100.0},
        "input_select.look": {"option": "Night"},
        "input_boolean.haze": {"on": True},
    }
    await hub_kit.act(
        "capture_cue", slug="wash-1", entities=list(kept), cue_list="Act 1"
    )
    lists = await hub_kit.ask("get_cue_lists")
    states = lists["Act 1"]["cues"][0]["states"]
    assert states.pop("wash-1")["brightness"] == 30
    assert states == kept

    await hub_kit.call("light.turn_off", SPOT)
    await hub_kit.call("input_boolean.turn_off", "input_boolean.haze")
    await hub_kit.call("input_select.select_option", "input_select.look", option="Day")
    await hub_kit.act("go", cue_list="Act 1")
    await hub_kit.state_is("input_boolean.haze", "on")
    await hub_kit.state_is("input_select.look", "Night")
    await soon(lambda: brightness(hass) == 255)


async def test_white_light_stays_white(hass: HomeAssistant, hub_kit: HubKit) -> None:
    """It is told as a color as well, which would take its place."""
    white = {
        "color_mode": "color_temp",
        "brightness": 51,
        "color_temp_kelvin": 3000,
        "rgb_color": (255, 180, 107),
    }
    hass.states.async_set("light.foyer", "on", white)
    sent = async_mock_service(hass, "light", "turn_on")
    await hub_kit.act("capture_cue", entities="light.foyer", cue_list="Act 1")
    lists = await hub_kit.ask("get_cue_lists")
    (cue,) = lists["Act 1"]["cues"]
    assert cue["states"] == {"light.foyer": {"brightness": 20.0, "temperature": 3000}}
    hass.states.async_set("light.foyer", "off", {})
    await hub_kit.act("go", cue_list="Act 1")
    await soon(lambda: len(sent) == 1)
    assert sent[0].data["color_temp_kelvin"] == 3000
    assert sent[0].data["brightness"] == 51


async def test_what_cannot_be_set_is_not_captured(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    hass.states.async_set("sensor.heat", "21")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("capture_cue", entities="sensor.heat", cue_list="Act 1")
    assert refused.value.translation_key == "wrong_target"
    hass.states.async_set(SPOT, "unavailable")
    with pytest.raises(ServiceValidationError):
        await hub_kit.act("capture_cue", entities=SPOT, cue_list="Act 1")


async def _restart(hass: HomeAssistant, hub_kit: HubKit, *late: str) -> dict[str, Any]:
    """Start Maestra anew, before these are there; returns how they were."""
    await hass.config_entries.async_unload(hub_kit.entry.entry_id)
    were = {entity_id: hass.states.get(entity_id) for entity_id in late}
    for entity_id in late:
        hass.states.async_remove(entity_id)
        er.async_get(hass).async_remove(entity_id)
    await hass.config_entries.async_setup(hub_kit.entry.entry_id)
    return were


async def test_what_comes_after_a_restart_joins_the_fade(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    await hub_kit.light("wash-1", state={"brightness": 0})
    states = {"wash-1": {"brightness": 100}, FOG: {"value": 10}}
    await hub_kit.act(
        "save_cue_list", name="Act 1", cues=[{"states": states, "transition": 3}]
    )
    await hub_kit.act("go", cue_list="Act 1")
    were = await _restart(hass, hub_kit, FOG)
    wash = hub_kit.domain.entities["wash-1"]
    await soon(lambda: wash.state["brightness"] not in (0, 100))
    sent = async_mock_service(hass, "input_number", "set_value")
    hass.states.async_set(FOG, were[FOG].state, were[FOG].attributes)
    await soon(lambda: len(sent) >= 2)
    # It fades for the rest of the time, and does not jump.
    assert sent[0].data["value"] < 10
    await soon(lambda: sent[-1].data["value"] == 10)
    assert wash.state["brightness"] == 100


async def test_what_comes_after_the_fade_is_set_at_once_unless_another_moved_it(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    cues = [
        {"states": {FOG: {"value": 10}, CURTAIN: {"position": 80}}, "transition": 0.5},
        {"states": {FOG: {"value": 4}}},
    ]
    await hub_kit.act("save_cue_list", name="Act 1", cues=cues)
    await hub_kit.act("go", cue_list="Act 1")
    were = await _restart(hass, hub_kit, FOG, CURTAIN)
    await asyncio.sleep(0.6)
    fog = async_mock_service(hass, "input_number", "set_value")
    curtain = async_mock_service(hass, "cover", "set_cover_position")
    hass.states.async_set(CURTAIN, were[CURTAIN].state, were[CURTAIN].attributes)
    await soon(lambda: [call.data["position"] for call in curtain] == [80])
    # Known again, but without power: it comes later than the next cue.
    hass.states.async_set(FOG, "unavailable", were[FOG].attributes)
    await hub_kit.act("go", cue_list="Act 1")
    hass.states.async_set(FOG, were[FOG].state, were[FOG].attributes)
    await soon(lambda: [call.data["value"] for call in fog] == [4])


async def test_what_does_not_come_is_named(
    hass: HomeAssistant,
    spot: Spot,
    hub_kit: HubKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(fader, "LATEST", 0.3)
    cue = {"states": {FOG: {"value": 10}}, "transition": 60}
    await hub_kit.act("save_cue_list", name="Act 1", cues=[cue])
    await hub_kit.act("go", cue_list="Act 1")
    were = await _restart(hass, hub_kit, FOG)
    await soon(lambda: f"left out of what goes on: {FOG}" in caplog.text)
    sent = async_mock_service(hass, "input_number", "set_value")
    hass.states.async_set(FOG, were[FOG].state, were[FOG].attributes)
    await asyncio.sleep(0.5)
    assert sent == []


async def test_panic_leaves_nothing_to_join(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    cue = {"states": {FOG: {"value": 10}}, "transition": 60}
    await hub_kit.act("save_cue_list", name="Act 1", cues=[cue])
    await hub_kit.act("go", cue_list="Act 1")
    were = await _restart(hass, hub_kit, FOG)
    await hub_kit.act("panic", cue_list="Act 1")
    sent = async_mock_service(hass, "input_number", "set_value")
    hass.states.async_set(FOG, were[FOG].state, were[FOG].attributes)
    await asyncio.sleep(0.5)
    assert sent == []


async def test_what_joins_a_paused_fade_waits_with_it(
    hass: HomeAssistant, spot: Spot, hub_kit: HubKit
) -> None:
    cue = {"states": {FOG: {"value": 10}}, "transition": 2}
    await hub_kit.act("save_cue_list", name="Act 1", cues=[cue])
    await hub_kit.act("go", cue_list="Act 1")
    await hub_kit.act("pause_cues", cue_list="Act 1")
    were = await _restart(hass, hub_kit, FOG)
    sent = async_mock_service(hass, "input_number", "set_value")
    hass.states.async_set(FOG, were[FOG].state, were[FOG].attributes)
    await asyncio.sleep(0.5)
    assert sent == []
    await hub_kit.act("resume_cues", cue_list="Act 1")
    await soon(lambda: bool(sent) and sent[-1].data["value"] == 10)
