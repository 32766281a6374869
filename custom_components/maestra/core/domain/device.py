"""Plain data of devices: the device, its metrics, groups and configurations, and blocked ones."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from .clock import optional_wire_time, wire_time
from .json_values import JsonObject, JsonValue
from .names import mac_of
from .units import name_with_unit, normal_unit

ONLINE: Final = "online"
OFFLINE: Final = "offline"
PENDING: Final = "pending"
SEVERITIES: Final = ("debug", "info", "warning", "error", "critical")
"""Of events, as clients usually call them; any other word is one too."""

# What clients call it in `metadata` and in `location`.
_MAC_KEYS: Final = ("mac", "mac_address", "macAddress")
_PLACE_KEYS: Final = ("area", "room", "space")


@dataclass(slots=True, kw_only=True, eq=False)
class Metric:
    """The latest value of one measured quantity of a device."""

    name: str
    value: float
    unit: str | None = None
    tags: JsonObject = field(default_factory=dict)
    timestamp: datetime
    series_unit: str | None = None
    """The first unit that was named for it."""

    @property
    def series(self) -> str:
        """What its values are stored under: those of another unit than the first are a series of their own.

        So no average is of two units.
        """
        first, unit = normal_unit(self.series_unit), normal_unit(self.unit)
        if first is None or unit is None or first == unit:
            return self.name
        return name_with_unit(self.name, unit)


@dataclass(slots=True, kw_only=True, eq=False)
class Device:
    """A device (maestra.md §1.2). `gateway` is the connection it was last heard on.

    `came_from` is the address that it asked to be let in from, or else the one that it named
    then; once it is let in, its secrets are told there. `described` is what users said of its
    metrics here, by name.
    """

    id: str
    name: str
    device_type: str
    hardware_id: str
    firmware_version: str | None = None
    ip_address: str | None = None
    location: JsonObject | None = None
    metadata: JsonObject = field(default_factory=dict)
    described: JsonObject = field(default_factory=dict)
    status: str = ONLINE
    last_seen: datetime | None = None
    metrics: dict[str, Metric] = field(default_factory=dict)
    gateway: str | None = None
    came_from: str | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def is_online(self) -> bool:
        """Whether it is approved and was heard lately."""
        return self.status not in (OFFLINE, PENDING)

    @property
    def mac(self) -> str | None:
        """Its MAC address, where it is known by it or says so."""
        said = (self.metadata.get(key) for key in _MAC_KEYS)
        return next(filter(None, map(mac_of, (self.hardware_id, *said))), None)

    @property
    def place(self) -> str | None:
        """The room that it says it is in, None where it names none."""
        location = self.location or {}
        named = (location.get(key) for key in _PLACE_KEYS)
        return next((name for name in named if name and isinstance(name, str)), None)

    def declared(self, metric: str) -> JsonObject:
        """Return what its metadata say of a metric: `{"metrics": {"temp": {"unit": "°C", "precision": 1}}}`."""
        return _said_of(metric, self.metadata.get("metrics"))

    def look(self, metric: str) -> JsonObject:
        """Return how a metric is shown: as users said, else as the device declares."""
        return self.declared(metric) | _said_of(metric, self.described)

    def to_wire(self) -> JsonObject:
        """Return the device in the protocol's form."""
        return {
            "id": self.id,
            "name": self.name,
            "device_type": self.device_type,
            "hardware_id": self.hardware_id,
            "firmware_version": self.firmware_version,
            "ip_address": self.ip_address,
            "location": self.location,
            "metadata": self.metadata,
            "status": self.status,
            "last_seen": optional_wire_time(self.last_seen),
            "created_at": wire_time(self.created_at),
            "updated_at": wire_time(self.updated_at),
        }


def _said_of(metric: str, said: JsonValue) -> JsonObject:
    found = said.get(metric) if isinstance(said, dict) else None
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedDevice:
    """A device that is refused. `device_id` is what it had here, None where nobody knows any more."""

    hardware_id: str
    reason: str | None
    blocked_at: datetime
    device_id: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class DeviceGroup:
    """A named set of devices. `members` are device ids."""

    name: str
    description: str | None = None
    members: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True, eq=False)
class DeviceConfiguration:
    """One version of what a device was told to be. Versions count from 1, per device.

    `error` is why the device refuses it, None where it does not.
    """

    device_id: str
    version: int
    configuration: JsonObject
    created_at: datetime
    created_by: str | None = None
    applied_at: datetime | None = None
    error: str | None = None
