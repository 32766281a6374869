"""The yardstick of OSC: a python-osc server that dispatches and counts. Run as a process of its own."""

import asyncio
import sys
import time

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import AsyncIOOSCUDPServer

from .probe.control import serve


async def main(port: int, path: str) -> None:
    """Listen until the process is ended."""
    received = 0

    def take(_address: str, *_arguments: object) -> None:
        nonlocal received
        received += 1

    dispatcher = Dispatcher()
    dispatcher.map("/entity/update/*", take)
    loop = asyncio.get_running_loop()
    server = AsyncIOOSCUDPServer(("127.0.0.1", port), dispatcher, loop)  # type: ignore[arg-type]
    transport, _ = await server.create_serve_endpoint()

    def counts() -> dict[str, float]:
        return {
            "cpu": time.process_time(),
            "now": time.monotonic(),
            "messages_in": received,
        }

    async with await serve(path, {"counts": counts}):
        await loop.create_future()
    transport.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
