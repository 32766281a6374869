"""A server that speaks as Ollama does, with a model that answers what a test wants, and Home Assistant's own integration of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from typing import Any, Final

from aiohttp import web
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .analysis import GOOD
from .process import HOST, free_port

MODEL: Final = "fake:latest"
AI_TASK: Final = "ai_task.analyst"
AGENT: Final = "conversation.answerer"


class FakeOllama:
    """Answers with `answer`, as JSON unless it is text; before that it makes `calls` of tools, one a turn; hangs while `is_silent`; fails with `status`."""

    def __init__(self) -> None:
        self.answer: Any = GOOD
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.is_silent = False
        self.status = 200
        self.port = free_port()
        self.asked: list[dict[str, Any]] = []
        """What was sent to the model."""
        self._release = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listen."""
        app = web.Application()
        app.router.add_get("/api/tags", self._tags)
        app.router.add_post("/api/chat", self._chat)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HOST, self.port).start()
        try:
            yield
        finally:
            self._release.set()
            await runner.cleanup()

    async def _tags(self, _request: web.Request) -> web.Response:
        return web.json_response({"models": [{"model": MODEL, "name": MODEL}]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        if self.is_silent:
            await self._release.wait()
        if self.status != 200:
            return web.json_response({"error": "no"}, status=self.status)
        is_text = isinstance(self.answer, str)
        said: dict[str, Any] = {
            "role": "assistant",
            "content": self.answer if is_text else json.dumps(self.answer),
        }
        if self.calls:
            name, arguments = self.calls.pop(0)
            said["content"] = ""
            said["tool_calls"] = [{"function": {"name": name, "arguments": arguments}}]
        line = {
            "model": MODEL,
            "created_at": "2026-11-20T12:00:00Z",
            "message": said,
            "done": True,
            "done_reason": "stop",
        }
        return web.Response(
            text=json.dumps(line) + "\n", content_type="application/x-ndjson"
        )


@asynccontextmanager
async def ollama_in(
    hass: HomeAssistant, server: FakeOllama, **agent: Any
) -> AsyncGenerator[None]:
    """Home Assistant's Ollama, with an AI task and a conversation agent; `agent` are more of the agent's settings."""
    assert await async_setup_component(hass, "homeassistant", {})
    entry = MockConfigEntry(
        domain="ollama",
        version=3,
        minor_version=3,
        data={"url": f"http://{HOST}:{server.port}"},
        subentries_data=[
            {
                "data": {"model": MODEL, **more},
                "subentry_type": kind,
                "title": title,
                "unique_id": None,
            }
            for kind, title, more in (
                ("ai_task_data", "Analyst", {}),
                ("conversation", "Answerer", agent),
            )
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    try:
        yield
    finally:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
