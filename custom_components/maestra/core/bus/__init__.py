"""The inside bus: typed events to listeners, synchronously and in order."""

from .bus import Bus, Unsubscribe, enlist, together
from .counters import Counters, Latency, TrafficMeter
from .log import get_logger

__all__ = [
    "Bus",
    "Counters",
    "Latency",
    "TrafficMeter",
    "Unsubscribe",
    "enlist",
    "get_logger",
    "together",
]
