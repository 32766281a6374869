"""The yardstick of the web: an aiohttp server that echoes JSON, and sends one text to all its sockets. Run as a process of its own."""

import asyncio
import sys
import time

from aiohttp import web

from .probe.control import serve


async def echo(request: web.Request) -> web.Response:
    """Answer with what came."""
    return web.json_response(await request.json())


class Sockets:
    """The WebSockets that are open."""

    def __init__(self) -> None:
        """Start without one."""
        self.open: set[web.WebSocketResponse] = set()
        self.sent = 0

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        """Keep one until it is closed."""
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        self.open.add(ws)
        try:
            async for _ in ws:
                pass
        finally:
            self.open.discard(ws)
        return ws

    async def send(self, rate: float, seconds: float, text: str) -> None:
        """Send the text to all, evenly."""
        begin, turn, last = time.monotonic(), 0, rate * seconds
        while turn < last:
            # A machine that can't keep up must come to an end too.
            while turn < min(last, (time.monotonic() - begin) * rate):
                for ws in self.open:
                    await ws.send_str(text)
                self.sent += len(self.open)
                turn += 1
            await asyncio.sleep(1 / rate)


async def main(port: int, path: str) -> None:
    """Serve until the process is ended."""
    sockets = Sockets()
    app = web.Application()
    app.router.add_get("/ws", sockets.accept)
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()

    def counts() -> dict[str, float]:
        return {
            "cpu": time.process_time(),
            "now": time.monotonic(),
            "clients": len(sockets.open),
            "messages_out": sockets.sent,
        }

    async with await serve(path, {"counts": counts, "send": sockets.send}):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
