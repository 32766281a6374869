"""From the state vector to the ground."""

from datetime import UTC, datetime, timedelta
from math import atan2, cos, degrees, radians, sin

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.iss.catalogue import STATE_VECTOR
from custom_components.maestra.core.iss.events import ReadingTaken
from custom_components.maestra.core.iss.orbit import (
    EQUATOR,
    GRAVITY,
    StateVector,
    orbit,
    position_at,
    position_of,
    sidereal_angle,
)

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
RADIUS = 6_790.0


def test_sidereal_time() -> None:
    """Meeus, Astronomical Algorithms, example 12.b: 10 April 1987, 19:21 UT is 8h 34m 57.0896s."""
    angle = sidereal_angle(datetime(1987, 4, 10, 19, 21, tzinfo=UTC))
    assert angle == pytest.approx(radians(128.7378734), abs=1e-7)


def test_above_the_equator() -> None:
    """At J2000 there is no precession: the longitude is what the Earth has turned."""
    angle = sidereal_angle(J2000)
    found = position_at(
        (RADIUS * cos(angle), RADIUS * sin(angle), 0.0), (0.0, 0.0, 7_660.0), J2000
    )
    assert found
    assert found.latitude == pytest.approx(0, abs=1e-9)
    assert found.longitude == pytest.approx(0, abs=1e-9)
    assert found.altitude == pytest.approx(RADIUS - EQUATOR)
    assert found.velocity == pytest.approx(7_660)
    # It flies north, the Earth turns below it: over ground it goes a little west.
    assert 356 < found.track < 357


def test_above_a_pole() -> None:
    """The Earth is flat there."""
    found = position_at((0.0, 0.0, RADIUS), (7_660.0, 0.0, 0.0), J2000)
    assert found
    assert found.latitude == pytest.approx(90)
    assert found.altitude == pytest.approx(RADIUS - 6_356.752, abs=0.01)


def test_precession() -> None:
    """Meeus, example 21.b: theta Persei from J2000 to 13.19 November 2028."""
    right, declination = radians(41.054063), radians(49.227750)
    moment = datetime(2028, 11, 13, 4, 33, 36, tzinfo=UTC)
    found = position_at(
        (
            RADIUS * cos(declination) * cos(right),
            RADIUS * cos(declination) * sin(right),
            RADIUS * sin(declination),
        ),
        (0.0, 0.0, 0.0),
        moment,
    )
    assert found
    expected = radians(41.547214) - sidereal_angle(moment)
    assert cos(radians(found.longitude) - expected) == pytest.approx(1, abs=1e-10)
    # Geodetic latitude is a little more than geocentric.
    assert found.latitude == pytest.approx(49.348483 + 0.18, abs=0.03)


@given(
    st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)  # fmt: skip
def test_everywhere(x: float, y: float, z: float, moment: datetime) -> None:
    """What is found is on the globe."""
    found = position_at((x, y, z), (y, z, x), moment)
    shown = found and (
        abs(found.latitude) <= 90,
        abs(found.longitude) <= 180,
        100 < found.altitude < 1_200,
        0 <= found.track <= 360,
    )
    assert shown in (None, (True, True, True, True))


def readings(*ages: float) -> dict[str, ReadingTaken]:
    values = (RADIUS, 0.0, 0.0, 0.0, 7_660.0, 0.0)
    return {
        channel: ReadingTaken(
            channel, value, "", J2000 - timedelta(seconds=age), "24", "", "", True
        )
        for channel, value, age in zip(STATE_VECTOR, values, ages, strict=False)
    }


def test_parts_of_different_times() -> None:
    """They are brought to the time of the newest; a vector that is torn apart is none."""
    together = position_of(readings(0, 0, 0, 0, 0, 0))
    apart = position_of(readings(0, 2, 0, 0, 1, 0))
    assert together
    assert apart
    assert apart.time == J2000
    assert apart.longitude - together.longitude == pytest.approx(0.129, abs=0.001)
    assert position_of(readings(0, 11, 0, 0, 0, 0)) is None
    assert position_of(readings(0, 0, 0)) is None


def launched(inclination: float = 51.64, degree: float = 0.0) -> StateVector:
    """Return the station on a round orbit, so far after it went north over the equator."""
    speed = (GRAVITY / RADIUS) ** 0.5 * 1_000
    along, tilt = radians(degree), radians(inclination)
    return StateVector(
        (
            RADIUS * cos(along),
            RADIUS * sin(along) * cos(tilt),
            RADIUS * sin(along) * sin(tilt),
        ),
        (
            -speed * sin(along),
            speed * cos(along) * cos(tilt),
            speed * cos(along) * sin(tilt),
        ),
        J2000,
    )


def test_an_orbit_there_and_back() -> None:
    """In steps of a minute, which lead back to within a hundred metres."""
    begin = launched()
    there = list(orbit(begin, J2000 + timedelta(hours=3)))
    assert len(there) == 180
    assert there[-1].time == J2000 + timedelta(hours=3)
    back = list(orbit(there[-1], J2000))[-1]
    assert back.time == J2000
    assert back.place == pytest.approx(begin.place, abs=0.1)
    assert back.speed == pytest.approx(begin.speed, abs=0.1)


def test_an_orbit_turns_as_the_earth_is_flat() -> None:
    """The plane of an orbit as high and steep turns west: -9.9639° / (1 - e²)² · (R / a)^3.5 · cos(i) in a day (Vallado)."""
    begin = launched()
    days = 2
    end = list(orbit(begin, J2000 + timedelta(days=days)))[-1]
    (x, y, z), (vx, vy, vz) = end.place, end.speed
    # Across the plane of the orbit; the knot is where it meets that of the equator.
    across = (y * vz - z * vy, z * vx - x * vz, x * vy - y * vx)
    knot = degrees(atan2(across[0], -across[1]))
    turned = -9.9639 * (EQUATOR / RADIUS) ** 3.5 * cos(radians(51.64))
    assert knot == pytest.approx(turned * days, rel=0.01)


def test_an_orbit_that_is_none_ends() -> None:
    """What stands still falls."""
    dropped = StateVector((RADIUS, 0.0, 0.0), (0.0, 0.0, 0.0), J2000)
    path = list(orbit(dropped, J2000 + timedelta(days=1)))
    assert len(path) < 10
    assert list(orbit(dropped, J2000)) == []
