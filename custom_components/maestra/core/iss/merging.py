"""From the updates of a subscription to complete readings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from .catalogue import meaning_of
from .events import ReadingTaken
from .times import StationClock, read_value
from .tlcp import Malformed, Values, merge

FIELDS: Final = (
    "TimeStamp",
    "Value",
    "CalibratedData",
    "Status.Class",
    "Status.Indicator",
    "Status.Color",
)
MAX_TEXT: Final = 255
"""Characters of a text that are kept."""


class MergedItems:
    """The state of each item of a subscription, kept from one session to the next."""

    def __init__(self, channels: Sequence[str]) -> None:
        """Know nothing of any channel yet; the order is that of the subscription."""
        self.latest: dict[str, ReadingTaken] = {}
        """The latest reading of each channel."""
        self._channels = tuple(channels)
        self._values: list[Values | None] = [None] * len(channels)
        self._read: list[Values | None] = [None] * len(channels)
        self._clock = StationClock()

    def begin(self) -> None:
        """A session begins: its first update of each item is how that is, not what has changed."""
        self._values = [None] * len(self._channels)

    def take(self, number: int, text: str, now: datetime) -> ReadingTaken | None:
        """Merge one update of an item, counted from 1.

        Returns the complete reading. None where the item has no value, or where the state at the beginning
        of a session is that at the end of the one before. Raises Malformed.
        """
        at = number - 1
        if not 0 <= at < len(self._channels):
            raise Malformed("item")
        known = self._values[at]
        values = self._values[at] = merge(known, text, len(FIELDS))
        is_live = known is not None
        if not is_live and values == self._read[at]:
            return None
        hours, number_text, calibrated, status_class, indicator, color = values
        if (value := read_value(number_text)) is None:
            return None
        channel = self._channels[at]
        self._read[at] = values
        reading = self.latest[channel] = ReadingTaken(
            channel,
            value,
            calibrated[:MAX_TEXT] if calibrated else meaning_of(channel, value) or "",
            self._clock.time(hours, now),
            (status_class or "")[:MAX_TEXT],
            (indicator or "")[:MAX_TEXT],
            (color or "")[:MAX_TEXT],
            is_live,
        )
        return reading
