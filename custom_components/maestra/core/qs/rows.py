"""What QS devices measure, in the store: table, recorder, export, series and feed."""

from collections.abc import Hashable
from datetime import timedelta
from typing import Final

from ..bus import Unsubscribe
from ..domain import Domain
from ..domain.units import name_with_unit, normal_unit, with_normal_unit
from ..store.export import ExportKind, Type
from ..store.json_text import json_text, optional_text, plain_text
from ..store.series import Address, Feed, Found, SeriesKind
from ..store.settings import Lifetime
from ..store.tables import Claim, Record, RollupColumns, Table, Write
from ..store.topic import SHIPPED, StoreTopic
from .events import TelemetryIdReused, TelemetryReceived

EVENTS: Final = Table(
    name="events",
    columns={
        "event_id": "text",
        "device_id": "text",
        "schema": "int4",
        "event_type": "text",
        "value_num": "float8",
        "value_text": "text",
        "unit": "text",
        "ts_device": "timestamptz",
        "ts_server": "timestamptz",
        "meta": "jsonb",
    },
    time="ts_server",
    write=Write.CLAIM,
    key=("event_id",),
    lifetime=Lifetime.EVENTS,
    chunk=timedelta(days=7),
    rollup=RollupColumns(
        series=("device_id", "event_type"), value="value_num", unit="unit"
    ),
    claim=Claim(
        table="event_ids",
        owner="device_id",
        content=(
            "device_id",
            "event_type",
            "value_num",
            "value_text",
            "unit",
            "ts_device",
            "meta",
        ),
        reused=TelemetryIdReused,
    ),
)


class QsRecorder:
    """Records every event that came in. Which of them came before, the database knows best."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
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


def _readings(received: TelemetryReceived) -> Found:
    event = received.event
    if received.is_repeated:
        return
    name = with_normal_unit(event.event_type)
    for each in name, name_with_unit(name, normal_unit(event.unit) or ""):
        yield (event.device_id, each), event.value, event.ts_server


def _key(address: Address) -> Hashable:
    device_id, name = address
    return device_id, with_normal_unit(name)


EVENT_EXPORT: Final = ExportKind(
    columns={
        "time": Type.TIME,
        "event_id": Type.TEXT,
        "device_id": Type.TEXT,
        "event_type": Type.TEXT,
        "value": Type.NUMBER,
        "text": Type.TEXT,
        "unit": Type.TEXT,
        "device_time": Type.TIME,
        "meta": Type.TEXT,
    },
    query="""
SELECT ts_server AS time, event_id, device_id, event_type, value_num AS value, value_text AS text, unit,
    ts_device AS device_time, meta::text AS meta
FROM events
WHERE ts_server >= $1 AND ts_server < $2 AND ($3::text[] IS NULL OR device_id ~ ANY ($3))
ORDER BY ts_server
""",
)
EVENT: Final = SeriesKind(
    name="event",
    fields=("device", "event_type"),
    table=EVENTS,
    keys={"device_id": "s.a", "event_type": "s.b"},
    value="value_num",
    text="value_text",
)
QS_ROWS: Final = StoreTopic(
    tables=(EVENTS,),
    recorder=QsRecorder,
    exports={"events": EVENT_EXPORT},
    series=(EVENT,),
    feeds=(
        Feed(
            prefix="qs",
            kind=EVENT,
            separator="/",
            event=TelemetryReceived,
            readings=_readings,
            key=_key,
            unit=lambda received: normal_unit(received.event.unit),
        ),
    ),
    migrations=SHIPPED,
)
