"""The protocol of whatever makes durable what is published on the bus."""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

RECEIPT_BYTES: Final = 16


class Receipt(NamedTuple):
    """A message that its sender keeps until it is acknowledged.

    `key` (RECEIPT_BYTES long) is the same when the same message comes again, which `is_duplicate` says it may be.
    """

    key: bytes
    is_duplicate: bool


class Journal(Protocol):
    """Knows which messages are durable."""

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
