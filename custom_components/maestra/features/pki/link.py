"""The running certificate authority: its key, what it has signed, keys to be downloaded, and issues about it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
import secrets
from time import monotonic
from typing import Any, Final, NamedTuple, override

from homeassistant.components.http.auth import async_sign_path
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ...const import (
    CONF_ALLOWED_MACS,
    CONF_AUTHORITY_ID,
    CONF_NEEDS_CODE,
    CONF_PASSPHRASE,
    CONF_WINDOW,
)
from ...core.bus import Unsubscribe, get_logger
from ...core.domain.clock import utcnow
from ...core.pki.authority import load_authority
from ...core.pki.enrolment import ClaimingCode, Enrolment
from ...core.pki.errors import InvalidAuthority
from ...core.pki.register import Issued, Purpose, Register
from ...core.pki.service import AuthorityMaintained, CertificateService
from ...core.transport.reconnect import Backoff
from ...hub.hub import Hub
from ...hub.issues import async_set_link_issue
from ...hub.link import ServiceLink
from .deployment import BrokerDeployment
from .flow import SECTION_ENROLMENT, issuing_rules
from .storage import (
    CERTIFICATE,
    PRIVATE_KEY,
    SAVE_DELAY,
    async_forget_authority,
    certificate_store,
    revocation_list,
    service_data,
)

_LOGGER = get_logger(__name__)

LIFETIME: Final = timedelta(minutes=15)
MAX_FILES: Final = 50
URL: Final = "/api/maestra_hand_over/{key}"
AUTHORITY_EXPIRES: Final = "authority_expires"
BROKER_FILES_EXPIRE: Final = "broker_files_expire"
BROKER_FILES_OLD: Final = "broker_files_old"
REVOCATION_FAILED: Final = "revocation_failed"
DEVICE_CERTIFICATES_EXPIRE: Final = "device_certificates_expire"
MAINTENANCE_INTERVAL: Final = timedelta(hours=1)
RETRY: Final = Backoff(timedelta(seconds=5), timedelta(minutes=5))
BROKER_INTERVAL: Final = 1.0
"""Seconds between looks at whether the broker has read what it was given."""
SELDOM: Final = 30.0
"""The same, where it has not read it for long."""
BROKER_PATIENCE: Final = timedelta(seconds=15)
HASSIO: Final = "hassio"
ADD_ON: Final = "core_mosquitto"
# The Supervisor's action that restarts the broker, and what it calls the name.
RESTARTS: Final = (("app_restart", "app"), ("addon_restart", "addon"))
AUTHORITY_NOTICE: Final = timedelta(days=180)
NOTICE: Final = timedelta(days=30)
MAX_NAMED: Final = 10


class Download(NamedTuple):
    """One file that waits to be fetched."""

    name: str
    content: bytes
    until: float


class KeyDownloads:
    """Keeps files for those who have their signed address."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Keep nothing yet."""
        self._hass = hass
        self._files: dict[str, Download] = {}

    @callback
    def put(self, name: str, content: bytes) -> str:
        """Keep a file for a while, and return its address below Home Assistant's."""
        self.forget_old()
        while len(self._files) >= MAX_FILES:
            del self._files[next(iter(self._files))]
        key = secrets.token_urlsafe(24)
        until = monotonic() + LIFETIME.total_seconds()
        self._files[key] = Download(name, content, until)
        return async_sign_path(
            self._hass, URL.format(key=key), LIFETIME, use_content_user=True
        )

    @callback
    def find(self, key: str) -> Download | None:
        """Return a file, None once it is gone."""
        self.forget_old()
        return self._files.get(key)

    @callback
    def forget_old(self) -> None:
        """Forget what nobody has fetched in time."""
        now = monotonic()
        for key, download in list(self._files.items()):
            if download.until <= now:
                del self._files[key]


