"""Enrolment: who may ask for a certificate (open window, allowed devices, claiming codes)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
import secrets
from time import monotonic
from typing import Any, Final

from ..domain.clock import parse_time, utcnow, wire_time
from ..domain.errors import TooMany
from ..domain.rate import TokenBucket
from .errors import EnrolmentBusy, EnrolmentRefused

CLOSED: Final = "Enrolment is closed"
CODE_NEEDED: Final = "A claiming code is needed"
WRONG_CODE: Final = "The claiming code is wrong, used or expired"

MAX_CODES: Final = 1_000
CODE_LENGTH: Final = 12
# Without those that look like others.
CODE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

# Enough for a fleet that is switched on, and no more than one small machine can sign.
ASKED_AT_ONCE: Final = 60
ASKED_PER_SECOND: Final = 1.0
GUESSED_AT_ONCE: Final = 10
GUESSED_PER_SECOND: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimingCode:
    """What is known of a code that was not used yet: not the code itself."""

    digest: str
    mac: str | None
    expires_at: datetime

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "digest": self.digest,
            "mac": self.mac,
            "expires_at": wire_time(self.expires_at),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ClaimingCode:
        """Read what `as_data` returned."""
        return cls(
            digest=data["digest"],
            mac=data["mac"],
            expires_at=parse_time(data["expires_at"]),
        )


class Enrolment:
    """Lets devices in."""

    def __init__(
        self,
        *,
        allowed: Iterable[str] = (),
        needs_code: bool = False,
        codes: Iterable[ClaimingCode] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`allowed` are the MAC addresses (twelve digits) that may always ask.

        With `needs_code` an open window alone lets nobody in.
        """
        self._allowed = frozenset(allowed)
        self._needs_code = needs_code
        self._codes = {code.digest: code for code in codes}
        self._clock = clock
        self._closes = clock()
        self._asked = TokenBucket(ASKED_AT_ONCE, ASKED_PER_SECOND, clock)
        self._guessed = TokenBucket(GUESSED_AT_ONCE, GUESSED_PER_SECOND, clock)

    @property
    def is_open(self) -> bool:
        """Whether the window is open."""
        return self._clock() < self._closes

    @property
    def codes(self) -> list[ClaimingCode]:
        """The codes that can still be used."""
        now = utcnow()
        return [code for code in self._codes.values() if now < code.expires_at]

    def open(self, duration: timedelta) -> None:
        """Let devices in for so long from now on."""
        self._closes = self._clock() + duration.total_seconds()

    def close(self) -> None:
        """Let no more in."""
        self._closes = self._clock()

    def new_code(self, lifetime: timedelta, mac: str | None = None) -> str:
        """Return a code that lets one device in once: any, or the one with this MAC address. Raises TooMany."""
        self._codes = {code.digest: code for code in self.codes}
        if len(self._codes) >= MAX_CODES:
            raise TooMany(limit=MAX_CODES, kind="claiming codes")
        text = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        digest = _digest(text)
        self._codes[digest] = ClaimingCode(
            digest=digest, mac=mac, expires_at=utcnow() + lifetime
        )
        return "-".join(text[at : at + 4] for at in range(0, CODE_LENGTH, 4))

    def admit(
        self, mac: str, offered: str | None, *, renews: bool = False
    ) -> ClaimingCode | None:
        """Let a device in, and return the code that it has used up; `renews` says that it has proved who it is.

        Raises EnrolmentRefused, EnrolmentBusy.
        """
        if not self._asked.take():
            raise EnrolmentBusy
        if renews or mac in self._allowed:
            return None
        if offered:
            return self._used(mac, offered)
        if not self.is_open:
            raise EnrolmentRefused(reason=CLOSED)
        if self._needs_code:
            raise EnrolmentRefused(reason=CODE_NEEDED)
        return None

    def give_back(self, code: ClaimingCode) -> None:
        """Let a code be used after all: no certificate came of it."""
        self._codes[code.digest] = code

    def _used(self, mac: str, offered: str) -> ClaimingCode:
        code = self._codes.get(_digest(offered))
        if code is None or utcnow() >= code.expires_at or code.mac not in (None, mac):
            # Whoever guesses has to wait; who is right does not.
            if not self._guessed.take():
                raise EnrolmentBusy
            raise EnrolmentRefused(reason=WRONG_CODE)
        return self._codes.pop(code.digest)


def _digest(text: str) -> str:
    """Return what is kept of a code; its letters may be small, and be grouped."""
    letters = "".join(letter for letter in text.upper() if letter in CODE_LETTERS)
    return sha256(letters.encode()).hexdigest()
