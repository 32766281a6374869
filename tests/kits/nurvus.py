"""A process manager with the API of Nurvus."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from .process import HOST, free_port

AFTER = {"start": "running", "stop": "stopped", "restart": "running"}


class Nurvus:
    """Processes that do what they are asked; answers with `error` and `status` where these are set."""

    def __init__(self) -> None:
        self.port = free_port()
        self.processes: dict[str, dict[str, Any]] = {
            "phononmaser": {"name": "Phononmaser", "status": "running"},
            "seed": {"name": "Seed", "status": "stopped"},
        }
        self.asked: list[tuple[str, str]] = []
        self.error: Any = None
        self.status = 200
        self.listing: Any = None
        """What is answered in place of the processes."""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listen."""
        app = web.Application()
        app.router.add_get("/api/processes", self._list)
        app.router.add_post("/api/processes/{id}/{action}", self._act)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HOST, self.port).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _list(self, _request: web.Request) -> web.Response:
        found = [{"id": id_, **it} for id_, it in self.processes.items()]
        return web.json_response(self.listing or {"processes": found})

    async def _act(self, request: web.Request) -> web.Response:
        id_, action = request.match_info["id"], request.match_info["action"]
        self.asked.append((id_, action))
        if self.error is not None or self.status != 200:
            return web.json_response({"error": self.error}, status=self.status)
        self.processes[id_]["status"] = AFTER[action]
        return web.json_response({"status": "ok"})
