"""Access control of listeners: networks, names, tokens, origins and rates; and what was rejected, as a summary in the log."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_network
import logging
import re
from time import monotonic
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from ..bus import Counters, get_logger
from ..domain.addresses import neighbourhood, parsed_address
from ..domain.rate import TokenBucket, TokenBuckets

_LOGGER = get_logger(__name__)

# Answers to refused messages: enough for a person who looks, not enough to double a flood.
ERRORS_AT_ONCE: Final = 50
ERRORS_PER_SECOND: Final = 10
SUMMARY_INTERVAL: Final = 60.0
"""Seconds between two lines about what was refused."""
MAX_COUNTED: Final = 1_000
"""Clients that are counted by name until the next line."""
MAX_LISTED: Final = 5
"""Of these, how many the line names."""
UNKNOWN_CLIENT: Final = "an unknown client"
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
    """Counts refused messages as `refused` and `refused_<code>`, and those without an answer as `errors_unanswered`.

    The log has the first one at once, then a line a minute that says how many there were, of what and of whom.
    """

    def __init__(self, gateway: str, counters: Counters) -> None:
        """`gateway` is how log lines call it."""
        self._gateway = gateway
        self._counters = counters
        self._errors = TokenBucket(ERRORS_AT_ONCE, ERRORS_PER_SECOND)
        self._summaries: dict[int, _Summary] = {}
        self._is_closed = False

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
        if _LOGGER.isEnabledFor(level):
            if (summary := self._summaries.get(level)) is None:
                summary = self._summaries[level] = _Summary(
                    self._gateway, level, waits=not self._is_closed
                )
            summary.add(
                client or UNKNOWN_CLIENT, code, detail, where[:MAX_CLIENT_LENGTH]
            )
        is_answered = self._errors.take()
        if not is_answered:
            self._counters.add("errors_unanswered")
        return Rejection(client, code, detail, is_answered)

    def close(self) -> None:
        """Say what was not said yet, and wait for nothing from now on."""
        self._is_closed = True
        for summary in self._summaries.values():
            summary.close()


class _Summary:
    """What was refused since the last line in the log."""

    def __init__(self, gateway: str, level: int, *, waits: bool) -> None:
        """`waits`: whether a timer may tell of what came, once the minute is over."""
        self._gateway = gateway
        self._level = level
        self._waits = waits
        self._counts: Counter[tuple[str, str]] = Counter()
        self._others = 0
        self._latest = ("", "")
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, client: str, code: str, detail: str, where: str) -> None:
        """Count a refusal. It is told at once where it has been quiet, else with the others."""
        kind = code, client
        if kind in self._counts or len(self._counts) < MAX_COUNTED:
            self._counts[kind] += 1
        else:
            self._others += 1
        self._latest = where, detail
        if self._timer is not None:
            return
        now = monotonic()
        if now >= self._next_at:
            self._tell()
        elif self._waits:
            self._wait(self._next_at - now)

    def close(self) -> None:
        """Tell what was not told yet, and wait for nothing from now on."""
        self._waits = False
        if self._timer is not None:
            self._timer.cancel()
            self._tell()

    def _wait(self, delay: float) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Without a loop, they are told with the first refusal after the minute.
            return
        self._timer = loop.call_later(delay, self._tell)

    def _tell(self) -> None:
        where, detail = self._latest
        _LOGGER.log(
            self._level,
            "%s refused %s on %r: %s",
            self._gateway,
            self._described(),
            where,
            detail,
        )
        self._timer = None
        self._next_at = monotonic() + SUMMARY_INTERVAL
        self._counts.clear()
        self._others = 0

    def _described(self) -> str:
        total = self._counts.total() + self._others
        most = self._counts.most_common(MAX_LISTED)
        if total == 1:
            ((_, client), _), *_ = most
            return f"a message of {client}"
        kinds = [f"{count} {code} of {client}" for (code, client), count in most]
        if others := total - sum(count for _, count in most):
            kinds.append(f"{others} others")
        return f"{total} messages ({', '.join(kinds)}), the last one"


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
        """Count a client that may not come in."""
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
