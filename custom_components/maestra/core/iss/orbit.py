"""From the state vector to the point below the station.

The vector is given in the mean equator and equinox of J2000. Precession and the turn of the Earth bring it
into the Earth's frame; nutation (half a kilometre here) and the pole's motion are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import Final

from .catalogue import STATE_VECTOR
from .events import ReadingTaken

# WGS 84.
EQUATOR: Final = 6_378.137  # km
FLATTENING: Final = 1 / 298.257223563
ECCENTRICITY_SQUARED: Final = FLATTENING * (2 - FLATTENING)

J2000: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
CENTURY: Final = 36_525.0  # days
TURN_RATE: Final = 7.292115e-5  # rad/s
APART_AT_MOST: Final = timedelta(seconds=10)
"""Between the parts of a vector: so long a straight line is no worse than half a kilometre."""
NEAREST: Final = 6_500.0
FARTHEST: Final = 7_500.0
"""Kilometres from the centre of the Earth; what is elsewhere is no station."""

type Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the station is: degrees, km above the ellipsoid, m/s in space, and degrees from north over ground."""

    time: datetime
    latitude: float
    longitude: float
    altitude: float
    velocity: float
    track: float


def position_of(latest: Mapping[str, ReadingTaken]) -> Position | None:
    """Return the position at the time of the newest part of the vector; None while parts are missing or too old."""
    parts = [latest.get(channel) for channel in STATE_VECTOR]
    found = [part for part in parts if part and part.value is not None]
    if len(found) != len(STATE_VECTOR):
        return None
    moment = max(part.time for part in found)
    if moment - min(part.time for part in found) > APART_AT_MOST:
        return None
    values = [part.value or 0.0 for part in found]
    speed = values[3:]
    place = [
        value + rate / 1_000 * (moment - part.time).total_seconds()
        for value, rate, part in zip(values[:3], speed, found[:3], strict=True)
    ]
    return position_at(place, speed, moment)


def position_at(
    place: Sequence[float], speed: Sequence[float], moment: datetime
) -> Position | None:
    """Return the position of a state vector in km and m/s; None for one that is no station's."""
    if not NEAREST <= sqrt(sum(part * part for part in place)) <= FARTHEST:
        return None
    x, y, z = _to_earth(place, moment)
    vx, vy, vz = _to_earth([part / 1_000 for part in speed], moment)
    # What stands still in space moves west over ground.
    vx, vy = vx + TURN_RATE * y, vy - TURN_RATE * x
    latitude, longitude, altitude = _geodetic(x, y, z)
    east = -sin(longitude) * vx + cos(longitude) * vy
    north = (
        -sin(latitude) * cos(longitude) * vx
        - sin(latitude) * sin(longitude) * vy
        + cos(latitude) * vz
    )
    return Position(
        time=moment,
        latitude=degrees(latitude),
        longitude=degrees(longitude),
        altitude=altitude,
        velocity=sqrt(sum(part * part for part in speed)),
        track=degrees(atan2(east, north)) % 360,
    )


def sidereal_angle(moment: datetime) -> float:
    """Return the mean sidereal time at Greenwich in radians; UTC stands for UT1."""
    days = (moment - J2000) / DAY
    centuries = days / CENTURY
    return radians(
        (280.46061837 + 360.98564736629 * days + 0.000387933 * centuries**2) % 360
    )


def precession(moment: datetime) -> Vector:
    """Return the angles zeta, z and theta (IAU 1976) from J2000 to a moment, in radians."""
    # Terrestrial time is a minute ahead: nothing in a century.
    t = (moment - J2000) / DAY / CENTURY
    return (
        radians((2306.2181 * t + 0.30188 * t**2 + 0.017998 * t**3) / 3600),
        radians((2306.2181 * t + 1.09468 * t**2 + 0.018203 * t**3) / 3600),
        radians((2004.3109 * t - 0.42665 * t**2 - 0.041833 * t**3) / 3600),
    )


def _to_earth(vector: Sequence[float], moment: datetime) -> Vector:
    zeta, z_angle, theta = precession(moment)
    x, y, z = _about_z(vector, -zeta)
    x, z = cos(theta) * x - sin(theta) * z, sin(theta) * x + cos(theta) * z
    return _about_z((x, y, z), sidereal_angle(moment) - z_angle)


def _about_z(vector: Sequence[float], angle: float) -> Vector:
    """Return a vector in a frame that is turned by an angle."""
    x, y, z = vector
    return (cos(angle) * x + sin(angle) * y, cos(angle) * y - sin(angle) * x, z)


def _geodetic(x: float, y: float, z: float) -> Vector:
    """Return latitude and longitude in radians, and altitude in km (Bowring)."""
    polar = EQUATOR * (1 - FLATTENING)
    ring = hypot(x, y)
    second = ECCENTRICITY_SQUARED / (1 - ECCENTRICITY_SQUARED)
    angle = atan2(z * EQUATOR, ring * polar)
    latitude = atan2(
        z + second * polar * sin(angle) ** 3,
        ring - ECCENTRICITY_SQUARED * EQUATOR * cos(angle) ** 3,
    )
    curve = EQUATOR / sqrt(1 - ECCENTRICITY_SQUARED * sin(latitude) ** 2)
    # Good at the poles too.
    altitude = ring * cos(latitude) + z * sin(latitude) - EQUATOR**2 / curve
    return latitude, atan2(y, x), altitude
