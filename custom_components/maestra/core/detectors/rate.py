"""Finds when a series changes by much in a short time."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import operator
from typing import override

from ..domain.json_values import JsonObject
from ..domain.reading import Reading
from .detector import NONE, Detection, Detector, Option, Settings

RISE = "rise"
DROP = "drop"


@dataclass(slots=True)
class Held:
    """A value, and from when until when it was that; None while it still is."""

    value: float
    since: datetime
    until: datetime | None = None


class Extreme:
    """The lowest, or highest, value that a series had within a sliding window."""

    __slots__ = ("_beats", "_held")

    def __init__(self, beats: Callable[[float, float], bool]) -> None:
        """Know no value; `beats` tells whether a value takes the place of an older one."""
        self._beats = beats
        self._held: deque[Held] = deque()

    def put(self, held: Held, begin: datetime) -> Held:
        """Add the newest value, forget those that were gone before `begin`; returns the extreme."""
        known, beats = self._held, self._beats
        while known and beats(held.value, known[-1].value):
            known.pop()
        known.append(held)
        while (until := known[0].until) is not None and until <= begin:
            known.popleft()
        return known[0]

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()


class Rate(Detector):
    """The value has risen, or dropped, by so much within the window. Then it begins anew, from the new value."""

    kind = "rate"
    title = "Rate"
    event_types = (RISE, DROP)
    options = (
        Option(key="change", default=10, low=1e-9, high=1e12),
        Option(key="window", default=60, low=1, high=86_400, unit="s"),
    )

    def __init__(self, series: str, settings: Settings) -> None:
        """Know nothing yet."""
        super().__init__(series, settings)
        self._change, self._window = self._number("change"), self._seconds("window")
        self._lowest = Extreme(operator.le)
        self._highest = Extreme(operator.ge)
        self._newest: Held | None = None

    @property
    @override
    def memory(self) -> timedelta:
        """The window, and once more what may have begun it anew."""
        return self._window * 2

    @override
    def _take(self, reading: Reading) -> Sequence[Detection]:
        time, value = reading.time, reading.value
        held = Held(value, time)
        if self._newest is not None:
            self._newest.until = time
        self._newest = held
        begin = time - self._window
        lowest = self._lowest.put(held, begin)
        highest = self._highest.put(held, begin)
        if value - lowest.value >= self._change:
            return self._detection(RISE, lowest, held)
        if highest.value - value >= self._change:
            return self._detection(DROP, highest, held)
        return NONE

    def _detection(self, event_type: str, then: Held, now: Held) -> list[Detection]:
        # A value that stayed for long began to change when it was last the same.
        start = max(then.since, now.since - self._window)
        found = self._found(
            event_type,
            start,
            now.since,
            1.0,
            {
                "from": then.value,
                "to": now.value,
                "change": now.value - then.value,
                "seconds": (now.since - start).total_seconds(),
            },
        )
        self._begin(now)
        return found

    def _begin(self, held: Held) -> None:
        for extreme in (self._lowest, self._highest):
            extreme.clear()
            extreme.put(held, held.since)

    @override
    def restore(self, saved: JsonObject) -> None:
        """Go on from the last value; the window before it is not kept."""
        super().restore(saved)
        if self.cursor is not None:
            self._newest = Held(self.level, self.cursor)
            self._begin(self._newest)
