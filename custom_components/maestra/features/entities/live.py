"""What cards follow: one entity with its variables, and all devices."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import probatio

from homeassistant.auth.models import User
from homeassistant.const import Platform
from homeassistant.helpers import config_validation as cv, device_registry as dr

from ...const import DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain.clock import optional_wire_time, wire_time
from ...core.domain.color import format_color, parse_color
from ...core.domain.device import PENDING, Device, Metric
from ...core.domain.entity import Entity
from ...core.domain.events import (
    DeviceAdded,
    DeviceDiscovered,
    DeviceHeard,
    DeviceRemoved,
    DeviceStatusChanged,
    DeviceUpdated,
    EntityCreated,
    EntityDeleted,
    EntityUpdated,
    GroupChanged,
    GroupRemoved,
    MetricReported,
    StateChanged,
)
from ...core.domain.hierarchy import ancestors
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.domain.variables import Direction, Variable, VariableType, is_number
from ...hub.hub import Hub
from ...hub.labels import humanize
from ...hub.live import Live, live_command
from ...hub.permissions import Needs, Touched, entity_ids, may
from ...hub.units import Declared, look_of
from .online import is_device_online, is_entity_online
from .presentation import is_momentary, present_metric

ENTITY: Final = "entity"
DEVICES_INTERVAL: Final = 0.5
"""Seconds between two pushes of devices: a fleet speaks all the time, and is looked at as a whole."""


type DeviceOccurrence = (
    DeviceAdded
    | DeviceDiscovered
    | DeviceHeard
    | DeviceRemoved
    | DeviceStatusChanged
    | DeviceUpdated
    | MetricReported
)


class LiveEntity:
    """One entity, under the name by which it is asked for: its slug, or the id of its Home Assistant device."""

    def __init__(self, hub: Hub, user: User, msg: dict[str, Any]) -> None:
        """Look for it later: it may not be there yet."""
        self._hub = hub
        self._user = user
        self._name: str = msg[ENTITY]
        self._shown: Entity | None = None

    def __iter__(self) -> Iterator[str]:
        """Iterate over its name."""
        return iter((self._name,))

    def show(self, key: str) -> JsonObject | None:
        """Return it with its variables, its place, and whether the user may set it."""
        hub = self._hub
        entity = self._shown = _named(hub, key)
        if entity is None:
            return None
        source = entity.changed_by
        return {
            **place(hub, entity),
            "type": entity.type.name,
            "type_name": entity.type.display_name,
            "description": entity.description,
            "is_online": is_entity_online(hub, entity),
            "ancestors": [place(hub, above) for above in ancestors(entity)],
            "children": [place(hub, below) for below in entity.children.values()],
            "changed_at": wire_time(entity.state_updated_at),
            "changed_by": source and (source.name or self._title(source.gateway)),
            "can_set": can_set(hub, self._user, entity),
            "variables": [
                _variable(hub, entity, variable)
                for variable in entity.variables.values()
            ],
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` when it, or one beside it in the hierarchy, is another."""
        bus = self._hub.domain.bus

        def state_changed(event: StateChanged) -> None:
            # Of every change in the house.
            if event.entity is self._shown:
                changed(self._name)

        def structure_changed(
            _event: EntityCreated | EntityUpdated | EntityDeleted,
        ) -> None:
            changed(self._name)

        return together(
            bus.subscribe(StateChanged, state_changed),
            bus.subscribe(EntityCreated, structure_changed),
            bus.subscribe(EntityUpdated, structure_changed),
            bus.subscribe(EntityDeleted, structure_changed),
            self._hub.links.follow(lambda: changed(self._name)),
        )

    def _title(self, gateway: str | None) -> str | None:
        link = self._hub.links.get(gateway) if gateway else None
        return link.title if link else None


