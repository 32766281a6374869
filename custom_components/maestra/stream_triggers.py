"""Triggers on streams and their sessions."""

from typing import Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from .bus import Unsubscribe
from .domain.events import SessionEnded, SessionStarted, StreamAdvertised, StreamEnded
from .domain.stream import Stream
from .runtime import MaestraRuntime
from .targets import NAMES
from .trigger_base import MaestraTrigger, Run, untargeted_schema
from .trigger_variables import session_variables, stream_variables

CONF_CONSUMER: Final = "consumer"
CONF_NAME: Final = "name"
CONF_PUBLISHER: Final = "publisher"
CONF_REASON: Final = "reason"
CONF_STREAM_TYPE: Final = "stream_type"

STREAM_OPTIONS: Final[VolDictType] = {
    probatio.Optional(option, default=list): NAMES
    for option in (CONF_NAME, CONF_STREAM_TYPE, CONF_PUBLISHER)
}
_ENDED_OPTIONS: Final[VolDictType] = {
    **STREAM_OPTIONS,
    probatio.Optional(CONF_REASON, default=list): NAMES,
}
_SESSION_OPTIONS: Final[VolDictType] = {
    **STREAM_OPTIONS,
    probatio.Optional(CONF_CONSUMER, default=list): NAMES,
}
_SESSION_ENDED_OPTIONS: Final[VolDictType] = {
    **_SESSION_OPTIONS,
    probatio.Optional(CONF_REASON, default=list): NAMES,
}


class StreamTrigger(MaestraTrigger):
    """Something happened to a stream.

    A stream is named, not targeted: an automation is to know it before it has ever been there.
    """

    _schema = untargeted_schema(STREAM_OPTIONS)

    def _allows(self, option: str, value: str) -> bool:
        allowed = self._options[option]
        return not allowed or value in allowed

    def _matches(self, stream: Stream) -> bool:
        return (
            self._allows(CONF_NAME, stream.name)
            and self._allows(CONF_STREAM_TYPE, stream.stream_type)
            and self._allows(CONF_PUBLISHER, stream.publisher_id)
        )


class StreamAdvertisedTrigger(StreamTrigger):
    """A stream is there that was not."""

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        def advertised(event: StreamAdvertised) -> None:
            if event.is_new and self._matches(event.stream):
                run(
                    stream_variables(self._hass, runtime, event),
                    f"stream {event.stream.name} advertised",
                )

        return runtime.domain.bus.subscribe(StreamAdvertised, advertised)


class StreamEndedTrigger(StreamTrigger):
    """A stream was withdrawn or fell silent."""

    _schema = untargeted_schema(_ENDED_OPTIONS)

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        def ended(event: StreamEnded) -> None:
            if self._allows(CONF_REASON, event.reason) and self._matches(event.stream):
                variables = stream_variables(self._hass, runtime, event)
                run(
                    variables | {"reason": event.reason},
                    f"stream {event.stream.name} {event.reason}",
                )

        return runtime.domain.bus.subscribe(StreamEnded, ended)


class SessionTrigger(StreamTrigger):
    """Something happened between a stream and one of its consumers."""

    _schema = untargeted_schema(_SESSION_OPTIONS)

    def _matches_session(self, event: SessionStarted | SessionEnded) -> bool:
        session = event.session
        return self._allows(CONF_CONSUMER, session.consumer_id) and self._matches(
            session.stream
        )


class SessionStartedTrigger(SessionTrigger):
    """A consumer receives a stream from now on."""

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        def started(event: SessionStarted) -> None:
            if self._matches_session(event):
                run(
                    session_variables(self._hass, runtime, event),
                    f"{event.session.consumer_id} receives stream {event.session.stream.name}",
                )

        return runtime.domain.bus.subscribe(SessionStarted, started)


class SessionEndedTrigger(SessionTrigger):
    """A consumer receives a stream no longer."""

    _schema = untargeted_schema(_SESSION_ENDED_OPTIONS)

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        def ended(event: SessionEnded) -> None:
            session = event.session
            if not self._allows(CONF_REASON, event.reason) or not self._matches_session(
                event
            ):
                return
            lasted = event.timestamp - session.started_at
            run(
                session_variables(self._hass, runtime, event)
                | {
                    "reason": event.reason,
                    "error": event.error,
                    "duration": lasted.total_seconds(),
                    "bytes_transferred": session.bytes_transferred,
                },
                f"{session.consumer_id} receives stream {session.stream.name} no longer",
            )

        return runtime.domain.bus.subscribe(SessionEnded, ended)


STREAM_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "stream_advertised": StreamAdvertisedTrigger,
    "stream_ended": StreamEndedTrigger,
    "session_started": SessionStartedTrigger,
    "session_ended": SessionEndedTrigger,
}
