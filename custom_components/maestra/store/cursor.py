"""Where a page of points ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import math
from typing import Final, Self

from ..domain.errors import InvalidField

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last row of a page, and how many like it were on it or on the pages before.

    Rows are ordered by time, value (a missing one is NaN and comes last) and a mark of their
    text. Rows that are equal in all of it are alike, so that counting them is enough.
    """

    time: datetime
    value: float
    mark: int
    skip: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `after` wrote; raises InvalidField."""
        try:
            time, value, mark, skip = text.split("~")
            cursor = cls(
                time=_EPOCH + timedelta(microseconds=int(time)),
                value=float(value),
                mark=int(mark),
                skip=int(skip),
            )
        except (ValueError, OverflowError) as error:
            raise InvalidField(field="cursor", reason="is not one of ours") from error
        if not 0 <= cursor.skip < 2**62 or not -(2**63) <= cursor.mark < 2**63:
            raise InvalidField(field="cursor", reason="is not one of ours")
        return cursor

    @property
    def row(self) -> tuple[float, int]:
        """What orders the rows of one time."""
        return self.value, self.mark

    def after(
        self,
        times: Sequence[float],
        values: Sequence[float | None],
        marks: Sequence[int],
        end: int,
    ) -> str:
        """Return the cursor behind the first `end` rows of a page that began at this one."""

        def row(index: int) -> tuple[int, str, int]:
            value = values[index]
            return (
                round(times[index] * 1_000_000),
                repr(math.nan if value is None else value),
                marks[index],
            )

        last, alike = row(end - 1), 1
        while alike < end and row(end - 1 - alike) == last:
            alike += 1
        own = ((self.time - _EPOCH) // _MICROSECOND, repr(self.value), self.mark)
        if alike == end and last == own:
            alike += self.skip
        time, value, mark = last
        return f"{time}~{value}~{mark}~{alike}"


START: Final = Cursor(
    time=datetime.min.replace(tzinfo=UTC), value=-math.inf, mark=-(2**63), skip=0
)
"""Before the first row of all."""
