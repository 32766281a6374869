"""F2 controllers for a measurement: frames over a raw socket at QoS 1. Run as a process of its own.

Prints `ready` when everything is prepared, and begins when it reads a line.
"""

import argparse
from datetime import UTC, datetime, timedelta
import json
import socket
import sys
import threading
from typing import Final

from .generator import connect
from .qs_load import packet

CONTROLLERS: Final = 50
SENSORS: Final = 6
"""On J3 of each."""
FRAME: Final = "01 03 0C 32 30 32 30 36 32 38 30 31 30 31 5B 18 28"
WRITE: Final = 64 * 1024
STEP: Final = timedelta(microseconds=10)


def mac(number: int) -> str:
    """Return the address of a controller."""
    return f"aabbcc{number:06x}"


def message(turn: int, begin: datetime) -> tuple[str, bytes]:
    """Return the topic and payload of a turn: no two rows of a sensor have the same time."""
    sensor = turn // CONTROLLERS % SENSORS + 1
    topic = f"tele/f2-{mac(turn % CONTROLLERS)}/sensor-mode/J3/sensor-{sensor}"
    body = {"timestamp": str(begin + turn * STEP), "data": FRAME}
    return topic, json.dumps(body).encode()


def clock() -> datetime:
    """Return the time as controllers in UTC have it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=1)


def _drain(sock: socket.socket) -> None:
    while sock.recv(262_144):
        pass


def main(port: int, count: int) -> None:
    """Send that many frames."""
    begin = clock()
    sent = bytearray()
    for turn in range(count):
        topic, payload = message(turn, begin)
        sent += packet(topic.encode(), turn % 65_535 + 1, payload)
    with connect(port) as sock:
        drain = threading.Thread(target=_drain, args=(sock,), daemon=True)
        drain.start()
        print("ready", flush=True)
        sys.stdin.readline()
        for start in range(0, len(sent), WRITE):
            sock.sendall(sent[start : start + WRITE])
        # The broker has taken all when the reader says so: until then the connection stays.
        sys.stdin.readline()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()
    main(options.port, options.count)
