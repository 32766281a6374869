"""How much is measured."""

from dataclasses import dataclass
from typing import Final

DAY: Final = 86_400  # seconds


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long to measure."""

    rounds: int
    flood: int  # messages
    seconds: float
    starts: int
    rows: int
    """Rows that are written at a time."""
    slow_rows: int
    """The same, for what takes them one by one."""
    days: int
    """Days of one value a second that are charted."""
    chart_days: int
    """The same, for a chart that one goes through."""
    steady: float
    """Seconds of even load on the store."""
    entities: int
    """Of the house that takes messages."""
    at_start: int
    """Entities of the house whose start is measured."""
    many: int
    """Entities, where few and many are compared."""
    readings: int
    """Stored readings that detectors replay, one a second."""
    burst: float
    """Seconds of the burst of ISS updates."""
    steps: int
    """How often a rate is raised at most, to find the highest."""
    batches: tuple[int, ...] = (1, 20)
    """How many QS events of an ESPHome node go together: a program each, which is compiled."""


FULL: Final = Effort(
    rounds=5,
    flood=30_000,
    seconds=6,
    starts=5,
    rows=400_000,
    slow_rows=4_000,
    days=7,
    chart_days=365,
    steady=60,
    entities=200,
    at_start=1_000,
    many=2_000,
    readings=30 * DAY,
    burst=60,
    steps=100,
)
QUICK: Final = Effort(
    rounds=2,
    flood=8_000,
    seconds=2,
    starts=2,
    rows=100_000,
    slow_rows=1_000,
    days=7,
    chart_days=30,
    steady=10,
    entities=200,
    at_start=1_000,
    many=2_000,
    readings=30 * DAY,
    burst=5,
    steps=100,
)
SMOKE: Final = Effort(
    rounds=1,
    flood=400,
    seconds=0.5,
    starts=1,
    rows=4_000,
    slow_rows=50,
    days=1,
    chart_days=2,
    steady=2,
    entities=20,
    at_start=60,
    many=60,
    readings=DAY,
    burst=0.5,
    steps=1,
    batches=(20,),
)
"""Enough to see that each part still works; its figures say nothing."""
