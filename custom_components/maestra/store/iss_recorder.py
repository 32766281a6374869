"""Readings of telemetry channels as rows."""

from collections.abc import Callable

from ..bus import Unsubscribe
from ..domain import Domain
from ..domain.telemetry import ReadingTaken
from .json_text import optional_text
from .tables import TELEMETRY_READINGS, Row, Table


class IssRecorder:
    """Records every reading. Which of them came before, the database knows best."""

    def __init__(self, domain: Domain, record: Callable[[Table, Row], None]) -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what comes in until the returned function is called."""
        return self._bus.subscribe(ReadingTaken, self._taken)

    def _taken(self, reading: ReadingTaken) -> None:
        self._record(
            TELEMETRY_READINGS,
            (
                reading.time,
                reading.channel,
                reading.value,
                optional_text(reading.text or None),
                optional_text(reading.status_class or None),
                optional_text(reading.status_indicator or None),
                optional_text(reading.status_color or None),
                "{}",
            ),
        )
