"""Readings of ISS telemetry in the store: table, recorder, export, series and feed."""

from typing import Final

from ..bus import Unsubscribe
from ..domain import Domain
from ..store.export import ExportKind, Type
from ..store.json_text import optional_text
from ..store.series import Feed, Found, SeriesKind
from ..store.settings import Lifetime
from ..store.tables import Record, RollupColumns, Table, Write
from ..store.topic import SHIPPED, StoreTopic
from .events import ReadingTaken

TELEMETRY_READINGS: Final = Table(
    name="telemetry_readings",
    columns={
        "timestamp": "timestamptz",
        "channel": "text",
        "value": "float8",
        "calibrated_data": "text",
        "status_class": "text",
        "status_indicator": "text",
        "status_color": "text",
        "metadata": "jsonb",
        "reading": "uuid",
    },
    time="timestamp",
    write=Write.ONCE,
    # A value and a status change under an unchanged time, too.
    key=("channel", "timestamp", "reading"),
    lifetime=Lifetime.METRICS,
    rollup=RollupColumns(series=("channel",)),
)


class IssRecorder:
    """Records every reading. Which of them came before, the database knows best."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
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
                reading.series,
                reading.value,
                optional_text(reading.text or None),
                optional_text(reading.status_class or None),
                optional_text(reading.status_indicator or None),
                optional_text(reading.status_color or None),
                "{}",
                reading.id,
            ),
        )


def _readings(reading: ReadingTaken) -> Found:
    return (((reading.series,), reading.value, reading.time),)


TELEMETRY_EXPORT: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "channel": Type.TEXT,
        "value": Type.NUMBER,
        "calibrated": Type.TEXT,
        "status": Type.TEXT,
        "metadata": Type.TEXT,
    },
    query="""
SELECT timestamp AS time, channel, value, calibrated_data AS calibrated, status_class AS status,
    metadata::text AS metadata
FROM telemetry_readings
WHERE timestamp >= $1 AND timestamp < $2 AND ($3::text[] IS NULL OR channel ~ ANY ($3))
ORDER BY timestamp
""",
)
TELEMETRY: Final = SeriesKind(
    name="telemetry",
    fields=("channel",),
    table=TELEMETRY_READINGS,
    keys={"channel": "s.a"},
    value="value",
    text="calibrated_data",
)
ISS_ROWS: Final = StoreTopic(
    tables=(TELEMETRY_READINGS,),
    recorder=IssRecorder,
    exports={"telemetry_readings": TELEMETRY_EXPORT},
    series=(TELEMETRY,),
    feeds=(Feed(prefix="iss", kind=TELEMETRY, event=ReadingTaken, readings=_readings),),
    migrations=SHIPPED,
)
