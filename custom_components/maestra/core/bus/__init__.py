"""The inside bus: typed events to listeners, synchronously and in order."""

from .bus import Bus, Unsubscribe, together
from .counters import Counters, Latency, TrafficMeter

__all__ = ["Bus", "Counters", "Latency", "TrafficMeter", "Unsubscribe", "together"]
