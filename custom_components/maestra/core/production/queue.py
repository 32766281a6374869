"""The queue of a production: one for all sources, in which each layer shows one thing after the other (stream-production.md §2)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ..bus import Counters
from ..domain.errors import InvalidField, MaestraError, TooMany
from ..domain.json_values import JsonObject
from .items import Item, restored_item
from .layers import Layer

MAX_ITEMS: Final = 50
MAX_KNOWN: Final = 256
"""Ids that are remembered once their item has gone: what a source sends again is not shown again."""


class UnknownItem(MaestraError):
    """The queue has no item of this id."""

    code = "unknown_item"
    message = "The queue has no item {item}"


class ItemQueue:
    """Items by id. On each layer the first by rank is on; one that is more important takes the place of what is on, which goes on later.

    While the queue is paused nothing new begins but what is forced; what is on goes on to its end.
    """

    def __init__(self, limit: int = MAX_ITEMS) -> None:
        """Start empty. Of more than `limit` items the last by rank is dropped."""
        self.counters = Counters()
        """Counts of added, shown, extended, expired, removed, dropped and duplicate."""
        self.is_paused = False
        self._limit = limit
        self._items: dict[str, Item] = {}
        self._on: dict[Layer, Item] = {}
        self._known: dict[str, None] = {}
        self._number = 0

    def __len__(self) -> int:
        """Return how many items there are, with those that are on."""
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        """Iterate over all items: the most important first, of those the one that came first."""
        return iter(sorted(self._items.values(), key=lambda item: item.rank))

    def get(self, item_id: str) -> Item | None:
        """Return an item, None where it is not there."""
        return self._items.get(item_id)

    def is_known(self, item_id: str) -> bool:
        """Whether an item of this id is there, or was lately."""
        return item_id in self._items or item_id in self._known

    def on(self, layer: Layer) -> Item | None:
        """Return what is on a layer."""
        return self._on.get(layer)

    @property
    def is_full(self) -> bool:
        """Whether what comes in makes something else go."""
        return len(self._items) >= self._limit

    @property
    def current(self) -> Item | None:
        """The most important item that is on."""
        return min(self._on.values(), key=lambda item: item.rank, default=None)

    @property
    def due(self) -> float | None:
        """When the time of the next item is over, by the clock that the calls give; None while no time runs."""
        ends = (item.ends_at for item in self._items.values())
        return min((end for end in ends if end is not None), default=None)

    def next_number(self) -> int:
        """Return the number of the next item that comes."""
        self._number += 1
        return self._number

    def add(self, item: Item) -> Item | None:
        """Take an item; returns the one that had to go for it. Raises TooMany where that would be this one."""
        dropped = None
        if self.is_full:
            last = max([item, *self._items.values()], key=lambda each: each.rank)
            self.counters.add("dropped")
            if last is item:
                raise TooMany(limit=self._limit, kind="items in the queue")
            self._forget(last)
            dropped = last
        self.counters.add("added")
        self._items[item.id] = item
        return dropped

    def remove(self, item_id: str) -> Item:
        """Take an item out, be it on or not; raises UnknownItem."""
        item = self._items.get(item_id)
        if item is None:
            raise UnknownItem(item=item_id)
        self.counters.add("removed")
        self._forget(item)
        return item

    def advance(self, now: float) -> list[Item]:
        """Let those go whose time is over; returns them."""
        over = [
            item
            for item in self._items.values()
            if item.ends_at is not None and item.ends_at <= now
        ]
        for item in over:
            self.counters.add("expired")
            self._forget(item)
        return over

    def settle(self, now: float, moment: datetime) -> list[Item]:
        """Let the first of each layer be on; returns those that have never been on before."""
        shown = []
        for layer in Layer:
            on = self._on.get(layer)
            waiting = [
                item
                for item in self._items.values()
                if item.layer is layer
                and (item is on or item.is_forced or not self.is_paused)
            ]
            first = min(waiting, key=lambda item: item.rank, default=None)
            # What is on gives way only to what is more important, not to what came before and was held back.
            if first is on or (on and first and first.priority == on.priority):
                continue
            if on is not None:
                on.put_off(now)
            if first is None:
                continue
            if first.started_at is None:
                self.counters.add("shown")
                shown.append(first)
            first.start(now, moment)
            self._on[layer] = first
        return shown

    def snapshot(self) -> JsonObject:
        """Return what outlives a restart."""
        return {
            "is_paused": self.is_paused,
            "items": [item.snapshot() for item in self],
            "known": [*self._known],
        }

    def restore(self, saved: Mapping[str, Any], now: float, moment: datetime) -> int:
        """Take over a snapshot; returns how many of its items are of no use. `moment` is `now` in wall-clock time."""
        self.is_paused = saved.get("is_paused") is True
        known, items = saved.get("known"), saved.get("items")
        if isinstance(known, list):
            self._known = dict.fromkeys([str(each) for each in known][-MAX_KNOWN:])
        broken = 0
        for each in items[: self._limit] if isinstance(items, list) else ():
            try:
                item = restored_item(each, self.next_number(), moment)
            except InvalidField, ValueError, KeyError, TypeError, OverflowError:
                broken += 1
                continue
            self._items[item.id] = item
            if item.is_extendable and item.started_at is not None:
                item.start(now, moment)
        return broken

    def _forget(self, item: Item) -> None:
        del self._items[item.id]
        if self._on.get(item.layer) is item:
            del self._on[item.layer]
        self._known[item.id] = None
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
