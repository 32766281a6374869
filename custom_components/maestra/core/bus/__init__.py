"""The inside bus: typed events to listeners, synchronously and in order."""

from .bus import Bus, Unsubscribe, together
from .counters import Counters, Latency, TrafficMeter
from .log import get_logger

__all__ = [
    "Bus",
    "Counters",
    "Latency",
    "TrafficMeter",
    "Unsubscribe",
    "get_logger",
    "together",
]
