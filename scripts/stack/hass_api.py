"""Home Assistant's HTTP and WebSocket interface, as a user's browser uses it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp

type Json = Any
"""Whatever Home Assistant answers; its shape is checked where it is used."""

POLL_INTERVAL_S = 0.05
TOKEN_LIFESPAN_DAYS = 3650


class ApiError(Exception):
    """Home Assistant refused a request; the text has its answer."""


class HassApi:
    """A client of one Home Assistant."""

    def __init__(self, url: str) -> None:
        """Make a client for the server at `url` (no slash at the end)."""
        self.url = url
        self.client_id = f"{url}/"
        self.token: str | None = None
        self._session = aiohttp.ClientSession(url)

    async def __aenter__(self) -> Self:
        """Open the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connections."""
        await self._session.close()

    async def wait_for_http(self) -> None:
        """Wait until the web server answers."""
        while True:
            try:
                async with self._session.get("/manifest.json") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(POLL_INTERVAL_S)

    async def wait_until_running(self) -> None:
        """Wait until every integration had its chance to start."""
        async with self._socket() as socket:
            await _ask(socket, "subscribe_events", event_type="homeassistant_started")
            if (await self.get("/api/config"))["state"] != "RUNNING":
                await socket.receive_json()

    async def get(self, path: str) -> Json:
        """Read a resource."""
        return await self._request("GET", path)

    async def post(
        self,
        path: str,
        body: Mapping[str, Json],
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """Send a JSON object, with some headers besides."""
        return await self._request("POST", path, headers=headers, json=body)

    async def act(self, action: str, data: Mapping[str, Json]) -> None:
        """Run an action (`domain.name`)."""
        await self.post(f"/api/services/{action.replace('.', '/')}", data)

    async def ask(self, action: str, data: Mapping[str, Json]) -> Json:
        """Run an action (`domain.name`) that has an answer, and return it."""
        path = f"/api/services/{action.replace('.', '/')}?return_response"
        return (await self.post(path, data))["service_response"]

    async def fetch(self, path: str) -> bytes:
        """Read a file."""
        async with self._session.get(path) as response:
            if not response.ok:
                raise ApiError(f"GET {path.partition('?')[0]}: {response.status}")
            return await response.read()

    async def delete(self, path: str) -> Json:
        """Remove a resource."""
        return await self._request("DELETE", path)

    async def needs_onboarding(self) -> bool:
        """Tell whether the first user is still to be created."""
        try:
            steps = await self.get("/api/onboarding")
        except ApiError:
            return (
                False  # the page is gone once onboarding is done and HA was restarted
            )
        return any(step["step"] == "user" and not step["done"] for step in steps)

    async def onboard(self, username: str, password: str) -> None:
        """Create the first user, the owner, and log in."""
        answer = await self.post(
            "/api/onboarding/users",
            {
                "client_id": self.client_id,
                "name": username.title(),
                "username": username,
                "password": password,
                "language": "en",
            },
        )
        await self._take_token(answer["auth_code"])

    async def log_in(self, username: str, password: str) -> None:
        """Log in with a password."""
        flow = await self.post(
            "/auth/login_flow",
            {
                "client_id": self.client_id,
                "handler": ["homeassistant", None],
                "redirect_uri": self.client_id,
            },
        )
        answer = await self.post(
            f"/auth/login_flow/{flow['flow_id']}",
            {"client_id": self.client_id, "username": username, "password": password},
        )
        if answer["type"] != "create_entry":
            raise ApiError(f"{username} cannot log in: {answer.get('errors')}")
        await self._take_token(answer["result"])

    async def is_authorized(self) -> bool:
        """Tell whether our token is accepted."""
        try:
            await self.get("/api/")
        except ApiError:
            return False
        return True

    async def make_long_lived_token(self, client_name: str) -> str:
        """Return a token that outlives this session."""
        token = await self.command(
            "auth/long_lived_access_token",
            client_name=client_name,
            lifespan=TOKEN_LIFESPAN_DAYS,
        )
        return str(token)

    async def command(self, kind: str, **arguments: Json) -> Json:
        """Run one WebSocket command and return its result."""
        async with self._socket() as socket:
            return await _ask(socket, kind, **arguments)

    async def add_dashboard(
        self, path: str, title: str, config: Json, **looks: Json
    ) -> None:
        """Bring a dashboard that is edited by clicking; its views are in `config`, `looks` are more of its settings."""
        await self.command(
            "lovelace/dashboards/create",
            url_path=path,
            title=title,
            mode="storage",
            **looks,
        )
        await self.command("lovelace/config/save", url_path=path, config=config)

    @asynccontextmanager
    async def _socket(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket that is logged in."""
        async with self._session.ws_connect("/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self.token})
            answer = await socket.receive_json()
            if answer["type"] != "auth_ok":
                raise ApiError(f"WebSocket login refused: {answer}")
            yield socket

    async def _take_token(self, code: str) -> None:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.client_id,
        }
        self.token = (await self._request("POST", "/auth/token", data=form))[
            "access_token"
        ]

    async def _request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        **arguments: Json,
    ) -> Json:
        login = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self._session.request(
            method, path, headers={**login, **(headers or {})}, **arguments
        ) as response:
            if not response.ok:
                raise ApiError(
                    f"{method} {path}: {response.status} {(await response.text())[:500]}"
                )
            return await response.json(content_type=None)


async def _ask(
    socket: aiohttp.ClientWebSocketResponse, kind: str, **arguments: Json
) -> Json:
    """Run the first command of a WebSocket and return its result."""
    await socket.send_json({"id": 1, "type": kind, **arguments})
    answer = await socket.receive_json()
    if not answer.get("success"):
        raise ApiError(f"{kind} failed: {answer.get('error', answer)}")
    return answer["result"]
