"""From the domain's events to Home Assistant's devices and entities."""

from collections import defaultdict
from ipaddress import ip_address
from typing import Any, Final

from yarl import URL

from homeassistant.const import Platform
from homeassistant.helpers.device_registry import DeviceEntry

from ...const import DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain.device import PENDING, Device
from ...core.domain.entity import Entity
from ...core.domain.events import (
    DeviceAdded,
    DeviceDiscovered,
    DeviceEventReported,
    DeviceHeard,
    DeviceRemoved,
    DeviceStatusChanged,
    DeviceUpdated,
    EntityCreated,
    EntityDeleted,
    EntityMoved,
    EntityUpdated,
    GroupChanged,
    GroupRemoved,
    MetricReported,
    StateChanged,
)
from ...core.domain.hierarchy import parents_first
from ...core.domain.source import HOME_ASSISTANT
from ...entity import MaestraEventEntity
from ...hub.hub import Hub
from ...hub.labels import humanize
from ...hub.slices import in_slices
from .presentation import HUB_PRESENTATIONS, present_device, present_entity

MAX_URL_LENGTH: Final = 255
_LAST_SEEN: Final = (Platform.SENSOR, "last_seen")
_EVENT: Final = (Platform.EVENT, "event")
DESCRIBED_AT: Final = f"homeassistant://config/integrations/integration/{DOMAIN}"
"""Where an entity is described (*What something is*); a link on the page of its device leads there."""


