"""What followed an utterance or a cue, how fast, and whether it gets more: pure functions over times (stream-production.md §8)."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

CONTEXT_WINDOW: Final = timedelta(seconds=120)
RESPONSE_WINDOW: Final = timedelta(seconds=10)
LEAST_SPAN: Final = timedelta(minutes=0.1)
"""Of times that have a velocity: what is closer together says nothing about a minute."""
TREND_CHANGE: Final = 0.2
"""The share by which a later part must differ."""
TREND_PARTS: Final = 3
TOP: Final = 10


class Trend(StrEnum):
    """Whether something happens more often than before."""

    RISING = "rising"
    FALLING = "falling"
    STABLE = "stable"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a time, with its words: an utterance, a chat message, a change of state."""

    time: datetime
    text: str = ""
    person: str = ""
    emotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """What followed a cue."""

    cue: Mark
    followed: tuple[Mark, ...]


def within(
    marks: Sequence[Mark], end: datetime, window: timedelta = CONTEXT_WINDOW
) -> Sequence[Mark]:
    """Return those of the window before `end`, `end` itself included. `marks` are in order of time."""
    first = bisect_right(marks, end - window, key=lambda mark: mark.time)
    return marks[first : bisect_right(marks, end, key=lambda mark: mark.time)]


def responses(
    cues: Iterable[Mark], marks: Sequence[Mark], window: timedelta = RESPONSE_WINDOW
) -> list[Response]:
    """Return the cues that were followed by anything within the window after them, each with what followed.

    `marks` are in order of time. What came at the very time of a cue, or earlier, did not follow it.
    """
    found = []
    for cue in cues:
        first = bisect_right(marks, cue.time, key=lambda mark: mark.time)
        end = bisect_right(marks, cue.time + window, key=lambda mark: mark.time)
        if first < end:
            found.append(Response(cue, tuple(marks[first:end])))
    return found


def velocity(times: Sequence[datetime]) -> float:
    """Return how many happened in a minute, over the span from the first to the last; 0 for a span too short to tell.

    `times` are in order.
    """
    if not times:
        return 0.0
    span = times[-1] - times[0]
    if span < LEAST_SPAN:
        return 0.0
    return len(times) / (span / timedelta(minutes=1))


def trend(
    times: Sequence[datetime], end: datetime, window: timedelta = CONTEXT_WINDOW
) -> Trend:
    """Return how the last third of a window compares with the first: 20 % more, or fewer. `times` are in order."""
    start = end - window
    edges = [start + window * part / TREND_PARTS for part in range(TREND_PARTS)]
    first = bisect_left(times, edges[1]) - bisect_left(times, edges[0])
    last = bisect_right(times, end) - bisect_left(times, edges[-1])
    if last > first * (1 + TREND_CHANGE):
        return Trend.RISING
    if last < first * (1 - TREND_CHANGE):
        return Trend.FALLING
    return Trend.STABLE


def top(words: Iterable[str], most: int = TOP) -> dict[str, int]:
    """Return the most frequent words with their counts, the most frequent first; of equals the one that came first."""
    return dict(Counter(words).most_common(most))
