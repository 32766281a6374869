"""A production: its show, its queue, its ticker and what each overlay layer shows of them (stream-production.md §1, §2)."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from time import monotonic
from typing import Any, Final

from ..bus import Bus, Counters
from ..domain.clock import optional_wire_time, utcnow, wire_time
from ..domain.errors import InvalidField, MaestraError
from ..domain.fields import checked_object
from ..domain.json_values import JsonObject, JsonValue
from ..domain.names import checked_slug
from .events import (
    AlertShown,
    LayerChanged,
    ProductionChanged,
    ShowChanged,
    StreamHappening,
    TakeoverEnded,
    TakeoverStarted,
)
from .items import MAX_DATA_KEYS, MAX_DURATION, Item, first_data
from .layers import Layer, Layers
from .queue import MAX_KNOWN, ItemQueue
from .shows import (
    ALERT,
    CAPTION,
    EVENTS_TIMELINE,
    LATEST_EVENT,
    MANUAL_OVERRIDE,
    SUB_TRAIN,
    TAKEOVER,
    ProductionSettings,
    Show,
)
from .stream_events import CHAT_MESSAGE, StreamEvent

MAX_MESSAGE_LENGTH: Final = 500
MAX_PRIORITY: Final = 1_000
MAX_TICKER_CONTENTS: Final = 50
MAX_TIMELINE: Final = 6
TAKEOVER_DURATION: Final = 10.0
"""Seconds."""
TAKEOVER_PRIORITY: Final = MAX_PRIORITY + 1
SCREEN_COVER: Final = "screen-cover"
TAKEOVER_TYPES: Final = (
    "technical-difficulties",
    "please-stand-by",
    SCREEN_COVER,
    "custom",
)
NOTABLE: Final = frozenset(
    {
        "channel.follow",
        "channel.subscribe",
        "channel.subscription.gift",
        "channel.cheer",
    }
)
"""Events that are shown where nothing else is."""
_SUBSCRIPTIONS: Final = frozenset({"channel.subscribe", "channel.subscription.message"})
_LIVE: Final[Mapping[str, bool]] = {
    "stream.online": True,
    "stream.offline": False,
    "obs.stream_started": True,
    "obs.stream_stopped": False,
}
CLEARED: Final = "cleared"
EXPIRED: Final = "expired"
REPLACED: Final = "replaced"


class UnknownShow(MaestraError):
    """The production has no show of this name."""

    code = "unknown_show"
    message = "There is no show {show}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a layer shows. What has another `id` is another thing, not the same in another way."""

    id: str
    type: str
    data: JsonObject
    started_at: datetime | None = None
    expires_at: datetime | None = None

    def to_wire(self) -> JsonObject:
        """Return it as pages see it."""
        return {
            "id": self.id,
            "type": self.type,
            "data": self.data,
            "started_at": optional_wire_time(self.started_at),
            "expires_at": optional_wire_time(self.expires_at),
        }


