"""How to reach a broker, and how hard to try."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Whom to trust and who we are, as PEM text.

    `ca` None: the system's authorities. `certificate` and `private_key` come together.
    """

    ca: str | None = None
    certificate: str | None = None
    private_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """One broker and our account there. `client_id` must stay the same: the broker keeps our session under it."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: TlsSettings | None = None
    keepalive: timedelta = timedelta(seconds=15)
    session_expiry: timedelta = timedelta(days=1)
    """How long the broker keeps QoS 1 messages for us while we are away."""
    receive_maximum: int = 256
    """How many QoS 1 messages the broker may send before one of them is acknowledged: the back pressure."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may wait to be sent: messages at QoS 1, and bytes (each QoS counted for itself)."""

    messages: int = 10_000
    bytes: int = 8 * 1024 * 1024
    unacknowledged: int = 100
    """How many QoS 1 messages may be on the wire at once (the broker may want fewer)."""
