"""Where the WebSocket gateway listens, and what it bears."""

from dataclasses import dataclass
from ssl import SSLContext
from typing import Final

from ..access import Access

DEFAULT_PORT: Final = 8765


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
