"""The inside bus: typed events to listeners, synchronously and in order."""

from .bus import Bus, Unsubscribe, call_each, enlist, together
from .caching import LONGEST, cached_by_text
from .counters import Counters, Latency, MessagePassed, TrafficMeter
from .garbage import YOUNG, collect_less
from .log import get_logger

__all__ = [
    "LONGEST",
    "YOUNG",
    "Bus",
    "Counters",
    "Latency",
    "MessagePassed",
    "TrafficMeter",
    "Unsubscribe",
    "cached_by_text",
    "call_each",
    "collect_less",
    "enlist",
    "get_logger",
    "together",
]
