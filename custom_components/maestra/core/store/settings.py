"""How to reach a database, and what to keep in it."""

from dataclasses import dataclass, field
from datetime import timedelta
import enum
from typing import Final

STANDARD_PORT: Final = 5432


class TlsMode(enum.StrEnum):
    """How much TLS a connection wants."""

    OFF = "off"
    REQUIRE = "require"
    """Encrypted, whoever the server is."""
    VERIFY = "verify"
    """Encrypted, and the server's certificate must be valid for its host."""


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """Where the database is and who we are there. `ca` (PEM) replaces the system's authorities."""

    host: str
    database: str
    user: str
    port: int = STANDARD_PORT
    password: str | None = field(default=None, repr=False)
    tls: TlsMode = TlsMode.OFF
    ca: str | None = None

    @property
    def address(self) -> str:
        """Host and port as one text."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Lifetime(enum.StrEnum):
    """What says how long the rows of a table are kept: a field of `Lifetimes`."""

    METRICS = "metrics"
    EVENTS = "events"
    STATES = "states"


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """How long each kind of data is kept, and when it is compressed; None: for ever, or never."""

    metrics: timedelta | None = timedelta(days=90)
    """Raw numbers: metrics of devices, values of entities and controllers, telemetry."""
    hourly: timedelta | None = timedelta(days=365)
    daily: timedelta | None = timedelta(days=5 * 365)
    events: timedelta | None = timedelta(days=30)
    event_ids: timedelta | None = timedelta(days=30)
    """How long events that come again are recognised; no longer than they are kept, and so long where it is None."""
    states: timedelta | None = None
    """Whole states of Maestra entities and of Home Assistant's."""
    compress_after: timedelta | None = timedelta(days=7)

    def of(self, lifetime: Lifetime | None) -> timedelta | None:
        """Return how long rows of this kind are kept; those of none for ever."""
        found: timedelta | None = getattr(self, lifetime) if lifetime else None
        return found

    def of_claims(self, lifetime: Lifetime | None) -> timedelta | None:
        """Return how long the keys of rows of this kind are known: what came again is compared with the row that is there."""
        bounds = (self.of(lifetime), self.event_ids)
        return min((bound for bound in bounds if bound is not None), default=None)


@dataclass(frozen=True, kw_only=True)
class WriteLimits:
    """How rows wait and travel."""

    batch_rows: int = 1_000
    """Rows that are enough for a batch,"""
    most_batch_rows: int = 4_000
    """and those that it has at most: what gathered while others were written goes together."""
    batch_messages: int = 256
    """Messages that wait for their acknowledgement, at most. A broker that sends fewer before falls silent: see `message_pause`."""
    batch_age: float = 0.25
    """Seconds that a row waits for others, at most."""
    message_age: float = 0.05
    """The same for rows whose sender waits for an acknowledgement."""
    message_pause: float = 0.005
    """Seconds without another message after which some do not wait for more: their broker has sent as many as it may."""
    acknowledge_age: float = 0.25
    """Seconds that a message waits for a slow database before its rows go to disk: meanwhile its broker fills up."""
    queue_rows: int = 100_000
    """Rows in memory; beyond it they go to disk."""
    queue_age: float = 5.0
    """Seconds that a row waits for a busy database before it goes to disk."""
    spool_bytes: int = 1024**3
    """Bytes on disk. Near that, messages are not acknowledged any more; beyond it nothing is taken."""
    retry_first: float = 15.0
    """Seconds from a lost connection to the next attempt; doubled with each."""
    retry_most: float = 300.0
