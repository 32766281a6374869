"""What F2 controllers measure, and who was let in, in the store: tables, recorder, export, series and feed."""

from typing import Final

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..store.export import ExportKind, Type
from ..store.json_text import optional_text, plain_text
from ..store.series import Address, Feed, Found, SeriesKind
from ..store.settings import Lifetime
from ..store.tables import Record, RollupColumns, Table, Write
from ..store.topic import SHIPPED, StoreTopic
from .events import AccessDecision, F2Reading

DECODED_DATA: Final = Table(
    name="decoded_data",
    columns={
        "timestamp": "timestamptz",
        "device_id": "int4",
        "datapoint_id": "int4",
        "value": "float8",
    },
    time="timestamp",
    write=Write.ONCE,
    key=("device_id", "datapoint_id", "timestamp"),
    lifetime=Lifetime.METRICS,
    rollup=RollupColumns(series=("device_id", "datapoint_id")),
)
ACCESS_DECISIONS: Final = Table(
    name="access_decisions",
    columns={
        "id": "uuid",
        "time": "timestamptz",
        "controller": "text",
        "component": "text",
        "credential_hash": "text",
        "person": "text",
        "granted": "bool",
        "reason": "text",
    },
    write=Write.ONCE,
    key=("id",),
    lifetime=Lifetime.EVENTS,
    expires="time",
)


class F2Recorder:
    """Records every value of every reading, those that could not be decoded as NULL, and every decision."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
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


def _readings(reading: F2Reading) -> Found:
    time = reading.time
    return (
        ((sensor, datapoint), value, time) for sensor, datapoint, value in reading.rows
    )


def _key(address: Address) -> tuple[int, ...]:
    return tuple(map(int, address))


DATAPOINT_EXPORT: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "device_id": Type.INTEGER,
        "datapoint_id": Type.INTEGER,
        "value": Type.NUMBER,
    },
    query="""
SELECT timestamp AS time, device_id::bigint AS device_id, datapoint_id::bigint AS datapoint_id, value
FROM decoded_data
WHERE timestamp >= $1 AND timestamp < $2 AND ($3::text[] IS NULL OR device_id::text ~ ANY ($3))
ORDER BY timestamp
""",
)
DATAPOINT: Final = SeriesKind(
    name="datapoint",
    fields=("device", "datapoint"),
    table=DECODED_DATA,
    keys={"device_id": "s.a::int4", "datapoint_id": "s.b::int4"},
    value="value",
    has_numbers=True,
)
F2_ROWS: Final = StoreTopic(
    tables=(DECODED_DATA, ACCESS_DECISIONS),
    recorder=F2Recorder,
    exports={"decoded_data": DATAPOINT_EXPORT},
    series=(DATAPOINT,),
    feeds=(
        Feed(
            prefix="f2",
            kind=DATAPOINT,
            separator="/",
            event=F2Reading,
            readings=_readings,
            key=_key,
        ),
    ),
    migrations=SHIPPED,
)
