"""Finds when a series goes up or down steadily."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import inf, isfinite
from typing import Final, override

from ..domain.json_values import JsonObject
from ..domain.reading import Reading
from .detector import NONE, Detection, Detector, Option, Settings, as_float, as_time

RISING: Final = "rising"
FALLING: Final = "falling"
MAX_READINGS: Final = 20_000
"""In memory, however fast they come."""
ADD_UP_AFTER: Final = 10_000
"""Readings after which the sums are made anew: each one taken back leaves a rounding error."""


class Trend(Detector):
    """A line through the readings of the window rises, or falls, by so much, and fits them well (R²).

    The window must be filled by half. Then it begins anew.
    """

    kind = "trend"
    title = "Trend"
    event_types = (RISING, FALLING)
    options = (
        Option(key="change", default=5, low=1e-9, high=1e12),
        Option(key="window", default=600, low=1, high=86_400, unit="s"),
        Option(key="fit", default=0.8, low=0, high=1),
        Option(key="least_readings", default=5, low=3, high=1_000),
    )

    def __init__(self, series: str, settings: Settings) -> None:
        """Know nothing yet."""
        super().__init__(series, settings)
        self._change, self._window = self._number("change"), self._seconds("window")
        self._fit, self._least = self._number("fit"), self._number("least_readings")
        self._readings: deque[tuple[float, float, datetime]] = deque()
        self._origin: datetime | None = None
        self._base = 0.0
        self._added = 0
        self._sums = [0.0] * 5

    @property
    @override
    def memory(self) -> timedelta:
        """The window, and once more what may have begun it anew."""
        return self._window * 2

    @override
    def _take(self, reading: Reading) -> Sequence[Detection]:
        self._put(reading.time, reading.value)
        readings = self._readings
        begin = reading.time - self._window
        while readings[0][2] < begin or len(readings) > MAX_READINGS:
            self._add(*readings.popleft()[:2], sign=-1)
        if self._added >= ADD_UP_AFTER:
            self._add_up()
        if not all(map(isfinite, self._sums)):
            # Its square is beyond all numbers: no line leads through that.
            self._begin(reading.time, reading.value)
            return NONE
        return self._search()

    def _search(self) -> list[Detection]:
        readings = self._readings
        count = len(readings)
        seconds = readings[-1][0] - readings[0][0]
        if count < self._least or seconds * 2 < self._window.total_seconds():
            return NONE
        t, v, tt, tv, vv = self._sums
        spread = tt - t * t / count
        together = tv - t * v / count
        variance = vv - v * v / count
        if spread <= 0 or variance <= 0:
            return NONE
        rise = together / spread * seconds
        fit = min((together / spread) * (together / variance), 1.0)
        # Said so that what is not finite is no trend.
        if not (self._change <= abs(rise) < inf and fit >= self._fit):
            return NONE
        start, until = readings[0][2], readings[-1][2]
        metadata: JsonObject = {
            "from": readings[0][1] + self._base,
            "to": readings[-1][1] + self._base,
            "change": rise,
            "per_hour": rise / seconds * 3600,
            "seconds": seconds,
            "readings_in_window": count,
        }
        event_type = RISING if rise > 0 else FALLING
        found = self._found(event_type, start, until, round(fit, 2), metadata)
        self._begin(until, readings[-1][1] + self._base)
        return found

    def _begin(self, time: datetime, value: float) -> None:
        self._readings.clear()
        self._origin = None
        self._put(time, value)

    def _put(self, time: datetime, value: float) -> None:
        if self._origin is None or not self._readings:
            # Small numbers leave small rounding errors.
            self._origin, self._base = time, value
            self._sums = [0.0] * 5
        seconds = (time - self._origin).total_seconds()
        self._readings.append((seconds, value - self._base, time))
        self._add(seconds, value - self._base, sign=1)

    def _add(self, seconds: float, value: float, *, sign: int) -> None:
        self._added += 1
        sums = self._sums
        sums[0] += sign * seconds
        sums[1] += sign * value
        sums[2] += sign * seconds * seconds
        sums[3] += sign * seconds * value
        sums[4] += sign * value * value

    def _add_up(self) -> None:
        known = [(time, value + self._base) for _, value, time in self._readings]
        self._readings.clear()
        for time, value in known:
            self._put(time, value)
        self._added = 0

    @override
    def snapshot(self) -> JsonObject:
        """Return the newest readings of the window, too."""
        newest = list(self._readings)[-1_000:]
        return super().snapshot() | {
            "window": [
                [time.isoformat(), value + self._base] for _, value, time in newest
            ]
        }

    @override
    def restore(self, saved: JsonObject) -> None:
        """Go on with these."""
        super().restore(saved)
        self._readings.clear()
        self._origin = None
        rows = saved.get("window")
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, list) and (time := as_time(row[0])):
                self._put(time, as_float(row[1]))
