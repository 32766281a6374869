"""The load of the whole: entities with two values that move, and a client that is told of it. Run as a process of its own.

Publishes evenly at QoS 1, and hears each change at QoS 1 on its most specific topic. Prints a line of JSON: what was sent,
what was told, once and again, the delays from one to the other, and how many changes were on their way at half time and at the end.
"""

import argparse
from array import array
from collections.abc import Iterator
import json
import re
import select
import time
from typing import Final

from custom_components.maestra.core.mqtt.packets import (
    PacketType,
    body,
    packet_end,
    puback,
)

from .generator import connect
from .qs_load import packet
from .traffic import PREFIX, topic

TICK: Final = 0.002  # seconds
SILENCE: Final = 10.0
"""Seconds after which nothing more is told."""
CHUNK: Final = 262_144
PACKET_IDS: Final = 65_535
TURN: Final = re.compile(rb'"current_state":\{[^}]*"turn":(\d+)')


class Client:
    """A connection with MQTT 3.1.1: the broker has no window for what comes from it."""

    def __init__(self, port: int, name: bytes, topic_filter: bytes = b"") -> None:
        """Connect, and subscribe at QoS 1 to what is to be heard."""
        self.socket = connect(port, name)
        self._left = b""
        if topic_filter:
            request = b"\0\1" + len(topic_filter).to_bytes(2) + topic_filter + b"\1"
            self.socket.sendall(bytes((0x82, len(request))) + request)

    def packets(self) -> Iterator[memoryview]:
        """Yield the packets that have come."""
        data = memoryview(self._left + self.socket.recv(CHUNK))
        at = 0
        while (end := packet_end(data, at)) and end <= len(data):
            yield data[at:end]
            at = end
        self._left = bytes(data[at:])


class Load:
    """What was sent when, and what was told when."""

    def __init__(self, port: int, entities: int, first: int) -> None:
        """Connect those who publish and those who hear; turns are counted from `first` on."""
        self._first = first
        self.sent = array("d")
        self.delays = array("d")
        self.again = 0
        self._is_told = bytearray()
        self._topics = [topic(PREFIX, number).encode() for number in range(entities)]
        self._publisher = Client(port, b"publisher")
        self._listener = Client(port, b"listener", b"maestra/entity/state/device/+")
        self._sockets = [self._publisher.socket, self._listener.socket]
        # The subscription is granted.
        self.hear(SILENCE)

    @property
    def flying(self) -> int:
        """How many changes were not told yet."""
        return len(self.sent) - len(self.delays)

    def publish(self, due: int) -> None:
        """Publish until so many are sent."""
        packets = bytearray()
        for turn in range(len(self.sent), due):
            payload = b'{"turn": %d, "level": %d.5}' % (
                self._first + turn,
                turn % 1_000,
            )
            to = self._topics[turn % len(self._topics)]
            packets += packet(to, turn % PACKET_IDS + 1, payload)
            self.sent.append(time.monotonic())
        self._is_told.extend(bytes(due - len(self._is_told)))
        self._publisher.socket.sendall(packets)

    def hear(self, seconds: float) -> bool:
        """Take in what comes within so many seconds at most; whether something did."""
        ready, _, _ = select.select(self._sockets, (), (), seconds)
        if self._publisher.socket in ready:
            # That the broker has taken it; nobody waits for that.
            self._publisher.socket.recv(CHUNK)
        if self._listener.socket not in ready:
            return False
        answers, now = bytearray(), time.monotonic()
        for each in self._listener.packets():
            if each[0] >> 4 == PacketType.PUBLISH:
                answers += self._told(body(each), now)
        self._listener.socket.sendall(answers)
        return True

    def _told(self, published: memoryview, now: float) -> bytes:
        """Note a change; returns the acknowledgement."""
        at = 2 + (published[0] << 8 | published[1])
        if found := TURN.search(published, at + 2):
            turn = int(found[1]) - self._first
            self.again += self._is_told[turn]
            if not self._is_told[turn]:
                self._is_told[turn] = 1
                self.delays.append(now - self.sent[turn])
        return puback(published[at] << 8 | published[at + 1])


def main() -> None:
    """Send what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--entities", type=int, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    load = Load(options.port, options.entities, options.first)
    count = int(options.rate * options.seconds)
    begin, half = time.monotonic(), 0
    while len(load.sent) < count:
        load.publish(min(count, int((time.monotonic() - begin) * options.rate) + 1))
        if len(load.sent) < count // 2:
            half = load.flying
        load.hear(TICK)
    took, end = time.monotonic() - begin, load.flying
    heard = time.monotonic()
    while load.flying and time.monotonic() - heard < SILENCE:
        if load.hear(SILENCE):
            heard = time.monotonic()
    delays = sorted(load.delays)
    shares = {name: delays[int(len(delays) * share)] for name, share in QUANTILES}
    print(
        json.dumps(
            {
                "sent": count,
                "seconds": took,
                "told": len(delays),
                "again": load.again,
                "flying": [half, end],
                **(shares if delays else {}),
            }
        )
    )


QUANTILES: Final = (("p50", 0.5), ("p99", 0.99), ("worst", 0.999_999))

if __name__ == "__main__":
    main()
