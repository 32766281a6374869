"""A production for clients of Phoenix channels: overlays, the queue, events; and REST of events (stream-production.md §2, §3, §4)."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from orjson import Fragment

from ...core.bus import Unsubscribe, call_each, enlist, together
from ...core.domain.clock import optional_wire_time, utcnow, wire_time
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.phoenix.channels import (
    MAX_HOURS,
    Channel,
    Payload,
    PhoenixParts,
    Push,
    Query,
    Report,
    encoded,
    positive,
)
from ...core.phoenix.errors import NotAvailable
from ...core.production.events import (
    AlertShown,
    ProductionChanged,
    ShowChanged,
    StreamHappening,
    TakeoverEnded,
    TakeoverStarted,
)
from ...core.production.items import MAX_DURATION, Item
from ...core.production.production import TAKEOVER_DURATION, Production
from ...core.production.rows import count_stream_events, find_stream_events
from ...core.production.shows import ALERT
from ...core.production.stream_events import (
    HEALTH_CHECK,
    PERFORMANCE_METRIC,
    StreamEvent,
)
from ...core.store.store import Store
from ...hub.hub import Hub
from .manager import ProductionManager

DASHBOARD: Final = "dashboard:"
EVENTS: Final = "events:"
OVERLAY: Final = "overlay:"
STATE_DELAY: Final = 0.05
"""Seconds: of several changes that come together clients are told once."""
MAX_MS: Final = MAX_DURATION * 1_000
_EVENT_NAMES: Final[Mapping[str, str]] = {
    "channel.chat.message": "chat_message",
    "channel.chat.clear": "chat_clear",
    "channel.chat.message_delete": "message_delete",
    "channel.follow": "follower",
    "channel.subscribe": "subscription",
    "channel.subscription.gift": "gift_subscription",
    "channel.cheer": "cheer",
    "channel.update": "channel_update",
}
"""What the topics `events:` call events; others are called by their source."""
_FIGURES: Final[Mapping[str, str]] = {
    HEALTH_CHECK: "health_update",
    PERFORMANCE_METRIC: "performance_update",
}
"""What dashboards and overlays call these; others are called by their source."""
_INTERACTIONS: Final = frozenset(
    {
        "channel.follow",
        "channel.subscribe",
        "channel.subscription.gift",
        "channel.cheer",
    }
)
_OF_DASHBOARD: Final = frozenset({"stream.online", "stream.offline", "channel.update"})
_SOURCES: Final = ("twitch", "obs", "ironmon", "system", "rainwave", "stream")


type StateOf = Callable[[Production], JsonObject]


def _comes_from(source: str) -> Callable[[StreamEvent], bool]:
    return lambda event: event.source == source


_FILTERS: Final[Mapping[str, Callable[[StreamEvent], bool]]] = {
    "all": lambda event: True,
    "chat": lambda event: event.type.startswith("channel.chat."),
    "goals": lambda event: event.type.startswith("channel.goal."),
    "interactions": lambda event: event.type in _INTERACTIONS,
    "dashboard": lambda event: (
        event.type in _OF_DASHBOARD
        or event.source in ("obs", "system", "rainwave", "ironmon")
    ),
    "music": _comes_from("rainwave"),
    **{source: _comes_from(source) for source in _SOURCES},
}
"""Which events the topic `events:<filter>` tells."""
_OVERLAY_SOURCES: Final[Mapping[str, str]] = {
    "obs": "obs",
    "twitch": "twitch",
    "ironmon": "ironmon",
    "music": "rainwave",
    "system": "system",
}
"""Which source the topic `overlay:<kind>` tells of."""


def stream_state(production: Production) -> JsonObject:
    """Return what is shown, as overlays want it; durations are in milliseconds."""
    takeover, caption = production.takeover, production.current
    alerts = [item for item in production.queue if item is not takeover]
    return {
        "current_show": production.show.key,
        "base": caption.to_wire() if caption else None,
        "alerts": [_alert(item) for item in alerts],
        "ticker": [*production.show.ticker],
        "timeline": [*production.timeline],
        "metadata": {"last_updated": wire_time(utcnow()), "state_version": 1},
    }


def queue_state(production: Production) -> JsonObject:
    """Return the queue, as dashboards want it."""
    items, now = [*production.queue], utcnow()
    active = [item for item in items if _is_active(item)]
    waits = [
        (now - item.added_at).total_seconds() * 1_000
        for item in items
        if not _is_active(item)
    ]
    started = [item.started_at for item in items if item.started_at]
    return {
        "queue": [_queued(item, place) for place, item in enumerate(items)],
        "metrics": {
            "total_items": len(items),
            "active_items": len(active),
            "pending_items": len(waits),
            "average_wait_time": round(sum(waits) / len(waits)) if waits else 0,
            "last_processed": optional_wire_time(max(started, default=None)),
        },
        "is_processing": not production.queue.is_paused,
    }


def _alert(item: Item) -> JsonObject:
    return {
        "type": item.type,
        "priority": item.priority,
        "id": item.id,
        "started_at": optional_wire_time(item.started_at),
        "expires_at": optional_wire_time(item.expires_at),
        "duration": round(item.duration * 1_000),
        "data": item.data,
    }


def _queued(item: Item, place: int) -> JsonObject:
    is_alert = item.type == ALERT
    return {
        **_alert(item),
        "type": ALERT
        if is_alert
        else "manual_override"
        if item.is_forced
        else item.type,
        "content_type": item.type,
        "status": "active" if _is_active(item) else "pending",
        "position": place,
    }


def _is_active(item: Item) -> bool:
    return item.ends_at is not None or (
        item.started_at is not None and not item.duration
    )


def _seconds(payload: JsonObject) -> float | None:
    """Return the duration of a payload, which is in milliseconds there; raises InvalidField."""
    value = payload.get("duration")
    return None if value is None else positive("duration", value, MAX_MS) / 1_000


def _text(payload: JsonObject, name: str, usual: str | None = None) -> str:
    value = payload.get(name, usual)
    if not isinstance(value, str) or (usual is None and not value):
        raise InvalidField(field=name, reason="must be text")
    return value


class _Followers:
    """All who have joined one of the topics about the state: what they are told is put together and encoded once for all."""

    def __init__(self, hub: Hub, event: str, state: StateOf) -> None:
        self._hub = hub
        self._event = event
        self._state = state
        self._pushes: list[Push] = []
        self._unsubscribe: Unsubscribe | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._known: tuple[Production, Fragment] | None = None

    def join(self, _topic: str, push: Push) -> Unsubscribe:
        """Tell the state at once, and of all that changes."""
        if self._unsubscribe is None:
            self._unsubscribe = self._listen()
        leave = enlist(self._pushes, push)
        if (known := self._encoded()) is not None:
            push(self._event, known)

        def left() -> None:
            leave()
            if not self._pushes:
                self._stop()

        return left

    def _listen(self) -> Unsubscribe:
        bus = self._hub.domain.bus
        return together(
            bus.subscribe(ProductionChanged, self._changed),
            bus.subscribe(ShowChanged, self._show_changed),
            bus.subscribe(AlertShown, self._shown),
            bus.subscribe(TakeoverStarted, self._taken_over),
            bus.subscribe(TakeoverEnded, self._cleared),
        )

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._timer = self._unsubscribe = self._known = None

    def _encoded(self) -> Fragment | None:
        found = first_production(self._hub)
        if found is None:
            self._known = None
        elif self._known is None or self._known[0] is not found:
            self._known = found, encoded(self._state(found))
        return self._known[1] if self._known else None

    def _is_ours(self, id_: str) -> bool:
        found = first_production(self._hub)
        return found is not None and found.id == id_

    def _tell(self, event: str, payload: Payload) -> None:
        call_each(self._pushes, event, payload)

    def _tell_now(self, event: str, payload: JsonObject) -> None:
        self._tell(event, encoded({**payload, "timestamp": wire_time(utcnow())}))

    def _tell_state(self) -> None:
        self._timer = None
        if (known := self._encoded()) is not None:
            self._tell(self._event, known)

    def _changed(self, change: ProductionChanged) -> None:
        if self._is_ours(change.production):
            self._known = None
            if self._timer is None:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(STATE_DELAY, self._tell_state)

    def _show_changed(self, change: ShowChanged) -> None:
        if self._is_ours(change.production):
            told: JsonObject = {
                "show": change.show,
                "changed_at": wire_time(utcnow()),
            }
            self._tell("show_changed", encoded(told))

    def _shown(self, change: AlertShown) -> None:
        if self._is_ours(change.production):
            item = change.item
            self._tell_now("content_update", {"type": item.type, "data": item.data})

    def _taken_over(self, change: TakeoverStarted) -> None:
        if self._is_ours(change.production):
            self._tell_now("takeover", _takeover(change.item))

    def _cleared(self, change: TakeoverEnded) -> None:
        if self._is_ours(change.production):
            self._tell_now("takeover_clear", {})


def first_production(hub: Hub) -> Production | None:
    """Return the production that clients mean: their topics name none."""
    return next(iter(hub.manager(ProductionManager)), None)


class _Clients:
    """The first production, for clients."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._bus = hub.domain.bus
        self._latest: tuple[StreamEvent, Fragment] | None = None
        self._dashboards: dict[str, list[Push]] = {}

    @property
    def _found(self) -> Production | None:
        return first_production(self._hub)

    @property
    def _production(self) -> Production:
        if (found := self._found) is None:
            raise NotAvailable(what="production")
        return found

    def _is_ours(self, id_: str) -> bool:
        found = self._found
        return found is not None and found.id == id_

    # Commands.

    def ping(self, _topic: str, _payload: JsonObject) -> JsonValue:
        return {"pong": True, "timestamp": wire_time(utcnow())}

    def shout(self, topic: str, payload: JsonObject) -> JsonValue:
        """Pass on to all dashboards of the same topic what one of them says."""
        call_each(self._dashboards.get(topic, ()), "shout", encoded(payload))
        return {}

    def state(self, _topic: str, _payload: JsonObject) -> JsonValue:
        return stream_state(self._production)

    def queue(self, _topic: str, _payload: JsonObject) -> JsonValue:
        return queue_state(self._production)

    def channel(self, _topic: str, _payload: JsonObject) -> JsonValue:
        production = self._production
        return {"current_show": production.show.key, "is_live": production.is_live}

    def remove(self, _topic: str, payload: JsonObject) -> JsonValue:
        return {"id": self._production.remove(_text(payload, "id")).id}

    def force(self, _topic: str, payload: JsonObject) -> JsonValue:
        data = payload.get("data")
        if not isinstance(data, dict | None):
            raise InvalidField(field="data", reason="must be an object")
        item = self._production.show_content(
            _text(payload, "type"), data, duration=_seconds(payload)
        )
        return {"id": item.id}

    def take_over(self, _topic: str, payload: JsonObject) -> JsonValue:
        item = self._production.start_takeover(
            _text(payload, "type"),
            _text(payload, "message", ""),
            _seconds(payload) or TAKEOVER_DURATION,
        )
        return {"id": item.id}

    def clear(self, _topic: str, _payload: JsonObject) -> JsonValue:
        return {"cleared": self._production.clear_takeover()}

    def mappings(self, _topic: str, _payload: JsonObject) -> JsonValue:
        shows = self._production.settings.shows.values()
        return {
            show.key: {kind: str(layer) for kind, layer in show.layers.items()}
            for show in shows
        }

    # Topics.

    def joined_events(self, topic: str, push: Push) -> Unsubscribe:
        """Tell the events that a filter lets through."""
        return self._follow(
            _FILTERS[topic.removeprefix(EVENTS)],
            lambda event: _EVENT_NAMES.get(event.type, f"{event.source}_event"),
            push,
        )

    def joined_dashboard(self, topic: str, push: Push) -> Unsubscribe:
        """Tell all events, by their source, and what other dashboards say."""
        push("initial_state", {"connected": True, "timestamp": wire_time(utcnow())})
        ours = self._dashboards.setdefault(topic, [])
        leave = enlist(ours, push)

        def left() -> None:
            leave()
            if not ours and self._dashboards.get(topic) is ours:
                del self._dashboards[topic]

        return together(
            left,
            self._follow(
                lambda event: event.source in _SOURCES,
                lambda event: _FIGURES.get(event.type, f"{event.source}_event"),
                push,
            ),
        )

    def joined_overlay(self, topic: str, push: Push) -> Unsubscribe:
        """Tell the events of one source."""
        kind = topic.removeprefix(OVERLAY)
        found = self._found
        data: JsonObject = stream_state(found) if found else {}
        push("initial_state", {"type": kind, "data": data})
        return self._follow(
            lambda event: event.source == _OVERLAY_SOURCES[kind],
            lambda event: _FIGURES.get(event.type, f"{kind}_event"),
            push,
        )

    def _follow(
        self,
        is_wanted: Callable[[StreamEvent], bool],
        name_of: Callable[[StreamEvent], str],
        push: Push,
    ) -> Unsubscribe:
        def happened(happening: StreamHappening) -> None:
            event = happening.event
            if self._is_ours(happening.production) and is_wanted(event):
                push(name_of(event), self._encoded(event))

        return self._bus.subscribe(StreamHappening, happened)

    def _encoded(self, event: StreamEvent) -> Fragment:
        """Return an event as all are told it: they are told of it one after the other."""
        latest = self._latest
        if latest is None or latest[0] is not event:
            self._latest = latest = event, encoded(event.to_wire())
        return latest[1]

    # REST.

    async def events(self, query: Query) -> JsonValue:
        kind, limit = query.text("event_type"), query.limit()
        store = await self._store()
        async with store.reading() as connection:
            found = await find_stream_events(
                connection, self._production.id, kind, limit
            )
        return {"events": [*found]}

    async def stats(self, query: Query) -> JsonValue:
        hours = query.number("hours", 24, MAX_HOURS)
        since = utcnow() - timedelta(hours=hours)
        store = await self._store()
        async with store.reading() as connection:
            found = await count_stream_events(connection, self._production.id, since)
        return {"hours": hours, "total": found.total(), "events": dict(found)}

    async def _store(self) -> Store:
        if (store := self._hub.service(Store)) is None:
            raise NotAvailable(what="database")
        # What was just told may be asked for.
        await store.flush()
        return store


