"""Updates of a device's firmware: what its manifest offers, and its installation where the device can."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final, override

from aiohttp import ClientError

from homeassistant.components.update import (
    UpdateDeviceClass,
    UpdateEntity,
    UpdateEntityFeature,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_track_time_interval

from ...core.bus import get_logger
from ...core.domain.device import Device
from ...core.domain.errors import InvalidManifest, NotInstalled
from ...core.domain.events import DeviceUpdated
from ...core.domain.firmware import (
    INSTALL_COMMAND,
    MAX_MANIFEST_BYTES,
    FirmwareSource,
    Release,
    is_same_origin,
    read_manifest,
)
from ...core.domain.source import HOME_ASSISTANT
from ...hub.errors import translated
from ...hub.hub import Hub
from .devices import MaestraDeviceEntity
from .presentation import FirmwarePresentation

_LOGGER = get_logger(__name__)

LOOK_INTERVAL: Final = timedelta(hours=6)
"""How often each manifest is fetched, as ESPHome does."""
MANIFEST_TIMEOUT: Final = 10.0  # seconds
MAX_REDIRECTS: Final = 3
CHUNK: Final = 8_192  # bytes
INSTALL_TIMEOUT: Final = timedelta(minutes=10)


class MaestraFirmwareUpdate(MaestraDeviceEntity, UpdateEntity):
    """Whether there is a newer firmware for a device."""

    presentation: FirmwarePresentation
    platform_domain = Platform.UPDATE
    _attr_device_class = UpdateDeviceClass.FIRMWARE
    _attr_supported_features: UpdateEntityFeature = UpdateEntityFeature(0)

    def __init__(
        self, hub: Hub, owner: Device, presentation: FirmwarePresentation
    ) -> None:
        """Know of no release yet."""
        super().__init__(hub, owner, presentation)
        self._release: Release | None = None
        self._has_failed = False
        self._looking: asyncio.Task[None] | None = None
        self._attr_entity_category = (
            EntityCategory.CONFIG
            if presentation.source.can_install
            else EntityCategory.DIAGNOSTIC
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Look what there is, now and from time to time: nobody says when it changes."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_track_time_interval(
                self.hass, self._look_soon, LOOK_INTERVAL, cancel_on_shutdown=True
            )
        )
        self._look_soon()

    @override
    @callback
    def present(self, presentation: FirmwarePresentation) -> None:
        """Look elsewhere from now on."""
        super().present(presentation)
        self._release = None
        self._attr_supported_features = UpdateEntityFeature(0)
        if self.is_added:
            self._look_soon()

    @property
    @override
    def installed_version(self) -> str | None:
        """The version that the device says it runs."""
        return self._device.firmware_version

    @property
    @override
    def latest_version(self) -> str | None:
        """The version that the manifest offers; None while it could not be read."""
        return self._release.version if self._release else None

    @property
    @override
    def title(self) -> str | None:
        """What the firmware is called."""
        return self._release.title if self._release else None

    @property
    @override
    def release_summary(self) -> str | None:
        """What is new, in a few words."""
        return self._release.summary if self._release else None

    @property
    @override
    def release_url(self) -> str | None:
        """Where one reads what is new."""
        return self._release.release_url if self._release else None

    async def async_update(self) -> None:
        """Fetch the manifest; where that fails, what was known stays."""
        source = self.presentation.source
        try:
            release = read_manifest(await self._fetch(source), source)
        except (ClientError, TimeoutError, InvalidManifest) as error:
            if not self._has_failed and source is self.presentation.source:
                self._has_failed = True
                _LOGGER.warning(
                    "No firmware can be looked up for %s at %s: %s",
                    self._device.name,
                    source.manifest,
                    str(error) or type(error).__name__,
                )
            return
        if source is not self.presentation.source:
            # It is told elsewhere by now.
            return
        if self._has_failed:
            self._has_failed = False
            _LOGGER.info("Firmware can be looked up for %s again", self._device.name)
        self._release = release
        self._attr_supported_features = (
            UpdateEntityFeature.INSTALL
            if source.can_install and is_same_origin(release, source)
            else UpdateEntityFeature(0)
        )

    @override
    @translated
    async def async_install(
        self, version: str | None, backup: bool, **kwargs: Any
    ) -> None:
        """Ask the device to install the release, and wait until it says that it runs it."""
        release, device, bus = self._release, self._device, self._hub.domain.bus
        if release is None:
            raise InvalidManifest(
                url=self.presentation.source.manifest, reason="it was not read yet"
            )
        installed = asyncio.Event()

        def updated(event: DeviceUpdated) -> None:
            if event.device is device and device.firmware_version == release.version:
                installed.set()

        forget = bus.subscribe(DeviceUpdated, updated)
        try:
            self._hub.domain.devices.command(
                device.id,
                INSTALL_COMMAND,
                {"version": release.version, "url": release.url, "md5": release.md5},
                source=HOME_ASSISTANT,
            )
            async with asyncio.timeout(INSTALL_TIMEOUT.total_seconds()):
                await installed.wait()
        except TimeoutError as error:
            raise NotInstalled(device=device.name, version=release.version) from error
        finally:
            forget()

    @callback
    def _look_soon(self, _now: datetime | None = None) -> None:
        # A device that says something else each time gets no more than one connection.
        if self._looking is not None:
            self._looking.cancel()
        self._looking = self._hub.entry.async_create_background_task(
            self.hass,
            self._look(),
            f"maestra firmware of {self._device.name}",
        )

    async def _look(self) -> None:
        # Not by Home Assistant's own way, which looks nowhere else while it still looks.
        await self.async_request_call(self.async_update())
        if self.is_added:
            self.async_write_ha_state()

    async def _fetch(self, source: FirmwareSource) -> bytes:
        raw = bytearray()
        async with (
            asyncio.timeout(MANIFEST_TIMEOUT),
            async_get_clientsession(self.hass).get(
                source.manifest, max_redirects=MAX_REDIRECTS, raise_for_status=True
            ) as response,
        ):
            async for chunk in response.content.iter_chunked(CHUNK):
                raw += chunk
                if len(raw) > MAX_MANIFEST_BYTES:
                    reason = f"is larger than {MAX_MANIFEST_BYTES} bytes"
                    raise InvalidManifest(url=source.manifest, reason=reason)
        return bytes(raw)
