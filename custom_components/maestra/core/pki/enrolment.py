"""Enrolment: who may ask for a certificate (open window, listed devices, claiming codes)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import sha256
import secrets
from time import monotonic
from typing import Any, Final

from ..domain.addresses import neighbourhood
from ..domain.clock import parse_time, utcnow, wire_time
from ..domain.codes import CODE_LENGTH, CODE_LETTERS, code_letters, grouped_code
from ..domain.errors import TooMany
from ..domain.rate import TokenBucket, TokenBuckets
from .errors import EnrolmentBusy, EnrolmentRefused

CLOSED: Final = "Enrolment is closed"
CODE_NEEDED: Final = "A claiming code is needed"
WRONG_CODE: Final = "The claiming code is wrong, used or expired"
RENEWAL_NEEDS_KEY: Final = "This device has a certificate: it renews that with its key, or needs a claiming code"

MAX_CODES: Final = 1_000

# Enough for a fleet that is switched on, and no more than one small machine can sign.
SIGNED_AT_ONCE: Final = 60
SIGNED_PER_SECOND: Final = 1.0
# For each device: a certificate lives for months.
SIGNED_OF_ONE_AT_ONCE: Final = 4
SIGNED_OF_ONE_PER_SECOND: Final = 1 / 600
# For each address: several devices may be behind one, or be made ready at one desk.
ASKED_AT_ONCE: Final = 20
ASKED_PER_SECOND: Final = 0.2
GUESSED_AT_ONCE: Final = 10
GUESSED_PER_SECOND: Final = 0.1


class Standing(Enum):
    """What is known of a device that asks."""

    NEW = auto()
    KNOWN = auto()
    """It had a certificate, which is revoked."""
    CERTIFIED = auto()
    """It has a certificate: whoever comes without its key may be somebody else."""
    PROVED = auto()
    """It has shown the key of its certificate."""


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
        """With `needs_code` an open window alone lets nobody in but `allowed` MAC addresses (twelve digits), once."""
        self._allowed = frozenset(allowed)
        self._needs_code = needs_code
        self._codes = {code.digest: code for code in codes}
        self._clock = clock
        self._closes = clock()
        self._asked = TokenBuckets[str](ASKED_AT_ONCE, ASKED_PER_SECOND, clock)
        self._signed = TokenBucket(SIGNED_AT_ONCE, SIGNED_PER_SECOND, clock)
        self._signed_of_one = TokenBuckets[str](
            SIGNED_OF_ONE_AT_ONCE, SIGNED_OF_ONE_PER_SECOND, clock
        )
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
        return grouped_code(text)

    def admit(
        self,
        mac: str,
        offered: str | None,
        *,
        address: str | None = None,
        standing: Standing = Standing.NEW,
    ) -> ClaimingCode | None:
        """Let a device that asks from an address in, and return the code that it has used up.

        Only who is let in counts for the device and for all: nobody else can use up what they may have.
        Raises EnrolmentRefused, EnrolmentBusy.
        """
        if not self._asked.of(neighbourhood(address)).take():
            raise EnrolmentBusy
        code = None
        if standing is not Standing.PROVED:
            if offered:
                code = self._found(mac, offered)
            elif reason := self._closed_to(mac, standing):
                raise EnrolmentRefused(reason=reason)
        if not (self._signed_of_one.of(mac).take() and self._signed.take()):
            raise EnrolmentBusy
        if code is not None:
            del self._codes[code.digest]
        return code

    def _closed_to(self, mac: str, standing: Standing) -> str | None:
        """Return why the window lets a device without a code not in."""
        if not self.is_open:
            return CLOSED
        if standing is Standing.CERTIFIED:
            return RENEWAL_NEEDS_KEY
        if self._needs_code and not (mac in self._allowed and standing is Standing.NEW):
            return CODE_NEEDED
        return None

    def give_back(self, code: ClaimingCode) -> None:
        """Let a code be used after all: no certificate came of it."""
        self._codes[code.digest] = code

    def _found(self, mac: str, offered: str) -> ClaimingCode:
        code = self._codes.get(_digest(offered))
        if code is None or utcnow() >= code.expires_at or code.mac not in (None, mac):
            # Whoever guesses has to wait; who is right does not.
            if not self._guessed.take():
                raise EnrolmentBusy
            raise EnrolmentRefused(reason=WRONG_CODE)
        return code


def _digest(text: str) -> str:
    """Return what is kept of a code."""
    return sha256(code_letters(text).encode()).hexdigest()
