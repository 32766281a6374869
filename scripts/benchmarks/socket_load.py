"""The audience: many WebSocket clients that only listen. Run as a process of its own.

Prints `ready` when all are connected, and a line of JSON with the frames that came when it reads a line.
"""

import argparse
import json
import selectors
import sys

from .raw_socket import RawSocket


def main() -> None:
    """Listen until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--say", default="")
    options = parser.parse_args()
    selector = selectors.DefaultSelector()
    for _ in range(options.clients):
        client = RawSocket(options.port, options.path)
        if options.say:
            client.send(options.say)
        selector.register(client.socket, selectors.EVENT_READ, client)
    selector.register(sys.stdin, selectors.EVENT_READ)
    print("ready", flush=True)
    frames = size = 0
    while True:
        for key, _ in selector.select():
            if key.data is None:
                print(json.dumps({"frames": frames, "bytes": size}))
                return
            for frame in key.data.receive():
                if b"state_changed" in frame:
                    frames += 1
                    size = len(frame)


if __name__ == "__main__":
    main()
