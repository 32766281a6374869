"""The certificate service: issues, renews and revokes, one at a time and beside the event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..bus import Counters, get_logger
from ..domain.clock import utcnow
from ..domain.names import F2_NAME_PREFIX
from .authority import Authority, Signed, requested_key_id
from .enrolment import Enrolment, Standing
from .errors import UnknownCertificate
from .extensions import OWN_NAME
from .keys import KeyType
from .register import Issued, Purpose, Register, renewal_time

_LOGGER = get_logger(__name__)

BROKER_NAME: Final = "mqtt-broker"
"""The common name of brokers, as the reference has it (f2.md §3); clients look at the other names."""


@dataclass(slots=True, eq=False)
class AuthorityMaintained:
    """The authority has renewed what it renews itself; time for others to renew what they got from it."""

    service: CertificateService


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingRules:
    """What certificates are like when nothing else is asked for."""

    key_type: KeyType = KeyType.ECDSA_P256
    prefix: str = ""
    """Before the MAC address in the names of devices."""
    device_lifetime: timedelta = timedelta(days=365)
    broker_lifetime: timedelta = timedelta(days=825)
    crl_lifetime: timedelta = timedelta(days=365)


def device_names(mac: str) -> tuple[str, ...]:
    """Return how certificates of a device may call it."""
    return mac, f"{F2_NAME_PREFIX}{mac}"


@dataclass(slots=True, kw_only=True)
class RevocationList:
    """The list that brokers are given (PEM), and its place among all that there were."""

    pem: str
    number: int
    starts_at: datetime
    expires_at: datetime


async def _saves_nothing() -> None:
    """Keep nothing over a restart."""


class CertificateService:
    """Gives certificates to devices, to brokers and to us.

    Counts `issued`, `enrolled` (of those: what devices asked for themselves), `renewed` and `revoked`.
    """

    def __init__(
        self,
        authority: Authority,
        *,
        register: Register,
        enrolment: Enrolment,
        rules: IssuingRules,
        crl: RevocationList | None = None,
        on_change: Callable[[], None] = lambda: None,
        save: Callable[[], Awaitable[None]] = _saves_nothing,
    ) -> None:
        """`on_change` is called when there is something to be saved; `save` returns when all of it is on disk.

        Nobody is given a certificate that a crash could forget: it could not be revoked.
        """
        self.authority = authority
        self.register = register
        self.enrolment = enrolment
        self.rules = rules
        self.counters = Counters()
        self._crl = crl
        self._on_change = on_change
        self._save = save
        # Two keys at once would only make both come later.
        self._working = asyncio.Lock()

    # What devices ask for.

    async def issue(
        self, mac: str, code: str | None = None, address: str | None = None
    ) -> Signed:
        """Give a device that asks from an address a new key and its certificate.

        Raises EnrolmentRefused, EnrolmentBusy, TooMany.
        """
        used = self.enrolment.admit(
            mac, code, address=address, standing=self._standing(mac)
        )
        try:
            signed = await self.issue_device(mac)
        except BaseException:
            if used is not None:
                self.enrolment.give_back(used)
            raise
        self.counters.add("enrolled")
        return signed

    async def enrol(
        self,
        mac: str,
        request: str,
        code: str | None = None,
        address: str | None = None,
    ) -> Signed:
        """Give a device that asks from an address a certificate for its own key.

        Who has the key of a valid certificate of this device renews that, at any time.
        Raises EnrolmentRefused, EnrolmentBusy, InvalidCertificateRequest, TooMany.
        """
        # Checked first: a code is not used up by a request that can't be read.
        key_id = await asyncio.to_thread(requested_key_id, request, mac)
        standing = self._standing(mac, key_id)
        used = self.enrolment.admit(mac, code, address=address, standing=standing)
        try:
            signed = await self.sign_request(mac, request)
        except BaseException:
            if used is not None:
                self.enrolment.give_back(used)
            raise
        self.counters.add("renewed" if standing is Standing.PROVED else "enrolled")
        return signed

    def _standing(self, mac: str, key_id: str | None = None) -> Standing:
        """Return what is known of a device that asks with this key, or without one."""
        names, now = device_names(mac), utcnow()
        known = [issued for issued in self.register if issued.name in names]
        valid = [issued for issued in known if issued.is_valid(now)]
        if any(issued.key_id == key_id for issued in valid):
            return Standing.PROVED
        if valid:
            return Standing.CERTIFIED
        return Standing.KNOWN if known else Standing.NEW

    # What the user asks for.

    async def issue_device(
        self,
        mac: str,
        *,
        key_type: KeyType | None = None,
        lifetime: timedelta | None = None,
    ) -> Signed:
        """Give a device a new key and its certificate; raises TooMany. The key is not kept."""
        rules = self.rules
        return await self._issue_pair(
            f"{rules.prefix}{mac}",
            Purpose.DEVICE,
            key_type or rules.key_type,
            lifetime or rules.device_lifetime,
        )

    async def sign_request(
        self, mac: str, request: str, lifetime: timedelta | None = None
    ) -> Signed:
        """Give a device a certificate for its own key; raises InvalidCertificateRequest, TooMany."""
        rules = self.rules
        name = f"{rules.prefix}{mac}"
        async with self._working:
            self.register.check_room(utcnow(), name)
            signed = await asyncio.to_thread(
                self.authority.issue_for_request,
                name,
                request,
                lifetime or rules.device_lifetime,
            )
            return await self._noted(name, Purpose.DEVICE, signed)

    async def issue_broker(self, hosts: Iterable[str]) -> Signed:
        """Make a broker's key and certificate for these names and addresses; raises InvalidName, TooMany."""
        rules = self.rules
        return await self._issue_pair(
            BROKER_NAME,
            Purpose.BROKER,
            rules.key_type,
            rules.broker_lifetime,
            list(hosts),
        )

    async def issue_own(self) -> Signed:
        """Make the key and certificate that we use on a broker; raises TooMany."""
        return await self._issue_pair(
            OWN_NAME, Purpose.OWN, KeyType.ECDSA_P256, self.rules.device_lifetime
        )

    async def revoke(
        self, *, mac: str | None = None, serial: int | None = None
    ) -> list[Issued]:
        """Make the one with this serial number, or all of this device, invalid; raises UnknownCertificate."""
        async with self._working:
            now = utcnow()
            found = [
                issued
                for issued in self.register.valid(now)
                if serial in (None, issued.serial)
                and (mac is None or issued.name in device_names(mac))
            ]
            if not found:
                raise UnknownCertificate(
                    name=mac if serial is None else f"serial number {serial:x}"
                )
            for issued in found:
                issued.revoked_at = now
                _LOGGER.info(
                    "Certificate %x of %s is revoked", issued.serial, issued.name
                )
            self.counters.add("revoked", len(found))
            # Known for good even where the list fails; `maintain` makes it then.
            self._on_change()
            await self._save()
            await self._make_crl()
            return found

    # The list of what is not valid any more.

    @property
    def crl(self) -> RevocationList | None:
        """The current list; None until `maintain` was called once."""
        return self._crl

    async def maintain(self) -> None:
        """Make the list where it lacks something or is in the last third of its life, and forget what has expired."""
        async with self._working:
            now = utcnow()
            if self.register.forget_expired(now):
                self._on_change()
            crl = self._crl
            if (
                crl is None
                or any(line.at > crl.starts_at for line in self.register.revoked)
                or now >= renewal_time(crl.starts_at, crl.expires_at)
            ):
                await self._make_crl()

    async def _make_crl(self) -> None:
        number = 1 if self._crl is None else self._crl.number + 1
        lifetime, now = self.rules.crl_lifetime, utcnow()
        revoked = self.register.revoked
        pem = await asyncio.to_thread(
            self.authority.make_crl, revoked, number, lifetime
        )
        self._crl = RevocationList(
            pem=pem, number=number, starts_at=now, expires_at=now + lifetime
        )
        self._on_change()

    async def _issue_pair(
        self,
        name: str,
        purpose: Purpose,
        kind: KeyType,
        lifetime: timedelta,
        hosts: Iterable[str] = (),
    ) -> Signed:
        async with self._working:
            self.register.check_room(utcnow(), name)
            signed = await asyncio.to_thread(
                self.authority.issue_pair, name, kind, lifetime, hosts
            )
            return await self._noted(name, purpose, signed)

    async def _noted(self, name: str, purpose: Purpose, signed: Signed) -> Signed:
        issued = self.register.add(name, purpose, signed)
        self.counters.add("issued")
        _LOGGER.info(
            "Certificate %x is issued to %s until %s",
            issued.serial,
            name,
            issued.expires_at.date(),
        )
        self._on_change()
        await self._save()
        return signed
