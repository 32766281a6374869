"""What F2 controllers measure, and who was let in, as rows."""

from collections.abc import Callable

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..domain.telemetry import AccessDecision, F2Reading
from .json_text import optional_text, plain_text
from .tables import ACCESS_DECISIONS, DECODED_DATA, Row, Table


class F2Recorder:
    """Records every value of every reading, those that could not be decoded as NULL, and every decision."""

    def __init__(self, domain: Domain, record: Callable[[Table, Row], None]) -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what comes in until the returned function is called."""
        return together(
            self._bus.subscribe(F2Reading, self._read),
            self._bus.subscribe(AccessDecision, self._decided),
        )

    def _read(self, reading: F2Reading) -> None:
        for sensor, datapoint, value in reading.rows:
            self._record(DECODED_DATA, (reading.time, sensor, datapoint, value))

    def _decided(self, decision: AccessDecision) -> None:
        self._record(
            ACCESS_DECISIONS,
            (
                decision.id,
                decision.timestamp,
                plain_text(decision.controller),
                plain_text(decision.path),
                optional_text(decision.credential_hash),
                optional_text(decision.person),
                decision.granted,
                plain_text(decision.reason),
            ),
        )
