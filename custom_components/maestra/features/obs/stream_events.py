"""What happens in OBS, as events of a stream: begun and ended, recorded, another scene, lost (stream-production.md §4)."""

from dataclasses import dataclass, replace
from typing import Any, Final

from ...const import CONF_PRODUCTION
from ...core.bus import Bus
from ...core.domain.clock import utcnow
from ...core.obs.state import Output, OutputState
from ...core.production.events import LiveSeen, StreamReported
from ...core.production.stream_events import read_event
from .link import ObsLink

RUNNING: Final = frozenset(
    {OutputState.STARTED, OutputState.PAUSED, OutputState.RECONNECTING}
)
"""What starts may fail; what reconnects has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """An OBS as it was seen last. While it is away all but `connected` is as it was."""

    connected: bool = False
    stream: bool | None = None
    record: bool | None = None
    scene: str | None = None


class ObsReporter:
    """Tells productions of what is other in an OBS."""

    def __init__(self, bus: Bus) -> None:
        """Have seen nothing."""
        self._bus = bus
        self._seen: dict[str, _Seen] = {}

    def look(self, link: ObsLink) -> None:
        """Tell what is other than it was the last time."""
        before = self._seen.get(link.id, _Seen())
        now = self._seen[link.id] = _look(link, before)
        if now == before:
            return
        if now.connected and not before.connected:
            self._tell(link, "connection_established", connection_state="connected")
        if before.connected and not now.connected:
            self._tell(link, "connection_lost", connection_state="disconnected")
        if before.stream is None and now.stream is not None:
            # What it did while nobody saw it is told by none of its events.
            self._bus.publish(LiveSeen("obs", now.stream, _production(link)))
        elif now.stream != before.stream:
            self._tell_output(link, "stream", now.stream)
        if before.record is not None and now.record != before.record:
            self._tell_output(link, "recording", now.record)
        if before.scene is not None and now.scene != before.scene:
            self._tell(
                link,
                "scene_changed",
                scene_name=now.scene,
                previous_scene=before.scene,
            )

    def forget(self, link_id: str) -> None:
        """Begin anew with an OBS."""
        self._seen.pop(link_id, None)

    def _tell_output(self, link: ObsLink, name: str, is_on: bool | None) -> None:
        verb = "started" if is_on else "stopped"
        self._tell(link, f"{name}_{verb}", output_active=is_on, output_state=verb)

    def _tell(self, link: ObsLink, kind: str, **fields: Any) -> None:
        raw = {"type": f"obs.{kind}", "source_id": link.id, **fields}
        event = read_event(raw, utcnow())
        self._bus.publish(StreamReported(event, _production(link)))


def _look(link: ObsLink, before: _Seen) -> _Seen:
    if not link.connected:
        return replace(before, connected=False)
    state = link.gateway.state
    return _Seen(
        connected=True,
        stream=state.outputs.get(Output.STREAM) in RUNNING,
        record=state.outputs.get(Output.RECORD) in RUNNING,
        scene=state.program,
    )


def _production(link: ObsLink) -> str | None:
    return link.data.get(CONF_PRODUCTION)
