"""From the values of an update to readings (iss.md §2)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.iss.events import ReadingTaken
from custom_components.maestra.core.iss.merging import FIELDS, MAX_TOLD, MergedItems
from custom_components.maestra.core.iss.times import (
    MOST_HOURS,
    StationClock,
    begin_of,
    hours_of,
)
from custom_components.maestra.core.iss.tlcp import Malformed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TANK = "NODE3000005"


def take(*updates: str, channel: str = TANK) -> list[ReadingTaken | None]:
    items = MergedItems([channel])
    return [items.take(1, text, NOW) for text in updates]


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        ("24.0", datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        ("8748.0", datetime(2026, 1, 1, 1, tzinfo=UTC), datetime(2025, 12, 30, 12, tzinfo=UTC)),
        (None, NOW, NOW),
        ("", NOW, NOW),
        ("1e18", NOW, NOW),
        ("nan", NOW, NOW),
        ("-1", NOW, NOW),
        ("soon", NOW, NOW),
        ("24.0", datetime(2025, 12, 31, 23, 59, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        ("8807.5", datetime(2025, 1, 1, 0, 5, tzinfo=UTC), datetime(2024, 12, 31, 23, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_times(hours: str | None, now: datetime, expected: datetime) -> None:
    """The year is the one that puts them nearest to now; what is no time is now."""
    assert StationClock().time(hours, now) == expected


def test_a_recorded_time() -> None:
    """To the tenth of a second."""
    found = StationClock().time("6846.858027", datetime(2025, 10, 12, 7, tzinfo=UTC))
    expected = datetime(2025, 10, 12, 6, 51, 28, 900_000, UTC)
    assert abs(found - expected) < timedelta(milliseconds=10)


@given(
    st.lists(
        st.tuples(
            st.floats(0, MOST_HOURS),
            st.datetimes(
                datetime(2, 1, 3), datetime(9998, 12, 31), timezones=st.just(UTC)
            ),
            # Soon after, and near the edge of half a year before and after.
            st.timedeltas(timedelta(0), timedelta(hours=2)),
            st.floats(-3, 3),
        ),
        min_size=1,
    )
)
def test_the_year_is_the_nearest_of_all(
    times: list[tuple[float, datetime, timedelta, float]],
) -> None:
    clock = StationClock()
    asked = []
    for hours, now, later, off in times:
        asked += [(hours, now), (hours, now + later)]
        for edge in (-180 * 24, 180 * 24):
            near = hours_of(now) + edge + off
            if 0 <= near <= MOST_HOURS:
                asked.append((near, now + later))
    for hours, now in asked:
        years = (now.year, max(now.year - 1, 2), min(now.year + 1, 9998))
        every = [begin_of(year) + timedelta(hours=hours) for year in years]
        nearest = min(every, key=lambda moment: abs(moment - now))
        assert clock.time(repr(hours), now) == nearest


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(days=-150), timedelta(days=150)),
)
def test_times_of_half_a_year_are_found_again(now: datetime, age: timedelta) -> None:
    """Leap years and turns of the year included."""
    moment = now + age
    found = StationClock().time(repr(hours_of(moment)), now)
    assert abs(found - moment) < timedelta(milliseconds=1)
    assert begin_of(moment.year).hour == 0


def test_a_complete_reading() -> None:
    """All fields, as they came."""
    (reading,) = take("24.0|85.5|about 85|Normal|Steady|Green")
    assert reading
    assert (reading.value, reading.text, reading.is_live) == (85.5, "about 85", False)
    assert reading.time == datetime(2026, 1, 1, tzinfo=UTC)
    assert (reading.status_class, reading.status_indicator, reading.status_color) == (
        "Normal",
        "Steady",
        "Green",
    )


def test_only_a_value() -> None:
    """It is of now."""
    (reading,) = take("#|100|#|#|#|#")
    assert reading
    assert (reading.value, reading.time, reading.status_class) == (100.0, NOW, "")


@pytest.mark.parametrize("value", ["#", "$", "not-a-number", "nan", "inf", "1e999"])
def test_without_a_number_there_is_no_reading(value: str) -> None:
    """And nothing is raised."""
    assert take(f"24.0|{value}|#|#|#|#") == [None]


def test_updates_are_complete_readings() -> None:
    """A time or a status that changes alone comes with the value that stays."""
    readings = take(
        "24.0|19|#|24|#|Green",
        "25.0|^5",
        "^3|8|^2",
        "|20|^4",
        "26.0|#|^4",
        "27.0|21|^4",
    )
    shown = [
        reading and (hours_of(reading.time), reading.value, reading.status_class)
        for reading in readings
    ]
    assert shown == [
        (24.0, 19.0, "24"),
        (25.0, 19.0, "24"),
        (25.0, 19.0, "8"),
        (25.0, 20.0, "8"),
        None,
        (27.0, 21.0, "8"),
    ]
    assert [reading.is_live for reading in readings if reading] == [
        False, True, True, True, True,
    ]  # fmt: skip


def test_codes_are_told_as_text() -> None:
    """Where the feed has no text of its own."""
    first, second = take("24.0|16|#|#|#|#", "25.0|17|^4", channel="NODE3000004")
    assert first
    assert second
    assert (first.text, second.text) == ("Normal", "")


def test_what_was_heard_before_a_gap_is_not_told_again() -> None:
    """A session that begins tells how things are; what is new of that is a reading, but of the past."""
    items = MergedItems([TANK])
    full = "24.0|19|#|24|#|#"
    assert items.take(1, full, NOW)
    items.begin()
    assert items.take(1, full, NOW) is None
    items.begin()
    later = items.take(1, full.replace("19", "20"), NOW)
    assert later
    assert not later.is_live
    assert items.latest[TANK] is later
    assert len(full.split("|")) == len(FIELDS)


def ids(*updates: str, feed: str = "") -> list[str | None]:
    items = MergedItems([TANK], feed)
    return [
        reading.id
        for text, second in zip(updates, range(100), strict=False)
        if (reading := items.take(1, text, NOW + timedelta(seconds=second)))
    ]


def test_each_reading_of_one_time_is_another() -> None:
    """A value, a status, and what comes back."""
    changes = ids("24.0|19|#|24|#|#", "|20|^4", "^3|8|^2", "^3|24|^2", "|19|^4")
    assert len(set(changes)) == 5
    # What says the same is the same, in another session too.
    again = ids("24.0|19|#|24|#|#", "|20|^4", "^6", "^3|24|^2")
    assert again == changes[:2]
    assert ids("24.0|20|#|24|#|#") == changes[1:2]


def test_a_reading_of_another_time_or_feed_is_another() -> None:
    full = "24.0|19|#|24|#|#"
    found = {*ids(full), *ids(full, feed="b"), *ids(full.replace("24.0", "25.0"))}
    assert len(found) == 3


def test_a_time_without_end_of_changes_takes_no_memory() -> None:
    """Each is still a reading of its own."""
    updates = ["24.0|0|#|24|#|#", *(f"|{value}|^4" for value in range(1, 300))] * 2
    items = MergedItems([TANK])
    found = [
        items.take(1, text, NOW + timedelta(seconds=second))
        for second, text in enumerate(updates)
    ]
    assert len({reading.id for reading in found if reading}) == len(updates)
    assert len(items._told[0]) <= MAX_TOLD


def test_what_can_not_be_read_is_not_merged_with_what_follows() -> None:
    items = MergedItems([TANK])
    assert items.take(1, "24.0|19|#|24|#|#", NOW)
    with pytest.raises(Malformed):
        items.take(1, "a|b", NOW)
    with pytest.raises(Malformed):
        items.take(1, "|20|^4", NOW)
    whole = items.take(1, "25.0|21|#|24|#|#", NOW)
    assert whole
    assert (whole.value, whole.is_live) == (21, False)
