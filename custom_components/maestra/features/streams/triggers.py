"""Triggers on streams and their sessions, and what they tell automations."""

from typing import Any, Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...const import TargetKind
from ...core.bus import Unsubscribe
from ...core.domain.clock import wire_time
from ...core.domain.events import (
    SessionEnded,
    SessionStarted,
    StreamAdvertised,
    StreamEnded,
)
from ...core.domain.stream import Stream
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, schema
from .manager import stream_key

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


def stream_variables(hub: Hub, event: StreamAdvertised | StreamEnded) -> dict[str, Any]:
    """Return the stream that something happened to; `device_id` is Home Assistant's."""
    return _stream(hub, event.stream) | {"timestamp": wire_time(event.timestamp)}


def session_variables(hub: Hub, event: SessionStarted | SessionEnded) -> dict[str, Any]:
    """Return the session that something happened to, with its stream."""
    session = event.session
    return _stream(hub, session.stream) | {
        "session_id": session.id,
        "consumer_id": session.consumer_id,
        "consumer_address": session.consumer_address,
        "consumer_port": session.consumer_port,
        "publisher_address": session.publisher_address,
        "publisher_port": session.publisher_port,
        "protocol": session.protocol,
        "transport_config": session.transport_config,
        "started_at": wire_time(session.started_at),
        "timestamp": wire_time(event.timestamp),
    }


def _stream(hub: Hub, stream: Stream) -> dict[str, Any]:
    return {
        "stream_id": stream.id,
        "name": stream.name,
        "stream_type": stream.stream_type,
        "publisher_id": stream.publisher_id,
        "protocol": stream.protocol,
        "address": stream.address,
        "port": stream.port,
        "delivery_mode": stream.delivery_mode,
        "multicast_group": stream.multicast_group,
        "multicast_port": stream.multicast_port,
        "config": stream.config,
        "metadata": stream.metadata,
        "device_id": hub.devices.id_of(stream_key(stream)),
    }


class StreamTrigger(MaestraTrigger):
    """Something happened to a stream.

    It may be named instead of targeted: an automation is to know it before it has ever been there.
    """

    fits = TargetKind.STREAM | TargetKind.HUB
    _schema = schema(STREAM_OPTIONS)

    def _allows(self, option: str, value: str) -> bool:
        allowed = self._options[option]
        return not allowed or value in allowed

    def _matches(self, stream: Stream) -> bool:
        names = self._options[CONF_NAME]
        return (
            self._is_meant(names, stream_key(stream), stream.name)
            and self._allows(CONF_STREAM_TYPE, stream.stream_type)
            and self._allows(CONF_PUBLISHER, stream.publisher_id)
        )


class StreamAdvertisedTrigger(StreamTrigger):
    """A stream is there that was not."""

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def advertised(event: StreamAdvertised) -> None:
            if event.is_new and self._matches(event.stream):
                run(
                    stream_variables(hub, event),
                    f"stream {event.stream.name} advertised",
                )

        return hub.domain.bus.subscribe(StreamAdvertised, advertised)


class StreamEndedTrigger(StreamTrigger):
    """A stream was withdrawn or fell silent."""

    _schema = schema(_ENDED_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def ended(event: StreamEnded) -> None:
            if self._allows(CONF_REASON, event.reason) and self._matches(event.stream):
                variables = stream_variables(hub, event)
                run(
                    variables | {"reason": event.reason},
                    f"stream {event.stream.name} {event.reason}",
                )

        return hub.domain.bus.subscribe(StreamEnded, ended)


class SessionTrigger(StreamTrigger):
    """Something happened between a stream and one of its consumers."""

    _schema = schema(_SESSION_OPTIONS)

    def _matches_session(self, event: SessionStarted | SessionEnded) -> bool:
        session = event.session
        return self._allows(CONF_CONSUMER, session.consumer_id) and self._matches(
            session.stream
        )


class SessionStartedTrigger(SessionTrigger):
    """A consumer receives a stream from now on."""

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def started(event: SessionStarted) -> None:
            if self._matches_session(event):
                run(
                    session_variables(hub, event),
                    f"{event.session.consumer_id} receives stream {event.session.stream.name}",
                )

        return hub.domain.bus.subscribe(SessionStarted, started)


class SessionEndedTrigger(SessionTrigger):
    """A consumer receives a stream no longer."""

    _schema = schema(_SESSION_ENDED_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def ended(event: SessionEnded) -> None:
            session = event.session
            if not self._allows(CONF_REASON, event.reason) or not self._matches_session(
                event
            ):
                return
            lasted = event.timestamp - session.started_at
            run(
                session_variables(hub, event)
                | {
                    "reason": event.reason,
                    "error": event.error,
                    "duration": lasted.total_seconds(),
                    "bytes_transferred": session.bytes_transferred,
                },
                f"{session.consumer_id} receives stream {session.stream.name} no longer",
            )

        return hub.domain.bus.subscribe(SessionEnded, ended)


STREAM_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "stream_advertised": StreamAdvertisedTrigger,
    "stream_ended": StreamEndedTrigger,
    "session_started": SessionStartedTrigger,
    "session_ended": SessionEndedTrigger,
}
