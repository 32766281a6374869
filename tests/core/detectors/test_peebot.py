"""PeeBot: the vectors of iss.md §5, and what upstream gets wrong."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.maestra.core.detectors.detector import Detection
from custom_components.maestra.core.detectors.peebot import (
    BULK_TRANSFER,
    URINATION,
    PeeBot,
)
from custom_components.maestra.core.domain.reading import Reading
from scripts.simulators.station import DRAIN, EPISODE, TANK_LEVEL

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = BEGIN + timedelta(days=1)
SERIES = "iss:NODE3000005"


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def read(text: str) -> list[Reading]:
    """Read `19@0 20@5`: levels and seconds."""
    pairs = (word.split("@") for word in text.split())
    return [Reading(SERIES, float(level), at(float(time))) for level, time in pairs]


def feed(bot: PeeBot, readings: Iterable[Reading]) -> Iterator[Detection]:
    for reading in readings:
        yield from bot.take(reading)


def find(text: str, **settings: float) -> list[Detection]:
    """Feed a new detector, and let time pass."""
    bot = PeeBot(SERIES, settings)
    found = list(feed(bot, read(text)))
    return [*found, *bot.advance(LATER)]


@pytest.mark.parametrize(
    ("text", "end", "levels", "net", "confidence"),
    [
        ("19@0 20@5 21@10 22@15 22@25 22@40 22@70", 25, ("19", "22"), "3", 0.67),
        (
            "19@0 20@5 21@10 20@15 21@18 22@22 22@30 22@55",
            30,
            ("19", "22"),
            "3",
            0.66,
        ),
        ("27@0 28@5 29@10 30@17 30@25 30@60", 25, ("27", "30"), "3", 0.61),
        ("19@0 20@10 21@20", 20, ("19", "21"), "2", 0.35),
        ("19@0 20@10 21@20 21@35 20@50 20@75", 20, ("19", "21"), "2", 0.53),
        ("22@25 19@0 21@10 20@5 22@40", 25, ("19", "22"), "3", 0.56),
    ],
)
def test_vectors_with_a_fill(
    text: str, end: float, levels: tuple[str, str], net: str, confidence: float
) -> None:
    (found,) = find(text)
    assert found.event_type == URINATION
    assert found.channel == "NODE3000005"
    assert found.detected_at == at(0)
    assert found.confidence == confidence
    said = found.metadata
    assert said["window_start"] == at(0).isoformat()
    assert said["window_end"] == at(end).isoformat()
    assert said["duration_seconds"] == end
    assert (said["tank_level_start"], said["tank_level_end"]) == levels
    assert said["net_delta"] == net
    assert said["peak_value"] == levels[1]
    assert said["channel_id"] == "NODE3000005"


@pytest.mark.parametrize(
    "text",
    [
        "50@0 51@10 50@20 51@30 50@40 51@50",
        "20@0 21@3 20@6 20@30",
        "22@0 21@5 22@10 21@15 20@20 19@25 19@45",
        "19@0 20@10 21@20 19@25 19@40",
        "19@0 20@10 21@20 21@29 19@45",
        "",
        "19@0 22@10",
        " ".join(f"50@{10 * number}" for number in range(10)),
        " ".join(f"33@{5 * number}" for number in range(8)),
    ],
)
def test_vectors_without_a_fill(text: str) -> None:
    assert find(text) == []


def test_a_larger_fill_and_a_longer_proof_are_surer() -> None:
    (small,) = find("19@0 20@10 21@20")
    (large,) = find("19@0 20@10 22@20")
    assert (large.confidence or 0) > (small.confidence or 0)
    (once,) = find("19@0 20@10 21@20 21@30")
    (often,) = find("19@0 20@10 21@20 " + " ".join(f"21@{t}" for t in range(25, 60, 5)))
    assert (often.confidence or 0) > (once.confidence or 0)


def test_a_fill_is_certain_a_minute_after_its_end() -> None:
    """Time alone decides where no reading comes."""
    bot = PeeBot(SERIES, {})
    assert list(feed(bot, read("19@0 20@10 21@20"))) == []
    assert bot.due == at(30)
    assert bot.advance(at(31)) == []
    assert bot.due == at(80)
    assert bot.advance(at(80)) == []
    (found,) = bot.advance(at(80.001))
    assert found.detected_at == at(0)
    assert bot.snapshot()["open"] == []
    assert bot.advance(LATER) == []


def test_every_fill_is_found_once() -> None:
    """Three visits, one of them at the edge of upstream's runs, and none twice."""
    text = (
        "19@0 20@10 21@20 21@60 21@120 22@130 23@140 24@150 24@200 24@290 25@300 27@310"
    )
    found = find(text)
    assert [one.detected_at for one in found] == [at(0), at(120), at(290)]
    assert {one.event_type for one in found} == {URINATION}


