"""Times at which cues and changes are due: of the clock, or of the show."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
import re
from typing import Any, Final, Self

from ..domain.errors import InvalidField

RECHECK: Final = 30.0
"""Seconds after which a long wait looks at the clock again: it may have been put right, or the machine have slept."""
MISSED_AFTER: Final = timedelta(hours=1)
"""So late after a restart nothing is done any more that was due meanwhile."""
FURTHEST: Final = timedelta(days=366)
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_SHOW: Final = re.compile(r"\+(?:(\d{1,2}):)?([0-5]?\d):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class At:
    """`20:15` or `20:15:30` of the clock, the next time that it is; `+1:02:30` or `+2:30` after the show began."""

    text: str
    clock: time | None = None
    show: timedelta | None = None

    @classmethod
    def from_wire(cls, value: Any, field: str = "at") -> Self:
        """Read one; raises InvalidField."""
        text = value.strip() if isinstance(value, str) else ""
        if found := _CLOCK.fullmatch(text):
            hours, minutes, seconds = (int(it or 0) for it in found.groups())
            return cls(text, clock=time(hours, minutes, seconds))
        if found := _SHOW.fullmatch(text):
            hours, minutes, seconds = (int(it or 0) for it in found.groups())
            since = timedelta(hours=hours, minutes=minutes, seconds=seconds)
            return cls(text, show=since)
        raise InvalidField(
            field=field, reason='must be text such as "20:15" or "+1:02:30"'
        )

    def due(
        self, now: datetime, zone: tzinfo, show_began: datetime | None
    ) -> datetime | None:
        """Return when that is, in UTC as `now`; None for a time of a show that has not begun."""
        if self.show is not None:
            return None if show_began is None else show_began + self.show
        assert self.clock is not None
        today = now.astimezone(zone).date()
        for day in (today, today + timedelta(days=1)):
            # In the hour that comes twice it is the first.
            moment = datetime.combine(day, self.clock, zone).astimezone(now.tzinfo)
            if moment > now:
                break
        return moment
