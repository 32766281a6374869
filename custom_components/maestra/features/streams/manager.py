"""Streams in Home Assistant: a device for each, which stays when the stream has ended, and the timer that ends silent ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, override
from uuid import NAMESPACE_URL, uuid5

from homeassistant.const import Platform
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from ...const import CONF_AUTO_ACCEPT, DEFAULT_AUTO_ACCEPT, STREAM_PREFIX
from ...core.bus import Unsubscribe, get_logger, together
from ...core.domain import Domain
from ...core.domain.events import (
    DeviceAdded,
    DeviceRemoved,
    EntityCreated,
    EntityDeleted,
    SessionEnded,
    SessionStarted,
    StreamAdvertised,
    StreamEnded,
    StreamRequested,
    SubscriberJoined,
    SubscriberLeft,
)
from ...core.domain.source import HOME_ASSISTANT
from ...core.domain.stream import Stream
from ...entity import MaestraEventEntity
from ...hub.hub import Hub
from ...hub.manager import Manager
from ...hub.presentation import Presentation
from ...hub.redaction import SAMPLE_SIZE, redact

_LOGGER = get_logger(__name__)

BEAT_INTERVAL: Final = timedelta(seconds=10)
# What falls silent within this time ends together; a moment too early is no endless loop.
PRECISION: Final = 1.0  # seconds
MAX_SHOWN: Final = 500
# So long after a start, what was there before may come back and find its device as it was.
RETURN_TIME: Final = timedelta(minutes=10)
ADVERTISED: Final = "advertised"
REQUESTED: Final = "requested"
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"
STREAM: Final = "stream"
STREAM_PRESENTATIONS: Final = (
    Presentation(platform=Platform.BINARY_SENSOR, kind=STREAM, key="active"),
    Presentation(platform=Platform.SENSOR, kind=STREAM, key="sessions"),
    Presentation(platform=Platform.EVENT, kind=STREAM, key="event"),
)
_EVENT: Final = (Platform.EVENT, "event")
_SESSIONS: Final = (Platform.SENSOR, "sessions")


class StreamTimer:
    """Ends streams, sessions and subscribers when their time is over.

    Speaks for those that an action has made: nobody else gives their signs of life.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        domain: Domain,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Wait for nothing yet. `clock` is that of the streams."""
        self._hass = hass
        self._bus = domain.bus
        self._streams = domain.streams
        self._clock = clock
        self._kept_streams: set[str] = set()
        self._kept_sessions: set[str] = set()
        self._cancel: Callable[[], None] | None = None

    @callback
    def start(self) -> Unsubscribe:
        """Look after streams until the returned function is called."""
        self._wait()
        # What is new ends after what was there, and a sign of life only puts an end off: one timer is enough.
        return together(
            self._stop_waiting,
            *(
                self._bus.subscribe(kind, self._wait)
                for kind in (StreamAdvertised, SessionStarted, SubscriberJoined)
            ),
            async_track_time_interval(
                self._hass, self._beat, BEAT_INTERVAL, cancel_on_shutdown=True
            ),
        )

    @callback
    def keep_stream(self, stream_id: str, *, alive: bool) -> None:
        """Give a stream's signs of life until it ends, or stop giving them."""
        (self._kept_streams.add if alive else self._kept_streams.discard)(stream_id)

    @callback
    def keep_session(self, session_id: str, *, alive: bool) -> None:
        """Give a session's signs of life until it ends, or stop giving them."""
        (self._kept_sessions.add if alive else self._kept_sessions.discard)(session_id)

    def _wait(self, _event: object = None) -> None:
        if self._cancel is None and (end := self._streams.next_expiry) is not None:
            self._cancel = async_call_later(
                self._hass,
                max(end - self._clock(), PRECISION),
                HassJob(self._expire, cancel_on_shutdown=True),
            )

    def _stop_waiting(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _expire(self, _now: datetime) -> None:
        self._cancel = None
        self._streams.expire()
        self._wait()

    @callback
    def _beat(self, _now: datetime) -> None:
        streams = self._streams
        self._kept_streams &= {stream.id for stream in streams}
        self._kept_sessions &= {session.id for session in streams.sessions}
        for stream_id in self._kept_streams:
            streams.heartbeat(stream_id, source=HOME_ASSISTANT)
        for session_id in self._kept_sessions:
            streams.session_heartbeat(session_id)


@dataclass(slots=True, eq=False)
class StreamView:
    """What Home Assistant shows of a stream, and goes on showing when it has ended."""

    key: str
    stream: Stream
    is_active: bool = True

    @property
    def consumers(self) -> int:
        """How many receive it now."""
        if not self.is_active:
            return 0
        return len(self.stream.sessions) + len(self.stream.subscribers)


def stream_key(stream: Stream) -> str:
    """Return what a stream is known by in Home Assistant.

    An app that starts again advertises under a new id; its identity stays the same.
    """
    publisher, name, kind = stream.identity
    return _key(f"{len(publisher)}:{publisher}{len(name)}:{name}{kind}")


def former_stream_key(stream: Stream) -> str:
    """Return what a stream was known by before its type was a part of that."""
    publisher, name, _ = stream.identity
    return _key(f"{len(publisher)}:{publisher}{name}")


def _key(identity: str) -> str:
    return f"{STREAM_PREFIX}{uuid5(NAMESPACE_URL, identity)}"


class StreamsManager(Manager):
    """The streams that are shown, by their key: the active ones, and those that have ended."""

    def __init__(self, hub: Hub) -> None:
        """Show nothing yet."""
        self.timer = StreamTimer(hub.hass, hub.domain)
        self._hass = hub.hass
        self._entry = hub.entry
        self._domain = hub.domain
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._views: dict[str, StreamView] = {}
        self._is_full = False

    def __iter__(self) -> Iterator[StreamView]:
        """Iterate over a copy of what is shown."""
        return iter(list(self._views.values()))

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Listen to the domain, in which no stream is yet, until the returned function is called."""
        self._apply()
        bus = self._domain.bus
        return together(
            bus.subscribe(StreamAdvertised, self._advertised),
            bus.subscribe(StreamRequested, self._requested),
            bus.subscribe(StreamEnded, self._ended),
            bus.subscribe(SessionStarted, self._session_changed),
            bus.subscribe(SessionEnded, self._session_changed),
            bus.subscribe(SubscriberJoined, self._subscriber_changed),
            bus.subscribe(SubscriberLeft, self._subscriber_changed),
            bus.subscribe(EntityCreated, self._entity_changed),
            bus.subscribe(EntityDeleted, self._entity_changed),
            bus.subscribe(DeviceAdded, self._device_changed),
            bus.subscribe(DeviceRemoved, self._device_changed),
            async_call_later(
                self._hass,
                RETURN_TIME,
                HassJob(self._remove_missing, cancel_on_shutdown=True),
            ),
            self.timer.start(),
        )

    @override
    async def async_apply(self) -> None:
        """Take over changed options."""
        self._apply()

    @override
    def expects(self, owner_id: str) -> bool:
        """Whether this is a stream, or an entity of one: its publisher may still come back."""
        return owner_id.startswith(STREAM_PREFIX)

    @override
    @callback
    def forget(self, owner_id: str) -> bool:
        """Show a stream no longer; False for one that is advertised."""
        view = self._views.get(owner_id)
        if view is None:
            return True
        if view.is_active:
            return False
        self._withdraw(view)
        return True

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return some of the streams that are advertised."""
        streams = list(self._domain.streams)[:SAMPLE_SIZE]
        return {"streams": [_described(stream) for stream in streams]}

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return what a stream's publisher says, or said last."""
        if (view := self._views.get(owner_id)) is None:
            return None
        return {"stream": _described(view.stream), "is_active": view.is_active}

    def _apply(self) -> None:
        self._domain.streams.auto_accept = self._entry.options.get(
            CONF_AUTO_ACCEPT, DEFAULT_AUTO_ACCEPT
        )

    def _show(self, stream: Stream) -> StreamView | None:
        key = stream_key(stream)
        view = self._views.get(key)
        if view is None:
            if not self._has_room():
                return None
            view = self._views[key] = StreamView(key, stream)
            self._adopt_former(key, stream)
        view.stream, view.is_active = stream, True
        self._put_device(key, stream)
        self._presenter.show(key, view, STREAM_PRESENTATIONS)
        return view

    def _adopt_former(self, key: str, stream: Stream) -> None:
        """Let a stream have the device and entities that an earlier version registered for it."""
        former_key = former_stream_key(stream)
        former = self._devices.get(former_key)
        if (
            isinstance(former, DeviceEntry)
            and former.model == self._model(stream)
            and self._devices.get(key) is None
        ):
            self._devices.rename(former_key, key)
            self._presenter.rename(former_key, key)

    def _model(self, stream: Stream) -> str:
        kind = self._domain.streams.types.get(stream.stream_type)
        return kind.display_name if kind else stream.stream_type

    def _put_device(self, key: str, stream: Stream) -> None:
        """Register a stream, or what changed of it, below the entity or device that it names."""
        domain = self._domain
        above = domain.entities.get(stream.entity_id or "") or domain.devices.get(
            stream.device_id or ""
        )
        self._devices.put(
            key,
            name=stream.name,
            model=self._model(stream),
            above=above.id if above else None,
            is_service=True,
        )

    def _has_room(self) -> bool:
        if len(self._views) < MAX_SHOWN:
            return True
        # The one that ended first: an ending puts a stream last.
        for view in self._views.values():
            if not view.is_active:
                self._withdraw(view)
                return True
        if not self._is_full:
            self._is_full = True
            _LOGGER.warning(
                "Only %s streams are shown in Home Assistant; further ones work, and are not shown",
                MAX_SHOWN,
            )
        return False

    def _withdraw(self, view: StreamView) -> None:
        del self._views[view.key]
        self._presenter.withdraw(view.key)
        self._devices.remove(view.key)

    def _view_of(self, stream: Stream) -> StreamView | None:
        """Return the view of just this stream, not of an earlier one of that name."""
        view = self._views.get(stream_key(stream))
        return view if view and view.stream is stream else None

    def _advertised(self, event: StreamAdvertised) -> None:
        view = self._show(event.stream)
        if view and event.is_new:
            self._fire(view, ADVERTISED)

    def _requested(self, event: StreamRequested) -> None:
        if view := self._view_of(event.stream):
            self._fire(view, REQUESTED, consumer_id=event.consumer_id)

    def _ended(self, event: StreamEnded) -> None:
        if (view := self._view_of(event.stream)) is None:
            return
        view.is_active = False
        self._views[view.key] = self._views.pop(view.key)
        for entity in self._presenter.of(view.key):
            self._writer.write_now(entity)
        kind = EXPIRED if event.reason == EXPIRED else WITHDRAWN
        self._fire(view, kind, reason=event.reason)

    def _fire(self, view: StreamView, event_type: str, **attributes: str) -> None:
        entity = self._presenter.find(view.key, *_EVENT)
        if isinstance(entity, MaestraEventEntity):
            entity.fire(event_type, {"stream_id": view.stream.id, **attributes})

    def _session_changed(self, event: SessionStarted | SessionEnded) -> None:
        self._count_changed(event.session.stream)

    def _subscriber_changed(self, event: SubscriberJoined | SubscriberLeft) -> None:
        self._count_changed(event.subscriber.stream)

    def _count_changed(self, stream: Stream) -> None:
        if entity := self._presenter.find(stream_key(stream), *_SESSIONS):
            self._writer.mark(entity)

    # What a stream hangs below comes and goes.

    def _entity_changed(self, event: EntityCreated | EntityDeleted) -> None:
        names = (event.entity.id, event.entity.slug)
        for view in self._views.values():
            if view.stream.entity_id in names:
                self._put_device(view.key, view.stream)

    def _device_changed(self, event: DeviceAdded | DeviceRemoved) -> None:
        names = (event.device.id, event.device.hardware_id)
        for view in self._views.values():
            if view.stream.device_id in names:
                self._put_device(view.key, view.stream)

    @callback
    def _remove_missing(self, _now: datetime) -> None:
        self._devices.remove_missing(
            lambda owner_id: (
                owner_id.startswith(STREAM_PREFIX) and owner_id not in self._views
            )
        )


def _described(stream: Stream) -> dict[str, Any]:
    return redact(
        {
            **stream.to_wire(),
            "gateway": stream.gateway,
            "sessions": [session.to_wire() for session in stream.sessions.values()],
            "subscribers": [
                subscriber.to_wire() for subscriber in stream.subscribers.values()
            ],
        }
    )
