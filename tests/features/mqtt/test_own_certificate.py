"""Our own certificate on brokers is renewed when the authority has done its maintenance."""

from types import MappingProxyType

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.pki.service import (
    AuthorityMaintained,
    CertificateService,
)
from custom_components.maestra.features.mqtt.own_certificate import own_certificate
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ...kits.forms import until
from ...kits.pki import new_service
from ...kits.process import free_port


async def add_broker(
    hass: HomeAssistant, hub: MockConfigEntry, former: CertificateService
) -> str:
    """Give the hub a broker that is away, with a certificate of this authority; returns the subentry's id."""
    subentry = ConfigSubentry(
        data=MappingProxyType(
            {
                "transport": "direct",
                "host": "127.0.0.1",
                "port": free_port(),
                "tls": True,
                "mqtt_client_id": "maestra-1",
                **await own_certificate(former),
            }
        ),
        subentry_type="mqtt_broker",
        title="Stage",
        unique_id="stage",
    )
    hass.config_entries.async_add_subentry(hub, subentry)
    await hass.async_block_till_done()
    return subentry.subentry_id


async def test_a_certificate_of_another_authority_is_renewed_once(
    hass: HomeAssistant, hub: MockConfigEntry, socket_enabled: None
) -> None:
    subentry_id = await add_broker(hass, hub, new_service())
    service = new_service()

    for _ in range(3):
        hub.runtime_data.domain.bus.publish(AuthorityMaintained(service))

    await until(
        hass,
        lambda: (
            hub.subentries[subentry_id].data["ca_certificate"] == service.authority.pem
        ),
    )
    assert service.counters["issued"] == 1


async def test_a_good_certificate_stays(
    hass: HomeAssistant, hub: MockConfigEntry, socket_enabled: None
) -> None:
    service = new_service()
    subentry_id = await add_broker(hass, hub, service)
    before = dict(hub.subentries[subentry_id].data)

    hub.runtime_data.domain.bus.publish(AuthorityMaintained(service))
    await hass.async_block_till_done()

    assert dict(hub.subentries[subentry_id].data) == before
    assert service.counters["issued"] == 1
