"""The registry of devices' configurations, by version."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from ..bus import Bus
from .clock import utcnow
from .device import Device, DeviceConfiguration
from .errors import UnknownConfiguration
from .events import (
    ConfigurationApplied,
    ConfigurationPushed,
    ConfigurationRefused,
    DeviceRemoved,
)
from .fields import checked_object
from .json_values import JsonObject
from .names import checked_name

KEPT_VERSIONS: Final = 20


class DeviceConfigurations:
    """The newest versions of each device's configuration, oldest first."""

    def __init__(self, bus: Bus) -> None:
        """Start empty; a device that goes takes its configurations with it."""
        self._bus = bus
        self._versions: defaultdict[str, list[DeviceConfiguration]] = defaultdict(list)
        bus.subscribe(DeviceRemoved, self._forget)

    def __iter__(self) -> Iterator[DeviceConfiguration]:
        """Iterate over all versions of all devices."""
        return iter(
            [version for versions in self._versions.values() for version in versions]
        )

    def of(self, device_id: str) -> list[DeviceConfiguration]:
        """Return the versions of a device, oldest first."""
        return list(self._versions.get(device_id, ()))

    def push(
        self,
        device: Device,
        configuration: JsonObject,
        *,
        created_by: str | None = None,
    ) -> DeviceConfiguration:
        """Make a new version and send it; raises InvalidField."""
        checked_object(configuration, "configuration")
        versions = self._versions[device.id]
        pushed = DeviceConfiguration(
            device_id=device.id,
            version=versions[-1].version + 1 if versions else 1,
            configuration=configuration,
            created_at=utcnow(),
            created_by=created_by,
        )
        versions.append(pushed)
        del versions[:-KEPT_VERSIONS]
        self._bus.publish(ConfigurationPushed(device, pushed))
        return pushed

    def get(self, device_id: str, version: int) -> DeviceConfiguration | None:
        """Return a version of a device, None where it is not kept."""
        for known in self._versions.get(device_id, ()):
            if known.version == version:
                return known
        return None

    def applied(self, device: Device, version: int) -> None:
        """Note that a device has taken over a version; raises UnknownConfiguration."""
        known = self._known(device, version)
        known.applied_at, known.error = utcnow(), None
        self._bus.publish(ConfigurationApplied(device, known))

    def refused(self, device: Device, version: int, error: str) -> None:
        """Note that a device does not take over a version; raises UnknownConfiguration, InvalidField."""
        known = self._known(device, version)
        known.error = checked_name(error, "error")
        self._bus.publish(ConfigurationRefused(device, known))

    def resend(self, device: Device) -> None:
        """Send the newest version again unless the device has applied or refused it."""
        versions = self._versions.get(device.id)
        if versions and versions[-1].applied_at is None and versions[-1].error is None:
            self._bus.publish(ConfigurationPushed(device, versions[-1]))

    def restore(self, configuration: DeviceConfiguration) -> None:
        """Put back a version that was saved; versions come oldest first."""
        versions = self._versions[configuration.device_id]
        versions.append(configuration)
        del versions[:-KEPT_VERSIONS]

    def _known(self, device: Device, version: int) -> DeviceConfiguration:
        if (known := self.get(device.id, version)) is None:
            raise UnknownConfiguration(device=device.hardware_id, version=version)
        return known

    def _forget(self, event: DeviceRemoved) -> None:
        self._versions.pop(event.device.id, None)
