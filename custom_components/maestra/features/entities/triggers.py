"""Triggers on what happens to entities and devices."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final, override

import probatio

from homeassistant.const import CONF_FOR
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...const import TargetKind
from ...core.bus import Unsubscribe, together
from ...core.domain.clock import optional_wire_time, wire_time
from ...core.domain.device import OFFLINE, Device
from ...core.domain.errors import MaestraError
from ...core.domain.events import (
    DeviceDiscovered,
    DeviceEventReported,
    DeviceRemoved,
    DeviceStatusChanged,
    EntityDeleted,
    StateChanged,
)
from ...core.domain.json_values import JsonValue, is_same, value_at
from ...core.domain.paths import compile_path_pattern
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import Delays, MaestraTrigger, Run, schema, untargeted_schema
from ...hub.values import BOUNDS_FIELDS, Bounds, is_meant

CONF_DEVICE: Final = "device"
CONF_DEVICE_TYPE: Final = "device_type"
CONF_ENTITY_TYPE: Final = "entity_type"
CONF_EVENT_TYPE: Final = "event_type"
CONF_FROM: Final = "from"
CONF_KEY: Final = "key"
CONF_PATH: Final = "path"
CONF_SEVERITY: Final = "severity"
CONF_SLUG: Final = "slug"
CONF_TO: Final = "to"

MAX_KNOWN_PATHS: Final = 20_000


def path_pattern(value: Any) -> str:
    """Return an lquery unchanged, or raise Invalid."""
    pattern = cv.string(value)
    try:
        compile_path_pattern(pattern)
    except MaestraError as error:
        raise probatio.Invalid(str(error)) from error
    return pattern


_STATE_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_SLUG, default=list): NAMES,
    probatio.Optional(CONF_ENTITY_TYPE, default=list): NAMES,
    probatio.Optional(CONF_PATH): path_pattern,
    probatio.Optional(CONF_KEY, default=list): NAMES,
    probatio.Optional(CONF_FROM): cv.match_all,
    probatio.Optional(CONF_TO): cv.match_all,
    **BOUNDS_FIELDS,
    probatio.Optional(CONF_FOR, default=timedelta): cv.positive_time_period,
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


class PathFilter:
    """The paths that match an lquery. Paths change seldom: each is matched once."""

    def __init__(self, pattern: str) -> None:
        """Compile the pattern; raises InvalidField."""
        self._matches = compile_path_pattern(pattern).matches
        self._known: dict[str, bool] = {}

    def __contains__(self, path: str) -> bool:
        """Whether the path matches."""
        found = self._known.get(path)
        if found is None:
            if len(self._known) >= MAX_KNOWN_PATHS:
                self._known.clear()
            found = self._known[path] = self._matches(path)
        return found


class ValueFilter:
    """Which changes of values are meant: from one, to one, or into bounds."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Read the options of a trigger."""
        self._bounds = Bounds.of(options)
        self._wanted = {
            key: options[key] for key in (CONF_FROM, CONF_TO) if key in options
        }

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return bool(self._bounds) or bool(self._wanted)

    def matches(self, old: JsonValue, new: JsonValue) -> bool:
        """Whether this change is one; what was within the bounds before does not come into them."""
        wanted = self._wanted
        return (
            (CONF_FROM not in wanted or is_meant(old, wanted[CONF_FROM]))
            and (CONF_TO not in wanted or is_meant(new, wanted[CONF_TO]))
            and new in self._bounds
            and not (self._bounds and old in self._bounds)
        )

    def holds(self, new: JsonValue) -> bool:
        """Whether what has matched goes on with another value: it may move within its bounds."""
        return (
            bool(self._bounds) and CONF_TO not in self._wanted and new in self._bounds
        )


