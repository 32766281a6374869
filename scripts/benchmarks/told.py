"""A client that hears each change: how long it takes from publishing to there. Run as a process of its own.

Prints `ready` when it listens, and a line of JSON when it reads a line and nothing more comes: how many changes were told, and the delays.
"""

import argparse
from array import array
import json
import re
import select
import sys
import time
from typing import Any, Final

from custom_components.maestra.core.mqtt.packets import PacketType, body, puback

from .traffic import MOVING, PREFIX
from .whole_load import Client

SILENCE: Final = 0.5
"""Seconds after which nothing more is told."""
STATE: Final = f"{PREFIX}/entity/state/device/+"
PUBLISHED: Final = re.compile(
    rb'"current_state":\{[^}]*"%s":([\d.]+)' % MOVING.encode()
)
"""The values are the times at which they were published."""


def main() -> None:
    """Listen until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    client = Client(parser.parse_args().port, b"told", STATE.encode())
    print("ready", flush=True)
    sockets: list[Any] = [client.socket, sys.stdin]
    delays, silence = array("d"), None
    known: set[tuple[bytes, bytes]] = set()
    begin = time.monotonic()
    while ready := select.select(sockets, (), (), silence)[0]:
        if sys.stdin in ready:
            sockets.remove(sys.stdin)
            silence = SILENCE
        if client.socket in ready:
            answers, now = bytearray(), time.monotonic()
            for packet in client.packets():
                if packet[0] >> 4 == PacketType.PUBLISH:
                    content = body(packet)
                    at = 2 + (content[0] << 8 | content[1])
                    answers += puback(content[at] << 8 | content[at + 1])
                    found = PUBLISHED.search(content, at + 2)
                    if not found or (published := float(found[1])) < begin:
                        continue
                    # Other changes of the same entity tell the same value again.
                    if (told := (bytes(content[:at]), found[1])) not in known:
                        known.add(told)
                        delays.append(now - published)
            client.socket.sendall(answers)
    ordered = sorted(delays)
    figures: dict[str, float] = {"told": len(ordered)}
    if ordered:
        figures |= {"p99": ordered[len(ordered) * 99 // 100]}
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
