"""What devices are given in secret is kept, and kept secret."""

from typing import Any

import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.diagnostics import async_get_config_entry_diagnostics
from custom_components.maestra.features.entities.persistence import STRUCTURE_KEY
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from ...kits.hub import HubKit

SECRETS = {"WIFI_PASSWORD": "tigers"}
ADDRESS = "192.0.2.7"


@pytest.fixture
async def device_id(hub_kit: HubKit) -> str:
    """A device that was let in with secrets."""
    device = await hub_kit.discovers("AA:01", ip_address=ADDRESS)
    await hub_kit.act("approve_device", device="AA:01", env_vars=SECRETS)
    return device.id


def handed_over(hub_kit: HubKit, device_id: str) -> Any:
    device = hub_kit.domain.devices[device_id]
    return hub_kit.domain.provisioning.downloads(device, ADDRESS)


async def test_secrets_survive_a_restart(
    hass: HomeAssistant, hub_kit: HubKit, device_id: str
) -> None:
    await hass.config_entries.async_reload(hub_kit.entry.entry_id)
    assert handed_over(hub_kit, device_id) == SECRETS


async def test_secrets_go_with_their_device(hub_kit: HubKit, device_id: str) -> None:
    assert hub_kit.entry.data["env_vars"] == {device_id: SECRETS}
    hub_kit.domain.devices.remove(device_id)
    await hub_kit.settled()
    assert hub_kit.entry.data["env_vars"] == {}


async def test_a_number_in_the_place_of_a_truth_value_is_kept(
    hass: HomeAssistant, hub_kit: HubKit, device_id: str
) -> None:
    """They are equal in Python, in JSON they are not."""
    device = hub_kit.domain.devices[device_id]
    for value in (True, 1, True):
        hub_kit.domain.provisioning.change(device, {"env_vars": {"DEBUG": value}})
        await hub_kit.settled()
        kept = hub_kit.entry.data["env_vars"][device_id]["DEBUG"]
        assert type(kept) is type(value)


async def test_secrets_stand_nowhere_else(
    hass: HomeAssistant,
    hub_kit: HubKit,
    hub: MockConfigEntry,
    device_id: str,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    handed_over(hub_kit, device_id)
    diagnostics = await async_get_config_entry_diagnostics(hass, hub)
    await hass.config_entries.async_unload(hub.entry_id)
    assert device_id in orjson.dumps(hass_storage[STRUCTURE_KEY]).decode()
    assert "tigers" not in orjson.dumps(hass_storage[STRUCTURE_KEY]).decode()
    assert "tigers" not in orjson.dumps(diagnostics, default=str).decode()
    ours = [r.getMessage() for r in caplog.records if "maestra" in r.name]
    assert "tigers" not in "".join(ours)


async def test_secrets_are_for_one_device(hub_kit: HubKit) -> None:
    await hub_kit.discovers("AA:01")
    await hub_kit.discovers("AA:02")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("approve_device", device=["AA:01", "AA:02"], env_vars=SECRETS)
    assert refused.value.translation_key == "one_device_only"
    assert len(hub_kit.domain.devices.pending()) == 2


async def test_the_code_that_gets_them_outlives_a_restart_and_stands_nowhere(
    hass: HomeAssistant,
    hub_kit: HubKit,
    hub: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    await hub_kit.discovers("AA:01")
    answer = await hub_kit.ask("approve_device", device="AA:01", env_vars=SECRETS)
    device = hub_kit.domain.devices["AA:01"]
    code = answer["AA:01"]["claim_code"]
    assert answer["AA:01"] == {
        "device_id": device.id,
        "address": None,
        "claim_code": code,
    }
    await hub_kit.reload()
    again = hub_kit.domain.devices["AA:01"]
    assert hub_kit.domain.provisioning.downloads(again, None, code) == SECRETS
    diagnostics = await async_get_config_entry_diagnostics(hass, hub)
    for place in (hass_storage[STRUCTURE_KEY], diagnostics, dict(hub.data)):
        assert code not in str(place)
    assert hub.data["claim_key"] not in str(diagnostics)
