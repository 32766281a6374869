"""The running certificate authority: its key, what it has signed, and what Home Assistant is told of it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from .broker_hand_over import BrokerHandOver
from .bus import Unsubscribe
from .const import (
    CONF_ALLOWED_MACS,
    CONF_AUTHORITY_ID,
    CONF_NEEDS_CODE,
    CONF_PASSPHRASE,
    CONF_WINDOW,
)
from .domain.clock import utcnow
from .hand_over import HandOver
from .link import ServiceLink
from .own_certificate import renew_own_certificates
from .pki.authority import load_authority
from .pki.enrolment import ClaimingCode, Enrolment
from .pki.errors import InvalidAuthority
from .pki.register import Issued, Purpose, Register
from .pki.service import CertificateService
from .pki_storage import (
    CERTIFICATE,
    PRIVATE_KEY,
    SAVE_DELAY,
    async_forget_authority,
    certificate_store,
    revocation_list,
    service_data,
)
from .repairs import (
    AUTHORITY_EXPIRES,
    AUTHORITY_FAILED,
    BROKER_FILES_EXPIRE,
    BROKER_FILES_OLD,
    DEVICE_CERTIFICATES_EXPIRE,
    async_set_link_issue,
)
from .subentries.authority_form import SECTION_ENROLMENT, issuing_rules

if TYPE_CHECKING:
    from .runtime import MaestraRuntime

_LOGGER = logging.getLogger(__name__)

UPKEEP_INTERVAL: Final = timedelta(hours=1)
AUTHORITY_NOTICE: Final = timedelta(days=180)
NOTICE: Final = timedelta(days=30)
MAX_NAMED: Final = 10


class AuthorityLink(ServiceLink):
    """The certificate authority of a subentry. It is there as soon as its key is read."""

    issue = AUTHORITY_FAILED
    subject = "authority"
    model = "Certificate authority"

    def __init__(self, runtime: MaestraRuntime, subentry: ConfigSubentry) -> None:
        """Read nothing yet."""
        super().__init__(
            runtime.hass, runtime.entry, subentry, runtime.show.link_changed
        )
        self.service: CertificateService | None = None
        self.hand_over = HandOver(runtime.hass)
        self.broker: BrokerHandOver | None = None
        self._store = certificate_store(runtime.hass)
        self._kept: Mapping[str, Any] = {}
        self._upkeep = asyncio.Lock()

    @property
    @override
    def connected(self) -> bool:
        """Whether it can sign."""
        return self.service is not None

    @property
    def window(self) -> timedelta:
        """How long enrolment is open when nothing else is said."""
        return timedelta(minutes=self.data[SECTION_ENROLMENT][CONF_WINDOW])

    @property
    def broker_expiry(self) -> datetime | None:
        """When what a broker was handed over last ends: its certificate, or the list of those revoked."""
        return self.broker.expires_at if self.broker else None

    def count(self, *, revoked: bool) -> int | None:
        """Return how many certificates that have not expired are revoked, or are not."""
        if self.service is None:
            return None
        return sum(
            (issued.revoked_at is not None) is revoked
            for issued in self.service.register
        )

    @callback
    @override
    def look(self) -> None:
        """Forget what nobody has fetched in time."""
        self.hand_over.forget_old()

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            async_track_time_interval(
                self._hass, self._async_upkeep, UPKEEP_INTERVAL, cancel_on_shutdown=True
            )
        ]

    @override
    async def _serve(self) -> None:
        try:
            self.service = await self._load()
        except InvalidAuthority as error:
            _LOGGER.error("%s: %s", self.title, error)
            self._connection_is(False, error)
            return
        try:
            self._connection_is(True, None)
            await self._async_upkeep(utcnow())
            await asyncio.get_running_loop().create_future()
        finally:
            service, self.service = self.service, None
            if service is not None:
                await self._store.async_save(self._data(service))

    @override
    async def stop(self) -> None:
        """Save, and take back what was told."""
        await super().stop()
        for kind in (
            AUTHORITY_EXPIRES,
            BROKER_FILES_EXPIRE,
            BROKER_FILES_OLD,
            DEVICE_CERTIFICATES_EXPIRE,
        ):
            self._tell(kind, is_there=False)

    @override
    async def removed(self) -> None:
        """Delete the key, and what was signed with it."""
        await async_forget_authority(self._hass)

    async def _load(self) -> CertificateService:
        kept = await self._store.async_load()
        if kept is None or kept["id"] != self.data[CONF_AUTHORITY_ID]:
            raise InvalidAuthority(reason="its key is missing")
        self._kept = kept
        authority = await asyncio.to_thread(
            load_authority,
            kept[CERTIFICATE],
            kept[PRIVATE_KEY],
            self.data[CONF_PASSPHRASE],
        )
        enrolment = self.data[SECTION_ENROLMENT]
        service = CertificateService(
            authority,
            register=Register(map(Issued.from_data, kept.get("issued", ()))),
            enrolment=Enrolment(
                allowed=enrolment[CONF_ALLOWED_MACS],
                needs_code=enrolment[CONF_NEEDS_CODE],
                codes=map(ClaimingCode.from_data, kept.get("codes", ())),
            ),
            rules=issuing_rules(self.data),
            crl=revocation_list(kept.get("crl")),
            on_change=self.changed,
        )
        self.broker = BrokerHandOver.from_data(kept.get("broker"))
        return service

    @callback
    def changed(self) -> None:
        """Save soon, show what is new, and bring it to the broker's folder if there is one."""
        if (service := self.service) is None:
            return
        self._store.async_delay_save(lambda: self._data(service), SAVE_DELAY)
        self._on_change(self)
        if self.broker is not None and self.broker.keeps_folder:
            _ = self._entry.async_create_background_task(
                self._hass, self._async_refresh_broker(), "maestra broker files"
            )
        self._tell_all()

    def _data(self, service: CertificateService) -> dict[str, Any]:
        kept = {key: self._kept[key] for key in ("id", CERTIFICATE, PRIVATE_KEY)}
        broker = self.broker.as_data() if self.broker else None
        return {**kept, **service_data(service), "broker": broker}

    async def _async_upkeep(self, now: datetime) -> None:
        """Renew what has to be, and tell of what can't be."""
        if (service := self.service) is None or self._upkeep.locked():
            return
        async with self._upkeep:
            await service.keep()
            await renew_own_certificates(self._hass, self._entry, service)
        await self._async_refresh_broker()
        self._tell_all()

    async def _async_refresh_broker(self) -> None:
        """Bring list, rights and certificate into the folder that a broker reads."""
        broker, service = self.broker, self.service
        if broker is None or service is None or not broker.keeps_folder:
            return
        try:
            await broker.refresh(service, self.allowed_macs)
        except OSError as error:
            _LOGGER.warning("The files of the broker can't be written: %s", error)

    @property
    def allowed_macs(self) -> list[str]:
        """The devices that may always ask."""
        return list(self.data[SECTION_ENROLMENT][CONF_ALLOWED_MACS])

    @callback
    def _tell_all(self) -> None:
        if (service := self.service) is None:
            return
        now = utcnow()
        expires_at = service.authority.expires_at
        self._tell(
            AUTHORITY_EXPIRES,
            is_there=now > expires_at - AUTHORITY_NOTICE,
            date=expires_at.date().isoformat(),
        )
        names = _ending(service, now)
        self._tell(
            DEVICE_CERTIFICATES_EXPIRE,
            is_there=bool(names),
            devices=", ".join(names[:MAX_NAMED]),
        )
        broker = self.broker
        self._tell(
            BROKER_FILES_EXPIRE,
            is_there=broker is not None and now > broker.expires_at - NOTICE,
            date=broker.expires_at.date().isoformat() if broker else "",
        )
        self._tell(
            BROKER_FILES_OLD,
            is_there=broker is not None
            and any(line.at > broker.written_at for line in service.register.revoked),
        )

    def _tell(self, kind: str, *, is_there: bool, **facts: str) -> None:
        async_set_link_issue(self._hass, kind, self, is_there=is_there, **facts)


def _ending(service: CertificateService, now: datetime) -> list[str]:
    """Return the devices whose last certificate ends soon; one that was meant to be short is not told of while it is new."""
    last: dict[str, Issued] = {}
    for issued in service.register.valid(now):
        known = last.get(issued.name)
        if issued.purpose is Purpose.DEVICE and (
            known is None or known.expires_at < issued.expires_at
        ):
            last[issued.name] = issued
    return sorted(
        issued.name
        for issued in last.values()
        if issued.is_due(now) and issued.expires_at - now < NOTICE
    )
