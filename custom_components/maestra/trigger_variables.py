"""What triggers tell automations, as plain JSON."""

from typing import Any

from homeassistant.core import HomeAssistant

from .domain.clock import optional_wire_time, wire_time
from .domain.events import (
    DeviceDiscovered,
    DeviceEventReported,
    DeviceStatusChanged,
    SessionEnded,
    SessionStarted,
    StateChanged,
    StreamAdvertised,
    StreamEnded,
)
from .domain.stream import Stream
from .runtime import MaestraRuntime
from .stream_show import stream_key
from .targets import registered_device_id


def state_variables(
    hass: HomeAssistant, runtime: MaestraRuntime, change: StateChanged
) -> dict[str, Any]:
    """Return a change of state; `device_id` is Home Assistant's, for use as a target."""
    entity = change.entity
    return {
        "slug": entity.slug,
        "name": entity.name,
        "entity_type": entity.type.name,
        "path": entity.path,
        "state": change.current,
        "previous_state": change.previous,
        "changed_keys": list(change.changed_keys),
        "source": change.source.name,
        "timestamp": wire_time(change.timestamp),
        "device_id": registered_device_id(hass, runtime.entry.entry_id, entity.id),
    }


def device_variables(
    hass: HomeAssistant,
    runtime: MaestraRuntime,
    event: DeviceDiscovered | DeviceStatusChanged | DeviceEventReported,
) -> dict[str, Any]:
    """Return the device that something happened to; `device_id` is Home Assistant's, null while pending."""
    device = event.device
    return {
        "hardware_id": device.hardware_id,
        "name": device.name,
        "device_type": device.device_type,
        "status": device.status,
        "firmware_version": device.firmware_version,
        "ip_address": device.ip_address,
        "metadata": device.metadata,
        "last_seen": optional_wire_time(device.last_seen),
        "timestamp": wire_time(event.timestamp),
        "device_id": registered_device_id(hass, runtime.entry.entry_id, device.id),
    }


def stream_variables(
    hass: HomeAssistant, runtime: MaestraRuntime, event: StreamAdvertised | StreamEnded
) -> dict[str, Any]:
    """Return the stream that something happened to; `device_id` is Home Assistant's."""
    return _stream(hass, runtime, event.stream) | {
        "timestamp": wire_time(event.timestamp)
    }


def session_variables(
    hass: HomeAssistant, runtime: MaestraRuntime, event: SessionStarted | SessionEnded
) -> dict[str, Any]:
    """Return the session that something happened to, with its stream."""
    session = event.session
    return _stream(hass, runtime, session.stream) | {
        "session_id": session.id,
        "consumer_id": session.consumer_id,
        "consumer_address": session.consumer_address,
        "consumer_port": session.consumer_port,
        "publisher_address": session.publisher_address,
        "publisher_port": session.publisher_port,
        "protocol": session.protocol,
        "transport_config": session.transport_config,
        "started_at": wire_time(session.started_at),
        "timestamp": wire_time(event.timestamp),
    }


def _stream(
    hass: HomeAssistant, runtime: MaestraRuntime, stream: Stream
) -> dict[str, Any]:
    return {
        "stream_id": stream.id,
        "name": stream.name,
        "stream_type": stream.stream_type,
        "publisher_id": stream.publisher_id,
        "protocol": stream.protocol,
        "address": stream.address,
        "port": stream.port,
        "delivery_mode": stream.delivery_mode,
        "multicast_group": stream.multicast_group,
        "multicast_port": stream.multicast_port,
        "config": stream.config,
        "metadata": stream.metadata,
        "device_id": registered_device_id(
            hass, runtime.entry.entry_id, stream_key(stream)
        ),
    }
