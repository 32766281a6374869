"""Twitch as far as Maestra knows it, on this machine: consent, tokens, Helix, EventSub over WebSockets."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Final

from aiohttp import web
from yarl import URL

type Json = Any

CLIENT_ID: Final = "demo-client"
USER: Final[Mapping[str, str]] = {
    "id": "1337",
    "login": "maestra_demo",
    "display_name": "Maestra_Demo",
}
CATEGORIES: Final[Mapping[str, str]] = {
    "509658": "Just Chatting",
    "13332": "Pokémon FireRed/LeafGreen",
    "1469308723": "Software and Game Development",
}
TOKEN_LIFE_S: Final = 14_400
HOST: Final = "127.0.0.1"


@dataclass(eq=False)
class Session:
    """One client of EventSub, and what it has subscribed to, by the subscription's id."""

    id: str
    socket: web.WebSocketResponse
    subscriptions: dict[str, Json] = field(default_factory=dict)


class TwitchServer:
    """One channel. What happens on it is told to who has subscribed to it."""

    def __init__(self, keepalive: int = 10) -> None:
        """Have no clients. `keepalive` are the seconds between two signs of life."""
        self.keepalive = keepalive
        self.is_silent = False
        """Whether there are no signs of life."""
        self.refused: dict[str, int] = {}
        """The status that a subscription is answered with, by its type."""
        self.tokens: dict[str, list[str]] = {}
        """The scopes of the access tokens that are good."""
        self.refresh_tokens: dict[str, list[str]] = {}
        self.requests: list[Json] = []
        """What was subscribed to."""
        self.sessions: dict[str, Session] = {}
        self.channel: dict[str, str] = {"title": "Hello", "game_id": "509658"}
        """What the channel says of itself."""
        self.port = 0
        self._moves: dict[str, Session] = {}
        self._codes: dict[str, list[str]] = {}
        self._numbers = 0
        self._news = asyncio.Event()
        self._beats: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_get("/oauth2/authorize", self._authorize)
        app.router.add_post("/oauth2/token", self._token)
        app.router.add_get("/helix/users", self._users)
        app.router.add_get("/helix/channels", self._channel)
        app.router.add_patch("/helix/channels", self._change_channel)
        app.router.add_get("/helix/search/categories", self._categories)
        app.router.add_post("/helix/eventsub/subscriptions", self._subscribe)
        app.router.add_get("/ws", self._serve)
        app.router.add_post("/simulate/{type}", self._simulate)
        app.router.add_post("/flood", self._flood)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        self.port = port or self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Let everybody go."""
        for task in self._beats:
            task.cancel()
        await self.close_all()
        if self._runner is not None:
            await self._runner.cleanup()

    async def close_all(self, code: int = 4000) -> None:
        """End all sessions with a code."""
        for session in list(self.sessions.values()):
            await session.socket.close(code=code)

    def grant(self, *scopes: str) -> dict[str, Json]:
        """Return a token that allows this, as who has consented gets it."""
        access, refresh = token_hex(16), token_hex(16)
        self.tokens[access] = self.refresh_tokens[refresh] = [*scopes]
        return {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": TOKEN_LIFE_S,
            "scope": [*scopes],
            "token_type": "bearer",
        }

    # What happens.

    async def happens(
        self, kind: str, event: Mapping[str, Json], *, message_id: str | None = None
    ) -> int:
        """Tell an event to all who have subscribed to it; returns how many these are."""
        told = 0
        for session in list(self.sessions.values()):
            for subscription in session.subscriptions.values():
                if subscription["type"] == kind:
                    await self.notify(session, subscription, event, message_id)
                    told += 1
                    break
        return told

    async def notify(
        self,
        session: Session,
        subscription: Json,
        event: Mapping[str, Json],
        message_id: str | None = None,
    ) -> None:
        """Tell one session of an event."""
        about = {
            "subscription_type": subscription["type"],
            "subscription_version": subscription["version"],
        }
        payload = {"subscription": subscription, "event": dict(event)}
        await self._tell(session.socket, "notification", payload, message_id, **about)

    async def move(self, session: Session) -> None:
        """Let a session go on at another address."""
        key = token_hex(8)
        self._moves[key] = session
        url = f"ws://{HOST}:{self.port}/ws?move={key}"
        described = {"id": session.id, "status": "reconnecting", "reconnect_url": url}
        await self._tell(session.socket, "session_reconnect", {"session": described})

    async def revoke(self, session: Session, kind: str, status: str) -> None:
        """Tell one kind of event no more."""
        for id_, subscription in list(session.subscriptions.items()):
            if subscription["type"] == kind:
                del session.subscriptions[id_]
                await self._tell(
                    session.socket,
                    "revocation",
                    {"subscription": {**subscription, "status": status}},
                    subscription_type=kind,
                    subscription_version=subscription["version"],
                )

    async def subscribed(self, count: int) -> Session:
        """Wait until a session has so many subscriptions; returns it."""
        while True:
            for session in self.sessions.values():
                if len(session.subscriptions) >= count:
                    return session
            self._news.clear()
            await self._news.wait()

    # What clients ask for.

    async def _authorize(self, request: web.Request) -> web.Response:
        """Consent at once, as a person would with a click."""
        query = request.query
        code = token_hex(8)
        self._codes[code] = query.get("scope", "").split()
        raise web.HTTPFound(
            URL(query["redirect_uri"]).update_query(
                code=code, state=query.get("state", "")
            )
        )

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") == "authorization_code":
            scopes = self._codes.pop(str(form.get("code")), None)
        else:
            scopes = self.refresh_tokens.pop(str(form.get("refresh_token")), None)
        if scopes is None:
            return web.json_response(
                {"status": 400, "message": "Invalid refresh token"}, status=400
            )
        return web.json_response(self.grant(*scopes))

    async def _users(self, request: web.Request) -> web.Response:
        if self._scopes(request) is None:
            return _refusal(401, "Invalid OAuth token")
        return web.json_response({"data": [dict(USER)]})

    async def _channel(self, request: web.Request) -> web.Response:
        if self._scopes(request) is None:
            return _refusal(401, "Invalid OAuth token")
        if request.query.get("broadcaster_id") != USER["id"]:
            return web.json_response({"data": []})
        return web.json_response({"data": [self._described()]})

    async def _change_channel(self, request: web.Request) -> web.Response:
        scopes = self._scopes(request)
        if scopes is None or "channel:manage:broadcast" not in scopes:
            return _refusal(401, "Missing scope: channel:manage:broadcast")
        wanted = await request.json()
        if wanted.get("game_id", "0") not in {"0", *CATEGORIES}:
            return _refusal(400, "The ID in game_id is not valid")
        self.channel |= wanted
        now = self._described()
        await self.happens(
            "channel.update",
            {
                **as_broadcaster(),
                "title": now["title"],
                "category_id": now["game_id"],
                "category_name": now["game_name"],
            },
        )
        return web.Response(status=204)

    def _described(self) -> dict[str, str]:
        return {
            "broadcaster_id": USER["id"],
            "broadcaster_language": "en",
            "game_name": CATEGORIES.get(self.channel["game_id"], ""),
            **self.channel,
        }

    async def _categories(self, request: web.Request) -> web.Response:
        if self._scopes(request) is None:
            return _refusal(401, "Invalid OAuth token")
        words = request.query["query"].casefold()
        found = [
            {"id": id_, "name": name, "box_art_url": ""}
            for id_, name in CATEGORIES.items()
            if words in name.casefold()
        ]
        return web.json_response({"data": found, "pagination": {}})

    async def _subscribe(self, request: web.Request) -> web.Response:
        if self._scopes(request) is None:
            return _refusal(401, "Invalid OAuth token")
        wanted = await request.json()
        session = self.sessions.get(wanted["transport"]["session_id"])
        if session is None:
            return _refusal(400, "session does not exist")
        self.requests.append(wanted)
        if (status := self.refused.get(wanted["type"])) is not None:
            return _refusal(status, "subscription missing proper authorization")
        id_ = token_hex(8)
        session.subscriptions[id_] = {
            "id": id_,
            "status": "enabled",
            "type": wanted["type"],
            "version": wanted["version"],
            "condition": wanted["condition"],
        }
        self._news.set()
        return web.json_response({"data": [session.subscriptions[id_]]}, status=202)

    def _scopes(self, request: web.Request) -> list[str] | None:
        _, _, token = request.headers.get("Authorization", "").partition("Bearer ")
        return self.tokens.get(token)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        moved = self._moves.pop(request.query.get("move", ""), None)
        session = Session(token_hex(8), socket, moved.subscriptions if moved else {})
        if moved is not None:
            # As Twitch does: what happens from now on is told here.
            self.sessions.pop(moved.id, None)
        self.sessions[session.id] = session
        described = {
            "id": session.id,
            "status": "connected",
            "keepalive_timeout_seconds": self.keepalive,
            "reconnect_url": None,
        }
        await self._tell(socket, "session_welcome", {"session": described})
        self._news.set()
        beat = asyncio.create_task(self._beat(session))
        self._beats.add(beat)
        try:
            if moved is not None:
                await moved.socket.close(code=4004)
            async for _ in socket:
                # Nobody may say anything here.
                await socket.close(code=4001)
        finally:
            self.sessions.pop(session.id, None)
            beat.cancel()
            self._beats.discard(beat)
        return socket

    async def _beat(self, session: Session) -> None:
        while True:
            await asyncio.sleep(self.keepalive)
            if not self.is_silent:
                await self._tell(session.socket, "session_keepalive", {})

    async def _tell(
        self,
        socket: web.WebSocketResponse,
        kind: str,
        payload: Json,
        message_id: str | None = None,
        **about: str,
    ) -> None:
        self._numbers += 1
        metadata = {
            "message_id": message_id or f"notice-{self._numbers}-{token_hex(4)}",
            "message_type": kind,
            "message_timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            **about,
        }
        await socket.send_json({"metadata": metadata, "payload": payload})

    async def _flood(self, request: web.Request) -> web.Response:
        """Let people chat: so many messages a second (`rate`), for so many `seconds`."""
        wanted = await request.json()
        loop = asyncio.get_running_loop()
        begin, told = loop.time(), 0
        for number in range(int(wanted["rate"] * wanted["seconds"])):
            if (early := begin + number / wanted["rate"] - loop.time()) > 0:
                await asyncio.sleep(early)
            told += await self.happens("channel.chat.message", _chat(number))
        return web.json_response({"told": told})

    async def _simulate(self, request: web.Request) -> web.Response:
        """Let something happen: `POST /simulate/channel.follow` with the fields of the event."""
        event = await request.json() if request.can_read_body else {}
        told = await self.happens(
            request.match_info["type"], {**as_broadcaster(), **event}
        )
        return web.json_response({"told": told})


def _chat(number: int) -> dict[str, Json]:
    text = f"message {number} in a busy chat"
    person = as_user(f"Viewer{number % 500}", number % 500)
    return {
        **as_broadcaster(),
        **{f"chatter_{key}": value for key, value in person.items()},
        "message_id": f"chat-{number}",
        "message": {"text": text, "fragments": [{"type": "text", "text": text}]},
        "message_type": "text",
    }


def as_broadcaster() -> dict[str, str]:
    """Return the fields that say whose channel it is."""
    return {
        "broadcaster_user_id": USER["id"],
        "broadcaster_user_login": USER["login"],
        "broadcaster_user_name": USER["display_name"],
    }


def as_user(name: str, number: int = 1) -> dict[str, str]:
    """Return the fields that say who did something."""
    return {
        "user_id": str(10_000 + number),
        "user_login": name.lower(),
        "user_name": name,
    }


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response(
        {"error": "Error", "status": status, "message": message}, status=status
    )
