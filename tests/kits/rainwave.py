"""A Rainwave that answers with the song that is on."""

from typing import Any

from aiohttp import web

from .process import HOST


class Rainwave:
    """Answers with the song that is on."""

    def __init__(self) -> None:
        self.status = 200
        self.song: Any = {
            "id": 1,
            "title": "Wind",
            "albums": [{"name": "Seasons"}],
            "artists": [{"name": "Ann"}, {"name": "Bob"}],
        }
        self.tuned_in = False
        self.asked: list[dict[str, str]] = []

    async def info(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        return web.json_response(
            {
                "sched_current": {"songs": [self.song]},
                "user": {"tuned_in": self.tuned_in},
            },
            status=self.status,
        )

    async def start(self) -> int:
        """Listen; returns the port."""
        app = web.Application()
        app.router.add_get("/api4/info", self.info)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, 0)
        await site.start()
        port: int = self._runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()