class EntitySync:
    """Tells the presenter what to show, and the writer what moved."""

    def __init__(self, hub: Hub) -> None:
        """Listen to nothing yet."""
        self._hub_id = hub.entry.entry_id
        self._domain = hub.domain
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        # The entities that are linked to a device, by device and entity.
        self._linked: defaultdict[str, dict[str, Entity]] = defaultdict(dict)
        self._link_of: dict[str, str] = {}

    def start(self) -> Unsubscribe:
        """Listen to the domain until the returned function is called."""
        bus = self._domain.bus
        return together(
            bus.subscribe(StateChanged, self._state_changed),
            bus.subscribe(EntityCreated, self._entity_created),
            bus.subscribe(EntityUpdated, self._entity_updated),
            bus.subscribe(EntityMoved, self._entity_moved),
            bus.subscribe(EntityDeleted, self._entity_deleted),
            bus.subscribe(DeviceDiscovered, self._counts_changed),
            bus.subscribe(DeviceAdded, self._device_added),
            bus.subscribe(DeviceUpdated, self._device_updated),
            bus.subscribe(DeviceHeard, self._device_heard),
            bus.subscribe(DeviceStatusChanged, self._device_status_changed),
            bus.subscribe(DeviceRemoved, self._device_removed),
            bus.subscribe(MetricReported, self._metric_reported),
            bus.subscribe(DeviceEventReported, self._device_event),
            bus.subscribe(GroupChanged, self._group_changed),
            bus.subscribe(GroupRemoved, self._group_removed),
        )

    async def async_show_all(self) -> None:
        """Show the hub and everything the domain knows, parents first; what comes or goes meanwhile is seen to."""
        domain = self._domain
        self._presenter.show(self._hub_id, self._hub_id, HUB_PRESENTATIONS)
        async for device in in_slices(list(domain.devices)):
            if domain.devices.get(device.id) is device:
                self._show_device(device)
        async for entity in in_slices(parents_first(domain.entities)):
            if domain.entities.get(entity.id) is entity:
                self._show_entity(entity)

    # Entities.

    def _state_changed(self, change: StateChanged) -> None:
        owner_id, showing = change.entity.id, self._presenter.showing
        moved = [
            entity for key in change.changed_keys for entity in showing(owner_id, key)
        ]
        if change.source is not HOME_ASSISTANT or change.correlation_id is not None:
            # Steps of a fade and changes of many things are as many as those of clients.
            self._writer.mark_all(moved)
            return
        # A person who moved something in Home Assistant waits for it. A light shows several keys, and is written once.
        for entity in dict.fromkeys(moved):
            self._writer.write_now(entity)

    def _show_entity(self, entity: Entity) -> None:
        self._link(entity, entity.device_id)
        device = (
            self._domain.devices.get(entity.device_id) if entity.device_id else None
        )
        above = entity.parent or device
        self._devices.put(
            entity.id,
            name=entity.name,
            model=entity.type.display_name,
            above=above.id if above else None,
            area=entity.name if entity.type.is_place else None,
            configuration_url=DESCRIBED_AT,
            labels=[_label(entity.type.display_name)],
        )
        self._presenter.show(entity.id, entity, present_entity(entity))

    def _entity_created(self, event: EntityCreated) -> None:
        self._show_entity(event.entity)
        self._counts_changed(event)

    def _entity_updated(self, event: EntityUpdated) -> None:
        entity = event.entity
        before = self._devices.get(entity.id)
        self._show_entity(entity)
        if "entity_type" not in event.changes:
            return
        if isinstance(before, DeviceEntry) and before.model:
            self._devices.replace_label(
                entity.id, _label(before.model), _label(entity.type.display_name)
            )
        if entity.type.is_place:
            self._devices.place_by_name(entity.id, entity.name)

    def _entity_moved(self, event: EntityMoved) -> None:
        self._writer.mark_all(self._presenter.of(event.entity.id))

    def _link(self, entity: Entity, device_id: str | None) -> None:
        if known := self._link_of.pop(entity.id, None):
            del self._linked[known][entity.id]
        if device_id:
            self._link_of[entity.id] = device_id
            self._linked[device_id][entity.id] = entity

    def _entity_deleted(self, event: EntityDeleted) -> None:
        self._link(event.entity, None)
        self._withdraw(event.entity.id)
        self._counts_changed(event)

    # Devices.

    def _show_device(self, device: Device) -> None:
        if device.status != PENDING:
            self._devices.put(
                device.id,
                name=device.name,
                model=humanize(device.device_type),
                serial_number=device.hardware_id,
                sw_version=device.firmware_version,
                configuration_url=configuration_url(device),
                mac=device.mac,
                # A device makes no areas: it names one that there is.
                area=device.place if self._devices.known_area(device.place) else None,
                labels=[group.name for group in self._domain.groups.of(device.id)],
            )
            self._presenter.show(device.id, device, present_device(device))

    def _device_added(self, event: DeviceAdded) -> None:
        self._show_device(event.device)
        # Only now is there something that they can hang below.
        self._show_linked(event.device)
        self._counts_changed(event)

    def _device_updated(self, event: DeviceUpdated) -> None:
        self._show_device(event.device)

    def _device_heard(self, event: DeviceHeard) -> None:
        if entity := self._presenter.find(event.device.id, *_LAST_SEEN):
            self._writer.mark(entity)

    def _device_status_changed(self, event: DeviceStatusChanged) -> None:
        for entity in self._presenter.of(event.device.id):
            self._writer.write_now(entity)
        for linked in self._linked[event.device.id].values():
            self._writer.mark_all(self._presenter.of(linked.id))
        self._counts_changed(event)

    def _device_removed(self, event: DeviceRemoved) -> None:
        self._withdraw(event.device.id)
        self._show_linked(event.device)
        self._counts_changed(event)

    def _metric_reported(self, event: MetricReported) -> None:
        if event.is_new:
            self._show_device(event.device)
        elif entity := self._presenter.find(
            event.device.id, Platform.SENSOR, f"metric.{event.metric.name}"
        ):
            self._writer.mark(entity)

    def _device_event(self, event: DeviceEventReported) -> None:
        if (entity := self._presenter.find(event.device.id, *_EVENT)) is None:
            # At the start its turn may be still to come.
            self._show_device(event.device)
            entity = self._presenter.find(event.device.id, *_EVENT)
        if isinstance(entity, MaestraEventEntity):
            entity.fire(event.event_type, _event_attributes(event))

    def _group_changed(self, event: GroupChanged) -> None:
        self._devices.update_label(event.group.name, event.group.members)

    def _group_removed(self, event: GroupRemoved) -> None:
        self._devices.update_label(event.group.name, ())

    def _show_linked(self, device: Device) -> None:
        for entity in list(self._linked[device.id].values()):
            self._show_entity(entity)

    def _withdraw(self, owner_id: str) -> None:
        self._presenter.withdraw(owner_id)
        self._devices.remove(owner_id)

    def _counts_changed(self, _event: object) -> None:
        self._writer.mark_all(self._presenter.of(self._hub_id))


def _label(kind: str) -> str:
    """Return the label of a type, by what it is called."""
    return f"Maestra {kind.lower()}"


def _event_attributes(event: DeviceEventReported) -> dict[str, Any]:
    return {
        "type": event.event_type,
        "severity": event.severity,
        "message": event.message,
        "data": event.data,
    }


def configuration_url(device: Device) -> str | None:
    """Return where a device is set up: what it says of itself, else the address that it came from.

    Whatever it says is data: Home Assistant makes a link of it, so it must be a plain web address.
    """
    said = device.metadata.get("configuration_url")
    if isinstance(said, str) and len(said) <= MAX_URL_LENGTH:
        try:
            url = URL(said)
        except ValueError:
            url = URL()
        if url.scheme in {"http", "https"} and url.host and not url.user:
            return str(url)
    try:
        address = ip_address(device.came_from or device.ip_address or "")
    except ValueError:
        return None
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return None
    return f"http://[{address}]" if address.version == 6 else f"http://{address}"
