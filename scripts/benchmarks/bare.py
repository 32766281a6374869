"""The yardstick: an aiomqtt loop that discards everything. Run as a process of its own."""

import asyncio
import sys
import time

import aiomqtt

from .probe.control import serve
from .traffic import BARE_PREFIX

POLL = 0.005  # seconds


async def main(port: int, path: str) -> None:
    """Read until the process is ended."""
    received = 0

    def counts() -> dict[str, float]:
        return {"cpu": time.process_time(), "now": time.monotonic(), "taken": received}

    async def expect(taken: float, patience: float) -> dict[str, float]:
        end = time.monotonic() + patience
        while (now := counts())["taken"] < taken and now["now"] < end:
            await asyncio.sleep(POLL)
        return now

    async with aiomqtt.Client(
        "127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5
    ) as client:
        for verb in ("update", "set"):
            await client.subscribe(f"{BARE_PREFIX}/entity/state/{verb}/#", qos=1)
        async with await serve(path, {"counts": counts, "expect": expect}):
            async for _message in client.messages:
                received += 1


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
