"""A client of Phoenix channels, of either version of its serializer."""

import asyncio
from collections.abc import Callable
import contextlib
from itertools import count
import json
from typing import Any, Self

import aiohttp
from aiohttp import WSMsgType

from .process import HOST, PATIENCE

type Frame = tuple[str | None, str | None, str, str, dict[str, Any]]
"""join_ref, ref, topic, event, payload."""


class PhoenixKit:
    """Joins topics, asks, and waits for what it is told; to be entered with `async with`."""

    def __init__(self, port: int, version: str = "2.0.0", **options: Any) -> None:
        self._url = f"http://{HOST}:{port}/socket/websocket?vsn={version}"
        self._is_list = version == "2.0.0"
        self._options = options
        self._refs = count(1)
        self._stack = contextlib.AsyncExitStack()
        self._inbox: list[Frame] = []
        self._news = asyncio.Condition()
        self.close_code: int | None = None

    async def __aenter__(self) -> Self:
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._socket = await session.ws_connect(self._url, **self._options)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._reader
        await self._stack.aclose()

    async def say(
        self, topic: str, event: str, payload: dict[str, Any] | None = None
    ) -> str:
        """Say something; returns its reference."""
        ref = str(next(self._refs))
        body = payload or {}
        await self.send(
            json.dumps([ref, ref, topic, event, body])
            if self._is_list
            else json.dumps(
                {"topic": topic, "event": event, "payload": body, "ref": ref}
            )
        )
        return ref

    async def send(self, text: str) -> None:
        """Send text as it is."""
        await self._socket.send_str(text)

    async def ask(
        self, topic: str, event: str, payload: dict[str, Any] | None = None
    ) -> tuple[str, Any]:
        """Say something, and wait for the reply; returns its status and response."""
        ref = await self.say(topic, event, payload)
        frame = await self._find(lambda each: each[1] == ref and each[3] == "phx_reply")
        return frame[4]["status"], frame[4]["response"]

    async def join(self, topic: str) -> None:
        """Join a topic."""
        assert await self.ask(topic, "phx_join") == ("ok", {})

    async def told(self, event: str, topic: str | None = None) -> dict[str, Any]:
        """Wait until it is told of something; takes it out, and returns the payload."""
        frame = await self._find(
            lambda each: each[3] == event and topic in (None, each[2])
        )
        return frame[4]

    async def closed(self) -> int | None:
        """Wait for the end of the connection; returns the code."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(self._reader)
        return self.close_code

    async def _find(self, fits: Callable[[Frame], bool]) -> Frame:
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while True:
                    for frame in self._inbox:
                        if fits(frame):
                            self._inbox.remove(frame)
                            return frame
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"Never; received {self._inbox}") from None

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            async with self._news:
                if message.type is not WSMsgType.TEXT:
                    self.close_code = self._socket.close_code
                    self._news.notify_all()
                    return
                self._inbox.append(self._decoded(json.loads(message.data)))
                self._news.notify_all()

    def _decoded(self, found: Any) -> Frame:
        if self._is_list:
            join_ref, ref, topic, event, payload = found
            return join_ref, ref, topic, event, payload
        return (
            found["join_ref"],
            found["ref"],
            found["topic"],
            found["event"],
            found["payload"],
        )
