"""How time is cut into buckets."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
import enum
from typing import Final, override
from zoneinfo import ZoneInfo

from ..domain.errors import InvalidField

ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Where buckets begin unless told otherwise: at whole hours and days of UTC."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SHORTEST: Final = timedelta(milliseconds=1)
LONGEST: Final = timedelta(days=3660)
_WEEK: Final = timedelta(days=7)

# What a number of buckets shorter than a day is rounded to, so that buckets stay where they are while a chart moves on.
_STEPS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
        *(1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800),
        *(3600, 7200, 10800, 14400, 21600, 28800, 43200),
    )
)


class Period(enum.StrEnum):
    """What the calendar calls a bucket. A week begins on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Buckets(ABC):
    """A way to cut time. Buckets include their beginning and not their end."""

    sql: str
    """The beginning of the bucket that `{time}` is in, with two parameters `{first}` and `{second}`."""

    @property
    @abstractmethod
    def arguments(self) -> tuple[object, object]:
        """What the parameters of `sql` are."""

    @property
    @abstractmethod
    def width(self) -> float | str:
        """Seconds, or the name of the period."""

    @abstractmethod
    def floor(self, moment: datetime) -> datetime:
        """Return the beginning of the bucket that a moment is in, in UTC."""

    @abstractmethod
    def next(self, beginning: datetime) -> datetime:
        """Return the beginning of the bucket after this one, in UTC."""

    @abstractmethod
    def count(self, start: datetime, end: datetime) -> int:
        """Return how many buckets there can be, at most."""

    @abstractmethod
    def fits(self, width: timedelta, start: datetime, end: datetime) -> bool:
        """Whether none of its boundaries cuts through a row of this width, aligned to UTC."""

    @abstractmethod
    def coarsened(self, width: timedelta) -> Buckets:
        """Return the nearest way to cut that fits rows of this width, itself where days of a zone come nearest."""

    def covering(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """Return a range widened to whole buckets."""
        last = self.floor(end)
        return self.floor(start), end if last == end else self.next(last)


@dataclass(frozen=True)
class FixedBuckets(Buckets):
    """Buckets that are equally long."""

    length: timedelta
    origin: datetime = ORIGIN
    sql = "date_bin(${first}::interval, {time}, ${second}::timestamptz)"

    def __post_init__(self) -> None:
        """Refuse what no bucket can be."""
        if not SHORTEST <= self.length <= LONGEST:
            raise InvalidField(
                field="width", reason="must be a millisecond to ten years"
            )

    @property
    @override
    def arguments(self) -> tuple[object, object]:
        return self.length, self.origin

    @property
    @override
    def width(self) -> float | str:
        return self.length.total_seconds()

    @override
    def floor(self, moment: datetime) -> datetime:
        return (moment - (moment - self.origin) % self.length).astimezone(UTC)

    @override
    def next(self, beginning: datetime) -> datetime:
        return beginning + self.length

    @override
    def count(self, start: datetime, end: datetime) -> int:
        first, last = self.covering(start, end)
        return (last - first) // self.length

    @override
    def fits(self, width: timedelta, start: datetime, end: datetime) -> bool:
        return not self.length % width and not (self.origin - ORIGIN) % width

    @override
    def coarsened(self, width: timedelta) -> Buckets:
        return FixedBuckets(-(-self.length // width) * width)


@dataclass(frozen=True)
class CalendarBuckets(Buckets):
    """Days, weeks or months of a time zone, however long they are."""

    period: Period
    zone: ZoneInfo
    sql = "date_trunc(${first}::text, {time}, ${second}::text)"

    @property
    @override
    def arguments(self) -> tuple[object, object]:
        return self.period.value, self.zone.key

    @property
    @override
    def width(self) -> float | str:
        return self.period.value

    @override
    def floor(self, moment: datetime) -> datetime:
        day = moment.astimezone(self.zone).date()
        if self.period is Period.WEEK:
            day -= timedelta(days=day.weekday())
        if self.period is Period.MONTH:
            day = day.replace(day=1)
        return _midnight(day, self.zone)

    @override
    def next(self, beginning: datetime) -> datetime:
        day = beginning.astimezone(self.zone).date()
        if self.period is Period.MONTH:
            return _midnight(
                (day.replace(day=1) + timedelta(days=31)).replace(day=1), self.zone
            )
        return _midnight(day + _PERIOD_DAYS[self.period], self.zone)

    @override
    def count(self, start: datetime, end: datetime) -> int:
        first, last = self.covering(start, end)
        return -(-(last - first) // (_PERIOD_DAYS[self.period] - HOUR))

    @override
    def fits(self, width: timedelta, start: datetime, end: datetime) -> bool:
        return _fits(self.zone, width, start, end)

    @override
    def coarsened(self, width: timedelta) -> Buckets:
        return self


@dataclass(frozen=True)
class LocalDays(Buckets):
    """Some days of a time zone each, however long they are; counted from the beginning of 2000."""

    days: int
    zone: ZoneInfo
    sql = "date_bin(${first}::interval, {time} AT TIME ZONE ${second}::text, timestamp '2000-01-01') AT TIME ZONE ${second}::text"

    @property
    @override
    def arguments(self) -> tuple[object, object]:
        return self.days * DAY, self.zone.key

    @property
    @override
    def width(self) -> float | str:
        return (self.days * DAY).total_seconds()

    @override
    def floor(self, moment: datetime) -> datetime:
        day = moment.astimezone(self.zone).date()
        return _midnight(day - (day - ORIGIN.date()) % (self.days * DAY), self.zone)

    @override
    def next(self, beginning: datetime) -> datetime:
        day = beginning.astimezone(self.zone).date()
        return _midnight(day + self.days * DAY, self.zone)

    @override
    def count(self, start: datetime, end: datetime) -> int:
        first, last = (
            moment.astimezone(self.zone).date() for moment in self.covering(start, end)
        )
        return (last - first) // (self.days * DAY)

    @override
    def fits(self, width: timedelta, start: datetime, end: datetime) -> bool:
        return _fits(self.zone, width, start, end)

    @override
    def coarsened(self, width: timedelta) -> Buckets:
        return self


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


_PERIOD_DAYS: Final = {
    Period.DAY: DAY,
    Period.WEEK: _WEEK,
    Period.MONTH: 28 * DAY,
}
"""The shortest that each can be, clock changes aside."""


def buckets_for(
    start: datetime, end: datetime, count: int, zone: ZoneInfo
) -> FixedBuckets | LocalDays:
    """Return buckets of a round width, days being those of a zone, so that not more than `count` are as long as the range."""
    wanted = (end - start) / count
    if wanted > DAY / 2:
        return LocalDays(min(-(-wanted // DAY), LONGEST // DAY), zone)
    return FixedBuckets(next(step for step in _STEPS if step >= wanted))


def _fits(zone: tzinfo, width: timedelta, start: datetime, end: datetime) -> bool:
    """Whether no midnight in a range cuts through a row of this width, aligned to UTC."""
    weeks = range((end - start) // _WEEK + 1)
    moments = [*(start + _WEEK * week for week in weeks), end]
    return not any(
        (moment.astimezone(zone).utcoffset() or timedelta()) % width
        for moment in moments
    )