class LiveDevices:
    """All devices by id; those that wait are for administrators, who let them in."""

    def __init__(self, hub: Hub, user: User, _msg: dict[str, Any]) -> None:
        """Know what the user may see."""
        self._hub = hub
        self._sees_pending = user.is_admin

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids."""
        return (device.id for device in self._hub.domain.devices if self._sees(device))

    def show(self, key: str) -> JsonObject | None:
        """Return a device with its latest metrics and its groups."""
        hub, device = self._hub, self._hub.domain.devices.get(key)
        if device is None or not self._sees(device):
            return None
        return {
            "id": device.id,
            "device_id": hub.devices.id_of(device.id),
            "name": device.name,
            "type": humanize(device.device_type),
            "hardware_id": device.hardware_id,
            "firmware_version": device.firmware_version,
            "ip_address": device.ip_address,
            "status": device.status,
            "is_pending": device.status == PENDING,
            "is_online": is_device_online(hub, device),
            "place": device.place,
            "last_seen": optional_wire_time(device.last_seen),
            "groups": list[JsonValue](
                sorted(
                    group.name
                    for group in hub.domain.groups
                    if device.id in group.members
                )
            ),
            "metrics": [
                self._metric(device, metric) for metric in device.metrics.values()
            ],
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with each device that something is other of."""
        domain = self._hub.domain

        def device_changed(event: DeviceOccurrence) -> None:
            if self._sees(event.device):
                changed(event.device.id)

        def all_changed(_event: GroupChanged | GroupRemoved | None = None) -> None:
            for key in self:
                changed(key)

        return together(
            domain.bus.subscribe(DeviceAdded, device_changed),
            domain.bus.subscribe(DeviceDiscovered, device_changed),
            domain.bus.subscribe(DeviceHeard, device_changed),
            domain.bus.subscribe(DeviceRemoved, device_changed),
            domain.bus.subscribe(DeviceStatusChanged, device_changed),
            domain.bus.subscribe(DeviceUpdated, device_changed),
            domain.bus.subscribe(MetricReported, device_changed),
            domain.bus.subscribe(GroupChanged, all_changed),
            domain.bus.subscribe(GroupRemoved, all_changed),
            self._hub.links.follow(all_changed),
        )

    def _metric(self, device: Device, metric: Metric) -> JsonObject:
        presenter, presented = self._hub.presenter, present_metric(device, metric)
        shown = presenter.find(device.id, Platform.SENSOR, presented.key)
        look = look_of(metric.name, metric.unit, presented.declared)
        return {
            "name": metric.name,
            "label": humanize(metric.name),
            "value": metric.value,
            "unit": look.unit,
            "decimals": look.decimals_on_cards(metric.value),
            "entity_id": presenter.entity_id(shown) if shown else None,
        }

    def _sees(self, device: Device) -> bool:
        return self._sees_pending or device.status != PENDING


def _named(hub: Hub, name: str) -> Entity | None:
    """Return the entity of a slug, or behind a device of Home Assistant's."""
    if entity := hub.domain.entities.get(name):
        return entity
    device = dr.async_get(hub.hass).async_get(name)
    for domain, key in device.identifiers if device else ():
        if domain == DOMAIN:
            return hub.domain.entities.get(key)
    return None


def can_set(hub: Hub, user: User, entity: Entity) -> bool:
    """Tell whether a user may control all that Home Assistant shows of an entity."""
    return may(user, Needs.CONTROL, lambda: _shown_of(hub, entity))


def place(hub: Hub, entity: Entity) -> JsonObject:
    """Return what one needs to name an entity and to go there."""
    return {
        "slug": entity.slug,
        "name": entity.name,
        "device_id": hub.devices.id_of(entity.id),
    }


def _variable(hub: Hub, entity: Entity, variable: Variable) -> JsonObject:
    """Return a variable with its value and all that a control for it has to know."""
    value = entity.state.get(variable.name)
    low, high = map(variable.config.get, ("min", "max"))
    shown = map(
        hub.presenter.entity_id, hub.presenter.showing(entity.id, variable.name)
    )
    return {
        **head(variable, value),
        "type": variable.type.value,
        "description": variable.description,
        "min": low if is_number(low) else None,
        "max": high if is_number(high) else None,
        "step": variable.step,
        "options": list[JsonValue](variable.options),
        "is_momentary": is_momentary(variable),
        "value": value,
        "hex": _hex(variable, value),
        "warning": None if value is None else variable.check(value),
        "entity_ids": list[JsonValue](filter(None, shown)),
    }


def head(variable: Variable, value: JsonValue) -> JsonObject:
    """Return what one needs to write a variable down that has this value."""
    unit = variable.config.get("unit")
    look = look_of(
        variable.name,
        unit if isinstance(unit, str) else None,
        Declared.of(variable.config),
    )
    return {
        "name": variable.name,
        "label": humanize(variable.name),
        "is_input": variable.direction is Direction.INPUT,
        "unit": look.unit,
        "decimals": look.decimals_on_cards(value),
    }


def _hex(variable: Variable, value: JsonValue) -> str | None:
    """Return a colour in the one form that a browser's colour field takes."""
    if variable.type is not VariableType.COLOR or not isinstance(value, str):
        return None
    rgb = parse_color(value)
    return format_color(rgb) if rgb else None


def _shown_of(hub: Hub, entity: Entity) -> Touched:
    keys = dict.fromkeys((*entity.variables, *entity.state))
    return entity_ids(
        hub.presenter, (hub.presenter.showing(entity.id, key) for key in keys)
    )


def _touched_entity(hub: Hub, msg: dict[str, Any]) -> Touched:
    entity = _named(hub, msg[ENTITY])
    return _shown_of(hub, entity) if entity else None


ENTITY_COMMANDS: Final = tuple(
    map(
        live_command,
        (
            Live(
                command="entity",
                fields={probatio.Required(ENTITY): cv.string},
                needs=Needs.READ,
                touches=_touched_entity,
                view=LiveEntity,
            ),
            Live(
                command="devices",
                needs=Needs.READ,
                view=LiveDevices,
                interval=DEVICES_INTERVAL,
            ),
        ),
    )
)
"""WebSocket commands."""
