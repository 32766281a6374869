"""What all detectors have in common: settings, a cursor, and the events that they detect."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
import math
from typing import ClassVar, Final

from ..domain.errors import InvalidField
from ..domain.json_values import JsonObject, JsonValue
from ..domain.reading import Reading
from .feeds import channel_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Something that happened, found in one series: it began at `detected_at` and was over at `until`, both in UTC.

    `channel` is the name of the series; with it, `event_type` and `detected_at` an event is the same one,
    whoever finds it again. `confidence` is from 0 to 1, None where a detector has no measure for it.
    """

    event_type: str
    channel: str
    detected_at: datetime
    until: datetime
    confidence: float | None
    metadata: JsonObject


@dataclass(slots=True, eq=False)
class EventDetected:
    """A detector has found something. `detector` is its id, `stored_type` what the store calls the type of event.

    `is_replay`: it was found in the past, on demand: to be stored, but nothing that happens now.
    """

    detector: str
    detection: Detection
    stored_type: str
    is_replay: bool = False


NONE: Final[list[Detection]] = []
"""Nothing was found; never changed. Most readings tell nothing, and there are many."""

type Settings = Mapping[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Option:
    """A number that the user may set: what it is by default, and its bounds. None is for what need not be set."""

    key: str
    default: float | None
    low: float
    high: float
    unit: str | None = None
    is_optional: bool = False

    def checked(self, value: object) -> float | None:
        """Return a setting, the default where there is none; raises InvalidField."""
        if value is None:
            return self.default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidField(field=self.key, reason="must be a number")
        if not self.low <= value <= self.high:
            raise InvalidField(
                field=self.key, reason=f"must be {self.low:g} to {self.high:g}"
            )
        return float(value)


class Detector(ABC):
    """Follows one series and finds events in it.

    It knows no clock: time is that of the readings, and what `advance` says. So it finds the same in what was
    stored as in what is live. A decision that needs time to pass is announced by `due`.
    """

    kind: ClassVar[str]
    """Its name in the catalogue."""
    title: ClassVar[str]
    """What people call it."""
    event_types: ClassVar[tuple[str, ...]]
    options: ClassVar[tuple[Option, ...]]
    usual_series: ClassVar[str | None] = None
    """What it is made for, if for one series."""
    is_own_type: ClassVar[bool] = False
    """Whether its types of event mean the same whoever finds them, so that they are stored under no detector's name."""

    def __init__(self, series: str, settings: Settings) -> None:
        """Know nothing of the series yet; raises InvalidField."""
        self.series = series
        self.settings = checked(self.options, settings)
        self.cursor: datetime | None = None
        """The time of the newest reading that was taken."""
        self.level: float = math.nan
        """Its value."""
        self.readings = 0
        self.events = 0
        self._channel = channel_of(series)
        self._reported_until: datetime | None = None

    @property
    @abstractmethod
    def memory(self) -> timedelta:
        """How much of the past it has to see, to find in it what it would have found live."""

    @property
    def due(self) -> datetime | None:
        """When a decision can be taken even if no reading comes; None for not before the next one."""
        return None

    def take(self, reading: Reading) -> Sequence[Detection]:
        """Take the next reading; returns what it makes certain.

        What was taken before, comes too late, or is no finite number is ignored.
        """
        if not math.isfinite(reading.value):
            return NONE
        cursor = self.cursor
        if cursor is not None and reading.time <= cursor:
            return self._take_late(reading)
        found = self._take(reading)
        self.cursor, self.level = reading.time, reading.value
        self.readings += 1
        return found

    def advance(self, now: datetime) -> Sequence[Detection]:
        """Take note that all readings up to `now` have come; returns what that makes certain."""
        return NONE

    def snapshot(self) -> JsonObject:
        """Return what has to outlive a restart."""
        return {
            "cursor": _text(self.cursor),
            "level": self.level if self.cursor else None,
            "readings": self.readings,
            "events": self.events,
            "reported_until": _text(self._reported_until),
        }

    def restore(self, saved: JsonObject) -> None:
        """Go on where a snapshot was taken."""
        self.cursor = as_time(saved.get("cursor"))
        self.level = as_float(saved.get("level"))
        self.readings = _count(saved.get("readings"))
        self.events = _count(saved.get("events"))
        self._reported_until = as_time(saved.get("reported_until"))

    @abstractmethod
    def _take(self, reading: Reading) -> Sequence[Detection]:
        """Take a reading that is newer than all others. `cursor` and `level` still are those of the one before."""

    def _take_late(self, _reading: Reading) -> Sequence[Detection]:
        """Take a reading that is not newer than the newest; most detectors can't."""
        return NONE

    def _number(self, key: str) -> float:
        """Return a setting that always has a value."""
        value = self.settings[key]
        assert value is not None
        return value

    def _seconds(self, key: str) -> timedelta:
        return timedelta(seconds=self._number(key))

    def _found(
        self,
        event_type: str,
        start: datetime,
        until: datetime,
        confidence: float | None,
        metadata: JsonObject,
    ) -> list[Detection]:
        """Return an event, unless it overlaps the one that was found before."""
        if self._reported_until is not None and start < self._reported_until:
            return NONE
        self._reported_until = until
        self.events += 1
        return [
            Detection(
                event_type=event_type,
                channel=self._channel,
                detected_at=start,
                until=until,
                confidence=_finite(confidence),
                metadata={name: _finite(value) for name, value in metadata.items()},
            )
        ]


def checked(options: Iterable[Option], settings: Settings) -> dict[str, float | None]:
    """Return all settings, with the defaults for those that are not given; raises InvalidField."""
    return {option.key: option.checked(settings.get(option.key)) for option in options}


def _finite[T](value: T) -> T | None:
    """Return a value, None for a number that is none: the difference of two can be beyond all numbers."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def decimal_text(value: float) -> str | None:
    """Return a number as people write it: 19, 85.5; None where it is beyond all numbers."""
    if not math.isfinite(value):
        return None
    return f"{Decimal(repr(value)).normalize():f}"


def as_time(value: JsonValue) -> datetime | None:
    """Read a saved time."""
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def as_float(value: JsonValue) -> float:
    """Read a saved number; NaN where there is none."""
    return float(value) if isinstance(value, int | float) else math.nan


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0


def _text(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
