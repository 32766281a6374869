"""The station for cards: its signal, where it is and will be, and its channels as they change."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import probatio

from homeassistant.auth.models import User
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_track_time_interval

from ...const import CONF_CHANNELS, CONF_FEED, CONF_POSITION
from ...core.bus import Unsubscribe, together
from ...core.domain.clock import optional_wire_time, utcnow, wire_time
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.iss.catalogue import CATALOGUE, STATE_VECTOR, TEAMS, channels_of
from ...core.iss.events import ReadingTaken, SignalChanged
from ...core.iss.orbit import StateVector, orbit, vector_of
from ...hub.hub import Hub
from ...hub.live import Live, live_command
from ...hub.permissions import Needs
from .entities import IssUnit
from .link import IssLink

FEED: Final = "feed"
STATION: Final = "station"
POSITION: Final = "position"
TRACK: Final = "track"
INTERVAL: Final = 1.0
"""Seconds between two pushes: dozens of channels change each second."""
TRACK_INTERVAL: Final = timedelta(minutes=1)
LOOK_INTERVAL: Final = timedelta(seconds=5)
"""Between two looks at whether the feed is another one, is connected, and is shown as before."""
AROUND: Final = timedelta(minutes=95)
"""So much of the orbit is told before now and after: a little more than once around."""
OLDEST_VECTOR: Final = timedelta(hours=3)
"""From an older one it is too uncertain where the station is by now."""


class LiveStation:
    """What a feed tells, the first one by default.

    `station` is its signal and what channels it has, `position` where the station was when last heard, `track` its
    way over ground; every other key is the code of a channel, with its latest reading.
    """

    def __init__(self, hub: Hub, _user: User, msg: dict[str, Any]) -> None:
        """Look for the feed later: it may not be there yet."""
        self._hub = hub
        self._feed: str | None = msg.get(FEED)
        self._has_track = False

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        yield STATION
        if link := self._link:
            yield from (POSITION, TRACK, *_channels(link))

    def show(self, key: str) -> JsonObject | None:
        """Return one of them; None for what is not known, and for all of a feed that is not there."""
        link = self._link
        if link is None:
            return None
        match key:
            case "station":
                return self._station(link)
            case "position":
                return _position(link)
            case "track":
                track = _track(link)
                self._has_track = track is not None
                return track
            case _:
                return _reading(link.gateway.latest(key))

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with what is new."""
        bus = self._hub.domain.bus

        def taken(reading: ReadingTaken) -> None:
            link = self._link
            if link is None or reading.feed != link.data.get(CONF_FEED, ""):
                return
            if reading.channel in STATE_VECTOR:
                changed(POSITION)
                if not self._has_track:
                    changed(TRACK)
            if reading.channel in link.data[CONF_CHANNELS]:
                changed(reading.channel)

        def signal_changed(_event: SignalChanged) -> None:
            changed(STATION)
            changed(TRACK)

        shown = self.show(STATION)

        @callback
        def look(_now: datetime) -> None:
            nonlocal shown
            before, shown = shown, self.show(STATION)
            if shown != before:
                for key in self:
                    changed(key)

        @callback
        def track_moved(_now: datetime) -> None:
            changed(TRACK)

        return together(
            bus.subscribe(ReadingTaken, taken),
            bus.subscribe(SignalChanged, signal_changed),
            async_track_time_interval(self._hub.hass, look, LOOK_INTERVAL),
            async_track_time_interval(self._hub.hass, track_moved, TRACK_INTERVAL),
        )

    @property
    def _link(self) -> IssLink | None:
        if self._feed is None:
            return self._hub.links.first(IssLink)
        link = self._hub.links.get(self._feed)
        return link if isinstance(link, IssLink) else None

    def _station(self, link: IssLink) -> JsonObject:
        signal = link.gateway.signal
        return {
            "feed": link.id,
            "title": link.title,
            "connected": link.connected,
            "signal": signal.status,
            "since": optional_wire_time(signal.since),
            "has_position": link.data[CONF_POSITION],
            "channels": [self._channel(link, key) for key in _channels(link)],
        }

    def _channel(self, link: IssLink, key: str) -> JsonValue:
        channel = CATALOGUE[key]
        presenter = self._hub.presenter
        shown = presenter.find(IssUnit(link.id, channel.team).id, Platform.SENSOR, key)
        return {
            "id": key,
            "team": channel.team,
            "label": channel.label,
            "unit": channel.unit or None,
            "legend": None
            if channel.legend is None
            else {str(code): meaning for code, meaning in channel.legend.items()},
            "entity_id": presenter.entity_id(shown) if shown else None,
        }


def _channels(link: IssLink) -> list[str]:
    """Return the channels that somebody has picked, by discipline."""
    picked = set(link.data[CONF_CHANNELS])
    return [
        channel.id
        for team in TEAMS
        for channel in channels_of(team)
        if channel.id in picked
    ]


def _reading(reading: ReadingTaken | None) -> JsonObject | None:
    if reading is None:
        return None
    return {
        "value": reading.value,
        "text": reading.text,
        "time": wire_time(reading.time),
        "status": reading.status_indicator.strip(),
        "color": reading.status_color,
    }


def _position(link: IssLink) -> JsonObject | None:
    """Return where the station was when it was last heard: degrees, km, m/s."""
    vector = _vector(link)
    position = vector.position if vector else None
    if position is None:
        return None
    return {
        "time": wire_time(position.time),
        "latitude": round(position.latitude, 3),
        "longitude": round(position.longitude, 3),
        "altitude": round(position.altitude, 1),
        "velocity": round(position.velocity, 1),
    }


def _track(link: IssLink) -> JsonObject | None:
    """Return the way over ground as `[time, latitude, longitude]`: seconds since 1970, and degrees."""
    vector, now = _vector(link), utcnow()
    if vector is None or now - vector.time > OLDEST_VECTOR:
        return None
    way = [
        *reversed(list(orbit(vector, now - AROUND))),
        vector,
        *orbit(vector, now + AROUND),
    ]
    points: list[JsonValue] = [
        [
            round(place.time.timestamp()),
            round(place.latitude, 2),
            round(place.longitude, 2),
        ]
        for each in way
        if (place := each.position)
    ]
    return {"points": points}


def _vector(link: IssLink) -> StateVector | None:
    return vector_of(link.gateway.items.latest) if link.data[CONF_POSITION] else None


ISS_COMMANDS: Final = (
    live_command(
        Live(
            command="iss",
            fields={probatio.Optional(FEED): cv.string},
            needs=Needs.READ,
            view=LiveStation,
            interval=INTERVAL,
        )
    ),
)
"""WebSocket commands."""