def test_a_fill_that_goes_on_is_one() -> None:
    """Upstream would report the rest as more fills."""
    (found,) = find("19@0 20@15 21@30 22@45 23@60 24@75 24@100 24@200")
    assert found.metadata["net_delta"] == "2"
    assert found.metadata["total_rise"] == "5"
    assert found.metadata["total_seconds"] == 75
    assert found.until == at(75)


@pytest.mark.parametrize(
    "text",
    [
        "10@0 20@10 30@20 40@30 40@100 40@200",
        " ".join(f"{10 + number}@{15 * number}" for number in range(41)),
    ],
)
def test_a_transfer_between_tanks_is_something_else(text: str) -> None:
    (found,) = find(text)
    assert found.event_type == BULK_TRANSFER


def test_a_slow_transfer_is_told_by_its_duration() -> None:
    text = " ".join(f"{19 + number}@{14 * number}" for number in range(9))
    assert find(text)[0].event_type == URINATION
    (found,) = find(text, max_duration=60)
    assert found.event_type == BULK_TRANSFER


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("18@-9000 19@-3600 21@0", 0),
        ("18@-9000 19@-3600 20@0 21@20", 0),
        ("18@-9000 19@-3600 20@0 21@20 20@5000", 0),
    ],
)
def test_a_feed_that_tells_changes_only(text: str, start: float) -> None:
    """Where nothing is told, the level is the last that was."""
    (found,) = find(text)
    assert found.detected_at == at(start)
    assert found.metadata["tank_level_start"] == "19"
    assert found.metadata["tank_level_end"] == "21"


def test_what_comes_twice_or_too_late_is_ignored() -> None:
    """A feed tells its last values again whenever it is joined."""
    readings = read("19@0 20@10 21@20 21@50 21@90")
    bot = PeeBot(SERIES, {})
    again = [it for reading in readings for it in (reading, reading)]
    assert len(list(feed(bot, again))) == 1
    assert list(feed(bot, readings)) == []
    assert bot.readings == 5


def test_it_goes_on_after_a_restart() -> None:
    """In the middle of a fill, and with nothing twice."""
    readings = read("19@0 20@10 21@20 21@50 21@90 21@200")
    whole = list(feed(PeeBot(SERIES, {}), readings))
    for cut in range(len(readings) + 1):
        first, second = PeeBot(SERIES, {}), PeeBot(SERIES, {})
        found = list(feed(first, readings[:cut]))
        second.restore(first.snapshot())
        found += feed(second, readings[cut:])
        assert [one.metadata for one in found] == [one.metadata for one in whole]


def test_memory_is_bounded() -> None:
    bot = PeeBot(SERIES, {})
    for number in range(50_000):
        bot.take(Reading(SERIES, 50.0, at(number)))
    assert len(bot._times) < 2_000


def test_what_never_stops_rising_is_told_in_parts() -> None:
    text = " ".join(f"{number}@{5 * number}" for number in range(400))
    found = find(text)
    assert len(found) > 1
    assert {one.event_type for one in found} == {BULK_TRANSFER}


def test_the_played_episodes_are_one_event_each() -> None:
    """What the simulated station tells: visits, and the tank that is emptied after each."""
    levels = {**EPISODE, **DRAIN}
    words = [
        f"{TANK_LEVEL + more}@{300 * number + second}"
        for number in range(3)
        for second, more in levels.items()
    ]
    found = find(" ".join(["19@-200", *words]))
    assert [one.detected_at for one in found] == [at(0), at(300), at(600)]
    assert {one.event_type for one in found} == {URINATION}
    assert {one.confidence for one in found} == {0.73}
    assert {one.metadata["tank_level_end"] for one in found} == {"22"}
