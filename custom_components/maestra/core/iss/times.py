"""The station's clock: hours of the year, without the year (iss.md §2)."""

from datetime import UTC, datetime, timedelta
import math
from typing import Final

MOST_HOURS: Final = 24.0 * 368
"""More than the longest year has, and the day before it."""
HALF_A_YEAR: Final = timedelta(days=180)
_NOTHING: Final = timedelta(0)
_HOUR: Final = timedelta(hours=1)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
ACQUIRED_WITHIN: Final = timedelta(hours=0.0015368)


class StationClock:
    """Finds the year that hours belong to: the one that puts them nearest to now."""

    __slots__ = ("_after", "_before", "_begin", "_least", "_most", "_since", "_year")

    def __init__(self) -> None:
        """Look the year up with the first time."""
        self._year = 0
        self._before = self._begin = self._after = self._since = _NEVER
        # What is between so many hours is of this year, for an hour from then on: nearly all that ever comes.
        self._least = self._most = 0.0

    def time(self, text: str | None, now: datetime) -> datetime:
        """Return the time, in UTC, of `day of the year * 24 + hours`; `now` for what is no such number."""
        try:
            hours = float(text or "nan")
        except ValueError:
            return now
        if now.year != self._year or not _NOTHING <= now - self._since < _HOUR:
            self._look_up(now)
        # False for what is not a number too.
        if self._least < hours < self._most:
            return self._begin + timedelta(hours=hours)
        if not 0 <= hours <= MOST_HOURS:
            return now
        elapsed = timedelta(hours=hours)
        found = self._begin + elapsed
        distance = abs(found - now)
        if distance <= HALF_A_YEAR:
            return found
        other = (self._before if found > now else self._after) + elapsed
        return other if abs(other - now) < distance else found

    def _look_up(self, now: datetime) -> None:
        self._year, self._since, self._begin = now.year, now, begin_of(now.year)
        self._before, self._after = map(begin_of, _around(now.year))
        hours, half = hours_of(now), HALF_A_YEAR / _HOUR
        self._least = max(0.0, hours + 2 - half)
        self._most = min(MOST_HOURS, hours - 1 + half)


def begin_of(year: int) -> datetime:
    """Return where a year's hours are counted from: the day before it begins."""
    return datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=1)


def hours_of(moment: datetime) -> float:
    """Return a UTC time as the station's clock has it."""
    return (moment - begin_of(moment.year)) / timedelta(hours=1)


def read_value(text: str | None) -> float | None:
    """Return a value as a number; None for what is none, or not finite."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _around(year: int) -> tuple[int, int]:
    return max(year - 1, 2), min(year + 1, 9998)
