"""`python -m scripts.simulators.obs`: answers as an OBS Studio does, with scenes and sound to switch."""

import argparse
import asyncio
import signal
from typing import Final

from .obs_server import ObsDouble

STANDARD_PORT: Final = 4455


async def run(port: int) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with ObsDouble(port).running():
        print(f"OBS at {port}", flush=True)
        await stop.wait()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.simulators.obs",
        description="Be an OBS Studio for Maestra on the same machine. Its password is in obs_server.py.",
    )
    parser.add_argument(
        "--port", type=int, default=STANDARD_PORT, help="default: %(default)s"
    )
    asyncio.run(run(parser.parse_args().port))


if __name__ == "__main__":
    main()
