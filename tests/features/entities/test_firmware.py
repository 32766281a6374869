"""Updates of firmware: a manifest that is fetched over HTTP, and a device that installs what it offers."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from custom_components.maestra.features.entities import firmware
from homeassistant.components.homeassistant import SERVICE_UPDATE_ENTITY
from homeassistant.components.update import DOMAIN as UPDATE, SERVICE_INSTALL
from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from tests.kits.firmware import Publisher
from tests.kits.hub_broker import MaestraKit
from tests.kits.process import soon

ENTITY: Final = "update.fader_firmware"
HARDWARE_ID: Final = "AA:01"
COMMANDS: Final = f"maestra/device/command/{HARDWARE_ID}"


@pytest.fixture
async def publisher(socket_enabled: None) -> AsyncGenerator[Publisher]:
    """Somebody who publishes firmware."""
    async with Publisher() as publisher:
        yield publisher


async def comes(maestra: MaestraKit, manifest: str, **firmware: Any) -> None:
    """Let a device of version 1.0.0 register."""
    await maestra.register(
        HARDWARE_ID,
        "Fader",
        firmware_version="1.0.0",
        metadata={"firmware": {"manifest": manifest, **firmware}},
    )


async def look_again(maestra: MaestraKit) -> None:
    await async_setup_component(maestra.hass, HOMEASSISTANT_DOMAIN, {})
    await maestra.hass.services.async_call(
        HOMEASSISTANT_DOMAIN,
        SERVICE_UPDATE_ENTITY,
        {ATTR_ENTITY_ID: ENTITY},
        blocking=True,
    )


async def test_a_newer_firmware_is_shown(
    maestra: MaestraKit, publisher: Publisher
) -> None:
    await comes(maestra, publisher.url())

    await maestra.state_is(
        ENTITY,
        STATE_ON,
        installed_version="1.0.0",
        latest_version="1.1.0",
        title="Stage fader",
        release_summary="Smoother",
        release_url="https://example.org/notes",
        # The device can't.
        supported_features=0,
    )


async def test_a_device_that_runs_it_has_no_update(
    maestra: MaestraKit, publisher: Publisher
) -> None:
    publisher.manifest["version"] = "1.0.0"
    await comes(maestra, publisher.url())

    await maestra.state_is(ENTITY, STATE_OFF, latest_version="1.0.0")


async def test_a_manifest_that_can_t_be_fetched_is_unknown_and_looked_for_again(
    maestra: MaestraKit, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.fails = True
    await comes(maestra, publisher.url())
    await maestra.state_is(ENTITY, STATE_UNKNOWN)
    await soon(lambda: "No firmware" in caplog.text)
    await look_again(maestra)
    assert caplog.text.count("No firmware can be looked up for Fader") == 1

    publisher.fails = False
    await look_again(maestra)
    await maestra.state_is(ENTITY, STATE_ON)
    assert "Firmware can be looked up for Fader again" in caplog.text

    publisher.fails = True
    await look_again(maestra)
    await maestra.state_is(ENTITY, STATE_ON, latest_version="1.1.0")


async def test_a_manifest_without_end_is_not_read_to_its_end(
    maestra: MaestraKit, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    await comes(maestra, publisher.url("/endless.json"))

    await soon(lambda: "is larger than 65536 bytes" in caplog.text)
    await maestra.state_is(ENTITY, STATE_UNKNOWN)


async def test_the_manifest_is_fetched_from_time_to_time(
    maestra: MaestraKit, publisher: Publisher
) -> None:
    publisher.manifest["version"] = "1.0.0"
    await comes(maestra, publisher.url())
    await maestra.state_is(ENTITY, STATE_OFF)

    publisher.manifest["version"] = "1.2.0"
    await maestra.later(firmware.LOOK_INTERVAL)

    await maestra.state_is(ENTITY, STATE_ON, latest_version="1.2.0")


async def test_another_address_is_taken_over(
    maestra: MaestraKit, publisher: Publisher
) -> None:
    await comes(maestra, publisher.url("/nowhere.json"))
    await maestra.state_is(ENTITY, STATE_UNKNOWN)

    await maestra.device_says(
        "heartbeat", HARDWARE_ID, metadata={"firmware": {"manifest": publisher.url()}}
    )
    await maestra.state_is(ENTITY, STATE_ON)

    await maestra.device_says("heartbeat", HARDWARE_ID, metadata={"firmware": None})
    await maestra.disappears(ENTITY)


async def test_a_device_that_says_another_address_each_time_is_looked_up_once(
    maestra: MaestraKit, publisher: Publisher
) -> None:
    await comes(maestra, publisher.url("/silent/first"))
    for name in ("a", "b", "c"):
        elsewhere = {"manifest": publisher.url(f"/silent/{name}")}
        await maestra.device_says(
            "heartbeat", HARDWARE_ID, metadata={"firmware": elsewhere}
        )
        await soon(lambda name=name: name in publisher.asked)  # type: ignore[misc]
    looking = [
        task
        for task in asyncio.all_tasks()
        if task.get_name() == "maestra firmware of Fader" and not task.cancelling()
    ]
    assert len(looking) == 1


async def test_a_device_that_can_installs_it(
    maestra: MaestraKit, publisher: Publisher
) -> None:
    await comes(maestra, publisher.url(), can_install=True)
    await maestra.state_is(ENTITY, STATE_ON, supported_features=1)

    installing = maestra.hass.async_create_task(maestra.call("update.install", ENTITY))
    await maestra.mqtt.receives(
        COMMANDS,
        event_type="install_firmware",
        data={
            "version": "1.1.0",
            "url": publisher.url("/fader.ota.bin"),
            "md5": "0123456789abcdef0123456789abcdef",
        },
    )
    await maestra.state_is(ENTITY, STATE_ON, in_progress=True)
    await maestra.register(HARDWARE_ID, "Fader", firmware_version="1.1.0")

    await installing
    await maestra.state_is(ENTITY, STATE_OFF, in_progress=False)


async def test_a_device_that_does_not_come_back_with_it_is_an_error(
    maestra: MaestraKit, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    await comes(maestra, publisher.url(), can_install=True)
    await maestra.state_is(ENTITY, STATE_ON, supported_features=1)

    monkeypatch.setattr(firmware, "INSTALL_TIMEOUT", firmware.INSTALL_TIMEOUT * 0)
    with pytest.raises(HomeAssistantError) as refused:
        await maestra.call(f"{UPDATE}.{SERVICE_INSTALL}", ENTITY)
    assert refused.value.translation_key == "firmware_not_installed"


async def test_a_file_from_elsewhere_is_not_offered_for_installation(
    maestra: MaestraKit, publisher: Publisher
) -> None:
    ota = publisher.manifest["builds"][0]["ota"]
    ota["path"] = "https://elsewhere.example/fader.ota.bin"
    await comes(maestra, publisher.url(), can_install=True)

    await maestra.state_is(ENTITY, STATE_ON, supported_features=0)
