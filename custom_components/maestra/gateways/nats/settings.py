"""How to reach a NATS server."""

from dataclasses import dataclass, field

from ..mqtt.settings import TlsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsSettings:
    """One server and our account there: a token, a user with password, or the seed of an nkey; or none of them."""

    host: str
    port: int
    name: str = "Maestra"
    """How the server's monitoring calls our connection."""
    token: str | None = field(default=None, repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    seed: str | None = field(default=None, repr=False)
    tls: TlsSettings | None = None
    max_pending: int = 4 * 1024 * 1024
    """Bytes that may wait to be sent; what comes then is refused."""
