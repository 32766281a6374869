"""The certificate that we use on brokers ourselves: given by our own authority, and renewed by it."""

from collections.abc import Mapping
from typing import Any, Final

from cryptography import x509

from homeassistant.core import HomeAssistant

from ...const import (
    CONF_CA_CERTIFICATE,
    CONF_CLIENT_CERTIFICATE,
    CONF_CLIENT_KEY,
    CONF_OWN_CERTIFICATE,
    SUBENTRY_MQTT_BROKER,
)
from ...core.domain.clock import utcnow
from ...core.pki.register import renewal_time
from ...core.pki.service import CertificateService
from ...hub.hub import MaestraConfigEntry

_MATERIAL: Final = (
    CONF_OWN_CERTIFICATE,
    CONF_CA_CERTIFICATE,
    CONF_CLIENT_CERTIFICATE,
    CONF_CLIENT_KEY,
)


async def own_certificate(
    service: CertificateService, known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what a broker's subentry needs to connect with a certificate of our authority; raises TooMany.

    What is `known` of it stays as long as it is good.
    """
    if known and known.get(CONF_OWN_CERTIFICATE) and not _is_due(known, service):
        return {key: known[key] for key in _MATERIAL}
    signed = await service.issue_own()
    return {
        CONF_OWN_CERTIFICATE: True,
        CONF_CA_CERTIFICATE: service.authority.pem,
        CONF_CLIENT_CERTIFICATE: signed.pem,
        CONF_CLIENT_KEY: signed.private_key,
    }


async def renew_own_certificates(
    hass: HomeAssistant, entry: MaestraConfigEntry, service: CertificateService
) -> None:
    """Give each broker's subentry another certificate in the last third of the old one's life."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_MQTT_BROKER):
        data = subentry.data
        if not data.get(CONF_OWN_CERTIFICATE) or not _is_due(data, service):
            continue
        renewed = await own_certificate(service)
        # It may have been changed, or removed, meanwhile.
        if current := entry.subentries.get(subentry.subentry_id):
            hass.config_entries.async_update_subentry(
                entry, current, data={**current.data, **renewed}
            )


def _is_due(data: Mapping[str, Any], service: CertificateService) -> bool:
    own = x509.load_pem_x509_certificate(data[CONF_CLIENT_CERTIFICATE].encode())
    ends = renewal_time(own.not_valid_before_utc, own.not_valid_after_utc)
    return data[CONF_CA_CERTIFICATE] != service.authority.pem or utcnow() >= ends
