"""The outgoing backlog of an OSC target: the latest message of each address."""

from typing import Final

from ..bus import TrafficMeter
from ..domain.errors import InvalidField, NotConnected, OutgoingFull
from .channels import Channel
from .codec import show

MAX_WAITING: Final = 10_000
"""Addresses whose latest message waits."""


class Outbox:
    """Sends at once while there is room; else keeps the latest message of each address until there is.

    Counts what is dropped as `unsent`, what a later message replaced as `coalesced`, and what the network
    brought back as `undelivered`: nobody listens there.
    """

    def __init__(self, name: str, traffic: TrafficMeter) -> None:
        """Have no channel yet. `name` is the target as errors call it."""
        self._name = name
        self._traffic = traffic
        self._counters = traffic.counters
        self._waiting: dict[str, bytes] = {}
        self.channel: Channel | None = None

    def open(self, channel: Channel) -> None:
        """Send on this channel from now on."""
        self.channel = channel
        channel.on_room(self._flush)
        channel.on_error(lambda: self._counters.add("undelivered"))

    def close(self) -> None:
        """Close the channel and drop what waits."""
        channel, self.channel = self.channel, None
        self._counters.add("unsent", len(self._waiting))
        self._waiting.clear()
        if channel is not None:
            channel.close()

    def send(self, packet: bytes) -> None:
        """Send a packet now or never; raises InvalidField, NotConnected, OutgoingFull."""
        channel = self.channel
        if channel is None:
            raise NotConnected(gateway=self._name)
        if len(packet) > channel.longest:
            raise InvalidField(
                field="values", reason=f"more than {channel.longest} bytes"
            )
        if channel.is_full:
            raise OutgoingFull(gateway=self._name)
        self._write(channel, packet)

    def offer(self, address: str, packet: bytes) -> None:
        """Send a packet when there is room, unless a later one for the same address comes first."""
        channel = self.channel
        if channel is None or len(packet) > channel.longest:
            self._counters.add("unsent")
        elif channel.is_full or self._waiting:
            self._keep(address, packet)
        else:
            self._write(channel, packet)

    def _keep(self, address: str, packet: bytes) -> None:
        if self._waiting.pop(address, None) is not None:
            self._counters.add("coalesced")
        elif len(self._waiting) >= MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
            self._counters.add("unsent")
        self._waiting[address] = packet

    def _flush(self) -> None:
        channel = self.channel
        while self._waiting and channel is not None and not channel.is_full:
            self._write(channel, self._waiting.pop(next(iter(self._waiting))))

    def _write(self, channel: Channel, packet: bytes) -> None:
        channel.send(packet)
        self._traffic.outgoing(len(packet))
        show(self._traffic, packet, is_incoming=False)
