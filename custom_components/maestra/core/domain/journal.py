"""The protocol of whatever makes durable what a message changes, and the messages that are recognised."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, Protocol

RECEIPT_BYTES: Final = 16
MAX_REMEMBERED: Final = 16_384
"""More than the brokers of a few writers have in flight: only such a message comes again."""


class Place(NamedTuple):
    """Where a message stands in a log that several read in turn, each from where another has stopped.

    There is none of this log between `after` and `sequence`, and all up to `floor` are done with.
    """

    log: str
    after: int
    sequence: int
    floor: int = 0


class Receipt(NamedTuple):
    """A message that its sender keeps until it is acknowledged.

    `key` (RECEIPT_BYTES long) is the same when the same message comes again, which `is_duplicate` says it may be. By its
    `place` it is known, in the end, whoever had it first.
    """

    key: bytes
    is_duplicate: bool
    place: Place | None = None


class Journal(Protocol):
    """Knows what is durable of what messages have changed."""

    def take(
        self,
        receipt: Receipt,
        handle: Callable[[], None],
        acknowledge: Callable[[], None],
    ) -> bool:
        """Handle a message, unless that was done when it came before.

        Returns whether `acknowledge` is called later, once all that `handle` published is durable;
        else the message can be acknowledged now.
        """

    def when_durable(
        self, handle: Callable[[], None], on_durable: Callable[[], None]
    ) -> bool:
        """Handle a message that nobody would send again by itself.

        Returns whether there is something to wait for: then `on_durable` is called once all that
        `handle` published is durable, and never where there was no room for it.
        """

    def show(self, handle: Callable[[], None]) -> None:
        """Handle what another one makes durable: no rows are stored of it."""


class Receipts:
    """A bounded set of keys that forgets the oldest."""

    def __init__(self, limit: int = MAX_REMEMBERED) -> None:
        """Start empty."""
        self._keys: OrderedDict[bytes, None] = OrderedDict()
        self._limit = limit

    def __contains__(self, key: bytes) -> bool:
        """Tell whether the key is remembered."""
        return key in self._keys

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over a copy, the oldest first."""
        return iter(list(self._keys))

    def add(self, keys: Iterable[bytes]) -> None:
        """Remember keys."""
        for key in keys:
            self._keys[key] = None
        while len(self._keys) > self._limit:
            self._keys.popitem(last=False)


def split_receipts(joined: bytes) -> list[bytes]:
    """Return the keys that were joined into one text of bytes."""
    return [
        joined[start : start + RECEIPT_BYTES]
        for start in range(0, len(joined), RECEIPT_BYTES)
    ]
