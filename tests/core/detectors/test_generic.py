"""Thresholds, trends and rates on any series, and what all detectors have in common."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import math
from typing import Any

from hypothesis import given, settings, strategies as st
import orjson
import pytest

from custom_components.maestra.core.detectors.catalogue import DETECTORS
from custom_components.maestra.core.detectors.detector import Detection, Detector
from custom_components.maestra.core.detectors.feeds import normal_series, stored_series
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.reading import Reading
from scripts.catalogue import STORE_CATALOGUE

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
SERIES = "ha:sensor.power"
SETTINGS: dict[str, dict[str, float]] = {
    "peebot": {},
    "threshold": {"above": 30, "below": 10, "hold": 20, "hysteresis": 2},
    "trend": {"change": 5, "window": 60, "fit": 0.5},
    "rate": {"change": 5, "window": 30},
}


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def make(kind: str, **given: float) -> Detector:
    return DETECTORS[kind](SERIES, given or SETTINGS[kind])


def feed(detector: Detector, pairs: Iterable[tuple[float, float]]) -> list[Detection]:
    """Take seconds and values."""
    return [
        found
        for second, value in pairs
        for found in detector.take(Reading(SERIES, value, at(second)))
    ]


def told(found: Iterable[Detection]) -> list[tuple[str, float]]:
    """Return types, and seconds at which they began."""
    return [
        (one.event_type, (one.detected_at - BEGIN).total_seconds()) for one in found
    ]


# Thresholds.


def test_a_limit_is_crossed_once() -> None:
    detector = make("threshold", above=100, hysteresis=10)
    pairs = [(0, 90), (1, 101), (2, 120), (3, 95), (4, 105), (5, 89), (6, 101)]
    assert told(feed(detector, pairs)) == [("above", 1), ("above", 6)]


def test_it_must_stay() -> None:
    detector = make("threshold", below=10, hold=60)
    assert feed(detector, [(0, 5), (30, 15), (40, 4)]) == []
    assert detector.due == at(100)
    assert list(detector.advance(at(99))) == []
    (found,) = detector.advance(at(100))
    assert (found.event_type, found.detected_at, found.until) == (
        "below",
        at(40),
        at(100),
    )
    assert found.metadata == {"value": 4, "limit": 10}
    assert detector.due is None


def test_between_two_readings_it_is_the_first() -> None:
    """A series that is told when it changes has stayed, although the next value is back."""
    detector = make("threshold", above=10, hold=60)
    assert told(feed(detector, [(0, 15), (90, 5)])) == [("above", 0)]


def test_both_limits() -> None:
    detector = make("threshold", above=30, below=10)
    pairs = [(0, 20), (1, 31), (2, 9), (3, 40)]
    assert told(feed(detector, pairs)) == [("above", 1), ("below", 2), ("above", 3)]


@pytest.mark.parametrize(
    "wrong",
    [{"above": 10, "below": 20}, {"hold": 5}, {"above": 1e15}, {"above": "x"}],
)
def test_settings_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        make("threshold", **wrong)


# Rates.


def test_a_quick_change() -> None:
    detector = make("rate", change=10, window=60)
    pairs = [(0, 50), (50, 54), (100, 59), (150, 70), (160, 71), (170, 60)]
    assert told(feed(detector, pairs)) == [("rise", 90), ("drop", 160)]


def test_a_value_counts_until_the_next_one() -> None:
    """After an hour of silence it still was what it was."""
    detector = make("rate", change=10, window=60)
    (found,) = feed(detector, [(0, 50), (3600, 61)])
    assert found.detected_at == at(3540)
    assert found.metadata["change"] == 11


def test_a_slow_change_is_none() -> None:
    detector = make("rate", change=10, window=60)
    assert feed(detector, [(10 * n, n) for n in range(200)]) == []


# Trends.


def test_a_steady_change() -> None:
    detector = make("trend", change=5, window=600, fit=0.8)
    found = feed(detector, [(10 * n, 20 + n * 0.2) for n in range(60)])
    assert {one.event_type for one in found} == {"rising"}
    assert found[0].confidence == 1
    assert found[0].metadata["per_hour"] == pytest.approx(72)
    falling = make("trend", change=5, window=600, fit=0.8)
    (first, *_) = feed(falling, [(10 * n, 20 - n * 0.2) for n in range(60)])
    assert first.event_type == "falling"


def test_noise_and_jumps_are_no_trend() -> None:
    assert feed(make("trend"), [(n, n % 2 * 10) for n in range(500)]) == []
    assert feed(make("trend"), [(n, 20) for n in range(500)]) == []


def test_sums_stay_exact() -> None:
    """After many readings of a large number it still sees a small change."""
    detector = make("trend", change=0.5, window=60, fit=0.8)
    assert feed(detector, [(n, 1e6) for n in range(25_000)]) == []
    found = feed(detector, [(25_000 + n, 1e6 + n * 0.02) for n in range(60)])
    assert [one.event_type for one in found] == ["rising"]


# All of them.

VALUES = st.lists(
    st.tuples(
        st.floats(min_value=0.1, max_value=90),
        st.integers(min_value=0, max_value=40).map(float),
    ),
    max_size=60,
)


def timed(steps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    second, found = 0.0, []
    for step, value in steps:
        second += round(step, 3)
        found.append((second, value))
    return found


@pytest.mark.parametrize("kind", DETECTORS)
@given(steps=VALUES)
@settings(max_examples=60, deadline=None)
def test_events_never_overlap_and_time_never_changes_them(
    kind: str, steps: list[tuple[float, float]]
) -> None:
    """Whether a timer asks in between, or the next reading decides, is the same."""
    pairs = timed(steps)
    found = feed(make(kind), pairs)
    asked = make(kind)
    with_timers: list[Detection] = []
    for second, value in pairs:
        with_timers += asked.advance(at(second - 0.0005))
        with_timers += feed(asked, [(second, value)])
    assert with_timers == found
    assert all(before.until <= after.detected_at for before, after in pairwise(found))


@pytest.mark.parametrize("kind", ["peebot", "threshold", "trend"])
@given(steps=VALUES, cut=st.integers(min_value=0, max_value=60))
@settings(max_examples=60, deadline=None)
def test_a_restart_changes_nothing(
    kind: str, steps: list[tuple[float, float]], cut: int
) -> None:
    pairs = timed(steps)
    whole = feed(make(kind), pairs)
    first, second = make(kind), make(kind)
    found = feed(first, pairs[:cut])
    second.restore(first.snapshot())
    assert told([*found, *feed(second, pairs[cut:])]) == told(whole)


@pytest.mark.parametrize("kind", DETECTORS)
def test_what_is_not_newer_changes_nothing(kind: str) -> None:
    detector = make(kind)
    feed(detector, [(0, 20), (100, 21), (200, 20)])
    known = detector.snapshot()
    assert feed(detector, [(200, 99), (-100, 0)]) == []
    assert detector.snapshot() == known


# Series.


@pytest.mark.parametrize(
    ("name", "kind", "address"),
    [
        ("iss:NODE3000005", "telemetry", ("NODE3000005",)),
        (" ha:sensor.power ", "ha", ("sensor.power",)),
        ("entity:foyer.people", "entity", ("foyer", "people")),
        ("entity:foyer.position.x", "entity", ("foyer", "position.x")),
        ("qs:esp32-01/temperature", "event", ("esp32-01", "temperature")),
        ("metric:AA:01/rssi", "metric", ("AA:01", "rssi")),
        ("f2:7/01", "datapoint", ("7", "1")),
    ],
)
def test_series(name: str, kind: str, address: tuple[str, ...]) -> None:
    series = stored_series(STORE_CATALOGUE.feeds, name)
    assert (series.kind.name, series.address) == (kind, address)
    assert (
        stored_series(STORE_CATALOGUE.feeds, normal_series(STORE_CATALOGUE.feeds, name))
        == series
    )


@pytest.mark.parametrize(
    "name",
    ["", "power", "iss:", "nobody:x", "ha:power", "entity:foyer", "f2:x/1", "qs:/t"],
)
def test_what_is_no_series(name: str) -> None:
    with pytest.raises(InvalidField):
        stored_series(STORE_CATALOGUE.feeds, name)


# Numbers.

EXTREMES = [0.0, 1e-300, 20.0, 1e9, 1e100, 1e150, 1e154, 1e200, 1.7e308]
extremes = st.sampled_from(EXTREMES + [-value for value in EXTREMES]) | st.floats()


def numbers(value: Any) -> Iterable[Any]:
    """All that is in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    else:
        yield value


