"""What a gateway does not accept: counted, logged once, and answered within bounds."""

import logging
from typing import Final, NamedTuple

from ..bus import Counters
from ..domain.rate import TokenBucket

_LOGGER = logging.getLogger(__name__)

# Answers to refused messages: enough for a person who looks, not enough to double a flood.
ERRORS_AT_ONCE: Final = 50
ERRORS_PER_SECOND: Final = 10
MAX_LOGGED: Final = 1_000
MAX_CLIENT_LENGTH: Final = 255
MAX_DETAIL_LENGTH: Final = 500


class Refusal(NamedTuple):
    """One refusal, cut to what may be logged, remembered and sent."""

    client: str | None
    code: str
    detail: str
    is_answered: bool
    """False where so many were answered lately that this one is not."""


class Refusals:
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
    ) -> Refusal:
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
        return Refusal(client, code, detail, is_answered)
