"""Open WebSockets of a listener: served until one side ends, and closed with patience for nobody."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Final

from aiohttp import WSCloseCode, web

CLOSE_TIMEOUT: Final = 2.0  # seconds


async def until_one_ends(name: str, *works: Coroutine[Any, Any, None]) -> None:
    """Do these together until one of them ends, and then none any more; raises what they raise. `name` is that of the tasks."""
    tasks = [asyncio.create_task(work, name=name) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


async def push_until_gone(
    socket: web.WebSocketResponse, pushing: Coroutine[Any, Any, None], name: str
) -> None:
    """Push to a client until that ends, or the client goes; what it says meanwhile is of no use. `name` is that of the tasks."""

    async def read() -> None:
        async for _ in socket:
            pass

    await until_one_ends(name, pushing, read())


async def close_socket(
    socket: web.WebSocketResponse, code: WSCloseCode = WSCloseCode.GOING_AWAY
) -> None:
    """Say goodbye to a client, who may be gone."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await socket.close(code=code)
    except ConnectionError, TimeoutError:
        return


async def close_all(sockets: Iterable[web.WebSocketResponse], name: str) -> None:
    """Say goodbye to all clients at once. `name` is that of the tasks."""
    closing = [
        asyncio.create_task(close_socket(socket), name=name) for socket in sockets
    ]
    if closing:
        await asyncio.wait(closing)
