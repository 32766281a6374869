"""When certificates end, as cards follow it."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.pki.service import CertificateService
from custom_components.maestra.features.pki import live
from homeassistant.core import HomeAssistant
from tests.kits.hub import HubKit
from tests.kits.live import Follow
from tests.kits.pki import MAC, OTHER_MAC, new_service


@pytest.fixture
async def service(
    hub: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[CertificateService]:
    """An authority at work."""
    monkeypatch.setattr(live, "TICK", timedelta(seconds=0.05))
    service = new_service(prefix="f2-")
    withdraw = hub.runtime_data.provide(CertificateService, service)
    yield service
    withdraw()


async def test_the_last_certificate_of_each_counts(
    hass: HomeAssistant, service: CertificateService, follow: Follow
) -> None:
    for days in (400, 10):
        await service.issue_device(MAC, lifetime=timedelta(days=days))
    card = await follow("certificates")
    things = await card.until(bool)
    assert things.keys() == {"authority", MAC}
    assert not things[MAC]["is_due"]

    await service.issue_device(OTHER_MAC, lifetime=timedelta(days=10))
    things = await card.until(lambda things: OTHER_MAC in things)
    assert things[OTHER_MAC]["purpose"] == "device"
    assert things[OTHER_MAC]["expires_at"] < things[MAC]["expires_at"]

    await service.revoke(mac=OTHER_MAC)
    await card.until(lambda things: things[OTHER_MAC] is None)


async def test_one_that_becomes_due_is_told_of(
    service: CertificateService, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.issue_device(MAC, lifetime=timedelta(days=400))
    card = await follow("certificates")
    things = await card.until(lambda things: MAC in things)
    assert not things[MAC]["is_due"]
    later = utcnow() + timedelta(days=399)
    monkeypatch.setattr(live, "utcnow", lambda: later)
    await card.until(lambda things: things[MAC]["is_due"])


async def test_without_an_authority_there_are_none(
    hub_kit: HubKit, follow: Follow
) -> None:
    card = await follow("certificates")
    await card.push()
    assert card.things == {}
