"""What buoys measure, in the store: a table with its rollup, a recorder and an export."""

from typing import Final

from custom_components.maestra.core.bus import Unsubscribe
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.store.export import ExportKind, Type
from custom_components.maestra.core.store.settings import Lifetime
from custom_components.maestra.core.store.tables import (
    Record,
    RollupColumns,
    Table,
    Write,
)
from custom_components.maestra.core.store.topic import StoreTopic

from .events import BuoyReported

WATER_LEVELS: Final = Table(
    name="water_levels",
    columns={"time": "timestamptz", "buoy": "text", "level": "float8"},
    time="time",
    write=Write.ONCE,
    key=("buoy", "time"),
    lifetime=Lifetime.METRICS,
    rollup=RollupColumns(series=("buoy",), value="level"),
)


class BuoyRecorder:
    """Records every level."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        self._bus = domain.bus
        self._record = record

    def start(self) -> Unsubscribe:
        """Record until the returned function is called."""
        return self._bus.subscribe(
            BuoyReported,
            lambda event: self._record(
                WATER_LEVELS, (event.time, event.buoy, event.level)
            ),
        )


BUOY_ROWS: Final = StoreTopic(
    tables=(WATER_LEVELS,),
    recorder=BuoyRecorder,
    exports={
        "water_levels": ExportKind(
            columns={"time": Type.TIME, "buoy": Type.TEXT, "level": Type.NUMBER},
            query="""
                SELECT time, buoy, level FROM water_levels
                WHERE time >= $1 AND time < $2
                    AND ($3::text[] IS NULL OR buoy ~ ANY ($3::text[]))
                ORDER BY time
            """,
        )
    },
)