class StateChangedTrigger(MaestraTrigger):
    """An entity's state changed; with values or a time asked for, each key of it for itself."""

    _schema = schema(_STATE_OPTIONS)
    fits = TargetKind.ENTITY | TargetKind.HUB

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        # This listener runs for every change in the house, thousands a second: cheapest questions first.
        options = self._options
        slugs, types, roots = (
            frozenset(options[CONF_SLUG]),
            frozenset(options[CONF_ENTITY_TYPE]),
            frozenset(key.partition(".")[0] for key in options[CONF_KEY]),
        )
        target = self._target
        is_anybody = not slugs and self._watch is None
        path = options.get(CONF_PATH)
        places = PathFilter(path) if path else None
        values, wait = ValueFilter(options), options[CONF_FOR]
        has_paths = any("." in key for key in options[CONF_KEY])
        delays = Delays(self._hass, wait)

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
                and not (roots and roots.isdisjoint(change.changed_keys))
                and (places is None or entity.path in places)
            ):
                if values or wait:
                    for key in self._changed(change):
                        follow(change, key)
                elif not has_paths or any(self._changed(change)):
                    run(
                        _state_variables(hub, change),
                        f"state of {entity.name} changed",
                    )

        def follow(change: StateChanged, key: str) -> None:
            entity = change.entity
            old, new = value_at(change.previous, key), value_at(change.current, key)
            if not values.holds(new):
                delays.cancel(entity.id, key)
            if values.matches(old, new):
                variables = _state_variables(hub, change)
                told = {"key": key, "from": old, "to": new, "for": str(wait)}
                delays.start(
                    entity.id,
                    key,
                    partial(run, variables | told, f"{key} of {entity.name} changed"),
                )

        def deleted(event: EntityDeleted) -> None:
            delays.cancel_all(event.entity.id)

        bus = hub.domain.bus
        return together(
            bus.subscribe(StateChanged, changed),
            bus.subscribe(EntityDeleted, deleted),
            delays.clear,
        )

    def _changed(self, change: StateChanged) -> Iterable[str]:
        """Return the keys and paths asked for that changed; all that did where none is."""
        for key in self._options[CONF_KEY] or change.changed_keys:
            if not is_same(
                value_at(change.previous, key), value_at(change.current, key)
            ):
                yield key


class DeviceTrigger(MaestraTrigger):
    """Something happened to a device."""

    fits = TargetKind.DEVICE | TargetKind.HUB

    def _matches(self, device: Device) -> bool:
        types = self._options[CONF_DEVICE_TYPE]
        named = self._options.get(CONF_DEVICE, ())
        return (not types or device.device_type in types) and self._is_meant(
            named, device.id, device.id, device.hardware_id
        )


class DeviceDiscoveredTrigger(DeviceTrigger):
    """A device asks to be let in."""

    # It has no place in Home Assistant yet, so there is nothing to target.
    fits = TargetKind(0)
    _schema = untargeted_schema(_DISCOVERED_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def discovered(event: DeviceDiscovered) -> None:
            if self._matches(event.device):
                run(
                    _device_variables(hub, event),
                    f"device {event.device.name} discovered",
                )

        return hub.domain.bus.subscribe(DeviceDiscovered, discovered)


class DeviceOfflineTrigger(DeviceTrigger):
    """A device went offline, and stayed so for a while if the options say so."""

    _schema = schema(_OFFLINE_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        wait: timedelta = self._options[CONF_FOR]
        delays = Delays(self._hass, wait)

        def fire(event: DeviceStatusChanged) -> None:
            variables = _device_variables(hub, event)
            run(
                variables | {"previous_status": event.previous, "for": str(wait)},
                f"device {event.device.name} offline",
            )

        def forget(event: DeviceStatusChanged | DeviceRemoved) -> None:
            delays.cancel_all(event.device.id)

        def changed(event: DeviceStatusChanged) -> None:
            forget(event)
            if event.device.status == OFFLINE and self._matches(event.device):
                delays.start(event.device.id, OFFLINE, partial(fire, event))

        bus = hub.domain.bus
        return together(
            bus.subscribe(DeviceStatusChanged, changed),
            bus.subscribe(DeviceRemoved, forget),
            delays.clear,
        )


class DeviceEventTrigger(DeviceTrigger):
    """A device reported an event."""

    _schema = schema(_EVENT_OPTIONS)

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
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
                variables = _device_variables(hub, event)
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

        return hub.domain.bus.subscribe(DeviceEventReported, reported)


def _state_variables(hub: Hub, change: StateChanged) -> dict[str, Any]:
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
        "correlation_id": change.correlation_id,
        "timestamp": wire_time(change.timestamp),
        "device_id": hub.devices.id_of(entity.id),
    }


def _device_variables(
    hub: Hub,
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
        "device_id": hub.devices.id_of(device.id),
    }


ENTITY_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "state_changed": StateChangedTrigger,
    "device_discovered": DeviceDiscoveredTrigger,
    "device_offline": DeviceOfflineTrigger,
    "device_event": DeviceEventTrigger,
}
