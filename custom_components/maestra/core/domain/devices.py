"""The registry of devices: approval, blocking, reports, and when they fall silent."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from ..bus import Bus
from .addresses import neighbourhood, parsed_address
from .blocking import BLOCKED, Blocklist
from .clock import utcnow
from .device import OFFLINE, ONLINE, PENDING, BlockedDevice, Device, Metric
from .errors import (
    AlreadyExists,
    DeviceNotPending,
    InvalidField,
    TooMany,
    UnknownDevice,
)
from .events import (
    DeviceAdded,
    DeviceCommanded,
    DeviceDiscovered,
    DeviceEventReported,
    DeviceHeard,
    DeviceRemoved,
    DeviceStatusChanged,
    DeviceUpdated,
    MetricReported,
)
from .fields import checked_object, checked_text, optional_name, read_number
from .json_values import JsonObject, is_same
from .names import checked_name
from .newcomers import Newcomer, Newcomers
from .source import SYSTEM, Source
from .variables import is_number

MAX_DEVICES: Final = 5_000
MAX_PENDING: Final = 200
MAX_PENDING_OF_ONE: Final = 20
"""Devices that wait, of one address."""
# What a device may say anew when it comes again, with the longest text allowed.
REFRESHED_FIELDS: Final = {"firmware_version": 50, "ip_address": 45}

MAX_METRICS: Final = 200


class Devices:
    """The devices by id and hardware id, and the only place that changes them."""

    def __init__(
        self,
        bus: Bus,
        newcomers: Newcomers,
        clock: Callable[[], float] = monotonic,
        *,
        blocked: Blocklist | None = None,
    ) -> None:
        """Start empty. `clock` returns seconds that never jump; silence is measured with it."""
        self.blocked = Blocklist(bus) if blocked is None else blocked
        self._bus = bus
        self._newcomers = newcomers
        self._clock = clock
        self._by_id: dict[str, Device] = {}
        self._by_hardware_id: dict[str, Device] = {}
        self._seen_at: dict[str, float] = {}

    def __len__(self) -> int:
        """Return how many there are, the pending ones included."""
        return len(self._by_id)

    def __iter__(self) -> Iterator[Device]:
        """Iterate over a copy: devices may come and go meanwhile."""
        return iter(list(self._by_id.values()))

    def __getitem__(self, key: str) -> Device:
        """Return a device by id or hardware id, or raise UnknownDevice."""
        if (device := self.get(key)) is None:
            raise UnknownDevice(device=key)
        return device

    def get(self, key: str) -> Device | None:
        """Return a device by id or hardware id, or None."""
        return self._by_id.get(key) or self._by_hardware_id.get(key)

    def pending(self) -> list[Device]:
        """Return the devices that wait for approval, newest first."""
        waiting = [device for device in self if device.status == PENDING]
        return sorted(waiting, key=lambda device: device.created_at, reverse=True)

    # How a device comes.

    def register(
        self, data: Mapping[str, Any], *, renew: bool = False, source: Source = SYSTEM
    ) -> Device:
        """Add a device that needs no approval (maestra.md §1.2).

        With `renew` a known device is refreshed, else it is a conflict; one that waits
        for approval goes on waiting. Raises InvalidField, DeviceBlocked, AlreadyExists, TooMany.
        """
        hardware_id = self._checked_hardware_id(data)
        if known := self._by_hardware_id.get(hardware_id):
            if not renew:
                raise AlreadyExists(kind="Device", key=hardware_id)
            self._refresh(known, data)
            self._seen(known, source)
            return known
        device = self._create(hardware_id, data, ONLINE, source)
        self._bus.publish(DeviceAdded(device, False, device.created_at))
        return device

    def discover(
        self,
        data: Mapping[str, Any],
        *,
        source: Source = SYSTEM,
        address: str | None = None,
    ) -> Device:
        """Take note of a device that asks to be let in; a known one is only refreshed.

        `address` is where it asks from, None where the wire does not tell. It is the device's
        from then on, whoever asks in its name later. Where there are too many, the one that
        has waited longest goes: of the same address, or of who has the most. Raises
        InvalidField, DeviceBlocked, TooMany.
        """
        hardware_id = self._checked_hardware_id(data)
        if known := self._by_hardware_id.get(hardware_id):
            self._refresh(known, data)
            if known.status != PENDING:
                self._seen(known, source)
            return known
        came_from = _written(address)
        if came_from is not None:
            data = {**data, "ip_address": came_from}
        device = self._create(hardware_id, data, PENDING, source, came_from)
        self._limit_pending(device)
        self._bus.publish(DeviceDiscovered(device, device.created_at))
        return device

    def approve(
        self, key: str, *, name: str | None = None, device_type: str | None = None
    ) -> Device:
        """Let a pending device in; raises UnknownDevice, DeviceNotPending, InvalidField."""
        device = self._pending(key)
        name = device.name if name is None else checked_name(name)
        if device_type is not None:
            device.device_type = checked_name(device_type, "device_type", 100)
        device.name = name
        device.status = ONLINE
        device.came_from = device.came_from or _declared(device.ip_address)
        device.updated_at = utcnow()
        self._seen_at[device.id] = self._clock()
        self._bus.publish(DeviceAdded(device, True, device.updated_at))
        return device

    def restore(self, device: Device) -> None:
        """Put back a device that was saved. Its silence is counted from now, not from the last run."""
        self._by_id[device.id] = self._by_hardware_id[device.hardware_id] = device
        self._seen_at[device.id] = self._clock()

    # How a device goes.

    def reject(self, key: str) -> Device:
        """Turn a pending device away; it may ask again. Raises UnknownDevice, DeviceNotPending."""
        return self._remove(self._pending(key), "rejected")

    def block(self, key: str, reason: str | None = None) -> BlockedDevice:
        """Turn a device away for good, everywhere; raises UnknownDevice."""
        device = self[key]
        blocked = BlockedDevice(
            hardware_id=device.hardware_id,
            reason=reason,
            blocked_at=utcnow(),
            device_id=device.id,
        )
        self.blocked.add(blocked)
        self._remove(device, BLOCKED, reason)
        return blocked

    def unblock(self, hardware_id: str) -> None:
        """Let a blocked hardware id ask again; raises UnknownDevice."""
        self.blocked.remove(hardware_id)

    def remove(self, key: str) -> Device:
        """Remove a device; it may register again. Raises UnknownDevice."""
        return self._remove(self[key], "deleted")

    # What a device reports, and what it is sent.

    def heartbeat(
        self,
        key: str,
        *,
        status: str = ONLINE,
        metadata: JsonObject | None = None,
        source: Source = SYSTEM,
    ) -> Device:
        """Take a sign of life; `metadata` is merged key by key.

        Raises UnknownDevice, DeviceBlocked, InvalidField.
        """
        device = self._reporting(key)
        if checked_name(status, "status", 50) == PENDING and device.status != PENDING:
            raise InvalidField(field="status", reason="only a new device is pending")
        if metadata:
            merged = checked_object(device.metadata | checked_object(metadata))
            if not is_same(merged, device.metadata):
                device.metadata = merged
                self._bus.publish(DeviceUpdated(device))
        self._seen(device, source, status if device.status != PENDING else PENDING)
        return device

    def heard(self, key: str, *, source: Source = SYSTEM) -> Device:
        """Note that a device said something; raises UnknownDevice, DeviceBlocked, InvalidField."""
        device = self._reporting(key)
        self._seen(device, source)
        return device

    def describe_metrics(self, key: str, described: JsonObject) -> Device:
        """Say how metrics are shown, by name, whatever the device declares; raises UnknownDevice, InvalidField."""
        device = self[key]
        described = checked_object(described)
        if not is_same(described, device.described):
            device.described = described
            self._bus.publish(DeviceUpdated(device))
        return device

    def report_metric(
        self, key: str, data: Mapping[str, Any], *, source: Source = SYSTEM
    ) -> Metric:
        """Take a measurement: `metric_name`, `metric_value`, `unit`, `tags` (maestra.md §1.3).

        Raises UnknownDevice, DeviceBlocked, InvalidField, TooMany.
        """
        return self.report_metrics([(key, data)], source=source)[0]

    def report_metrics(
        self,
        reports: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        source: Source = SYSTEM,
    ) -> list[Metric]:
        """Take many measurements, each with its device; all of them or, where one raises, none."""
        metrics = [self._metric(key, data) for key, data in reports]
        new: dict[str, set[str]] = {}
        for device, metric in metrics:
            if metric.name not in device.metrics:
                names = new.setdefault(device.id, set())
                names.add(metric.name)
                if len(device.metrics) + len(names) > MAX_METRICS:
                    raise TooMany(kind="metrics of a device", limit=MAX_METRICS)
        for device_id, names in new.items():
            self._newcomers.admit(
                Newcomer.METRIC,
                self._by_id[device_id].hardware_id,
                source,
                len(names),
            )
        for device, metric in metrics:
            known = device.metrics.get(metric.name)
            is_new = known is None
            if known is not None:
                # Small devices name it once.
                metric.unit = metric.unit or known.unit
                metric.series_unit = known.series_unit or known.unit
            metric.series_unit = metric.series_unit or metric.unit
            device.metrics[metric.name] = metric
            self._seen(device, source)
            self._bus.publish(MetricReported(device, metric, is_new))
        return [metric for _, metric in metrics]

    def report_event(
        self, key: str, data: Mapping[str, Any], *, source: Source = SYSTEM
    ) -> None:
        """Take an event: `event_type`, `severity`, `message`, `data` (maestra.md §1.3).

        Raises UnknownDevice, DeviceBlocked, InvalidField.
        """
        self.report_events([(key, data)], source=source)

    def report_events(
        self,
        reports: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        source: Source = SYSTEM,
    ) -> None:
        """Take many events, each with its device; all of them or, where one raises, none."""
        for event in [self._event(key, data) for key, data in reports]:
            self._seen(event.device, source)
            self._bus.publish(event)

    def command(
        self,
        key: str,
        event_type: str,
        data: JsonObject | None,
        *,
        source: Source = SYSTEM,
    ) -> None:
        """Send an event to a device; raises UnknownDevice, InvalidField."""
        device = self[key]
        self._bus.publish(
            DeviceCommanded(
                device,
                checked_name(event_type, "event_type", 100),
                checked_object(data, "data"),
                source,
                utcnow(),
            )
        )

    def expire(self, silence: timedelta) -> list[Device]:
        """Set offline what was not heard for `silence`; returns those devices."""
        limit = self._clock() - silence.total_seconds()
        silent = [
            device
            for device in self
            if device.is_online and self._seen_at[device.id] < limit
        ]
        for device in silent:
            self._set_status(device, OFFLINE)
        return silent

    def _create(
        self,
        hardware_id: str,
        data: Mapping[str, Any],
        status: str,
        source: Source,
        came_from: str | None = None,
    ) -> Device:
        if len(self) >= MAX_DEVICES:
            raise TooMany(kind="devices", limit=MAX_DEVICES)
        now = utcnow()
        location = data.get("location")
        device = Device(
            id=str(uuid4()),
            name=checked_name(data.get("name")),
            device_type=checked_name(data.get("device_type"), "device_type", 100),
            hardware_id=hardware_id,
            firmware_version=optional_name(
                data.get("firmware_version"), "firmware_version", 50
            ),
            ip_address=optional_name(data.get("ip_address"), "ip_address", 45),
            location=None if location is None else checked_object(location, "location"),
            metadata=checked_object(data.get("metadata")),
            status=status,
            last_seen=now,
            gateway=source.gateway,
            came_from=came_from,
            created_at=now,
            updated_at=now,
        )
        if status != PENDING:
            self._newcomers.admit(Newcomer.DEVICE, hardware_id, source)
        self.restore(device)
        return device

    def _limit_pending(self, newest: Device) -> None:
        """Turn away who has waited longest where one more than may wait is there."""
        waiting = [device for device in self if device.status == PENDING]
        of_one: dict[str, list[Device]] = {}
        for device in waiting:
            of_one.setdefault(_who(device), []).append(device)
        same = of_one[_who(newest)]
        if newest.came_from is not None and len(same) > MAX_PENDING_OF_ONE:
            doomed = same
        elif len(waiting) > MAX_PENDING:
            doomed = max(of_one.values(), key=len)
        else:
            return
        self._remove(min(doomed, key=lambda device: device.created_at), "displaced")

    def _refresh(self, device: Device, data: Mapping[str, Any]) -> None:
        """Take over what a known device says anew of its firmware, and of its address once it is let in."""
        fresh = {
            field: checked_name(data[field], field, longest)
            for field, longest in REFRESHED_FIELDS.items()
            if data.get(field) and data[field] != getattr(device, field)
        }
        if device.status == PENDING:
            # Whoever approves it has seen the first one.
            fresh.pop("ip_address", None)
        for field, value in fresh.items():
            setattr(device, field, value)
        if fresh:
            self._bus.publish(DeviceUpdated(device))

    def _remove(self, device: Device, reason: str, note: str | None = None) -> Device:
        del self._by_id[device.id], self._by_hardware_id[device.hardware_id]
        del self._seen_at[device.id]
        self._bus.publish(DeviceRemoved(device, reason, note, utcnow()))
        return device

    def _pending(self, key: str) -> Device:
        device = self[key]
        if device.status != PENDING:
            raise DeviceNotPending(device=key, status=device.status)
        return device

    def _checked_hardware_id(self, data: Mapping[str, Any]) -> str:
        hardware_id = checked_name(data.get("hardware_id"), "hardware_id")
        self.blocked.refuse(hardware_id)
        return hardware_id

    def _reporting(self, key: str) -> Device:
        self.blocked.refuse(checked_name(key, "device"))
        return self[key]

    def _metric(self, key: str, data: Mapping[str, Any]) -> tuple[Device, Metric]:
        device = self._reporting(key)
        name = checked_name(data.get("metric_name"), "metric_name", 100)
        value = read_number(data.get("metric_value"))
        if not is_number(value):
            raise InvalidField(field="metric_value", reason="must be a finite number")
        metric = Metric(
            name=name,
            value=value,
            unit=optional_name(data.get("unit"), "unit", 50),
            tags=checked_object(data.get("tags"), "tags"),
            timestamp=utcnow(),
        )
        return device, metric

    def _event(self, key: str, data: Mapping[str, Any]) -> DeviceEventReported:
        return DeviceEventReported(
            self._reporting(key),
            checked_name(data.get("event_type"), "event_type", 100),
            checked_name(data.get("severity", "info"), "severity", 20),
            checked_text(data.get("message"), "message"),
            checked_object(data.get("data"), "data"),
            utcnow(),
        )

    def _seen(self, device: Device, source: Source, status: str | None = None) -> None:
        device.last_seen = utcnow()
        device.gateway = source.gateway or device.gateway
        self._seen_at[device.id] = self._clock()
        # Anything a silent device says brings it back, but only a heartbeat names another status.
        self._set_status(
            device, status or (ONLINE if device.status == OFFLINE else device.status)
        )
        self._bus.publish(DeviceHeard(device))

    def _set_status(self, device: Device, status: str) -> None:
        if device.status != status:
            previous, device.status = device.status, status
            device.updated_at = utcnow()
            self._bus.publish(DeviceStatusChanged(device, previous, device.updated_at))


def _who(device: Device) -> str:
    """Return whom a device that waits is counted with: its address if that is known, else its connection."""
    return neighbourhood(device.came_from) if device.came_from else device.gateway or ""


def _written(address: str | None) -> str | None:
    """Write an address in one way; None for what is none."""
    found = parsed_address(address)
    return None if found is None else str(found)


def _declared(address: str | None) -> str | None:
    """Return an address that a device says of itself; this host is where it is only if it asked from here."""
    found = parsed_address(address)
    if found is None or found.is_loopback or found.is_unspecified:
        return None
    return str(found)