class Production:
    """One production. All of it is synchronous; `due` says when `advance` is to be called.

    `clock` only goes forward and times everything, `wall` is for those who count down and for what outlives a restart.
    """

    def __init__(
        self,
        id_: str,
        settings: ProductionSettings,
        bus: Bus,
        *,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], datetime] = utcnow,
    ) -> None:
        """Show nothing yet."""
        self.id = id_
        self.settings = settings
        self.queue = ItemQueue()
        self.layers: Layers[Content] = Layers(self._layer_changed)
        self.counters = Counters()
        """Counts of events and duplicate_events."""
        self.is_live = False
        self._live_by: str | None = None
        self.timeline: deque[JsonObject] = deque(maxlen=MAX_TIMELINE)
        """The latest notable events, the newest first."""
        self._bus = bus
        self._clock = clock
        self._wall = wall
        self._show = settings.usual_show
        self._takeover: Item | None = None
        self._ticker_data: dict[str, JsonObject] = {}
        self._ticker_at = 0
        self._turns_at: float | None = None
        self._caption: Content | None = None
        self._caption_ends: float | None = None
        self._known_events: dict[str, None] = {}
        self._known_chat: dict[str, None] = {}

    # What there is.

    @property
    def show(self) -> Show:
        """The show that is on."""
        return self.settings.shows[self._show]

    @property
    def takeover(self) -> Item | None:
        """What is shown in place of all else, None while nothing is."""
        return self._takeover

    @property
    def current(self) -> Content | None:
        """What the foremost layer shows that is seen."""
        for layer in Layer:
            if self.layers.is_visible(layer):
                return self.layers.content(layer)
        return None

    def layer_to_wire(self, layer: Layer) -> JsonObject:
        """Return what a layer does and shows, as pages and cards see it."""
        content = self.layers.content(layer)
        shown = content.to_wire() if content else None
        if shown and content:
            template = self.settings.templates.get(content.type)
            shown["words"] = template.filled(content.data) if template else None
        return {"state": self.layers.state(layer), "content": shown}

    @property
    def due(self) -> float | None:
        """When something changes by itself; None while nothing will."""
        times = (self.queue.due, self.layers.due, self._turns_at, self._caption_ends)
        return min((time for time in times if time is not None), default=None)

    # Its life.

    def start(self) -> None:
        """Show what there is."""
        now = self._clock()
        for layer in Layer:
            self.layers.register(layer, now)
        self._settle()

    def apply(self, settings: ProductionSettings) -> None:
        """Take over other settings; what is in the queue stays as it was queued."""
        self.settings = settings
        if self._show not in settings.shows:
            self._change_show(settings.usual_show)
        self._settle()

    def advance(self) -> None:
        """Do what time alone does."""
        now = self._clock()
        for item in self.queue.advance(now):
            self._gone(item, EXPIRED)
        if self._turns_at is not None and self._turns_at <= now:
            self._ticker_at += 1
            self._turns_at = None
        if self._caption_ends is not None and self._caption_ends <= now:
            self._caption = self._caption_ends = None
        self.layers.advance(now)
        self._settle()

    # What is to be shown.

    def show_alert(
        self,
        content_type: str,
        data: Mapping[str, Any] | None = None,
        *,
        layer: Layer | None = None,
        priority: int | None = None,
        duration: float | None = None,
        item_id: str | None = None,
    ) -> Item | None:
        """Queue an alert; returns it, or None where its id is known already: then nothing is shown again.

        What is left out is as the settings say. `duration` is in seconds. Raises InvalidField, TooMany.
        """
        return self._queue(
            content_type,
            data,
            usual=ALERT,
            layer=layer,
            priority=priority,
            duration=duration,
            item_id=item_id,
        )

    def show_content(
        self,
        content_type: str,
        data: Mapping[str, Any] | None = None,
        *,
        layer: Layer | None = None,
        duration: float | None = None,
    ) -> Item:
        """Show content now, be the queue paused or not; returns its item. Raises InvalidField, TooMany."""
        item = self._queue(
            content_type,
            data,
            usual=MANUAL_OVERRIDE,
            layer=layer,
            priority=None,
            duration=duration,
            is_forced=True,
        )
        assert item
        return item

    def set_ticker_content(
        self, content_type: str, data: Mapping[str, Any] | None
    ) -> None:
        """Say what the ticker shows when it is the turn of this type; None for nothing. Raises InvalidField."""
        checked_slug(content_type, "type")
        if data is None:
            self._ticker_data.pop(content_type, None)
        else:
            if (
                len(self._ticker_data) >= MAX_TICKER_CONTENTS
                and content_type not in self._ticker_data
            ):
                del self._ticker_data[next(iter(self._ticker_data))]
            self._ticker_data[content_type] = _checked_data(data)
        self._settle()

    def show_caption(self, text: str, duration: float) -> None:
        """Show what is being said for some seconds, in place of an earlier caption, where nothing of the queue is."""
        now, moment = self._clock(), self._wall()
        self._caption_ends = now + duration
        self._caption = Content(
            # The same thing as the caption before: only its words are others.
            id=CAPTION,
            type=CAPTION,
            data={"text": text[-MAX_MESSAGE_LENGTH:]},
            started_at=moment,
            expires_at=moment + timedelta(seconds=duration),
        )
        self._settle()

    def start_takeover(
        self,
        takeover_type: str,
        message: str = "",
        duration: float = TAKEOVER_DURATION,
    ) -> Item:
        """Show something in front of everything, in place of an earlier takeover; 0 seconds for as long as it is not cleared.

        Raises InvalidField.
        """
        if takeover_type not in TAKEOVER_TYPES:
            raise InvalidField(
                field="type", reason=f"must be one of {', '.join(TAKEOVER_TYPES)}"
            )
        if len(message) > MAX_MESSAGE_LENGTH:
            raise InvalidField(
                field="message", reason=f"longer than {MAX_MESSAGE_LENGTH} characters"
            )
        if takeover_type != SCREEN_COVER and not message.strip():
            raise InvalidField(field="message", reason="must not be empty")
        item = self._new_item(
            TAKEOVER,
            {"takeover": takeover_type, "message": message},
            layer=Layer.FOREGROUND,
            priority=TAKEOVER_PRIORITY,
            duration=_checked_duration(duration),
            is_forced=True,
        )
        self._end_takeover(REPLACED)
        self.queue.add(item)
        self._takeover = item
        self._settle()
        return item

    def clear_takeover(self) -> bool:
        """Show everything else again; False where nothing was in front of it."""
        was_there = self._end_takeover(CLEARED)
        self._settle()
        return was_there

    def remove(self, item_id: str) -> Item:
        """Take an item out of the queue, be it on or not; returns it. Raises UnknownItem."""
        item = self.queue.remove(item_id)
        self._gone(item, CLEARED)
        self._settle()
        return item

    def skip(self, layer: Layer | None = None) -> Item | None:
        """End what is on, on a layer or the most important; returns it, None where nothing is on."""
        item = self.queue.current if layer is None else self.queue.on(layer)
        return None if item is None else self.remove(item.id)

    def pause(self, is_paused: bool) -> None:
        """Let the queue begin nothing new, or go on."""
        self.queue.is_paused = is_paused
        self._settle()

    def set_show(self, key: str) -> None:
        """Put a show on, by its key or name; raises UnknownShow."""
        shows = self.settings.shows
        found = key if key in shows else None
        for show in shows.values():
            if found is None and show.name == key:
                found = show.key
        if found is None:
            raise UnknownShow(show=key)
        self._change_show(found)
        self._settle()

    # What happens on the stream.

    def take(self, event: StreamEvent) -> bool:
        """Take in what has happened; False for an event that has come before."""
        is_chat = event.type == CHAT_MESSAGE
        # A busy chat must not push out what else is known; nor does it change anything that is shown.
        known = self._known_chat if is_chat else self._known_events
        if event.id in known:
            self.counters.add("duplicate_events")
            return False
        self.counters.add("events")
        known[event.id] = None
        if len(known) > MAX_KNOWN:
            del known[next(iter(known))]
        if event.type in NOTABLE:
            self.timeline.appendleft(_entry(event))
        if event.type in _SUBSCRIPTIONS:
            self._extend_sub_train(event)
        if event.type == "channel.update":
            category = (
                str(event.data.get(key) or "")
                for key in ("category_id", "category_name")
            )
            self._change_show(self.settings.show_of(*category))
        if (is_live := _LIVE.get(event.type)) is not None:
            self.is_live, self._live_by = is_live, event.source
        self._bus.publish(StreamHappening(self.id, event))
        if not is_chat:
            self._settle()
        return True

    def see_live(self, source: str, is_live: bool) -> None:
        """Take over whether a source streams; one that does not ends only what it has begun itself."""
        if is_live or self._live_by == source:
            self.is_live, self._live_by = is_live, source
            self._settle()

    # What outlives a restart.

    def snapshot(self) -> JsonObject:
        """Return what outlives a restart; times are wall-clock."""
        return {
            "show": self._show,
            "is_live": self.is_live,
            "live_by": self._live_by,
            "queue": self.queue.snapshot(),
            "takeover": self._takeover.id if self._takeover else None,
            "ticker": dict(self._ticker_data),
            "ticker_at": self._ticker_at,
            "timeline": [*self.timeline],
            "events": [*self._known_events],
        }

    def restore(self, snapshot: object) -> int:
        """Take over a snapshot, before the start; returns how many items of its queue are of no use."""
        saved = _mapping(snapshot)
        show = saved.get("show")
        if isinstance(show, str) and show in self.settings.shows:
            self._show = show
        self.is_live = saved.get("is_live") is True
        source = saved.get("live_by")
        self._live_by = source if isinstance(source, str) else None
        broken = self.queue.restore(
            _mapping(saved.get("queue")), self._clock(), self._wall()
        )
        self._takeover = self.queue.get(str(saved.get("takeover")))
        ticker = list(_mapping(saved.get("ticker")).items())
        self._ticker_data = {
            kind: data for kind, data in ticker[-MAX_TICKER_CONTENTS:] if _is_data(data)
        }
        turn = saved.get("ticker_at")
        self._ticker_at = turn if isinstance(turn, int) else 0
        self.timeline.extend(
            entry for entry in _list(saved.get("timeline")) if _is_data(entry)
        )
        events = _list(saved.get("events"))[-MAX_KNOWN:]
        self._known_events = dict.fromkeys(map(str, events))
        return broken

    # Inside.

    def _queue(
        self,
        content_type: str,
        data: Mapping[str, Any] | None,
        *,
        usual: str,
        layer: Layer | None,
        priority: int | None,
        duration: float | None,
        item_id: str | None = None,
        is_forced: bool = False,
    ) -> Item | None:
        checked_slug(content_type, "type")
        checked = _checked_data(data or {})
        if item_id is not None and self.queue.is_known(item_id):
            self.queue.counters.add("duplicate")
            return None
        kind = (
            self.settings.kind(usual)
            if is_forced
            else self.settings.kind(content_type, usual)
        )
        if kind.is_extendable and not is_forced:
            found = (item for item in self.queue if item.type == content_type)
            if (item := next(found, None)) is not None:
                item.extend(checked, self._clock(), self._wall())
                self.queue.counters.add("extended")
                self._settle()
                return item
            checked = first_data(checked)
        if priority is not None and not 0 <= priority <= MAX_PRIORITY:
            raise InvalidField(field="priority", reason=f"must be 0 to {MAX_PRIORITY}")
        where = layer or self.settings.layer(self._show, content_type)
        if where is None:
            # An alert that no show has a layer for is one like any other; what else there is stays behind.
            where = self.settings.layer(self._show, usual) or Layer.BACKGROUND
        item = self._new_item(
            content_type,
            checked,
            layer=where,
            priority=kind.priority if priority is None else priority,
            duration=kind.duration
            if duration is None
            else _checked_duration(duration, least=1),
            item_id=item_id,
            is_extendable=kind.is_extendable and not is_forced,
            is_forced=is_forced,
        )
        self.queue.add(item)
        self._settle()
        return item

    def _new_item(
        self,
        content_type: str,
        data: JsonObject,
        *,
        layer: Layer,
        priority: int,
        duration: float,
        item_id: str | None = None,
        is_extendable: bool = False,
        is_forced: bool = False,
    ) -> Item:
        return Item(
            id=item_id or token_hex(8),
            type=content_type,
            layer=layer,
            priority=priority,
            duration=duration,
            data=data,
            added_at=self._wall(),
            number=self.queue.next_number(),
            is_extendable=is_extendable,
            is_forced=is_forced,
            remaining=duration,
        )

    def _extend_sub_train(self, event: StreamEvent) -> None:
        data = {
            "subscriber": event.person,
            "tier": event.data.get("tier") or "1000",
            "total_months": event.data.get("cumulative_months"),
        }
        try:
            self.show_alert(
                SUB_TRAIN,
                {key: value for key, value in data.items() if value is not None},
            )
        except MaestraError:
            # The queue is full of what is more important, and has counted it.
            return

    def _end_takeover(self, reason: str) -> bool:
        item = self._takeover
        if item is None:
            return False
        self.queue.remove(item.id)
        self._gone(item, reason)
        return True

    def _gone(self, item: Item, reason: str) -> None:
        if item is self._takeover:
            self._takeover = None
            self._bus.publish(TakeoverEnded(self.id, item, reason))

    def _change_show(self, key: str) -> None:
        previous, self._show = self._show, key
        if previous != key:
            self._ticker_at, self._turns_at = 0, None
            self._bus.publish(ShowChanged(self.id, key, previous))

    def _settle(self) -> None:
        """Let the queue and the layers be in line with all there is."""
        now = self._clock()
        shown = self.queue.settle(now, self._wall())
        ticker = self._ticker(now)
        # What comes at once is as if the lowest had come first: the others are in front of it.
        for layer in reversed(Layer):
            content = self._content(layer, ticker)
            if content is None:
                self.layers.hide(layer, now)
            elif self.layers.is_visible(layer):
                self.layers.replace(layer, content)
            else:
                self.layers.show(layer, content, now)
        for item in shown:
            kind = TakeoverStarted if item is self._takeover else AlertShown
            self._bus.publish(kind(self.id, item))
        self._bus.publish(ProductionChanged(self.id))

    def _content(
        self, layer: Layer, ticker: tuple[Layer, Content] | None
    ) -> Content | None:
        if (item := self.queue.on(layer)) is not None:
            return Content(
                id=item.id,
                type=item.type,
                data=item.data,
                started_at=item.started_at,
                expires_at=item.expires_at,
            )
        if self._caption is not None and layer is self._caption_layer:
            return self._caption
        if ticker is not None and ticker[0] is layer:
            return ticker[1]
        return self._fallback(layer)

    @property
    def _caption_layer(self) -> Layer:
        return self.settings.layer(self._show, CAPTION) or Layer.BACKGROUND

    def _fallback(self, layer: Layer) -> Content | None:
        """Return what is shown where nothing else is: the latest events."""
        if not self.timeline or layer is Layer.FOREGROUND:
            return None
        newest = self.timeline[0]
        if layer is Layer.BACKGROUND:
            return Content(
                id=f"{LATEST_EVENT}:{newest.get('id')}", type=LATEST_EVENT, data=newest
            )
        entries: list[JsonValue] = [*self.timeline]
        return Content(
            id=EVENTS_TIMELINE, type=EVENTS_TIMELINE, data={"entries": entries}
        )

    def _ticker(self, now: float) -> tuple[Layer, Content] | None:
        """Return what the ticker shows, and where; the next turn is planned."""
        turns = [kind for kind in self.show.ticker if kind in self._ticker_data]
        if not turns:
            self._turns_at = None
            return None
        if self._turns_at is None:
            self._turns_at = now + self.settings.ticker_interval
        kind = turns[self._ticker_at % len(turns)]
        layer = self.settings.layer(self._show, kind) or Layer.BACKGROUND
        return layer, Content(
            id=f"ticker:{kind}", type=kind, data=self._ticker_data[kind]
        )

    def _layer_changed(self, layer: Layer) -> None:
        self._bus.publish(LayerChanged(self.id, layer))


def caption_seconds(text: str) -> float:
    """Return how long people take to read a caption: 15 characters a second, and a moment to see it."""
    return min(max(1.5 + len(text) / 15, 3.0), 15.0)


def _checked_data(data: Mapping[str, Any]) -> JsonObject:
    return checked_object(dict(data), "data", MAX_DATA_KEYS)


def _is_data(saved: Any) -> bool:
    """Whether what was saved can be shown."""
    try:
        checked_object(saved, "data", MAX_DATA_KEYS)
    except InvalidField:
        return False
    return saved is not None


def _checked_duration(duration: float, least: float = 0) -> float:
    if not least <= duration <= MAX_DURATION:
        raise InvalidField(
            field="duration", reason=f"must be {least:g} to {MAX_DURATION:g} seconds"
        )
    return float(duration)


def _entry(event: StreamEvent) -> JsonObject:
    entry: JsonObject = {
        "id": event.id,
        "type": event.type,
        "person": event.person,
        "time": wire_time(event.timestamp),
    }
    for key in ("bits", "total", "tier"):
        if key in event.data:
            entry[key] = event.data[key]
    return entry


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
