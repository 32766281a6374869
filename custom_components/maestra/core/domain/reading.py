"""Readings that detectors are fed with."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, eq=False)
class Reading:
    """One finite number of one series, named as its feed does (`core/store/series.py`), at one time in UTC; `unit` where one is told."""

    series: str
    value: float
    time: datetime
    unit: str | None = None
