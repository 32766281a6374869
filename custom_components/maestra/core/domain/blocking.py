"""Blocked devices: known again however their hardware id is written, and refused wherever it is named."""

from collections.abc import Iterator
from typing import Final

from ..bus import Bus
from .device import BlockedDevice
from .errors import DeviceBlocked, UnknownDevice
from .events import BlockedDeviceHeard, DeviceUnblocked
from .names import hardware_key

BLOCKED: Final = "blocked"
"""Why a device went, and with it what it published and consumed."""


class Blocklist:
    """The blocked devices, by hardware id and by the id that they had here."""

    def __init__(self, bus: Bus) -> None:
        """Block nobody."""
        self._bus = bus
        self._blocked: dict[str, BlockedDevice] = {}
        # Every way to name one.
        self._names: dict[str, BlockedDevice] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._blocked)

    def __iter__(self) -> Iterator[BlockedDevice]:
        """Iterate over a copy, in the order they were blocked."""
        return iter(list(self._blocked.values()))

    def __contains__(self, name: str) -> bool:
        """Whether this names a blocked device."""
        return bool(self._names) and hardware_key(name) in self._names

    def add(self, blocked: BlockedDevice) -> None:
        """Block a device, or put back one that was blocked."""
        key = hardware_key(blocked.hardware_id)
        self._blocked[key] = self._names[key] = blocked
        if blocked.device_id is not None:
            self._names[hardware_key(blocked.device_id)] = blocked

    def remove(self, hardware_id: str) -> None:
        """Let a device ask again; raises UnknownDevice."""
        blocked = self._blocked.pop(hardware_key(hardware_id), None)
        if blocked is None:
            raise UnknownDevice(device=hardware_id)
        self._names = {
            name: other for name, other in self._names.items() if other is not blocked
        }
        self._bus.publish(DeviceUnblocked(blocked.hardware_id))

    def refuse(self, *names: str | None) -> None:
        """Raise DeviceBlocked where one of these names a blocked device."""
        if not self._names:
            return
        for name in names:
            if name and (blocked := self._names.get(hardware_key(name))):
                self._bus.publish(BlockedDeviceHeard(blocked.hardware_id))
                raise DeviceBlocked(device=name)
