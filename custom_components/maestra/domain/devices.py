"""All devices, what they say, and their falling silent."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from .clock import utcnow
from .device import OFFLINE, ONLINE, PENDING, Device, Metric
from .device_directory import DeviceDirectory
from .errors import InvalidField, TooMany
from .events import DeviceCommanded, DeviceEventReported, DeviceUpdated, MetricReported
from .fields import checked_object, checked_text, optional_name
from .json_types import JsonObject
from .names import checked_name
from .source import SYSTEM, Source
from .variables import is_number

MAX_METRICS: Final = 200


class Devices(DeviceDirectory):
    """The devices, and the only place that changes them."""

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
        device = self._talking(key)
        if checked_name(status, "status", 50) == PENDING and device.status != PENDING:
            raise InvalidField(field="status", reason="only a new device is pending")
        if metadata:
            merged = checked_object(device.metadata | checked_object(metadata))
            if merged != device.metadata:
                device.metadata = merged
                self._bus.publish(DeviceUpdated(device))
        self._hear(device, source, status if device.status != PENDING else PENDING)
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
        measured = [self._measured(key, data) for key, data in reports]
        names: dict[str, set[str]] = {}
        for device, metric in measured:
            known = names.setdefault(device.id, set(device.metrics))
            known.add(metric.name)
            if len(known) > MAX_METRICS:
                raise TooMany(kind="metrics of a device", limit=MAX_METRICS)
        for device, metric in measured:
            is_new = metric.name not in device.metrics
            device.metrics[metric.name] = metric
            self._hear(device, source)
            self._bus.publish(MetricReported(device, metric, is_new))
        return [metric for _, metric in measured]

    def _measured(self, key: str, data: Mapping[str, Any]) -> tuple[Device, Metric]:
        device = self._talking(key)
        name = checked_name(data.get("metric_name"), "metric_name", 100)
        value = data.get("metric_value")
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
        for event in [self._happened(key, data) for key, data in reports]:
            self._hear(event.device, source)
            self._bus.publish(event)

    def _happened(self, key: str, data: Mapping[str, Any]) -> DeviceEventReported:
        return DeviceEventReported(
            self._talking(key),
            checked_name(data.get("event_type"), "event_type", 100),
            checked_name(data.get("severity", "info"), "severity", 20),
            checked_text(data.get("message"), "message"),
            checked_object(data.get("data"), "data"),
            utcnow(),
        )

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
            if device.is_online and self._heard_at[device.id] < limit
        ]
        for device in silent:
            self._set_status(device, OFFLINE)
        return silent

    def _talking(self, key: str) -> Device:
        self._refuse_blocked(checked_name(key, "device"))
        return self[key]
