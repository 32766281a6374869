"""How much is measured."""

from dataclasses import dataclass
from typing import Final


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
    steady: float
    """Seconds of even load on the store."""


FULL: Final = Effort(
    rounds=5,
    flood=30_000,
    seconds=6,
    starts=5,
    rows=400_000,
    slow_rows=4_000,
    days=7,
    steady=60,
)
QUICK: Final = Effort(
    rounds=2,
    flood=8_000,
    seconds=2,
    starts=2,
    rows=100_000,
    slow_rows=1_000,
    days=7,
    steady=10,
)
