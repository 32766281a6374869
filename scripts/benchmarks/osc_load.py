"""The load of OSC: faders that move evenly, and listeners on MQTT and WebSocket that note what they hear when. Run as a process of its own.

Prints a line of JSON: the delays from sending to hearing, in seconds, by listener.
"""

import argparse
import json
import re
import selectors
import socket
import time
from typing import Final

from .generator import connect
from .raw_socket import RawSocket
from .traffic import slug

TICK: Final = 0.0005  # seconds
LINGER: Final = 0.5  # seconds
_TURN: Final = re.compile(rb'"current_state":\{[^}]*"turn":(\d+)')


def fader(number: int, turn: int) -> bytes:
    """Return the packet `/entity/update/<slug>/turn <int>`."""
    address = f"/entity/update/{slug(number)}/turn".encode()
    padded = address + b"\0" * (4 - len(address) % 4)
    return padded + b",i\0\0" + turn.to_bytes(4)


def main() -> None:
    """Send what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--entities", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--mqtt", type=int, default=0, help="port; 0 for no listener")
    parser.add_argument("--websocket", type=int, default=0)
    options = parser.parse_args()
    selector = selectors.DefaultSelector()
    listeners: dict[str, Subscriber | RawSocket] = {}
    if options.mqtt:
        listeners["mqtt"] = Subscriber(options.mqtt)
    if options.websocket:
        listeners["websocket"] = RawSocket(options.websocket, "/")
    for name, listener in listeners.items():
        selector.register(listener.socket, selectors.EVENT_READ, name)
    out = socket.socket(type=socket.SOCK_DGRAM)
    out.connect(("127.0.0.1", options.port))
    sent: list[float] = []
    delays: dict[str, list[float]] = {name: [] for name in listeners}
    count = int(options.rate * options.seconds)
    begin = time.monotonic()
    end = begin + options.seconds + LINGER
    while (now := time.monotonic()) < end:
        due = min(count, int((now - begin) * options.rate) + 1)
        for turn in range(len(sent), due):
            packet = fader(turn % options.entities, turn)
            sent.append(time.monotonic())
            out.send(packet)
        if not listeners:
            time.sleep(TICK)
        for key, _ in selector.select(TICK) if listeners else ():
            for frame in listeners[key.data].receive():
                moment = time.monotonic()
                delays[key.data] += [
                    moment - sent[int(found[1])] for found in _TURN.finditer(frame)
                ]
    print(json.dumps({"sent": len(sent), "delays": delays}))


class Subscriber:
    """Hears the events of one topic of a broker."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self.socket = connect(port)
        name = b"maestra/entity/state/+/+"
        body = b"\0\1" + len(name).to_bytes(2) + name + b"\0"
        self.socket.sendall(bytes((0x82, len(body))) + body)
        self.socket.setblocking(False)
        self._left = b""

    def receive(self) -> list[bytes]:
        """Return what came, an event that is not complete yet kept for the next time."""
        data = self._left + self.socket.recv(1_048_576)
        end = data.rfind(b"validation_warnings")
        self._left = data[end + 1 :] if end >= 0 else data
        return [data[:end]] if end >= 0 else []


if __name__ == "__main__":
    main()
