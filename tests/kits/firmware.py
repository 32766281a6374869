"""A web server that publishes firmware, as ESPHome's projects do."""

import asyncio
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from .process import HOST


class Publisher:
    """Serves a manifest, unless it `fails`, and one that has no end."""

    def __init__(self, chip_family: str = "ESP32") -> None:
        self.manifest: dict[str, Any] = {
            "name": "Stage fader",
            "version": "1.1.0",
            "builds": [
                {
                    "chipFamily": chip_family,
                    "ota": {
                        "path": "fader.ota.bin",
                        "md5": "0123456789abcdef0123456789abcdef",
                        "summary": "Smoother",
                        "release_url": "https://example.org/notes",
                    },
                }
            ],
        }
        self.fails = False
        app = web.Application()
        app.router.add_get("/manifest.json", self._serve)
        app.router.add_get("/endless.json", self._serve_without_end)
        app.router.add_get("/silent/{name}", self._serve_nothing)
        self.asked: list[str] = []
        """Who was asked for and got no answer."""
        self._server = TestServer(app, host=HOST)

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    def url(self, path: str = "/manifest.json") -> str:
        """Return the address of what is served, the manifest by default."""
        return str(self._server.make_url(path))

    async def _serve(self, _request: web.Request) -> web.Response:
        if self.fails:
            raise web.HTTPServiceUnavailable
        return web.json_response(self.manifest)

    async def _serve_nothing(self, request: web.Request) -> web.Response:
        self.asked.append(request.match_info["name"])
        await request.content.read()
        while request.transport is not None:
            await asyncio.sleep(0.01)
        return web.Response()

    async def _serve_without_end(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" " * 8_192)
        return response
