"""Keys of messages that were stored."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

MAX_REMEMBERED: Final = 4_096
"""More than any broker has in flight: only such a message comes again."""


class Receipts:
    """A bounded set of keys that forgets the oldest."""

    def __init__(self) -> None:
        """Start empty."""
        self._keys: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, key: bytes) -> bool:
        """Tell whether the key is remembered."""
        return key in self._keys

    def add(self, keys: Iterable[bytes]) -> None:
        """Remember keys."""
        for key in keys:
            self._keys[key] = None
        while len(self._keys) > MAX_REMEMBERED:
            self._keys.popitem(last=False)
