"""What buoys report, as typed events on the bus."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class BuoyReported:
    """A buoy has measured the water, in metres above its mooring. `gateway` is the id of the connection."""

    buoy: str
    level: float
    time: datetime
    gateway: str
