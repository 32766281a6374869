"""What nobody could take, kept for people to look at and to try again."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from ..domain.clock import parse_time, wire_time
from .codec import Malformed
from .events import DeadLetter

MAX_DEAD_LETTERS: Final = 200
MAX_KEPT: Final = 16_000
"""Characters of a payload."""
MAX_ERROR: Final = 300


class DeadLetters:
    """The newest dead letters by their ids."""

    def __init__(self) -> None:
        """Start empty."""
        self._letters: OrderedDict[str, DeadLetter] = OrderedDict()
        self.total = 0
        """How many there have been."""

    def __iter__(self) -> Iterator[DeadLetter]:
        """Iterate over a copy, the newest first."""
        return iter(list(reversed(self._letters.values())))

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._letters)

    def get(self, letter_id: str) -> DeadLetter | None:
        """Return one that is kept, or None."""
        return self._letters.get(letter_id)

    def add(
        self,
        malformed: Malformed,
        *,
        gateway: str,
        topic: str,
        timestamp: datetime,
        total: int,
        stored: int,
    ) -> DeadLetter:
        """Keep one; `make_room` comes before."""
        letter = DeadLetter(
            id=uuid4().hex,
            timestamp=timestamp,
            gateway=gateway,
            topic=topic,
            device_id=malformed.device_id,
            error=malformed.error[:MAX_ERROR],
            payload=malformed.payload[:MAX_KEPT],
            is_cut=len(malformed.payload) > MAX_KEPT,
            index=malformed.index,
            total=total,
            stored=stored,
        )
        self.total += 1
        self._letters[letter.id] = letter
        return letter

    def make_room(self) -> str | None:
        """Forget the oldest where no further one may be kept; returns its id."""
        if len(self._letters) < MAX_DEAD_LETTERS:
            return None
        return self._letters.popitem(last=False)[0]

    def discard(self, letter_id: str) -> None:
        """Forget one that was put right."""
        self._letters.pop(letter_id, None)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over one that was kept as JSON; it is the newest."""
        timestamp = parse_time(saved["timestamp"])
        letter = DeadLetter(**{**saved, "timestamp": timestamp})
        self._letters[letter.id] = letter


def letter_as_dict(letter: DeadLetter) -> dict[str, Any]:
    """Return a dead letter as JSON."""
    return {**asdict(letter), "timestamp": wire_time(letter.timestamp)}
