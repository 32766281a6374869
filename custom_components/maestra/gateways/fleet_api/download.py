"""Files that are sent as they are made."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiohttp import web

from .request import Request

if TYPE_CHECKING:
    from .api import FleetApi

JSON: Final = "application/json"
WRITE_TIMEOUT: Final = 10.0  # seconds until a client that does not read is left alone


class ClientGone(Exception):
    """The client left, or does not read."""


class Download:
    """A file that is sent piece by piece; its headers go out with the first one."""

    def __init__(self, api: FleetApi, request: Request, name: str, form: str) -> None:
        """Send nothing yet; `name` is that of the file, `form` csv or json."""
        self._api = api
        self._request = request
        self.response = web.StreamResponse()
        self.response.content_type = "text/csv" if form == "csv" else JSON
        self.response.charset = "utf-8"
        if form == "csv":
            disposition = f'attachment; filename="maestra_{name}.csv"'
            self.response.headers["Content-Disposition"] = disposition

    async def write(self, data: bytes) -> None:
        """Send a piece; raises ClientGone."""
        response = self.response
        self._api.counters.add("bytes_out", len(data))
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                if not response.prepared:
                    await response.prepare(self._request.http)
                await response.write(data)
        except (ConnectionError, TimeoutError) as error:
            raise ClientGone from error

    async def end(self) -> web.StreamResponse:
        """Say that this was all."""
        self._api.counters.add("messages_out")
        with suppress(ConnectionError):
            await self.response.write_eof()
        return self.response

    def cut_off(self) -> None:
        """Let the client see that something is missing."""
        transport = self._request.http.transport
        if self.response.prepared and transport is not None:
            transport.abort()
