"""Finds when a series stays above or below a limit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import override

from ..domain.errors import InvalidField
from ..domain.json_values import JsonObject
from ..domain.reading import Reading
from .detector import NONE, Detection, Detector, Option, Settings, as_time

ABOVE = "above"
BELOW = "below"


class Threshold(Detector):
    """The value is above, or below, its limit, and stays there for a while.

    It is told once; again when the value was back by the hysteresis. Between two readings the value is the first one's.
    """

    kind = "threshold"
    title = "Threshold"
    event_types = (ABOVE, BELOW)
    options = (
        Option(key=ABOVE, default=None, low=-1e12, high=1e12, is_optional=True),
        Option(key=BELOW, default=None, low=-1e12, high=1e12, is_optional=True),
        Option(key="hold", default=0, low=0, high=86_400, unit="s"),
        Option(key="hysteresis", default=0, low=0, high=1e12),
    )

    def __init__(self, series: str, settings: Settings) -> None:
        """Know nothing yet; raises InvalidField where there is no limit, or where both hold at once."""
        super().__init__(series, settings)
        self._above, self._below = self.settings[ABOVE], self.settings[BELOW]
        if self._above is None and self._below is None:
            raise InvalidField(field=ABOVE, reason="is needed, or below")
        if (
            self._above is not None
            and self._below is not None
            and self._below > self._above
        ):
            raise InvalidField(field=BELOW, reason="must not be more than above")
        self._hold = self._seconds("hold")
        self._hysteresis = self._number("hysteresis")
        self._side: str | None = None
        self._since: datetime | None = None
        # The value that crossed the limit; None once that is told.
        self._crossed: float | None = None

    @property
    @override
    def memory(self) -> timedelta:
        """How long a value has to stay."""
        return self._hold

    @property
    @override
    def due(self) -> datetime | None:
        """When the value has stayed for long enough."""
        if self._crossed is None or self._since is None:
            return None
        return self._since + self._hold

    @override
    def advance(self, now: datetime) -> Sequence[Detection]:
        """Tell of a value that has stayed until now."""
        due, since, side = self.due, self._since, self._side
        if due is None or now < due or since is None or side is None:
            return NONE
        value, self._crossed = self._crossed, None
        metadata: JsonObject = {"value": value, "limit": self.settings[side]}
        return self._found(side, since, due, 1.0, metadata)

    @override
    def _take(self, reading: Reading) -> Sequence[Detection]:
        # Until now the value was the one before.
        found = self.advance(reading.time) if self._crossed is not None else NONE
        side = self._side_of(reading.value)
        if side == self._side:
            return found
        self._side, self._since = side, reading.time if side else None
        self._crossed = reading.value if side else None
        if side and not self._hold:
            return [*found, *self.advance(reading.time)]
        return found

    def _side_of(self, value: float) -> str | None:
        """Return on which side a value is; one that is not quite back still is where it was."""
        is_told = self._side is not None and self._crossed is None
        above, below = self._above, self._below
        slack = self._hysteresis if is_told else 0
        if above is not None and (
            value > above or (self._side == ABOVE and is_told and value > above - slack)
        ):
            return ABOVE
        if below is not None and (
            value < below or (self._side == BELOW and is_told and value < below + slack)
        ):
            return BELOW
        return None

    @override
    def snapshot(self) -> JsonObject:
        """Return where the value is, too."""
        return super().snapshot() | {
            "side": self._side,
            "since": self._since.isoformat() if self._since else None,
            "crossed": self._crossed,
        }

    @override
    def restore(self, saved: JsonObject) -> None:
        """Go on there."""
        super().restore(saved)
        side, crossed = saved.get("side"), saved.get("crossed")
        self._side = side if isinstance(side, str) else None
        self._since = as_time(saved.get("since"))
        self._crossed = crossed if isinstance(crossed, float | int) else None
