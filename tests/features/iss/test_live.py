"""The station as cards follow it, from a feed over a real WebSocket."""

from datetime import datetime, timedelta
from math import cos, radians, sin

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.iss.catalogue import STATE_VECTOR
from custom_components.maestra.core.iss.orbit import sidereal_angle
from custom_components.maestra.features.iss.live import AROUND, LOOK_INTERVAL
from homeassistant.core import HomeAssistant

from ...kits.forms import add_iss
from ...kits.lightstreamer import TANK, Feed, station_time
from ...kits.live import Follow
from .conftest import PROCESSOR

pytestmark = pytest.mark.usefixtures("socket_enabled")


def fly(feed: Feed, moment: datetime, longitude: float = 10) -> None:
    """Let the station be above the equator, on its way north."""
    angle = sidereal_angle(moment) + radians(longitude)
    vector = (6_790 * cos(angle), 6_790 * sin(angle), 0.0, 0.0, 0.0, 7_660.0)
    for channel, value in zip(STATE_VECTOR, vector, strict=True):
        feed.put(channel, TimeStamp=station_time(moment), Value=str(value))


async def test_signal_channels_and_the_way(
    hass: HomeAssistant, feed: Feed, ready: MockConfigEntry, follow: Follow
) -> None:
    fly(feed, utcnow())
    subentry = await add_iss(hass, ready, feed, TANK, PROCESSOR, position=True)
    card = await follow("iss")
    await card.push()
    things = await card.until(
        lambda things: (
            things.get("station")
            and things["station"]["signal"] == "acquired"
            and all(map(things.get, (TANK, PROCESSOR, "track")))
        )
    )
    station = things["station"]
    assert (station["feed"], station["connected"]) == (subentry.subentry_id, True)
    assert station["has_position"]
    processor, tank = station["channels"]
    assert (tank["team"], tank["unit"], tank["legend"]) == ("ETHOS", "%", None)
    assert processor["legend"]["32"] == "Standby"
    assert things[TANK]["value"] == 19
    assert (things[TANK]["text"], things[TANK]["color"]) == ("19 %", "Green")
    assert things[PROCESSOR]["text"] == "Standby"
    assert things["position"]["longitude"] == pytest.approx(10, abs=0.5)
    assert 400 < things["position"]["altitude"] < 420

    points = things["track"]["points"]
    now = utcnow().timestamp()
    assert points[0][0] < now - AROUND.total_seconds() + 120
    assert points[-1][0] > now + AROUND.total_seconds() - 120
    assert [point[0] for point in points] == sorted(point[0] for point in points)
    _, latitude, longitude = min(points, key=lambda point: abs(point[0] - now))
    assert abs(latitude) < 6
    assert longitude == pytest.approx(10, abs=5)

    feed.measure(TANK, "21")
    await card.until(lambda things: things[TANK]["value"] == 21)


async def test_its_channels_have_the_entities_that_show_them(
    hass: HomeAssistant, feed: Feed, ready: MockConfigEntry, follow: Follow
) -> None:
    await add_iss(hass, ready, feed, TANK)
    card = await follow("iss")
    things = await card.until(lambda things: {"station", TANK} <= things.keys())
    (tank,) = things["station"]["channels"]
    assert tank["entity_id"] == (
        "sensor.iss_environment_and_life_support_urine_tank_qty"
    )
    assert things["position"] is None
    assert things["track"] is None


async def test_a_feed_that_comes_later(
    hass: HomeAssistant, feed: Feed, ready: MockConfigEntry, follow: Follow
) -> None:
    card = await follow("iss")
    other = await follow("iss", feed="nobody")
    await card.push()
    await other.push()
    assert card.things == other.things == {"station": None}

    await add_iss(hass, ready, feed, TANK)
    async_fire_time_changed(hass, utcnow() + LOOK_INTERVAL + timedelta(seconds=1))
    await card.until(lambda things: things["station"])
    assert other.things == {"station": None}


async def test_an_old_vector_tells_nothing_of_now(
    hass: HomeAssistant, feed: Feed, ready: MockConfigEntry, follow: Follow
) -> None:
    fly(feed, utcnow() - timedelta(hours=4))
    await add_iss(hass, ready, feed, TANK, position=True)
    card = await follow("iss")
    await card.push()
    things = await card.until(lambda things: things.get("position"))
    assert things.get("track") is None
