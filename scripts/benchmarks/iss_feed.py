"""A feed that floods: once it is asked for channels it sends so many updates, one a frame. Run as a process of its own.

Arguments: the port, how many updates, how many a second (0 for as fast as they are taken).
"""

import asyncio
from collections.abc import Iterator
import sys
import time
from typing import Final
from urllib.parse import parse_qs

from aiohttp import web

PROTOCOL: Final = "TLCP-2.5.0.lightstreamer.com"
SLICE: Final = 0.01  # seconds


def updates(items: int, count: int) -> Iterator[str]:
    """Return updates of all items in turn, each with a time of its own."""
    for number in range(count):
        value, at = number % 997, number % items + 1
        yield f"U,1,{at},{24 + number / 36e6:.9f}|{value}.5|^4\r\n"


class Flood:
    """One feed."""

    def __init__(self, count: int, rate: float) -> None:
        """Flood nobody yet."""
        self._count = count
        self._rate = rate

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Open a session, and send everything."""
        socket = web.WebSocketResponse(protocols=(PROTOCOL,), compress=False)
        await socket.prepare(request)
        async for message in socket:
            name, _, body = message.data.partition("\r\n")
            if name == "wsok":
                await socket.send_str("WSOK\r\n")
            elif name == "create_session":
                await socket.send_str("CONOK,S1,50000,5000,*\r\n")
            elif "LS_op=add" in body:
                items = len(parse_qs(body)["LS_group"][0].split(" "))
                await self._send(socket, items)
        return socket

    async def _send(self, socket: web.WebSocketResponse, items: int) -> None:
        first = [f"U,1,{at},#|0|#|24|#|#" for at in range(1, items + 1)]
        await socket.send_str("\r\n".join([f"SUBOK,1,{items},6", *first, ""]))
        begin = time.monotonic()
        for number, update in enumerate(updates(items, self._count)):
            await socket.send_str(update)
            if self._rate and number % 100 == 0:
                due = begin + number / self._rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))


def main() -> None:
    """Serve until killed."""
    port, count, rate = sys.argv[1:]
    app = web.Application()
    app.router.add_get("/lightstreamer", Flood(int(count), float(rate)).serve)
    web.run_app(app, host="127.0.0.1", port=int(port), print=None)


if __name__ == "__main__":
    main()
