"""From the domain's streams to Home Assistant's devices and entities."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Final, cast
from uuid import NAMESPACE_URL, uuid5

from homeassistant.const import Platform
from homeassistant.core import HassJob, callback
from homeassistant.helpers.event import async_call_later

from .bus import Unsubscribe, together
from .const import STREAM_PREFIX
from .domain.events import (
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
from .domain.stream import Stream
from .presentation import STREAM_PRESENTATIONS

if TYPE_CHECKING:
    from .runtime import MaestraRuntime
    from .stream_entities import MaestraStreamEvent

_LOGGER = logging.getLogger(__name__)

MAX_SHOWN: Final = 500
# So long after a start, what was there before may come back and find its device as it was.
RETURN_TIME: Final = timedelta(minutes=10)

ADVERTISED: Final = "advertised"
REQUESTED: Final = "requested"
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"

_EVENT: Final = (Platform.EVENT, "event")
_SESSIONS: Final = (Platform.SENSOR, "sessions")


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

    An app that starts again advertises under a new id. Who publishes, and what it is
    called, stays the same.
    """
    publisher, name = stream.publisher_id, stream.name
    return (
        f"{STREAM_PREFIX}{uuid5(NAMESPACE_URL, f'{len(publisher)}:{publisher}{name}')}"
    )


class StreamShow:
    """The streams that are shown, by their key: the active ones, and those that have ended."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Show nothing yet."""
        self._hass = runtime.hass
        self._domain = runtime.domain
        self._presenter = runtime.presenter
        self._writer = runtime.writer
        self._devices = runtime.devices
        self._views: dict[str, StreamView] = {}
        self._is_full = False

    def __iter__(self) -> Iterator[StreamView]:
        """Iterate over a copy of what is shown."""
        return iter(list(self._views.values()))

    def get(self, key: str) -> StreamView | None:
        """Return what is shown under a key, or None."""
        return self._views.get(key)

    def start(self) -> Unsubscribe:
        """Listen to the domain, in which no stream is yet, until the returned function is called."""
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
        )

    @callback
    def forget(self, key: str) -> bool:
        """Show a stream no longer; False for one that is advertised."""
        view = self._views.get(key)
        if view is None:
            return True
        if view.is_active:
            return False
        self._withdraw(view)
        return True

    def _show(self, stream: Stream) -> StreamView | None:
        key = stream_key(stream)
        view = self._views.get(key)
        if view is None:
            if not self._has_room():
                return None
            view = self._views[key] = StreamView(key, stream)
        view.stream, view.is_active = stream, True
        self._devices.put_stream(key, stream)
        self._presenter.show(key, view, STREAM_PRESENTATIONS)
        return view

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
            self._tell(view, ADVERTISED)

    def _requested(self, event: StreamRequested) -> None:
        if view := self._view_of(event.stream):
            self._tell(view, REQUESTED, consumer_id=event.consumer_id)

    def _ended(self, event: StreamEnded) -> None:
        if (view := self._view_of(event.stream)) is None:
            return
        view.is_active = False
        self._views[view.key] = self._views.pop(view.key)
        for entity in self._presenter.of(view.key):
            self._writer.write_now(entity)
        kind = EXPIRED if event.reason == EXPIRED else WITHDRAWN
        self._tell(view, kind, reason=event.reason)

    def _tell(self, view: StreamView, event_type: str, **attributes: str) -> None:
        entity = cast(
            "MaestraStreamEvent | None", self._presenter.find(view.key, *_EVENT)
        )
        if entity is not None:
            entity.take(event_type, {"stream_id": view.stream.id, **attributes})

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
                self._devices.put_stream(view.key, view.stream)

    def _device_changed(self, event: DeviceAdded | DeviceRemoved) -> None:
        names = (event.device.id, event.device.hardware_id)
        for view in self._views.values():
            if view.stream.device_id in names:
                self._devices.put_stream(view.key, view.stream)

    @callback
    def _remove_missing(self, _now: datetime) -> None:
        self._devices.remove_missing_streams(self._views)
