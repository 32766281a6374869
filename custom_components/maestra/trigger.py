"""Triggers on what happens to entities and devices, and the list of all triggers."""

from datetime import timedelta
from functools import partial
from typing import Final, override

import probatio

from homeassistant.const import CONF_FOR
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from .bus import Unsubscribe
from .detector_trigger import EventDetectedTrigger
from .domain.device import OFFLINE, Device
from .domain.events import (
    DeviceDiscovered,
    DeviceEventReported,
    DeviceRemoved,
    DeviceStatusChanged,
    StateChanged,
)
from .osc_trigger import OscReceivedTrigger
from .path_filter import PathFilter, path_pattern
from .qs_trigger import TelemetryReceivedTrigger
from .runtime import MaestraRuntime
from .stream_triggers import STREAM_TRIGGERS
from .targets import NAMES
from .trigger_base import MaestraTrigger, Run, schema, untargeted_schema
from .trigger_variables import device_variables, state_variables

CONF_DEVICE: Final = "device"
CONF_DEVICE_TYPE: Final = "device_type"
CONF_ENTITY_TYPE: Final = "entity_type"
CONF_EVENT_TYPE: Final = "event_type"
CONF_KEY: Final = "key"
CONF_PATH: Final = "path"
CONF_SEVERITY: Final = "severity"
CONF_SLUG: Final = "slug"

_STATE_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_SLUG, default=list): NAMES,
    probatio.Optional(CONF_ENTITY_TYPE, default=list): NAMES,
    probatio.Optional(CONF_PATH): path_pattern,
    probatio.Optional(CONF_KEY, default=list): NAMES,
}
_DISCOVERED_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_DEVICE_TYPE, default=list): NAMES
}
_DEVICE_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_DEVICE, default=list): NAMES,
    probatio.Optional(CONF_DEVICE_TYPE, default=list): NAMES,
}
_OFFLINE_OPTIONS: Final[VolDictType] = {
    **_DEVICE_OPTIONS,
    probatio.Optional(CONF_FOR, default=timedelta): cv.positive_time_period,
}
_EVENT_OPTIONS: Final[VolDictType] = {
    **_DEVICE_OPTIONS,
    probatio.Optional(CONF_EVENT_TYPE, default=list): NAMES,
    probatio.Optional(CONF_SEVERITY, default=list): NAMES,
}


class StateChangedTrigger(MaestraTrigger):
    """An entity's state changed."""

    _schema = schema(_STATE_OPTIONS)

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        # This listener runs for every change in the house, thousands a second: cheapest questions first.
        slugs, types, keys = (
            frozenset(self._options[option])
            for option in (CONF_SLUG, CONF_ENTITY_TYPE, CONF_KEY)
        )
        target = self._target
        is_anybody = not slugs and self._watch is None
        path = self._options.get(CONF_PATH)
        places = PathFilter(path) if path else None

        def changed(change: StateChanged) -> None:
            entity = change.entity
            if (
                (
                    is_anybody
                    or entity.slug in slugs
                    or entity.id in slugs
                    or entity.id in target
                )
                and (not types or entity.type.name in types)
                and not (keys and keys.isdisjoint(change.changed_keys))
                and (places is None or entity.path in places)
            ):
                run(
                    state_variables(self._hass, runtime, change),
                    f"state of {entity.name} changed",
                )

        return runtime.domain.bus.subscribe(StateChanged, changed)


class DeviceTrigger(MaestraTrigger):
    """Something happened to a device."""

    def _matches(self, device: Device) -> bool:
        types = self._options[CONF_DEVICE_TYPE]
        named = self._options.get(CONF_DEVICE, ())
        return (not types or device.device_type in types) and (
            (not named and self._watch is None)
            or device.hardware_id in named
            or device.id in named
            or device.id in self._target
        )


class DeviceDiscoveredTrigger(DeviceTrigger):
    """A device asks to be let in."""

    # It has no place in Home Assistant yet, so there is nothing to target.
    _schema = untargeted_schema(_DISCOVERED_OPTIONS)

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        def discovered(event: DeviceDiscovered) -> None:
            if self._matches(event.device):
                run(
                    device_variables(self._hass, runtime, event),
                    f"device {event.device.name} discovered",
                )

        return runtime.domain.bus.subscribe(DeviceDiscovered, discovered)


class DeviceOfflineTrigger(DeviceTrigger):
    """A device went offline, and stayed so for a while if the options say so."""

    _schema = schema(_OFFLINE_OPTIONS)

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        wait: timedelta = self._options[CONF_FOR]
        waiting: dict[str, CALLBACK_TYPE] = {}

        @callback
        def fire(event: DeviceStatusChanged, _now: object = None) -> None:
            waiting.pop(event.device.id, None)
            variables = device_variables(self._hass, runtime, event)
            run(
                variables | {"previous_status": event.previous, "for": str(wait)},
                f"device {event.device.name} offline",
            )

        def forget(event: DeviceStatusChanged | DeviceRemoved) -> None:
            if cancel := waiting.pop(event.device.id, None):
                cancel()

        def changed(event: DeviceStatusChanged) -> None:
            forget(event)
            if event.device.status != OFFLINE or not self._matches(event.device):
                return
            if wait:
                waiting[event.device.id] = async_call_later(
                    self._hass, wait, partial(fire, event)
                )
            else:
                fire(event)

        bus = runtime.domain.bus
        unsubscribes = [
            bus.subscribe(DeviceStatusChanged, changed),
            bus.subscribe(DeviceRemoved, forget),
        ]

        def detach() -> None:
            for unsubscribe in (*unsubscribes, *waiting.values()):
                unsubscribe()
            waiting.clear()

        return detach


class DeviceEventTrigger(DeviceTrigger):
    """A device reported an event."""

    _schema = schema(_EVENT_OPTIONS)

    @override
    def _attach(self, runtime: MaestraRuntime, run: Run) -> Unsubscribe:
        types, severities = (
            frozenset(self._options[option])
            for option in (CONF_EVENT_TYPE, CONF_SEVERITY)
        )

        def reported(event: DeviceEventReported) -> None:
            if (
                (not types or event.event_type in types)
                and (not severities or event.severity in severities)
                and self._matches(event.device)
            ):
                variables = device_variables(self._hass, runtime, event)
                run(
                    variables
                    | {
                        "event_type": event.event_type,
                        "severity": event.severity,
                        "message": event.message,
                        "data": event.data,
                    },
                    f"event {event.event_type} of {event.device.name}",
                )

        return runtime.domain.bus.subscribe(DeviceEventReported, reported)


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "state_changed": StateChangedTrigger,
    "device_discovered": DeviceDiscoveredTrigger,
    "device_offline": DeviceOfflineTrigger,
    "device_event": DeviceEventTrigger,
    "osc_received": OscReceivedTrigger,
    "telemetry_received": TelemetryReceivedTrigger,
    "event_detected": EventDetectedTrigger,
    **STREAM_TRIGGERS,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS
