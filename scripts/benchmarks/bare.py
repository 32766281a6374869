"""The yardstick of MQTT: our codec on a protocol of asyncio, and nothing else. Run as a process of its own.

Arguments: the broker's port, the control socket, filters (a text with commas), how many messages of QoS 1 to tell of each that comes.
"""

import asyncio
from collections import deque
import sys
import time
from typing import Final, override

import mqtt5

from .probe.control import serve

POLL: Final = 0.005  # seconds
TOPIC: Final = "bare/entity/state/device/bench-00000"
EVENT: Final = b"x" * 400
"""As large as what is told of a change."""


class Bare(asyncio.Protocol):
    """Takes what comes, and acknowledges it behind what it tells of it."""

    def __init__(self, filters: list[str], tells: int) -> None:
        """Wait for a connection."""
        self._filters = filters
        self._tells = tells
        self._received = self._acknowledged = 0
        self._left = b""
        self._transport: asyncio.WriteTransport | None = None
        # What is to be sent: messages, and the packet ids that are acknowledged behind them.
        self._waiting: deque[int | None] = deque()
        self._in_flight = self._last_id = 0
        self._window = 1

    @property
    def taken(self) -> int:
        """How many messages are done with: all that is told of them is with the broker."""
        return self._acknowledged // self._tells if self._tells else self._received

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        connect = mqtt5.ConnectPacket(
            f"bare-{self._tells}", clean_start=True, receive_max=2_000
        )
        transport.write(connect.write())

    @override
    def data_received(self, data: bytes) -> None:
        view = memoryview(self._left + data)
        while view:
            try:
                packet, size = mqtt5.read(view)
            except IndexError:
                break
            view = view[size:]
            self._take(packet)
        self._left = bytes(view)
        self._send()

    def _take(self, packet: mqtt5.Packet) -> None:
        if isinstance(packet, mqtt5.PublishPacket):
            self._received += 1
            self._waiting.extend((None,) * self._tells)
            if packet.packet_id is not None:
                self._waiting.append(packet.packet_id)
        elif isinstance(packet, mqtt5.PubAckPacket):
            self._acknowledged += 1
            self._in_flight -= 1
        elif isinstance(packet, mqtt5.ConnAckPacket):
            self._window = min(2_000, packet.receive_max)
            qos = mqtt5.QoS.AT_LEAST_ONCE
            asked = [mqtt5.TopicFilter(each, max_qos=qos) for each in self._filters]
            assert self._transport
            self._transport.write(mqtt5.SubscribePacket(1, asked).write())

    def _send(self) -> None:
        packets: list[bytes] = []
        while self._waiting:
            if (packet_id := self._waiting[0]) is not None:
                packets.append(mqtt5.PubAckPacket(packet_id).write())
            elif self._in_flight < self._window:
                self._in_flight += 1
                self._last_id = self._last_id % 65_535 + 1
                qos = mqtt5.QoS.AT_LEAST_ONCE
                message = mqtt5.PublishPacket(
                    TOPIC, EVENT, qos=qos, packet_id=self._last_id
                )
                packets.append(message.write())
            else:
                break
            self._waiting.popleft()
        if packets:
            assert self._transport
            self._transport.writelines(packets)


async def main(port: int, path: str, filters: list[str], tells: int) -> None:
    """Read until the process is ended."""
    bare = Bare(filters, tells)
    loop = asyncio.get_running_loop()

    def counts() -> dict[str, float]:
        return {
            "cpu": time.process_time(),
            "now": time.monotonic(),
            "taken": bare.taken,
        }

    async def expect(taken: float, patience: float) -> dict[str, float]:
        end = time.monotonic() + patience
        while (now := counts())["taken"] < taken and now["now"] < end:
            await asyncio.sleep(POLL)
        return now

    await loop.create_connection(lambda: bare, "127.0.0.1", port)
    async with await serve(path, {"counts": counts, "expect": expect}):
        await loop.create_future()


if __name__ == "__main__":
    _, broker, control, wanted, events = sys.argv
    asyncio.run(main(int(broker), control, wanted.split(","), int(events)))
