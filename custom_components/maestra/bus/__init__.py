"""The inside bus: typed events to listeners, synchronously and in order."""

from .bus import Bus, Unsubscribe, together
from .counters import Counters
from .latency import Latency

__all__ = ["Bus", "Counters", "Latency", "Unsubscribe", "together"]
