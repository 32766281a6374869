"""From the state vector to the point below the station, now and for an orbit around now.

The vector is given in the mean equator and equinox of J2000. Precession and the turn of the Earth bring it
into the Earth's frame; nutation (half a kilometre here) and the pole's motion are left out.

An orbit is computed with the attraction of an Earth that is flat at its poles. What else there is (air, the finer
form of the Earth, Moon and Sun) moves the station by a few kilometres in an orbit; what its engines do nobody knows.
"""

from collections.abc import Iterator, Mapping, Sequence
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

GRAVITY: Final = 398_600.4418  # km³/s²
OBLATENESS: Final = 1.082_626_68e-3
"""How much the flat poles bend an orbit (J2)."""
STEP: Final = timedelta(minutes=1)
"""Between two points of an orbit: the error of a step is less than a metre."""

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


@dataclass(frozen=True, slots=True)
class StateVector:
    """Where the station is (km) and how fast (m/s), in the frame of J2000."""

    place: Vector
    speed: Vector
    time: datetime

    @property
    def position(self) -> Position | None:
        """What is below; None for a vector that is no station's."""
        return position_at(self.place, self.speed, self.time)


def position_of(latest: Mapping[str, ReadingTaken]) -> Position | None:
    """Return the position at the time of the newest part of the vector; None while parts are missing or too old."""
    vector = vector_of(latest)
    return vector.position if vector else None


def vector_of(latest: Mapping[str, ReadingTaken]) -> StateVector | None:
    """Return the vector at the time of its newest part; None while parts are missing or too old."""
    parts = [latest.get(channel) for channel in STATE_VECTOR]
    found = [part for part in parts if part and part.value is not None]
    if len(found) != len(STATE_VECTOR):
        return None
    moment = max(part.time for part in found)
    if moment - min(part.time for part in found) > APART_AT_MOST:
        return None
    values = [part.value or 0.0 for part in found]
    vx, vy, vz = values[3:]
    x, y, z = (
        value + rate / 1_000 * (moment - part.time).total_seconds()
        for value, rate, part in zip(values[:3], (vx, vy, vz), found[:3], strict=True)
    )
    return StateVector((x, y, z), (vx, vy, vz), moment)


def orbit(vector: StateVector, until: datetime) -> Iterator[StateVector]:
    """Yield where the station is each minute from a vector on, up to a time after or before it.

    Ends early where a vector leads nowhere a station could be.
    """
    step = STEP if until >= vector.time else -STEP
    while abs(until - vector.time) >= STEP and _is_station(vector.place):
        vector = _moved(vector, step)
        yield vector


def _moved(vector: StateVector, step: timedelta) -> StateVector:
    """Return the vector a little later (Runge and Kutta, fourth order)."""
    seconds = step.total_seconds()
    place = vector.place
    speed = _added((0.0, 0.0, 0.0), vector.speed, 1 / 1_000)
    pull = _pull(place)
    speed_2 = _added(speed, pull, seconds / 2)
    pull_2 = _pull(_added(place, speed, seconds / 2))
    speed_3 = _added(speed, pull_2, seconds / 2)
    pull_3 = _pull(_added(place, speed_2, seconds / 2))
    speed_4 = _added(speed, pull_3, seconds)
    pull_4 = _pull(_added(place, speed_3, seconds))
    for weight, rate, change in (
        (1, speed, pull),
        (2, speed_2, pull_2),
        (2, speed_3, pull_3),
        (1, speed_4, pull_4),
    ):
        place = _added(place, rate, weight * seconds / 6)
        speed = _added(speed, change, weight * seconds / 6)
    return StateVector(place, _added((0.0, 0.0, 0.0), speed, 1_000), vector.time + step)


def _added(vector: Vector, other: Vector, factor: float) -> Vector:
    x, y, z = vector
    a, b, c = other
    return x + factor * a, y + factor * b, z + factor * c


def _pull(place: Vector) -> Vector:
    """Return the acceleration in km/s². The pole of J2000 stands for that of today, a seventh of a degree away."""
    x, y, z = place
    square = x * x + y * y + z * z
    flat = 1.5 * OBLATENESS * EQUATOR**2 / square
    height = 5 * z * z / square
    central = -GRAVITY / (square * sqrt(square))
    across = central * (1 + flat * (1 - height))
    return x * across, y * across, z * central * (1 + flat * (3 - height))


def position_at(
    place: Sequence[float], speed: Sequence[float], moment: datetime
) -> Position | None:
    """Return the position of a state vector in km and m/s; None for one that is no station's."""
    if not _is_station(place):
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


def _is_station(place: Sequence[float]) -> bool:
    return NEAREST <= sqrt(sum(part * part for part in place)) <= FARTHEST


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
