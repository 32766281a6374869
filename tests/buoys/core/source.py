"""The dialect of buoys, between one MQTT connection and the domain."""

from math import isfinite
from typing import Final

from custom_components.maestra.core.bus import (
    Counters,
    Latency,
    TrafficMeter,
    Unsubscribe,
)
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.transport.access import RejectionLog
from custom_components.maestra.core.transport.transport import (
    Message,
    Subscription,
    Taken,
    Transport,
)

from .events import BuoyReported

LEVELS: Final = "buoys/+/level"


class BuoySource:
    """Takes in what buoys measure, and lets them ring."""

    def __init__(self, key: str, transport: Transport, domain: Domain) -> None:
        self.counters = Counters()
        self.latency = Latency()
        self._key = key
        self._transport = transport
        self._domain = domain
        self._traffic = TrafficMeter(self.counters, self.latency, domain.bus, key)
        self._rejections = RejectionLog("Buoys", self.counters)

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        return self._transport.subscribe([Subscription(LEVELS, 1)], self._take)

    def ring(self, buoy: str) -> None:
        """Let a buoy ring; raises NotConnected."""
        self._transport.publish(f"buoys/{buoy}/ring", b"", qos=1)
        self._traffic.outgoing(0)

    def _take(self, message: Message) -> Taken:
        _, buoy, _ = message.topic.split("/")
        with self._traffic.message(message.topic, message.payload):
            try:
                level = float(message.payload)
            except ValueError:
                level = float("nan")
            if isfinite(level):
                self.counters.add("accepted")
                self._domain.bus.publish(BuoyReported(buoy, level, utcnow(), self._key))
            else:
                self._rejections.note(buoy, "malformed", "no number", message.topic)
        return Taken.NOW
