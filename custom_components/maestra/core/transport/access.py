"""Access control of listeners: networks, tokens, origins and rates; and what was rejected, as a summary in the log."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hmac import compare_digest
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
import logging
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from ..bus import Counters
from ..domain.rate import TokenBucket

_LOGGER = logging.getLogger(__name__)

# Answers to refused messages: enough for a person who looks, not enough to double a flood.
ERRORS_AT_ONCE: Final = 50
ERRORS_PER_SECOND: Final = 10
MAX_LOGGED: Final = 1_000
MAX_CLIENT_LENGTH: Final = 255
MAX_DETAIL_LENGTH: Final = 500
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ANY_ORIGIN: Final = "*"
LOCAL_SUFFIXES: Final = (".local", ".home.arpa", ".internal", ".localhost")
MAX_WATCHED: Final = 4_096
"""Addresses whose rate is remembered."""


class Rejection(NamedTuple):
    """One refusal, cut to what may be logged, remembered and sent."""

    client: str | None
    code: str
    detail: str
    is_answered: bool
    """False where so many were answered lately that this one is not."""


class RejectionLog:
    """Counts refused messages as `refused` and `refused_<code>`, and those without an answer as `errors_unanswered`."""

    def __init__(self, gateway: str, counters: Counters) -> None:
        """`gateway` is how log lines call it."""
        self._gateway = gateway
        self._counters = counters
        self._errors = TokenBucket(ERRORS_AT_ONCE, ERRORS_PER_SECOND)
        self._logged: set[tuple[str | None, str]] = set()

    def note(
        self,
        client: str | None,
        code: str,
        detail: str,
        where: str,
        *,
        level: int = logging.WARNING,
    ) -> Rejection:
        """Count a refusal. `client` is who sent it, if it can be told, `where` its topic, subject or address.

        `level` is that of the log line, lower where being refused is part of the protocol.
        """
        client = client and client[:MAX_CLIENT_LENGTH]
        detail = detail[:MAX_DETAIL_LENGTH]
        self._counters.add("refused")
        self._counters.add(f"refused_{code}")
        if (client, code) not in self._logged and len(self._logged) < MAX_LOGGED:
            self._logged.add((client, code))
            _LOGGER.log(
                level,
                "%s refused a message of %s on %r: %s (further ones are only counted)",
                self._gateway,
                client or "an unknown client",
                where[:MAX_CLIENT_LENGTH],
                detail,
            )
        is_answered = self._errors.take()
        if not is_answered:
            self._counters.add("errors_unanswered")
        return Rejection(client, code, detail, is_answered)


type Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a listener lets in.

    `origins` are those that a browser's page may come from, beside the listener's own;
    a client without an Origin header is no browser. `rate` is messages or requests a second
    for each address (0: no limit), `burst` what it may send at once.
    """

    networks: tuple[Network, ...] = LOOPBACK
    token: str | None = field(default=None, repr=False)
    origins: tuple[str, ...] = ()
    max_clients: int = 200
    rate: float = 2_000
    burst: float = 10_000

    def admits(self, address: str | None) -> bool:
        """Whether a client at this address may come at all."""
        found = _address(address)
        return found is not None and any(
            found in network
            for network in self.networks
            if network.version == found.version
        )

    def accepts_token(self, offered: str | None) -> bool:
        """Whether the token is right; any is where none is set."""
        if self.token is None:
            return True
        # What a client offers may be no UTF-8.
        return offered is not None and compare_digest(
            offered.encode(errors="replace"), self.token.encode()
        )

    def accepts_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of this origin may use us. `host` is what the request calls us.

        A page of our own is welcome under an address or a local name only: under any other name it may
        be a stranger's, whose name leads to us for a while (DNS rebinding).
        """
        if origin is None or ANY_ORIGIN in self.origins or origin in self.origins:
            return True
        parts = urlsplit(origin)
        return host == parts.netloc and _is_local(parts.hostname or "")


class AccessControl:
    """Holds a listener's clients to its `Access`, and counts who is turned away."""

    def __init__(self, name: str, access: Access, counters: Counters) -> None:
        """`name` is the listener as its log lines call it."""
        self.access = access
        self.rejections = RejectionLog(name, counters)
        self._rates: OrderedDict[str, TokenBucket] = OrderedDict()

    def reject(self, address: str | None, code: str, detail: str) -> None:
        """Count a client that may not come in; the log has each address and code once."""
        self.rejections.note(address, code, detail, "connect")

    def within_rate(self, address: str) -> bool:
        """Whether an address may send one more message now."""
        access = self.access
        if not access.rate:
            return True
        bucket = self._rates.get(address)
        if bucket is None:
            bucket = self._rates[address] = TokenBucket(access.burst, access.rate)
            if len(self._rates) > MAX_WATCHED:
                self._rates.popitem(last=False)
        else:
            self._rates.move_to_end(address)
        return bucket.take()


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks in CIDR form, or single addresses; raises ValueError for what is none."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts)


def _is_local(name: str) -> bool:
    """Whether no public name server can say where this host is."""
    return (
        _address(name) is not None or "." not in name or name.endswith(LOCAL_SUFFIXES)
    )


@lru_cache(maxsize=1024)
def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    """Read an address; an IPv4 one that came over an IPv6 socket is IPv4."""
    try:
        found = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
