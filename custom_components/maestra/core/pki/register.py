"""The register of issued and revoked certificates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from ..domain.clock import parse_time, wire_time
from ..domain.errors import TooMany
from .authority import Revocation, Signed

MAX_CERTIFICATES: Final = 20_000
MAX_OF_ONE: Final = 16
"""Valid certificates of one device."""


class Purpose(StrEnum):
    """Who a certificate is for."""

    DEVICE = "device"
    BROKER = "broker"
    OWN = "own"


@dataclass(slots=True, kw_only=True)
class Issued:
    """One certificate: whose it is (`name`: the common name) and how long; not the certificate itself."""

    serial: int
    name: str
    purpose: Purpose
    key_id: str
    starts_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it can be used."""
        return self.revoked_at is None and now < self.expires_at

    def is_due(self, now: datetime) -> bool:
        """Whether it is time for another: in the last third of its life."""
        return now >= renewal_time(self.starts_at, self.expires_at)

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            # JSON has no numbers of this size.
            "serial": f"{self.serial:x}",
            "name": self.name,
            "purpose": self.purpose.value,
            "key_id": self.key_id,
            "starts_at": wire_time(self.starts_at),
            "expires_at": wire_time(self.expires_at),
            "revoked_at": wire_time(self.revoked_at) if self.revoked_at else None,
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Issued:
        """Read what `as_data` returned."""
        revoked_at = data["revoked_at"]
        return cls(
            serial=int(data["serial"], 16),
            name=data["name"],
            purpose=Purpose(data["purpose"]),
            key_id=data["key_id"],
            starts_at=parse_time(data["starts_at"]),
            expires_at=parse_time(data["expires_at"]),
            revoked_at=parse_time(revoked_at) if revoked_at else None,
        )


def renewal_time(starts_at: datetime, expires_at: datetime) -> datetime:
    """Return when it is time for another certificate or list."""
    return expires_at - (expires_at - starts_at) / 3


class Register:
    """All certificates that have not expired, by serial number."""

    def __init__(self, known: Iterable[Issued] = ()) -> None:
        """Take over what is `known`."""
        self._issued = {issued.serial: issued for issued in known}

    def __len__(self) -> int:
        """How many there are, revoked ones too."""
        return len(self._issued)

    def __iter__(self) -> Iterator[Issued]:
        """Iterate over all, oldest first."""
        return iter(self._issued.values())

    def get(self, serial: int) -> Issued | None:
        """Return the one with this serial number."""
        return self._issued.get(serial)

    def valid(self, now: datetime, name: str | None = None) -> list[Issued]:
        """Return those that can be used, of one owner or of all."""
        return [
            issued
            for issued in self._issued.values()
            if issued.is_valid(now) and name in (None, issued.name)
        ]

    def check_room(self, now: datetime, name: str) -> None:
        """Raise TooMany where there can't be another one."""
        if len(self._issued) >= MAX_CERTIFICATES:
            raise TooMany(limit=MAX_CERTIFICATES, kind="certificates")
        if len(self.valid(now, name)) >= MAX_OF_ONE:
            raise TooMany(limit=MAX_OF_ONE, kind=f"valid certificates of {name}")

    def add(self, name: str, purpose: Purpose, signed: Signed) -> Issued:
        """Note a certificate that was just signed."""
        certificate = signed.certificate
        issued = Issued(
            serial=certificate.serial_number,
            name=name,
            purpose=purpose,
            key_id=signed.key_id,
            starts_at=certificate.not_valid_before_utc,
            expires_at=certificate.not_valid_after_utc,
        )
        self._issued[issued.serial] = issued
        return issued

    def forget_expired(self, now: datetime) -> bool:
        """Forget those that nobody accepts any more; whether there were any."""
        gone = [
            serial
            for serial, issued in self._issued.items()
            if issued.expires_at <= now
        ]
        for serial in gone:
            del self._issued[serial]
        return bool(gone)

    @property
    def revoked(self) -> list[Revocation]:
        """What the revocation list has."""
        return [
            Revocation(issued.serial, issued.revoked_at)
            for issued in self._issued.values()
            if issued.revoked_at is not None
        ]
