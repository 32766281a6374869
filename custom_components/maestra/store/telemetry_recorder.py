"""Telemetry of small devices as rows."""

from collections.abc import Callable

from ..bus import Unsubscribe
from ..domain import Domain
from ..domain.telemetry import TelemetryReceived
from .json_text import json_text, optional_text, plain_text
from .tables import EVENTS, Row, Table


class TelemetryRecorder:
    """Records every event that came in. Which of them came before, the database knows best."""

    def __init__(self, domain: Domain, record: Callable[[Table, Row], None]) -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what comes in until the returned function is called."""
        return self._bus.subscribe(TelemetryReceived, self._received)

    def _received(self, received: TelemetryReceived) -> None:
        event = received.event
        value = event.value
        text = value if isinstance(value, str) else None
        self._record(
            EVENTS,
            (
                plain_text(event.event_id),
                plain_text(event.device_id),
                event.schema,
                plain_text(event.event_type),
                value if text is None else None,
                optional_text(text),
                optional_text(event.unit),
                event.ts_device,
                event.ts_server,
                json_text(event.meta) if event.meta else "{}",
            ),
        )