@pytest.mark.parametrize("kind", DETECTORS)
@settings(max_examples=200)
@given(readings=st.lists(st.tuples(st.floats(0.5, 40), extremes), max_size=40))
def test_whatever_is_read_nothing_is_found_that_is_no_number(
    kind: str, readings: list[tuple[float, float]]
) -> None:
    """Not in an event, not in what is saved, and it goes on."""
    detector = make(kind, **(SETTINGS[kind] | ({"fit": 0} if kind == "trend" else {})))
    second, found = 0.0, []
    for wait, value in readings:
        second += wait
        found += feed(detector, [(second, value)])
    found += detector.advance(at(second + 10_000))
    for one in found:
        assert one.confidence is None or 0 <= one.confidence <= 1
        for value in numbers(dict(one.metadata)):
            assert not isinstance(value, float) or math.isfinite(value)
            assert not isinstance(value, str) or "n" not in value.lower()[:4]
    saved = detector.snapshot()
    for value in numbers(saved):
        assert not isinstance(value, float) or math.isfinite(value)
    make(kind).restore(orjson.loads(orjson.dumps(saved)))


def test_one_reading_beyond_all_sense_is_no_trend() -> None:
    detector = make("trend", change=5, window=60, fit=0.5)
    steady = [(float(n), 20 + n % 2) for n in range(60)]
    assert feed(detector, [*steady, (60, 1e200)]) == []
    rising = feed(detector, [(61.0 + n, 20 + n) for n in range(60)])
    assert {one.event_type for one in rising} == {"rising"}


@pytest.mark.parametrize("kind", DETECTORS)
def test_what_was_saved_may_lack_anything(kind: str) -> None:
    detector = make(kind)
    detector.restore({})
    assert (detector.readings, detector.events, detector.cursor) == (0, 0, None)
