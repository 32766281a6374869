"""What is kept of the certificate authority: its encrypted key, and who was given what. The passphrase is not here."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ...core.domain.clock import parse_time, wire_time
from ...core.pki.service import CertificateService, RevocationList

STORAGE_KEY: Final = "maestra.certificates"
STORAGE_VERSION: Final = 1
SAVE_DELAY: Final = 1.0  # seconds

CERTIFICATE: Final = "certificate"
PRIVATE_KEY: Final = "private_key"

type Kept = dict[str, Any]


def certificate_store(hass: HomeAssistant) -> Store[Kept]:
    """Return the file, which only Home Assistant's own user may read."""
    return Store(hass, STORAGE_VERSION, STORAGE_KEY, private=True)


async def async_keep_authority(
    hass: HomeAssistant, authority_id: str, certificate: str, private_key: str
) -> None:
    """Keep a new authority in the place of any other; the key is encrypted."""
    await certificate_store(hass).async_save(
        {"id": authority_id, CERTIFICATE: certificate, PRIVATE_KEY: private_key}
    )


async def async_forget_authority(hass: HomeAssistant) -> None:
    """Delete everything, the key too."""
    await certificate_store(hass).async_remove()


def service_data(service: CertificateService) -> Kept:
    """Return what a service has to know after a restart."""
    crl = service.crl
    return {
        "issued": [issued.as_data() for issued in service.register],
        "codes": [code.as_data() for code in service.enrolment.codes],
        "crl": {
            "pem": crl.pem,
            "number": crl.number,
            "starts_at": wire_time(crl.starts_at),
            "expires_at": wire_time(crl.expires_at),
        }
        if crl
        else None,
    }


def revocation_list(data: Kept | None) -> RevocationList | None:
    """Read the list that was kept."""
    if data is None:
        return None
    return RevocationList(
        pem=data["pem"],
        number=data["number"],
        starts_at=parse_time(data["starts_at"]),
        expires_at=parse_time(data["expires_at"]),
    )
