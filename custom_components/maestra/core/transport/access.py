"""Access control of listeners: networks, names, tokens, origins and rates; and what was rejected, as a summary in the log."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_network
import logging
import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from ..bus import Counters
from ..domain.addresses import neighbourhood, parsed_address
from ..domain.rate import TokenBucket, TokenBuckets

_LOGGER = logging.getLogger(__name__)

# Answers to refused messages: enough for a person who looks, not enough to double a flood.
ERRORS_AT_ONCE: Final = 50
ERRORS_PER_SECOND: Final = 10
MAX_LOGGED: Final = 1_000
MAX_CLIENT_LENGTH: Final = 255
MAX_DETAIL_LENGTH: Final = 500
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ANY: Final = "*"
"""Every origin, or every name."""
FILE_ORIGIN: Final = "file:"
NAMED_ORIGINS: Final = (ANY, "null", FILE_ORIGIN)
"""Origins that are no address: those of every page, of pages without one, and of files."""
LOCAL_SUFFIXES: Final = (".local", ".home.arpa", ".internal", ".localhost")
# A Host header: an IPv6 address in brackets, or a name or an IPv4 address; perhaps a port.
_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::[0-9]*)?", re.ASCII)


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

    `hosts` are the names that clients may call it by, beside addresses and local names.
    `origins` are those that a browser's page may come from, beside the listener's own;
    a client without an Origin header is no browser. `max_of_one` are the connections of one
    address. `rate` is messages or requests a second for each address (0: no limit), `burst`
    what it may send at once.
    """

    networks: tuple[Network, ...] = LOOPBACK
    token: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    max_clients: int = 200
    max_of_one: int = 50
    rate: float = 2_000
    burst: float = 10_000

    def admits(self, address: str | None) -> bool:
        """Whether a client at this address may come at all."""
        found = parsed_address(address)
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

    def accepts_host(self, host: str | None) -> bool:
        """Whether we are who a request calls by its Host header.

        Any name but an address or a local one may be a stranger's, that leads a browser to us
        for a while (DNS rebinding). Only programs name none.
        """
        if host is None:
            return True
        if (found := _HOST.fullmatch(host)) is None:
            return False
        name = (found[1] or found[2]).lower().removesuffix(".")
        return ANY in self.hosts or name in self.hosts or _is_local(name)

    def accepts_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of this origin may use us. `host` is what the request calls us."""
        if origin is None:
            return True
        # It goes into the answer as it is.
        if not (origin.isascii() and origin.isprintable()):
            return False
        if ANY in self.origins or origin in self.origins:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if origin.startswith(FILE_ORIGIN):
            return FILE_ORIGIN in self.origins
        return (
            host is not None
            and host.lower() == parts.netloc.lower()
            and self.accepts_host(host)
        )


class AccessControl:
    """Holds a listener's clients to its `Access`, and counts who is turned away."""

    def __init__(self, name: str, access: Access, counters: Counters) -> None:
        """`name` is the listener as its log lines call it."""
        self.access = access
        self.rejections = RejectionLog(name, counters)
        self._rates = TokenBuckets[str](access.burst, access.rate)

    def reject(self, address: str | None, code: str, detail: str) -> None:
        """Count a client that may not come in; the log has each address and code once."""
        self.rejections.note(address, code, detail, "connect")

    def within_rate(self, address: str) -> bool:
        """Whether an address may send one more message now."""
        if not self.access.rate:
            return True
        return self._rates.of(neighbourhood(address)).take()

    def admits_connection(self, address: str, others: Iterable[str], most: int) -> bool:
        """Whether one more connection may be open; who may not is counted. `others` are the addresses of those that are."""
        if not self.access.admits(address):
            self.reject(address, "not_allowed", "address is not allowed")
            return False
        who = neighbourhood(address)
        count = same = 0
        for other in others:
            count += 1
            same += neighbourhood(other) == who
        if count < most and same < self.access.max_of_one:
            return True
        self.reject(address, "too_many_connections", "too many connections")
        return False


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks in CIDR form, or single addresses; raises ValueError for what is none."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts)


def _is_local(name: str) -> bool:
    """Whether no public name server can say where this host is."""
    return (
        parsed_address(name) is not None
        or "." not in name
        or name.endswith(LOCAL_SUFFIXES)
    )
