"""Time in the life of streams: what falls silent ends, what Home Assistant answers for does not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from .bus import Unsubscribe, together
from .domain import Domain
from .domain.events import SessionStarted, StreamAdvertised, SubscriberJoined
from .domain.source import HOME_ASSISTANT

BEAT_INTERVAL: Final = timedelta(seconds=10)
# What falls silent within this time ends together; a moment too early is no endless loop.
PRECISION: Final = 1.0  # seconds


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