def _takeover(item: Item) -> JsonObject:
    return {
        "type": item.data.get("takeover"),
        "message": item.data.get("message"),
        "duration": round(item.duration * 1_000),
    }


def production_parts(hub: Hub) -> PhoenixParts:
    """Return what clients find of productions."""
    clients = _Clients(hub)
    ping = {"ping": clients.ping}
    of_queue = {
        **ping,
        "request_state": clients.state,
        "request_queue_state": clients.queue,
        "remove_queue_item": clients.remove,
        "force_content": clients.force,
        "takeover": clients.take_over,
        "takeover_clear": clients.clear,
        "get_channel_info": clients.channel,
    }
    return PhoenixParts(
        channels=(
            *(
                Channel(
                    fits=topic.__eq__,
                    commands=of_queue,
                    joined=_Followers(hub, *told).join,
                )
                for topic, told in _STATES.items()
            ),
            Channel(
                fits=lambda topic: (
                    topic.removeprefix(EVENTS) in _FILTERS and topic.startswith(EVENTS)
                ),
                commands=ping,
                joined=clients.joined_events,
            ),
            Channel(
                fits=lambda topic: topic.startswith(DASHBOARD),
                commands={**ping, "shout": clients.shout},
                joined=clients.joined_dashboard,
            ),
            Channel(
                fits=lambda topic: (
                    topic.removeprefix(OVERLAY) in _OVERLAY_SOURCES
                    and topic.startswith(OVERLAY)
                ),
                commands={**ping, "get_layer_mappings": clients.mappings},
                joined=clients.joined_overlay,
            ),
        ),
        reports=(
            Report(path="/api/activity/events", handler=clients.events),
            Report(path="/api/activity/stats", handler=clients.stats),
        ),
    )


_STATES: Final[Mapping[str, tuple[str, StateOf]]] = {
    "stream:overlays": ("stream_state", stream_state),
    "stream:queue": ("queue_state", queue_state),
}
"""What is told on which topic whenever something is other."""
