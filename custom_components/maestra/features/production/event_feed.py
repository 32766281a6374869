"""What happens on a stream, told to many as it happens: overlay pages and cards, in batches, so that a busy chat costs little."""

from collections.abc import Callable
from typing import Final

import orjson

from homeassistant.core import HomeAssistant, callback

from ...core.bus import Counters, Unsubscribe, call_each, enlist
from ...core.domain.json_values import JsonObject
from ...core.production.batching import Batcher
from ...core.production.events import StreamHappening
from ...core.production.stream_events import CHAT_MESSAGE, StreamEvent

type BatchListener = Callable[[list[StreamEvent]], None]

PAGE_FIELDS: Final = {
    CHAT_MESSAGE: ("message_id", "user_id", "message", "color"),
    "channel.chat.message_delete": ("message_id",),
    "channel.chat.clear_user_messages": ("target_user_id",),
    "channel.chat.clear": (),
}
"""What overlay pages are told, which show chat, and what moderators take away again."""


class EventFeed:
    """The events of one production, for whoever listens. Nothing waits while nobody does."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Have no listeners."""
        self._loop = hass.loop
        self._batcher: Batcher[StreamEvent] = Batcher()
        self._listeners: list[BatchListener] = []
        self._timer: Callable[[], None] | None = None

    @property
    def counters(self) -> Counters:
        """Counts of batches, sent and dropped."""
        return self._batcher.counters

    def follow(self, listener: BatchListener) -> Unsubscribe:
        """Tell `listener` each batch until the returned function is called."""
        return enlist(self._listeners, listener)

    @callback
    def take(self, happening: StreamHappening) -> None:
        """Tell an event with the others of its moment, or at once where it is critical."""
        if not self._listeners:
            return
        event, now = happening.event, self._loop.time()
        self._batcher.add(event, now, is_critical=event.is_critical)
        due = self._batcher.due
        if due is not None and due <= now:
            self._flush()
        elif due is not None and self._timer is None:
            self._timer = self._loop.call_at(due, self._flush).cancel

    @callback
    def stop(self) -> None:
        """Tell nothing more."""
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def _flush(self) -> None:
        self.stop()
        while batch := self._batcher.take(self._loop.time()):
            call_each(self._listeners, batch)
        if (due := self._batcher.due) is not None:
            self._timer = self._loop.call_at(due, self._flush).cancel


def batch_for_pages(batch: list[StreamEvent]) -> str | None:
    """Return what overlay pages are told of a batch, rendered once for all of them; None for nothing."""
    told = [_for_page(event) for event in batch if event.type in PAGE_FIELDS]
    return orjson.dumps({"events": told}).decode() if told else None


def _for_page(event: StreamEvent) -> JsonObject:
    data = event.data
    fields = {key: data[key] for key in PAGE_FIELDS[event.type] if key in data}
    return {"type": event.type, "person": event.person, **fields}
