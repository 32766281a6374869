"""`python -m scripts.simulators.lightstreamer`: a feed of the ISS on this machine, for where there is no internet.

It plays what our own generator makes up: all channels of the catalogue, 70 updates a second, and every
few minutes an episode at the urine tank.
"""

import argparse
import asyncio
from contextlib import suppress
from datetime import UTC, datetime
import signal
from typing import Final

from .station import Station
from .tlcp_server import TlcpServer

READY: Final = "feed on air"
"""What is printed once clients can connect."""
STANDARD_PORT: Final = 8090


async def play(server: TlcpServer, station: Station) -> None:
    """Let a second of telemetry pass each second."""
    loop = asyncio.get_running_loop()
    server.put_many(station.snapshot(datetime.now(UTC)))
    due = loop.time()
    while True:
        due += 1
        await asyncio.sleep(max(0.0, due - loop.time()))
        server.put_many(station.tick(datetime.now(UTC)))


async def run(options: argparse.Namespace) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = TlcpServer()
    await server.start(options.port)
    station = Station(options.seed, options.episode_every, options.first_episode)
    playing = asyncio.create_task(play(server, station))
    print(f"{READY} at {server.url}", flush=True)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (playing, stopping):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await playing
    await server.stop()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.simulators.lightstreamer",
        description="Play telemetry of the ISS for clients of Lightstreamer.",
    )
    parser.add_argument(
        "--port", type=int, default=STANDARD_PORT, help="default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=1, help="of what is made up")
    parser.add_argument(
        "--episode-every", type=float, default=300, metavar="S", help="seconds between two episodes at the tank"
    )  # fmt: skip
    parser.add_argument(
        "--first-episode", type=float, default=20, metavar="S", help="seconds until the first one"
    )  # fmt: skip
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
