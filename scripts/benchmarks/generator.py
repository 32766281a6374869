"""The load: publishes over a raw socket and waits for nobody. Run as a process of its own.

Prints `ready` when everything is prepared, starts when it reads a line, and prints
a line of JSON when the last message is handed to the kernel, at QoS 1 when the broker has acknowledged it.
"""

import argparse
from array import array
from collections.abc import Callable, Iterator
import json
from pathlib import Path
import socket
import sys
import threading
import time
from typing import Final

from .traffic import MIXES, topic

TICK: Final = 0.001  # seconds
BATCH: Final = 500  # messages in one write of a flood
PUBACK_BYTES: Final = 4
PATIENCE: Final = 120  # seconds


def connect(port: int, name: bytes = b"generator") -> socket.socket:
    """Open an MQTT 3.1.1 connection."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2) + name
    sock.sendall(bytes((0x10, len(body))) + body)
    answer = sock.recv(4)
    if answer[:1] != b"\x20" or answer[3]:
        raise ConnectionError(f"the broker answered {answer!r}")
    return sock


def packets(
    prefix: str, entities: int, mix: str, qos: int
) -> Callable[[int, str], bytes]:
    """Return what encodes the PUBLISH of a turn."""
    text = MIXES[mix]
    topics = []
    for number in range(entities):
        name = topic(prefix, number).encode()
        topics.append(len(name).to_bytes(2) + name)

    def packet(turn: int, value: str) -> bytes:
        identifier = (turn % 65_535 + 1).to_bytes(2) if qos else b""
        body = (
            topics[turn % entities]
            + identifier
            + text(turn // entities + turn, value).encode()
        )
        length = len(body)
        size = (
            bytes((length,))
            if length < 128
            else bytes((length & 127 | 128, length >> 7))
        )
        return bytes((0x30 | qos << 1,)) + size + body

    return packet


def flood(
    sock: socket.socket, packet: Callable[[int, str], bytes], count: int
) -> Iterator[float]:
    """Send everything as fast as the kernel takes it; the values are numbers that never repeat."""
    base = int(time.time())
    batches = [
        b"".join(
            packet(turn, f"{base + turn}.5")
            for turn in range(start, min(start + BATCH, count))
        )
        for start in range(0, count, BATCH)
    ]
    go()
    for batch in batches:
        sock.sendall(batch)
    yield time.monotonic()


def paced(
    sock: socket.socket, packet: Callable[[int, str], bytes], count: int, rate: float
) -> Iterator[float]:
    """Send evenly; each value is the time at which it is published."""
    go()
    begin, turn = time.monotonic(), 0
    while turn < count:
        due = min(count, int((time.monotonic() - begin) * rate) + 1)
        batch = bytearray()
        for number in range(turn, due):
            now = time.monotonic()
            batch += packet(number, f"{now:.6f}")
            yield round(now, 6)
        turn = due
        sock.sendall(batch)
        time.sleep(TICK)


def acknowledgements(sock: socket.socket, count: int, done: threading.Event) -> None:
    """Read them, else the broker would stop reading us, and tell when so many are there."""
    left = count * PUBACK_BYTES
    while left > 0 and (data := sock.recv(65_536)):
        left -= len(data)
    done.set()


def go() -> None:
    """Wait for the word."""
    print("ready", flush=True)
    sys.stdin.readline()


def main() -> None:
    """Send what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--mix", default="show", choices=MIXES)
    parser.add_argument("--entities", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument(
        "--rate", type=float, default=0, help="messages a second, 0 for a flood"
    )
    parser.add_argument("--qos", type=int, default=0)
    parser.add_argument("--log", type=Path, help="where to write the publish times")
    options = parser.parse_args()
    sock = connect(options.port)
    acknowledged = threading.Event()
    threading.Thread(
        target=acknowledgements,
        args=(sock, options.count if options.qos else 0, acknowledged),
        daemon=True,
    ).start()
    packet = packets(options.prefix, options.entities, options.mix, options.qos)
    if options.rate:
        times = array("d", paced(sock, packet, options.count, options.rate))
    else:
        times = array("d", flood(sock, packet, options.count))
    # Who leaves earlier takes along what the broker has not read yet.
    acknowledged.wait(PATIENCE)
    sock.sendall(b"\xe0\x00")
    if options.log:
        options.log.write_bytes(times.tobytes())
    print(json.dumps({"last": times[-1]}), flush=True)


if __name__ == "__main__":
    main()
