"""phoenix.js, the client of Phoenix channels that dashboards use, in a Node.js of its own: an oracle for ours."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
from typing import Any

from .process import HOST, PATIENCE

SCRIPT = Path(__file__).with_name("phoenix_client.mjs")


class PhoenixJs:
    """A client that joins, asks, and waits for what it is told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._inbox: list[dict[str, Any]] = []

    def do(self, **command: Any) -> None:
        """Let it `join` or `leave` a topic, or `ask` there for something: an `event` with a `payload`."""
        assert self._process.stdin
        self._process.stdin.write(f"{json.dumps(command)}\n".encode())

    async def says(self, **wanted: Any) -> dict[str, Any]:
        """Wait until it tells of something like this, and take that out."""
        assert self._process.stdout
        looked_at = 0
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    for told in self._inbox[looked_at:]:
                        if wanted.items() <= told.items():
                            self._inbox.remove(told)
                            return told
                    looked_at = len(self._inbox)
                    line = await self._process.stdout.readline()
                    assert line, "it has ended"
                    self._inbox.append(json.loads(line))
        except TimeoutError:
            raise AssertionError(f"Never {wanted}; told {self._inbox}") from None

    async def join(self, topic: str) -> None:
        """Join a topic."""
        self.do(join=topic)
        assert (await self.says(what="joined", topic=topic))["status"] == "ok"

    async def ask(self, topic: str, event: str, **payload: Any) -> tuple[str, Any]:
        """Ask for something, and return how that ends, with the answer."""
        self.do(ask=topic, event=event, payload=payload)
        answer = await self.says(what="answered", topic=topic)
        return answer["status"], answer["response"]

    async def told(self, topic: str, event: str) -> Any:
        """Wait until it is told of something on a topic; returns the payload."""
        return (await self.says(what="told", topic=topic, event=event))["payload"]


@asynccontextmanager
async def phoenix_js(port: int) -> AsyncGenerator[PhoenixJs]:
    """A client that has connected."""
    node, module = os.environ.get("MAESTRA_NODE"), os.environ.get("MAESTRA_PHOENIX")
    assert node and module, "phoenix.js is missing: set MAESTRA_NODE, MAESTRA_PHOENIX"
    process = await asyncio.create_subprocess_exec(
        *(node, "--no-warnings", "--experimental-websocket", SCRIPT, module),
        f"ws://{HOST}:{port}/socket",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        client = PhoenixJs(process)
        await client.says(what="open")
        yield client
    finally:
        process.kill()
        await process.wait()