class AuthorityLink(ServiceLink):
    """The certificate authority of a subentry. It is there as soon as its key is read."""

    issue = "authority_failed"
    subject = "authority"
    section = "authority"
    is_gateway = False
    model = "Certificate authority"

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Read nothing yet."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self.service: CertificateService | None = None
        self.downloads = KeyDownloads(hub.hass)
        self.broker: BrokerDeployment | None = None
        self._store = certificate_store(hub.hass)
        self._hub = hub
        self._kept: Mapping[str, Any] = {}
        self._news = asyncio.Event()
        self._is_due = True
        self._failure: Exception | None = None

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
    def refresh(self) -> None:
        """Forget what nobody has fetched in time."""
        self.downloads.forget_old()

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            async_track_time_interval(
                self._hass,
                self._due,
                MAINTENANCE_INTERVAL,
                cancel_on_shutdown=True,
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
        withdraw = self._hub.provide(CertificateService, self.service)
        try:
            self._connection_is(True, None)
            self._is_due = True
            await self._keep_up_to_date(self.service)
        finally:
            withdraw()
            service, self.service = self.service, None
            if service is not None:
                await self._store.async_save(self._data(service))

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Return how the authority is, and how much it has signed."""
        service = self.service
        return {
            **self._described(),
            "expires_at": service.authority.expires_at.isoformat() if service else None,
            "problems": service.authority.problems if service else None,
            "counters": service.counters.as_dict() if service else {},
            "valid": self.count(revoked=False),
            "revoked": self.count(revoked=True),
            "enrolment_is_open": service.enrolment.is_open if service else None,
            "broker_expires_at": (
                self.broker_expiry.isoformat() if self.broker_expiry else None
            ),
        }

    @override
    async def stop(self) -> None:
        """Save, and take back what was told."""
        try:
            await super().stop()
        finally:
            for kind in (
                AUTHORITY_EXPIRES,
                BROKER_FILES_EXPIRE,
                BROKER_FILES_OLD,
                DEVICE_CERTIFICATES_EXPIRE,
                REVOCATION_FAILED,
            ):
                self._set_issue(kind, is_there=False)

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
            save=self._save,
        )
        self.broker = BrokerDeployment.from_data(kept.get("broker"))
        return service

    @callback
    def changed(self) -> None:
        """Save soon, show what is new, and bring it to the broker's folder if there is one."""
        if (service := self.service) is None:
            return
        self._store.async_delay_save(lambda: self._data(service), SAVE_DELAY)
        self._on_change(self)
        self._news.set()
        self._update_issues()

    async def _save(self) -> None:
        if (service := self.service) is not None:
            await self._store.async_save(self._data(service))

    def _data(self, service: CertificateService) -> dict[str, Any]:
        kept = {key: self._kept[key] for key in ("id", CERTIFICATE, PRIVATE_KEY)}
        broker = self.broker.as_data() if self.broker else None
        return {**kept, **service_data(service), "broker": broker}

    @callback
    def _due(self, _now: datetime) -> None:
        self._is_due = True
        self._news.set()

    async def _keep_up_to_date(self, service: CertificateService) -> None:
        """Renew what has to be, and bring it to the broker, whenever something has changed; what fails is told and tried again."""
        failures = 0
        pause: float | None
        while True:
            self._news.clear()
            try:
                await service.maintain()
                if self._is_due:
                    self._is_due = False
                    self._hub.domain.bus.publish(AuthorityMaintained(service))
                await self._bring_to_broker(service)
            except Exception as error:
                if self._failure is None:
                    _LOGGER.exception("%s can't be kept up to date", self.title)
                self._failure, pause = error, RETRY.delay(failures)
                failures += 1
            else:
                self._failure, failures = None, 0
                pause = self._next_look()
            self._update_issues()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    def _next_look(self) -> float | None:
        """Return the seconds until the broker may have read what it was given; None where nobody waits for that."""
        if self.broker is None or not self.broker.keeps_folder:
            return None
        unknown = self._unknown_to(self.broker)
        if not unknown:
            return None
        is_new = utcnow() - max(unknown) < 2 * BROKER_PATIENCE
        return BROKER_INTERVAL if is_new else SELDOM

    async def _bring_to_broker(self, service: CertificateService) -> None:
        """Bring list, rights and certificate into the folder that a broker reads, and see that it has read them.

        Raises OSError, HomeAssistantError.
        """
        broker = self.broker
        if broker is None or not broker.keeps_folder:
            return
        await broker.refresh(service, self.allowed_macs)
        if not self._unknown_to(broker):
            return
        if broker.layout.is_add_on:
            await self._restart_add_on(broker, service)
        else:
            await broker.look(service)
        self._store.async_delay_save(lambda: self._data(service), SAVE_DELAY)

    async def _restart_add_on(
        self, broker: BrokerDeployment, service: CertificateService
    ) -> None:
        """Restart the broker where the Supervisor does that: only then does it read the list, and end connections."""
        for action, name in RESTARTS:
            if self._hass.services.has_service(HASSIO, action):
                await self._hass.services.async_call(
                    HASSIO, action, {name: ADD_ON}, blocking=True
                )
                broker.applied(service)
                return

    def _unknown_to(self, broker: BrokerDeployment) -> list[datetime]:
        """Return when what a broker does not know was revoked."""
        revoked = self.service.register.revoked if self.service else ()
        return [line.at for line in revoked if not broker.knows(line.at)]

    @property
    def allowed_macs(self) -> list[str]:
        """The devices that may always ask."""
        return list(self.data[SECTION_ENROLMENT][CONF_ALLOWED_MACS])

    @callback
    def _update_issues(self) -> None:
        if (service := self.service) is None:
            return
        now = utcnow()
        expires_at = service.authority.expires_at
        self._set_issue(
            AUTHORITY_EXPIRES,
            is_there=now > expires_at - AUTHORITY_NOTICE,
            date=expires_at.date().isoformat(),
        )
        names = _ending(service, now)
        self._set_issue(
            DEVICE_CERTIFICATES_EXPIRE,
            is_there=bool(names),
            devices=", ".join(names[:MAX_NAMED]),
        )
        broker = self.broker
        self._set_issue(
            BROKER_FILES_EXPIRE,
            is_there=broker is not None and now > broker.expires_at - NOTICE,
            date=broker.expires_at.date().isoformat() if broker else "",
        )
        # A folder of ours is read in a moment.
        patience = BROKER_PATIENCE if broker and broker.keeps_folder else timedelta()
        self._set_issue(
            BROKER_FILES_OLD,
            is_there=broker is not None
            and any(now - at >= patience for at in self._unknown_to(broker)),
        )
        failure = self._failure
        self._set_issue(
            REVOCATION_FAILED,
            is_there=failure is not None,
            reason=str(failure) or type(failure).__name__,
        )

    def _set_issue(self, kind: str, *, is_there: bool, **facts: str) -> None:
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
