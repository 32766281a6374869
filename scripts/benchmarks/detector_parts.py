"""The figures of detectors: replaying a month of one channel, and what a reading costs."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
import time
from typing import Final

from custom_components.maestra.core.detectors.catalogue import DETECTORS
from custom_components.maestra.core.detectors.detector import Detection, Detector
from custom_components.maestra.core.detectors.registry import DetectorInstance
from custom_components.maestra.core.detectors.replay import Progress, replay
from custom_components.maestra.core.detectors.rows import DETECTED_EVENTS
from custom_components.maestra.core.domain.reading import Reading
from custom_components.maestra.core.store.store import Store
from scripts.catalogue import STORE_CATALOGUE
from scripts.report import Table

from .database import DATABASE, postgresql, recording
from .effort import Effort

CHANNEL: Final = "NODE3000005"
SERIES: Final = f"iss:{CHANNEL}"
SETTINGS: Final[Mapping[str, Mapping[str, float]]] = {
    "peebot": {},
    "threshold": {"above": 25.5, "hold": 60.0},
    "trend": {},
    "rate": {"change": 5.0},
}
MS: Final = 1_000
SOME: Final = 100_000
END: Final = datetime(2026, 11, 1, tzinfo=UTC)
# A visit now and then, a processing run that empties the tank, and now and then a digit of noise.
_SEED: Final = """
INSERT INTO telemetry_readings (timestamp, channel, value, calibrated_data, status_class, status_indicator, status_color)
SELECT $1::timestamptz - make_interval(secs => $2 - n), $3,
    20 + 3 * least(n % 28800 / 7200, 3) + least(n % 7200 / 7, 3)
        + CASE WHEN hashint4(n::int4) % 200 = 0 THEN -1 ELSE 0 END,
    '', '24', 'Normal', 'Green'
FROM generate_series(0, $2::int8 - 1) n"""
_KNOWN: Final = "SELECT count(*) FROM detected_events"


def detectors(folder: Path, effort: Effort) -> Table:
    """Figure o: replay of one channel, and the readings a second that each detector takes."""
    table = Table(
        f"(o) Detectors: {effort.readings} stored readings of one channel replayed (aim: a month, 2 592 000 readings, in under 60 s), "
        "and readings taken a second from memory",
        ("detector", "replay s", "readings/s", "longest turn ms", "events", "again stored", "from memory/s"),
        (
            "Longest turn: how long the event loop was kept from others while replaying.",
            "Again stored: rows that a second replay of the same range adds.",
        ),
    )  # fmt: skip
    asyncio.run(_replays(table, folder, effort.readings))
    return table


async def _replays(table: Table, folder: Path, count: int) -> None:
    with postgresql() as server:
        store = Store(
            await server.create(DATABASE),
            folder / "spool",
            catalogue=STORE_CATALOGUE,
            writer="bench",
        )
        async with recording(store), server.connected(DATABASE) as connection:
            await connection.execute(_SEED, END, float(count), CHANNEL, timeout=600)
            await connection.execute("ANALYZE telemetry_readings")
            for kind, build in DETECTORS.items():
                instance = DetectorInstance(kind, kind, build(SERIES, SETTINGS[kind]))
                figures = await _replay(store, instance, count)
                before = await connection.fetchval(_KNOWN)
                await _replay(store, instance, count)
                added = await connection.fetchval(_KNOWN) - before
                speed = median(_from_memory(instance.detector) for _ in range(3))
                table.add(kind, *figures, added, speed)


async def _replay(
    store: Store, instance: DetectorInstance, count: int
) -> tuple[float, float, float, int]:
    """Replay all; returns seconds, readings a second, the longest turn in milliseconds, and events."""
    progress = Progress(END - timedelta(seconds=count), END)
    turns = [0.0]

    def tell(detection: Detection) -> None:
        type_ = instance.stored_type(detection)
        where, sure = detection.channel, detection.confidence
        store.record(DETECTED_EVENTS, (detection.detected_at, type_, where, sure, "{}"))

    watch = asyncio.create_task(_watch(turns))
    began = time.perf_counter()
    await replay(store, instance, progress, datetime.now(UTC), tell)
    seconds = time.perf_counter() - began
    watch.cancel()
    await asyncio.wait([watch])
    await store.flush()
    rate = progress.readings / seconds
    return seconds, rate, max(turns), len(progress.found)


async def _watch(turns: list[float]) -> None:
    """Note how long others have to wait for the loop, every few milliseconds."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0)
        turns.append((time.perf_counter() - began) * MS)
        await asyncio.sleep(0.005)


def _from_memory(known: Detector) -> float:
    """Return how many readings a second a new detector of this kind takes."""
    detector = type(known)(known.series, known.settings)
    readings = [
        Reading(SERIES, 20 + number % 7200 // 2400, END + timedelta(seconds=number))
        for number in range(SOME)
    ]
    began = time.perf_counter()
    for reading in readings:
        detector.take(reading)
    return SOME / (time.perf_counter() - began)


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {"o": detectors}
