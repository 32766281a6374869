"""Settings of the WebSocket listener, its handshake, and who is admitted."""

import asyncio
from dataclasses import dataclass
from ssl import SSLContext
from typing import Final

from aiohttp import WebSocketError, WSMessageTypeError, hdrs, web

from ..transport.access import Access, AccessControl
from ..transport.http_listener import bearer_token
from . import frames
from .client import Client, Socket
from .frames import Auth

DEFAULT_PORT: Final = 8765
POLICY_VIOLATION: Final = 1008
TRY_AGAIN_LATER: Final = 1013


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketSettings:
    """One listener; sizes in bytes, times in seconds. Port 0 is any free one."""

    host: str
    port: int = DEFAULT_PORT
    access: Access
    ssl_context: SSLContext | None = None
    max_frame: int = 1024 * 1024
    heartbeat: float = 20.0
    """A client that says nothing for this long is asked, and gone if it does not answer within half of this."""
    auth_timeout: float = 10.0
    """How long a client that must name the token may take for its first frame."""
    outbox_frames: int = 256
    outbox_bytes: int = 1024 * 1024
    max_subscriptions: int = 256
    """Of one client."""


class Admission:
    """Makes connections, and turns away who may not come in: after the handshake, since only then can a browser be told why."""

    def __init__(
        self, access_control: AccessControl, settings: WebSocketSettings
    ) -> None:
        """Admit what `access_control` admits."""
        self._access_control = access_control
        self._settings = settings

    async def open(self, request: web.BaseRequest) -> Socket:
        """Do the handshake; answers what is no WebSocket with 426."""
        settings = self._settings
        socket: Socket = web.WebSocketResponse(
            timeout=1.0,
            # aiohttp's own heartbeat leaves a timer behind when a client says goodbye.
            heartbeat=None,
            autoping=False,
            protocols=_first_protocol(request),
            compress=False,
            # aiohttp refuses what is as large as its limit.
            max_msg_size=settings.max_frame + 1,
            # Every frame waits until the connection takes it: nothing gathers in the transport.
            writer_limit=0,
            decode_text=False,
        )
        if not socket.can_prepare(request):
            raise web.HTTPUpgradeRequired(headers={hdrs.UPGRADE: "websocket"})
        await socket.prepare(request)
        return socket

    async def admits(
        self, client: Client, request: web.BaseRequest, present: int
    ) -> bool:
        """Whether a client may come in, as one of so many that are present; else it is told why and closed."""
        access = self._access_control.access
        origin = request.headers.get(hdrs.ORIGIN)
        if not access.accepts_origin(origin, request.host):
            return self._reject(client, "wrong_origin", "Origin is not allowed")
        if present > access.max_clients:
            return self._reject(
                client, "too_many_clients", "Too many clients", TRY_AGAIN_LATER
            )
        if not self._access_control.within_rate(client.address):
            return self._reject(
                client, "rate_limited", "Too many connections", TRY_AGAIN_LATER
            )
        if access.token is None:
            return True
        token = bearer_token(request)
        if token is None:
            token = request.query.get("token")
        if token is None:
            token = await self._first_frame(client)
        if token is None:
            return self._reject(client, "no_token", "Token is missing")
        if not access.accepts_token(token):
            return self._reject(client, "wrong_token", "Token is wrong")
        return True

    async def _first_frame(self, client: Client) -> str | None:
        """Wait for a frame that names the token."""
        try:
            async with asyncio.timeout(self._settings.auth_timeout):
                raw = await client.receive()
        except TimeoutError, WebSocketError, WSMessageTypeError:
            return None
        said = frames.decode(raw) if raw is not None else None
        return said.token if isinstance(said, Auth) else None

    def _reject(
        self, client: Client, code: str, reason: str, close: int = POLICY_VIOLATION
    ) -> bool:
        self._access_control.reject(client.address, code, reason)
        client.close(close, reason)
        return False


def _first_protocol(request: web.BaseRequest) -> tuple[str, ...]:
    """Return the subprotocol that is asked for first: a browser that gets none hangs up."""
    asked = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
    first = asked.partition(",")[0].strip()
    # It goes into the answer as it is.
    return (first,) if first.isascii() and first.isprintable() and first else ()
