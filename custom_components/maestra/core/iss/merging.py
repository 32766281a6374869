"""From the updates of a subscription to complete readings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final

import orjson

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


MAX_TOLD: Final = 256
"""Readings of one time that are told apart by what they say; beyond, each is a new one."""
_NEW_ID: Final = blake2b(digest_size=16)


class MergedItems:
    """The state of each item of a subscription, kept from one session to the next."""

    def __init__(self, channels: Sequence[str], feed: str = "") -> None:
        """Know nothing of any channel yet; the order is that of the subscription. `feed` is that of the readings."""
        self.latest: dict[str, ReadingTaken] = {}
        """The latest reading of each channel."""
        self._channels = tuple(channels)
        self._feed = feed
        self._values: list[Values | None] = [None] * len(channels)
        self._read: list[Values | None] = [None] * len(channels)
        # The digests of what each item said since its TimeStamp is what it is.
        self._told: list[set[bytes]] = [set() for _ in channels]
        self._clock = StationClock()

    def begin(self) -> None:
        """A session begins: its first update of each item is how that is, not what has changed."""
        self._values = [None] * len(self._channels)

    def take(self, number: int, text: str, now: datetime) -> ReadingTaken | None:
        """Merge one update of an item, counted from 1.

        Returns the complete reading. None where the item has no value, or where it says what it said last, in this
        session or the one before. Raises Malformed; then the item is not known any more, until it is told as a whole.
        """
        at = number - 1
        if not 0 <= at < len(self._channels):
            raise Malformed("item")
        known, self._values[at] = self._values[at], None
        values = self._values[at] = merge(known, text, len(FIELDS))
        is_live = known is not None
        if values == self._read[at]:
            return None
        hours, number_text, calibrated, status_class, indicator, color = values
        if (value := read_value(number_text)) is None:
            return None
        channel = self._channels[at]
        id_ = self._id(at, values, now)
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
            id_,
            self._feed,
        )
        return reading

    def forget(self, numbers: Iterable[int]) -> None:
        """Wait until these items, counted from 1, are told as a whole."""
        for number in numbers:
            self._values[number - 1] = None

    def _id(self, at: int, values: Values, now: datetime) -> str:
        """Return what a reading is recognised by: its feed, channel, TimeStamp and content.

        What comes back under the same TimeStamp is another reading: it has its arrival too.
        """
        last, told = self._read[at], self._told[at]
        if last is None or values[0] != last[0]:
            told.clear()
        # A copy takes less than a new one.
        hashed = _NEW_ID.copy()
        hashed.update(orjson.dumps((self._channels[at], self._feed, values)))
        digest = hashed.digest()
        if digest in told or len(told) >= MAX_TOLD:
            hashed.update(now.isoformat().encode())
            digest = hashed.digest()
        else:
            told.add(digest)
        return digest.hex()
