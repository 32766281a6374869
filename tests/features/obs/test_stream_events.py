"""Productions are told what happens in OBS, and are live as it streams."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.maestra.core.obs.connection import ObsConnection
from custom_components.maestra.core.production.events import StreamHappening
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.features.obs import link as obs_link
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import STATE_OFF, STATE_ON
from tests.kits.hub import HubKit
from tests.kits.obs import ObsDouble, obs_double
from tests.kits.production import (
    PRODUCTION_ID,
    as_subentry,
    obs_subentry,
    production_subentry,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

LIVE = "binary_sensor.stage_live"
OTHER_LIVE = "binary_sensor.other_live"
CONNECTION = "binary_sensor.studio_connection"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait five seconds for another attempt."""
    make = ObsConnection
    backoff = Backoff(first=timedelta(milliseconds=20), most=timedelta(milliseconds=50))
    monkeypatch.setattr(
        obs_link,
        "ObsConnection",
        lambda http, settings: make(
            http, settings, backoff=backoff, figures_interval=0.05
        ),
    )


@pytest.fixture
async def obs() -> AsyncGenerator[ObsDouble]:
    async with obs_double() as double:
        yield double


async def add(kit: HubKit, obs: ObsDouble, **data: Any) -> list[StreamHappening]:
    """Give the hub two productions and an OBS; returns what happens from now on."""
    told = kit.notified(StreamHappening)
    described = obs_subentry(obs)
    for subentry in (
        as_subentry(production_subentry()),
        as_subentry(production_subentry(id_="other", title="Other")),
        ConfigSubentry(
            data=MappingProxyType({**described["data"], **data}),
            subentry_id=described["subentry_id"],
            subentry_type=described["subentry_type"],
            title=described["title"],
            unique_id=None,
        ),
    ):
        kit.hass.config_entries.async_add_subentry(kit.entry, subentry)
    await kit.state_is(CONNECTION, STATE_ON)
    return told


def types(told: list[StreamHappening], production: str = PRODUCTION_ID) -> list[str]:
    return [each.event.type for each in told if each.production == production]


async def test_a_production_is_live_as_obs_streams(
    hub_kit: HubKit, obs: ObsDouble
) -> None:
    told = await add(hub_kit, obs)
    assert hub_kit.state(LIVE).state == STATE_OFF
    obs.outputs["Stream"] = True
    obs.output("Stream", "STARTING")
    obs.output("Stream", "STARTED")
    await hub_kit.state_is(LIVE, STATE_ON)
    await hub_kit.state_is(OTHER_LIVE, STATE_ON)
    obs.output("Stream", "RECONNECTING")
    obs.output("Stream", "RECONNECTED")
    obs.tell("CurrentProgramSceneChanged", sceneName="Break")
    obs.outputs["Stream"] = False
    obs.output("Stream", "STOPPING")
    obs.output("Stream", "STOPPED")
    await hub_kit.state_is(LIVE, STATE_OFF)
    assert types(told) == [
        "obs.connection_established",
        "obs.stream_started",
        "obs.scene_changed",
        "obs.stream_stopped",
    ]
    scene = told[4].event.data
    assert (scene["scene_name"], scene["previous_scene"]) == ("Break", "Live")


async def test_one_production_can_be_chosen(hub_kit: HubKit, obs: ObsDouble) -> None:
    told = await add(hub_kit, obs, production=PRODUCTION_ID)
    obs.outputs["Record"] = True
    obs.output("Record", "STARTED")
    obs.outputs["Stream"] = True
    obs.output("Stream", "STARTED")
    await hub_kit.state_is(LIVE, STATE_ON)
    assert hub_kit.state(OTHER_LIVE).state == STATE_OFF
    assert "obs.recording_started" in types(told)
    assert types(told, "other") == []


async def test_what_ended_while_nobody_saw_it_is_not_live(
    hub_kit: HubKit, obs: ObsDouble
) -> None:
    obs.outputs["Stream"] = True
    told = await add(hub_kit, obs)
    await hub_kit.state_is(LIVE, STATE_ON)
    obs.outputs["Stream"] = False
    await hub_kit.reload()
    await hub_kit.state_is(CONNECTION, STATE_ON)
    await hub_kit.state_is(LIVE, STATE_OFF)
    # Who is live by another source stays so.
    await hub_kit.act(
        "report_stream_event", production=PRODUCTION_ID, type="stream.online"
    )
    await hub_kit.reload()
    await hub_kit.state_is(CONNECTION, STATE_ON)
    await hub_kit.settled()
    assert hub_kit.state(LIVE).state == STATE_ON
    assert "obs.stream_started" not in types(told)


async def test_an_obs_that_is_lost_ends_nothing(
    hub_kit: HubKit, obs: ObsDouble
) -> None:
    obs.outputs["Stream"] = True
    told = await add(hub_kit, obs)
    await hub_kit.state_is(LIVE, STATE_ON)
    await obs.kick(1001)
    wanted = [
        f"obs.connection_{part}" for part in ("established", "lost", "established")
    ]
    await hub_kit.until(
        lambda: types(told) == wanted or None, "it is lost, and back again"
    )
    assert hub_kit.state(LIVE).state == STATE_ON
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)
