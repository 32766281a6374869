"""The registry of device groups."""

from collections.abc import Iterable, Iterator
from typing import Final

from ..bus import Bus
from .device import DeviceGroup
from .errors import TooMany, UnknownGroup
from .events import DeviceRemoved, GroupChanged, GroupRemoved
from .fields import checked_text
from .names import checked_name

MAX_GROUPS: Final = 500


class DeviceGroups:
    """The device groups by name."""

    def __init__(self, bus: Bus) -> None:
        """Start empty; a device that goes leaves its groups."""
        self._bus = bus
        self._groups: dict[str, DeviceGroup] = {}
        bus.subscribe(DeviceRemoved, self._forget)

    def __iter__(self) -> Iterator[DeviceGroup]:
        """Iterate over a copy."""
        return iter(list(self._groups.values()))

    def __getitem__(self, name: str) -> DeviceGroup:
        """Return a group by name, or raise UnknownGroup."""
        if (group := self._groups.get(name)) is None:
            raise UnknownGroup(group=name)
        return group

    def of(self, device_id: str) -> list[DeviceGroup]:
        """Return the groups a device is in."""
        return [group for group in self if device_id in group.members]

    def put(
        self, name: str, members: Iterable[str], *, description: str | None = None
    ) -> DeviceGroup:
        """Create a group or give it other members (device ids); raises InvalidField, TooMany."""
        members = {checked_name(member, "members") for member in members}
        description = checked_text(description)
        group = self._groups.get(checked_name(name))
        if group is None:
            if len(self._groups) >= MAX_GROUPS:
                raise TooMany(kind="device groups", limit=MAX_GROUPS)
            group = self._groups[name] = DeviceGroup(name=name)
        group.members = members
        if description is not None:
            group.description = description
        self._bus.publish(GroupChanged(group))
        return group

    def restore(self, group: DeviceGroup) -> None:
        """Put back a group that was saved."""
        self._groups[group.name] = group

    def remove(self, name: str) -> None:
        """Remove a group, not its devices; raises UnknownGroup."""
        group = self[name]
        del self._groups[name]
        self._bus.publish(GroupRemoved(group))

    def _forget(self, event: DeviceRemoved) -> None:
        for group in self.of(event.device.id):
            group.members.discard(event.device.id)
            self._bus.publish(GroupChanged(group))
