"""What a broker was handed over last, and keeping the files in its folder up to date."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
import os
from pathlib import Path
from typing import Any, Self

from ...core.domain.clock import optional_wire_time, parse_time, utcnow, wire_time
from ...core.pki.broker_files import (
    ACL,
    APPLIED,
    CERTIFICATE,
    CRL,
    KEY,
    BrokerLayout,
    access_list,
    broker_files,
    list_digest,
)
from ...core.pki.register import Purpose, renewal_time
from ...core.pki.service import CertificateService, device_names


class BrokerDeployment:
    """One broker: where its files are, and until when they are good."""

    def __init__(
        self,
        layout: BrokerLayout,
        hosts: Iterable[str],
        *,
        folder: str | None = None,
        written_at: datetime | None = None,
        certificate_expires_at: datetime | None = None,
        crl_expires_at: datetime | None = None,
        applied_at: datetime | None = None,
    ) -> None:
        """`folder` is where we write, None where a person takes the files there."""
        self.layout = layout
        self.hosts = list(hosts)
        self._folder = folder
        now = utcnow()
        self.written_at = written_at or now
        self._certificate_expires_at = certificate_expires_at or now
        self._crl_expires_at = crl_expires_at or now
        self._working = asyncio.Lock()
        self._applied_at = applied_at

    @property
    def keeps_folder(self) -> bool:
        """Whether we can renew the files ourselves."""
        return self._folder is not None

    @property
    def expires_at(self) -> datetime:
        """When the broker, or every client of it, is not accepted any more."""
        return min(self._certificate_expires_at, self._crl_expires_at)

    def knows(self, revoked_at: datetime) -> bool:
        """Whether the broker knows what was revoked at that time, as far as we do."""
        return revoked_at <= max(self.written_at, self._applied_at or self.written_at)

    def applied(self, service: CertificateService) -> None:
        """Note that the broker has read the current list."""
        if (crl := service.crl) is not None:
            self._applied_at = crl.starts_at

    async def look(self, service: CertificateService) -> None:
        """Note it where its runner says so; raises OSError."""
        crl, folder = service.crl, self._folder
        if crl is not None and folder is not None:
            said = await asyncio.to_thread(read_applied, Path(folder) / APPLIED)
            if said == list_digest(crl.pem):
                self._applied_at = crl.starts_at

    async def write(
        self, service: CertificateService, macs: Iterable[str]
    ) -> dict[str, str]:
        """Make a new certificate and return all files, by name; written into the folder if there is one.

        `macs` are the devices that will have certificates. Raises OSError, InvalidName, TooMany.
        """
        async with self._working:
            return await self._write(service, macs)

    async def refresh(self, service: CertificateService, macs: Iterable[str]) -> None:
        """Bring what has changed into the folder, and a new certificate in the last third of the old one's life.

        The broker's key goes nowhere else. Raises OSError.
        """
        async with self._working:
            ends = self._certificate_expires_at
            if utcnow() >= renewal_time(self.written_at, ends):
                await self._write(service, macs)
                return
            if (crl := service.crl) is None:
                return
            await self._put(
                {CRL: crl.pem, ACL: access_list(self.layout, _names(service, macs))}
            )
            self._crl_expires_at = crl.expires_at

    async def _write(
        self, service: CertificateService, macs: Iterable[str]
    ) -> dict[str, str]:
        signed = await service.issue_broker(self.hosts)
        await service.maintain()
        crl = service.crl
        assert crl is not None
        files = broker_files(
            self.layout,
            devices=_names(service, macs),
            ca=service.authority.pem,
            crl=crl.pem,
            certificate=signed.pem,
            private_key=signed.private_key or "",
        )
        await self._put(files)
        self._certificate_expires_at = signed.expires_at
        self._crl_expires_at = crl.expires_at
        self.written_at = utcnow()
        return files

    async def _put(self, files: Mapping[str, str]) -> None:
        if self._folder is not None:
            await asyncio.to_thread(write_broker_files, Path(self._folder), files)

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON; no key is in it."""
        layout = self.layout
        return {
            "path": layout.folder,
            "port": layout.port,
            "is_add_on": layout.is_add_on,
            "users": list(layout.users),
            "persistence_plugin": layout.persistence_plugin,
            "hosts": self.hosts,
            "folder": self._folder,
            "written_at": wire_time(self.written_at),
            "certificate_expires_at": wire_time(self._certificate_expires_at),
            "crl_expires_at": wire_time(self._crl_expires_at),
            "applied_at": optional_wire_time(self._applied_at),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any] | None) -> Self | None:
        """Read what `as_data` returned."""
        if data is None:
            return None
        layout = BrokerLayout(
            folder=data["path"],
            port=data["port"],
            is_add_on=data["is_add_on"],
            users=tuple(data["users"]),
            persistence_plugin=data.get("persistence_plugin"),
        )
        applied_at = data.get("applied_at")
        return cls(
            layout,
            data["hosts"],
            folder=data["folder"],
            written_at=parse_time(data["written_at"]),
            certificate_expires_at=parse_time(data["certificate_expires_at"]),
            crl_expires_at=parse_time(data["crl_expires_at"]),
            applied_at=parse_time(applied_at) if applied_at else None,
        )


def write_broker_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, each at once: the broker never finds half of one. Only the owner may read the key."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path, new = folder / name, folder / f".{name}.new"
        if (
            name not in (KEY, CERTIFICATE)
            and path.exists()
            and path.read_text() == text
        ):
            continue
        new.unlink(missing_ok=True)
        mode = 0o600 if name == KEY else 0o644
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w"
        ) as file:
            file.write(text)
        new.replace(path)


def read_applied(path: Path) -> str | None:
    """Return what the runner says that the broker has read; None where there is none."""
    return path.read_text().strip() if path.exists() else None


def _names(service: CertificateService, macs: Iterable[str]) -> list[str]:
    """Return the names that certificates of devices have, or will have."""
    issued = {
        issued.name
        for issued in service.register.valid(utcnow())
        if issued.purpose is Purpose.DEVICE
    }
    return sorted(issued.union(device_names(mac)[0] for mac in macs))
