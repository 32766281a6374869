"""QS devices for a measurement: publish events over a raw socket and count what is acknowledged. Run as a process of its own.

Prints a line of JSON: when it began, the seconds until the last acknowledgement, how many came, and the delays from publish to acknowledgement.
"""

import argparse
from collections.abc import Iterator
import json
import re
import socket
import threading
import time
from typing import Final

from .generator import PATIENCE, PUBACK_BYTES, connect

NODES: Final = 50
TICK: Final = 0.001  # seconds
WRITE: Final = 64 * 1024
ACK: Final = re.compile(rb'"event_id":"([\d.]+)-\d+"')
OVERLAP: Final = 64
"""Bytes in which an id may be cut by the end of a read."""


class Acks(threading.Thread):
    """Reads what comes back."""

    def __init__(self, sock: socket.socket, expected: int, taken: int) -> None:
        """Start to read: so many acknowledgements of events, and `taken` bytes in all."""
        super().__init__(daemon=True)
        self.delays: list[float] = []
        self.last = 0.0
        self.all_here = threading.Event()
        self._sock = sock
        self._expected = expected
        self._taken = taken
        self.start()

    def run(self) -> None:
        """Read until the connection ends. Our own acknowledgements are due to nobody: we subscribe at QoS 0."""
        left, size = b"", 0
        while data := self._sock.recv(262_144):
            size += len(data)
            now, data = time.monotonic(), left + data
            end = 0
            for found in ACK.finditer(data):
                self.delays.append(now - float(found[1]))
                end = found.end()
            self.last = now
            left = data[max(end, len(data) - OVERLAP) :]
            if len(self.delays) >= self._expected and size >= self._taken:
                self.all_here.set()


def packet(topic: bytes, identifier: int, payload: bytes) -> bytes:
    """Return a PUBLISH at QoS 1."""
    body = len(topic).to_bytes(2) + topic + identifier.to_bytes(2) + payload
    size, length = bytearray(), len(body)
    while length > 127:
        size.append(length & 127 | 128)
        length >>= 7
    size.append(length)
    return bytes((0x32,)) + bytes(size) + body


def messages(count: int, batch: int) -> Iterator[bytes]:
    """Return so many events as messages, each event with the time at which it is made."""
    base = time.time_ns() // 1_000
    for turn in range(count // batch):
        node = f"node-{turn % NODES:02}"
        now = time.monotonic()
        events = [
            {
                "schema": 1,
                "event_id": f"{now:.6f}-{base + turn * batch + place}",
                "device_id": node,
                "event_type": "temperature",
                "value": 20 + (turn + place) % 100 / 10,
                "unit": "C",
                "ts_device": "2026-11-21T10:00:00Z",
                "meta": {"sensor": "dht22"},
            }
            for place in range(batch)
        ]
        payload = json.dumps(events if batch > 1 else events[0]).encode()
        yield packet(f"qs/v1/{node}/events".encode(), turn % 65_535 + 1, payload)


def flood(sock: socket.socket, count: int, batch: int) -> float:
    """Send everything as fast as the kernel takes it; returns when that began."""
    prepared = b"".join(messages(count, batch))
    begin = time.monotonic()
    for start in range(0, len(prepared), WRITE):
        sock.sendall(prepared[start : start + WRITE])
    return begin


def paced(sock: socket.socket, count: int, batch: int, rate: float) -> float:
    """Send evenly; returns when that began."""
    begin, sent, source = time.monotonic(), 0, messages(count, batch)
    while sent < count:
        due = min(count, int((time.monotonic() - begin) * rate) + batch)
        while sent + batch <= due:
            sock.sendall(next(source))
            sent += batch
        time.sleep(TICK)
    return begin


def main() -> None:
    """Send what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0, help="events a second")
    parser.add_argument("--acks", action="store_true")
    options = parser.parse_args()
    sock = connect(options.port)
    if options.acks:
        topic = b"qs/v1/+/acks"
        body = b"\x00\x01" + len(topic).to_bytes(2) + topic + b"\x00"
        sock.sendall(bytes((0x82, len(body))) + body)
    # Who leaves earlier takes along what the broker has not read yet.
    taken = PUBACK_BYTES * (options.count // options.batch)
    acks = Acks(sock, options.count if options.acks else 0, taken)
    if options.rate:
        begin = paced(sock, options.count, options.batch, options.rate)
    else:
        begin = flood(sock, options.count, options.batch)
    acks.all_here.wait(PATIENCE)
    delays = sorted(acks.delays)
    figures = {"begin": begin, "acked": len(delays), "seconds": acks.last - begin}
    if delays:
        figures |= {
            "p50": delays[len(delays) // 2],
            "p99": delays[len(delays) * 99 // 100],
        }
    print(json.dumps(figures), flush=True)
    sock.sendall(b"\xe0\x00")


if __name__ == "__main__":
    main()
