"""PeeBot: finds fills of the urine tank of the International Space Station (iss.md §5)."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, override

from ..domain.json_values import JsonObject
from ..domain.reading import Reading
from .detector import (
    NONE,
    Detection,
    Detector,
    Option,
    Settings,
    as_float,
    as_time,
    decimal_text,
)

URINATION: Final = "urination"
BULK_TRANSFER: Final = "bulk_transfer"

LONGEST: Final = timedelta(minutes=10)
"""What rises for longer is told of in parts."""
MAX_READINGS: Final = 20_000
"""In memory, however fast they come."""
LEAST_READINGS: Final = 3
"""Before so many were seen on the whole, nothing is known of the tank."""
DONE: Final = 1_024
"""Readings that are over are forgotten so many at a time."""


@dataclass(slots=True)
class Rise:
    """A candidate: the indexes of its window, and how it has gone on up to, and without, the reading at `next`."""

    start: int
    end: int
    settled: datetime
    next: int
    top: int
    stable: int = 0


class PeeBot(Detector):
    """The level rises by some percent within half a minute and does not fall again in the minute after.

    Unlike upstream, the rise is followed to its end, so that each is one event and a transfer between tanks is told
    apart from a visit; and where the feed was silent, the level is the last that it told.
    """

    kind = "peebot"
    title = "PeeBot"
    event_types = (URINATION, BULK_TRANSFER)
    usual_series = "iss:NODE3000005"
    is_own_type = True
    options = (
        Option(key="net_delta", default=2, low=0.001, high=1e6),
        Option(key="detection_window", default=30, low=1, high=3600, unit="s"),
        Option(key="stability_window", default=60, low=1, high=3600, unit="s"),
        Option(key="stability_tolerance", default=1, low=0, high=1e6),
        Option(key="max_rise", default=10, low=0.001, high=1e6),
        Option(key="max_duration", default=180, low=1, high=3600, unit="s"),
    )

    def __init__(self, series: str, settings: Settings) -> None:
        """Know nothing of the tank yet."""
        super().__init__(series, settings)
        self._net = self._number("net_delta")
        self._window = self._seconds("detection_window")
        self._stability = self._seconds("stability_window")
        self._tolerance = self._number("stability_tolerance")
        self._times: list[datetime] = []
        self._levels: list[float] = []
        # The first reading that no window was tried from yet.
        self._first = 0
        self._rise: Rise | None = None
        # All up to here was decided.
        self._closed: datetime | None = None

    @property
    @override
    def memory(self) -> timedelta:
        """The longest rise, and the time around it."""
        return LONGEST + self._window + self._stability

    @property
    @override
    def due(self) -> datetime | None:
        """When the rise is over, if there is one."""
        if (rise := self._rise) is not None:
            return self._quiet_at(rise)
        levels = self._levels[self._first :]
        if levels and levels[-1] - min(levels) >= self._net:
            return self._times[self._first] + self._window
        return None

    @override
    def _take(self, reading: Reading) -> Sequence[Detection]:
        time, level = reading.time, reading.value
        found = self._settle(time)
        # A feed that tells changes only: up to now the level was the last that it told.
        if (
            self.cursor is not None
            and level > self.level
            and time - self.cursor > self._window
        ):
            self._times.append(time)
            self._levels.append(self.level)
        self._times.append(time)
        self._levels.append(level)
        return found

    @override
    def _take_late(self, reading: Reading) -> Sequence[Detection]:
        """Put a reading in its place, as long as nothing was decided beyond it."""
        times, time = self._times, reading.time
        place = bisect_left(times, time, self._first)
        is_known = place < len(times) and times[place] == time
        if is_known or (place == self._first and self._first):
            return NONE
        times.insert(place, time)
        self._levels.insert(place, reading.value)
        self._rise = None
        self.readings += 1
        assert self.cursor is not None
        return self._settle(self.cursor)

    @override
    def advance(self, now: datetime) -> Sequence[Detection]:
        """Decide what can be decided."""
        return self._settle(now)

    @override
    def snapshot(self) -> JsonObject:
        """Return the readings that are not over, too."""
        return super().snapshot() | {
            "open": [
                [time.isoformat(), level]
                for time, level in zip(
                    self._times[self._first :], self._levels[self._first :], strict=True
                )
            ]
        }

    @override
    def restore(self, saved: JsonObject) -> None:
        """Go on with these readings."""
        super().restore(saved)
        self._times, self._levels, self._first, self._rise = [], [], 0, None
        self._closed = self.cursor
        rows = saved.get("open")
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, list) and (time := as_time(row[0])):
                self._times.append(time)
                self._levels.append(as_float(row[1]))

    def _settle(self, now: datetime) -> list[Detection]:
        """Try the window from each reading in turn, as soon as all of it is known."""
        found: list[Detection] = NONE
        times, levels, window = self._times, self._levels, self._window
        while self._first < len(times):
            if self._rise is None:
                first = self._first
                close = times[first] + window
                if now <= close:
                    break
                end = bisect_right(times, close, first) - 1
                if levels[end] - levels[first] < self._net:
                    self._first, self._closed = first + 1, close
                    continue
                settled = times[end] + self._stability
                self._rise = Rise(first, end, settled, end + 1, end)
            is_over = self._follow(self._rise, now)
            if is_over is None:
                break
            rise, self._rise = self._rise, None
            self._closed = self._quiet_at(rise)
            if is_over and self.readings >= LEAST_READINGS:
                self._first = rise.top + 1
                found = [*found, *self._describe(rise)]
            else:
                self._first += 1
        if self._first > DONE:
            self._forget()
        return found

    def _follow(self, rise: Rise, now: datetime) -> bool | None:
        """Return whether the rise has ended well, or as noise (False); None while that is open."""
        times, levels = self._times, self._levels
        floor = levels[rise.end] - self._tolerance
        limit = times[rise.start] + LONGEST
        while rise.next < len(times):
            time, level = times[rise.next], levels[rise.next]
            if time > self._quiet_at(rise) or time > limit:
                return True
            if level < floor:
                return time > rise.settled
            if time <= rise.settled:
                rise.stable += 1
            if level > levels[rise.top]:
                rise.top = rise.next
            rise.next += 1
        is_full = rise.next - rise.start > MAX_READINGS
        return True if is_full or now > self._quiet_at(rise) else None

    def _quiet_at(self, rise: Rise) -> datetime:
        """Return when nothing has risen for long enough."""
        return max(rise.settled, self._times[rise.top] + self._stability)

    def _describe(self, rise: Rise) -> list[Detection]:
        start, end = self._times[rise.start], self._times[rise.end]
        levels = self._levels[rise.start : rise.end + 1]
        net, count = levels[-1] - levels[0], len(levels)
        top_at = self._times[rise.top]
        total = self._levels[rise.top] - levels[0]
        is_bulk = total > self._number("max_rise") or (
            top_at - start > self._seconds("max_duration")
        )
        return self._found(
            BULK_TRANSFER if is_bulk else URINATION,
            start,
            top_at,
            confidence(net, rise.stable, count),
            {
                "window_start": start.isoformat(),
                "window_end": end.isoformat(),
                "duration_seconds": (end - start).total_seconds(),
                "tank_level_start": decimal_text(levels[0]),
                "tank_level_end": decimal_text(levels[-1]),
                "peak_value": decimal_text(max(levels)),
                "net_delta": decimal_text(round(net, 10)),
                "readings_in_window": count,
                "channel_id": self._channel,
                "total_rise": decimal_text(round(total, 10)),
                "total_seconds": (top_at - start).total_seconds(),
            },
        )

    def _forget(self) -> None:
        if self._rise is None:
            del self._times[: self._first], self._levels[: self._first]
            self._first = 0


def confidence(net: float, stable: int, count: int) -> float:
    """Return how sure a fill is: by its size, the readings that confirm it and those that show it."""
    return round(
        0.4 * min(net / 4, 1) + 0.3 * min(stable / 5, 1) + 0.3 * min(count / 6, 1), 2
    )
