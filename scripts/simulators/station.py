"""Telemetry as the station might send it: an orbit, slow drifts, and an astronaut now and then."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
import math
import random
from typing import Final

from custom_components.maestra.core.iss.catalogue import CATALOGUE, STATE_VECTOR, TIME
from custom_components.maestra.core.iss.channel import Channel

TANK: Final = "NODE3000005"
TANK_LEVEL: Final = 19
# Seconds after an episode begins -> how much is more in the tank: the first vector of iss.md §5.
EPISODE: Final = {0: 0, 5: 1, 10: 2, 15: 3, 25: 3, 40: 3, 55: 3, 70: 3}
DRAIN: Final = {90: 2, 110: 1, 130: 0}
"""The processor takes it all again, so that the next one finds room."""
CHANGES: Final = 60
"""Channels that change each second, beside the clock and the state vector."""
SIGNAL_CLASS: Final = "24"
RADIUS: Final = 6_795.0  # km
SPEED: Final = 7.66  # km/s
INCLINATION: Final = math.radians(51.64)
# What a channel of a unit is about, and how far it goes from there.
USUAL: Final = {
    "°C": (21.0, 2.0), "mmHg": (745.0, 3.0), "%": (55.0, 5.0), "V": (154.0, 4.0), "A": (35.0, 12.0), "kPa": (2_060.0, 20.0),
    "kg": (450_000.0, 0.5), "kg/h": (3_800.0, 30.0), "°": (0.0, 60.0), "°/s": (0.0, 0.06), "rpm": (6_600.0, 2.0), "lb/d": (5.0, 0.3),
}  # fmt: skip
SPECIAL: Final = {
    "USLAB000054": 566.0,
    "NODE3000002": 566.0,
    "USLAB000053": 160.0,
    "NODE3000001": 160.0,
    "USLAB000055": 2.3,
    "NODE3000003": 2.3,
}

type Change = tuple[str, dict[str, str | None]]


def hours_of(moment: datetime) -> str:
    """Return a UTC time as hours of the year; its first day begins at 24."""
    begin = datetime(moment.year, 1, 1, tzinfo=UTC) - timedelta(days=1)
    return f"{(moment - begin) / timedelta(hours=1):.9f}"


class Station:
    """What is measured on board, second by second."""

    def __init__(self, seed: int, episode_every: float, first_episode: float) -> None:
        """Begin at the same place for the same `seed`; times are in seconds from the start."""
        self._random = random.Random(seed)
        self._every = episode_every
        self._first = first_episode
        self._second = 0
        self._channels = [
            channel
            for channel in CATALOGUE.values()
            if channel.id not in {TANK, TIME, *STATE_VECTOR}
        ]

    def snapshot(self, now: datetime) -> Iterator[Change]:
        """Return how everything is."""
        yield from self._always(now)
        yield self._change(TANK, str(TANK_LEVEL), now)
        for channel in self._channels:
            yield self._change(channel.id, self._value(channel), now)

    def tick(self, now: datetime) -> Iterator[Change]:
        """Return what changes in the next second."""
        yield from self._always(now)
        since = (self._second - self._first) % self._every
        if self._second >= self._first and (
            (more := {**EPISODE, **DRAIN}.get(int(since))) is not None
        ):
            yield self._change(TANK, str(TANK_LEVEL + more), now)
        for channel in self._random.sample(self._channels, CHANGES):
            # What has a code seldom changes.
            if channel.legend is None or self._random.random() < 0.02:
                yield self._change(channel.id, self._value(channel), now)
        self._second += 1

    def _always(self, now: datetime) -> Iterator[Change]:
        begin = datetime(now.year, 1, 1, tzinfo=UTC)
        since = now - begin
        _, fields = self._change(TIME, str(int(since.total_seconds() * 1_000)), now)
        day = since.days + 1
        yield TIME, fields | {"CalibratedData": f"{day}/{now:%H:%M:%S}"}
        for channel, value in zip(STATE_VECTOR, state_vector(now), strict=True):
            yield self._change(channel, f"{value:.6f}", now)

    def _change(self, channel: str, value: str, now: datetime) -> Change:
        return channel, {
            "TimeStamp": hours_of(now),
            "Value": value,
            "Status.Class": SIGNAL_CLASS,
            "Status.Indicator": " ",
            "Status.Color": "",
        }

    def _value(self, channel: Channel) -> str:
        if channel.legend is not None:
            return str(self._random.choice(list(channel.legend)))
        middle, width = USUAL.get(channel.unit, (10.0, 3.0))
        middle = SPECIAL.get(channel.id, middle)
        return f"{self._random.gauss(middle, width / 3):.4f}"


def state_vector(now: datetime) -> tuple[float, ...]:
    """Return a point of a round orbit: x, y, z in km, and m/s."""
    angle = (now.timestamp() * SPEED / RADIUS) % math.tau
    cos, sin = math.cos(angle), math.sin(angle)
    tilt, lift = math.cos(INCLINATION), math.sin(INCLINATION)
    place = (RADIUS * cos, RADIUS * sin * tilt, RADIUS * sin * lift)
    speed = (-SPEED * sin, SPEED * cos * tilt, SPEED * cos * lift)
    return (*place, *(part * 1_000 for part in speed))
