"""Acknowledging messages when their rows are durable, and recognising those that come again."""

from collections.abc import Callable, Iterable
from typing import override

from ..domain.journal import Journal, Receipt
from .batch import Batch
from .inbox import Inbox
from .receipts import Receipts


class StoreJournal(Journal):
    """The store's side of acknowledged messages.

    A message that comes again is one of four: its rows still wait, this run has stored it, an
    earlier run has, or nobody knows: earlier runs are known only once the database was read.
    """

    def __init__(self, inbox: Inbox) -> None:
        """Know nothing of earlier runs."""
        self._inbox = inbox
        self._waiting: dict[bytes, list[Callable[[], None]]] = {}
        self._stored = Receipts()
        self._stored_before = Receipts()
        self._knows_before = False

    @override
    def take(
        self,
        receipt: Receipt,
        handle: Callable[[], None],
        acknowledge: Callable[[], None],
    ) -> bool:
        key, is_again = receipt
        if is_again:
            if key in self._waiting:
                # Said by the connection that was lost: it is the new one that waits for us.
                self._waiting[key].append(acknowledge)
                return True
            if key in self._stored:
                return False
            if key in self._stored_before:
                # What it changed outside the store may have been lost with the earlier run.
                with self._inbox.muted():
                    handle()
                return False
        doubt = key if is_again and not self._knows_before else None
        start = self._inbox.position
        with self._inbox.one_message(doubt):
            handle()
        if self._inbox.position == start:
            return False
        self._waiting[key] = [acknowledge]
        self._inbox.bind(start, key, lambda: self._acknowledge(key))
        return True

    @override
    def when_durable(
        self, handle: Callable[[], None], on_durable: Callable[[], None]
    ) -> bool:
        inbox = self._inbox
        start, refused = inbox.position, inbox.refused
        handle()
        if inbox.refused > refused:
            return True
        if inbox.position == start:
            return False
        inbox.bind(start, None, on_durable)
        return True

    def learn(self, keys: Iterable[bytes], *, all_known: bool) -> None:
        """Take in what earlier runs have stored."""
        self._stored_before.add(keys)
        self._knows_before = self._knows_before or all_known

    def made_durable(self, batch: Batch) -> None:
        """Acknowledge the messages of a batch."""
        self._stored.add(batch.receipts)
        callbacks, batch.on_durable = batch.on_durable, []
        for on_durable in callbacks:
            on_durable()

    def _acknowledge(self, key: bytes) -> None:
        for acknowledge in self._waiting.pop(key, ()):
            acknowledge()
