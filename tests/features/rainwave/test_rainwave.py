"""Stations of Rainwave: looked at, shown, and told to productions."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.maestra.const import LINK_REPAIR_AFTER, SUBENTRY_RAINWAVE
from custom_components.maestra.core.production.events import StreamHappening
from custom_components.maestra.core.rainwave.connection import RainwaveConnection
from custom_components.maestra.core.rainwave.stations import read_playing
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.features.rainwave import flow, link as rainwave_link
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.kits.hub import HubKit
from tests.kits.process import HOST
from tests.kits.production import PRODUCTION_ID, as_subentry, production_subentry
from tests.kits.rainwave import Rainwave

pytestmark = pytest.mark.usefixtures("socket_enabled")

SONG = "sensor.radio_song"
ALBUM = "sensor.radio_album"
CONNECTION = "binary_sensor.radio_connection"
STATION = "select.radio_station"
ACTIVE = "switch.radio_active"


@pytest.fixture
async def rainwave(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Rainwave]:
    station = Rainwave()
    port = await station.start()
    make = RainwaveConnection
    backoff = Backoff(first=timedelta(milliseconds=20), most=timedelta(milliseconds=50))
    monkeypatch.setattr(flow, "RAINWAVE", f"http://{HOST}:{port}/api4")
    monkeypatch.setattr(
        rainwave_link,
        "RainwaveConnection",
        lambda http, settings: make(http, settings, backoff=backoff, interval=0.05),
    )
    yield station
    await station.stop()


async def ask(
    kit: HubKit, source: str, data: dict[str, Any], **context: Any
) -> SubentryFlowResult:
    """Fill in the form."""
    flows = kit.hass.config_entries.subentries
    told: Any = {"source": source, **context}
    form = await flows.async_init((kit.entry.entry_id, SUBENTRY_RAINWAVE), context=told)
    if form["type"] is not FlowResultType.FORM:
        return form
    done = await flows.async_configure(form["flow_id"], data)
    await kit.hass.async_block_till_done()
    return done


FORM = {"name": "Radio", "production": PRODUCTION_ID, "station": "covers"}


@pytest.fixture
async def radio(hub_kit: HubKit, rainwave: Rainwave) -> AsyncGenerator[HubKit]:
    """A hub with a production and a station, of an account."""
    hub_kit.hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(production_subentry())
    )
    await hub_kit.settled()
    done = await ask(hub_kit, "user", {**FORM, "user_id": "7", "api_key": "secret"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hub_kit.state_is(CONNECTION, STATE_ON)
    yield hub_kit
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


async def test_songs_are_shown_and_told(radio: HubKit, rainwave: Rainwave) -> None:
    await radio.state_is(SONG, "Ann, Bob - Wind")
    await radio.state_is(ALBUM, "Seasons")
    assert rainwave.asked[-1] == {"sid": "3", "user_id": "7", "key": "secret"}
    told = radio.notified(StreamHappening)
    rainwave.song = {"id": 2, "title": "Rain"}
    await radio.state_is(SONG, "Rain")
    rainwave.tuned_in = True
    await radio.until(lambda: len(told) == 2 or None, "somebody listens")
    rainwave.tuned_in = False
    await radio.until(lambda: len(told) == 3 or None, "nobody listens")
    assert [it.event.type for it in told] == [
        "rainwave.song_changed",
        "rainwave.listening_started",
        "rainwave.listening_stopped",
    ]
    assert told[0].event.data == {
        "song_id": 2,
        "song_title": "Rain",
        "artist": "",
        "album": "",
        "station_id": 3,
        "station_name": "Covers",
        "listening": False,
    }


async def test_it_goes_and_comes_back(radio: HubKit, rainwave: Rainwave) -> None:
    rainwave.status = 503
    await radio.state_is(CONNECTION, STATE_OFF)
    rainwave.status = 200
    await radio.state_is(CONNECTION, STATE_ON)


async def test_station_and_whether_it_is_looked_at_are_chosen(
    radio: HubKit, rainwave: Rainwave
) -> None:
    assert radio.state(STATION).state == "covers"
    await radio.state_is(SONG, "Ann, Bob - Wind")
    told = radio.notified(StreamHappening)
    await radio.hass.services.async_call(
        "select", "select_option", {"entity_id": STATION, "option": "game"}, True
    )
    await radio.state_is(STATION, "game")
    (changed,) = (it for it in told if it.event.type == "rainwave.station_changed")
    assert changed.event.data == {
        "station_id": 1,
        "station_name": "Game",
        "previous_station_id": 3,
        "listening": False,
    }
    await radio.state_is(CONNECTION, STATE_ON)
    assert rainwave.asked[-1] == {"sid": "1", "user_id": "7", "key": "secret"}
    await radio.hass.services.async_call(
        "switch", "turn_off", {"entity_id": ACTIVE}, True
    )
    await radio.state_is(ACTIVE, STATE_OFF)
    await radio.state_is(CONNECTION, STATE_OFF)
    await radio.hass.async_block_till_done()
    asked = len(rainwave.asked)
    # Nobody misses it.
    async_fire_time_changed(radio.hass, dt_util.utcnow() + 2 * LINK_REPAIR_AFTER)
    await radio.hass.async_block_till_done()
    assert not ir.async_get(radio.hass).issues
    assert len(rainwave.asked) == asked
    (id_,) = (
        it.subentry_id for it in radio.entry.get_subentries_of_type(SUBENTRY_RAINWAVE)
    )
    # A form does not switch it on again.
    await ask(radio, "reconfigure", {**FORM, "user_id": "7"}, subentry_id=id_)
    await radio.state_is(ACTIVE, STATE_OFF)
    await radio.hass.services.async_call(
        "switch", "turn_on", {"entity_id": ACTIVE}, True
    )
    await radio.state_is(CONNECTION, STATE_ON)
    await radio.state_is(STATION, "covers")


async def test_it_is_changed_and_keeps_its_key(
    radio: HubKit, rainwave: Rainwave
) -> None:
    (id_,) = (
        it.subentry_id for it in radio.entry.get_subentries_of_type(SUBENTRY_RAINWAVE)
    )
    changed = {**FORM, "station": "game", "user_id": "7"}
    await ask(radio, "reconfigure", changed, subentry_id=id_)
    assert rainwave.asked[-1] == {"sid": "1", "user_id": "7", "key": "secret"}
    assert radio.entry.subentries[id_].data["api_key"] == "secret"


async def test_what_keeps_us_out_is_said(hub_kit: HubKit, rainwave: Rainwave) -> None:
    assert (await ask(hub_kit, "user", FORM))["reason"] == "no_production"
    hub_kit.hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(production_subentry())
    )
    await hub_kit.settled()
    rainwave.status = 403
    form = await ask(hub_kit, "user", FORM)
    assert form["errors"] == {"base": "rainwave_unreachable"}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"sched_current": []},
        {"sched_current": {"songs": []}},
        {"sched_current": {"songs": [{"id": "x"}]}},
    ],
)
def test_what_tells_of_no_song_is_none(answer: Any) -> None:
    assert read_playing(answer) is None


def test_odd_texts_are_cleaned_and_bounded() -> None:
    song: Any = {
        "id": 1,
        "title": "\x1b[31m" + "x" * 999,
        "artists": 5,
        "albums": [None],
    }
    playing = read_playing({"sched_current": {"songs": [song]}, "user": 5})
    assert playing
    assert playing.title == "[31m" + "x" * 296
    assert (playing.artist, playing.album, playing.is_heard) == ("", "", False)
