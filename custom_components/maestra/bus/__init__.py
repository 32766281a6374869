"""The inside bus: typed events to listeners, synchronously and in order."""

from .bus import Bus, Unsubscribe, together
from .counters import Counters

__all__ = ["Bus", "Counters", "Unsubscribe", "together"]
