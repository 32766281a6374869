"""One thing that waits in the queue of a production, or is shown: what it is, and how much of its time is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final

from ..domain.clock import device_clock, optional_wire_time, wire_time
from ..domain.fields import checked_object
from ..domain.json_values import JsonObject
from .layers import Layer

MAX_DATA_KEYS: Final = 64
MAX_DURATION: Final = 24 * 3_600.0  # seconds
LEAST_REMAINING: Final = 1.0
"""Seconds that what was on before a restart is shown at least."""
_LATEST: Final = "latest_"
# The data of the first of its kind, of the latest, and how many they are.
_MOST_KEYS: Final = 2 * MAX_DATA_KEYS + 1


@dataclass(slots=True, eq=False, kw_only=True)
class Item:
    """Content in the queue. Its time runs while it is on; that of what is extendable from its start on, on or not.

    `duration` is in seconds, 0 until it is removed; `remaining` is as of when its time last stood still. `ends_at` is of
    the queue's clock, None while no time runs.
    """

    id: str
    type: str
    layer: Layer
    priority: int
    duration: float
    data: JsonObject
    added_at: datetime
    number: int
    is_extendable: bool = False
    is_forced: bool = False
    """Whether it is shown though the queue is paused."""
    remaining: float = 0
    started_at: datetime | None = None
    ends_at: float | None = None
    expires_at: datetime | None = None
    """When it goes, for clients that count down; None while its time does not run."""

    @property
    def rank(self) -> tuple[int, int]:
        """What items of a layer are sorted by: the most important first, of those the one that came first."""
        return -self.priority, self.number

    def start(self, now: float, moment: datetime) -> None:
        """Let its time run. `now` is of the queue's clock, `moment` the same in wall-clock time."""
        if self.started_at is None:
            self.started_at = moment
        if self.ends_at is None and self.duration:
            self.ends_at = now + self.remaining
            self.expires_at = moment + timedelta(seconds=self.remaining)

    def put_off(self, now: float) -> None:
        """Let its time stand still; that of what is extendable goes on."""
        if self.ends_at is not None and not self.is_extendable:
            self.remaining = max(self.ends_at - now, 0.0)
            self.ends_at = self.expires_at = None

    def extend(self, data: Mapping[str, Any], now: float, moment: datetime) -> None:
        """Begin its time anew for one more of its kind, of whom `data` tells."""
        count = self.data.get("count")
        first = {
            key: value
            for key, value in self.data.items()
            if not key.startswith(_LATEST)
        }
        # Of the one before it nothing is left: what this one does not say is not known of it.
        self.data = {
            **first,
            **_latest(data),
            "count": count + 1 if isinstance(count, int) else 2,
        }
        self.remaining = self.duration
        if self.ends_at is not None:
            self.ends_at = self.expires_at = None
            self.start(now, moment)

    def to_wire(self) -> JsonObject:
        """Return it as clients see it: times are UTC, durations in seconds."""
        return {
            "id": self.id,
            "type": self.type,
            "layer": self.layer,
            "priority": self.priority,
            "duration": self.duration,
            "data": self.data,
            "added_at": wire_time(self.added_at),
            "started_at": optional_wire_time(self.started_at),
            "expires_at": optional_wire_time(self.expires_at),
        }

    def snapshot(self) -> JsonObject:
        """Return what outlives a restart."""
        return {
            **self.to_wire(),
            "is_extendable": self.is_extendable,
            "is_forced": self.is_forced,
            "remaining": self.remaining,
        }


def _latest(data: Mapping[str, Any]) -> JsonObject:
    return {f"{_LATEST}{key}": value for key, value in data.items()}


def first_data(data: Mapping[str, Any]) -> JsonObject:
    """Return the data of the first of its kind, which is the latest too."""
    return {
        **data,
        **_latest(data),
        "count": 1,
    }


def restored_item(saved: Mapping[str, Any], number: int, moment: datetime) -> Item:
    """Return an item as a snapshot has it, whose time stands still; what is left is told by `moment`, the time now.

    Where the clock was wrong then or is now, it has its whole time. Raises ValueError, KeyError, TypeError, InvalidField.
    """
    duration = min(_positive(saved["duration"]), MAX_DURATION)
    remaining = min(_positive(saved["remaining"]), duration)
    if (expires_at := _moment(saved["expires_at"])) is not None:
        left = (expires_at - moment).total_seconds()
        remaining = duration if left > duration else max(left, LEAST_REMAINING)
    added_at = _moment(saved["added_at"])
    if added_at is None:
        raise ValueError(saved["id"])
    return Item(
        id=str(saved["id"]),
        type=str(saved["type"]),
        layer=Layer(saved["layer"]),
        priority=int(saved["priority"]),
        duration=duration,
        data=checked_object(saved["data"], "data", _MOST_KEYS),
        added_at=added_at,
        number=number,
        is_extendable=bool(saved["is_extendable"]),
        # What was on goes on, though the queue may be paused.
        is_forced=bool(saved["is_forced"]) or expires_at is not None,
        remaining=remaining,
        started_at=_moment(saved["started_at"]),
    )


def _positive(value: Any) -> float:
    number = float(value)
    if not isfinite(number) or number < 0:
        raise ValueError(value)
    return number


def _moment(text: object) -> datetime | None:
    return None if text is None else device_clock(str(text))
