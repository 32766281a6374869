"""From the domain's events to Home Assistant's devices and entities."""

from collections import defaultdict
from typing import TYPE_CHECKING, Final, cast

from homeassistant.const import Platform
from homeassistant.core import callback

from .bus import Unsubscribe, together
from .domain.device import PENDING, Device
from .domain.entity import Entity
from .domain.events import (
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
from .domain.hierarchy import parents_first
from .domain.source import HOME_ASSISTANT
from .presentation import (
    HUB_PRESENTATIONS,
    LINK_PRESENTATIONS,
    present_device,
    present_entity,
)

if TYPE_CHECKING:
    from .event import MaestraDeviceEvent
    from .link import Link
    from .runtime import MaestraRuntime

_LAST_SEEN: Final = (Platform.SENSOR, "last_seen")
_EVENT: Final = (Platform.EVENT, "event")


class Show:
    """Tells the presenter what to show, and the writer what moved."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Listen to nothing yet."""
        self._runtime = runtime
        self._presenter = runtime.presenter
        self._writer = runtime.writer
        self._devices = runtime.devices
        # The entities that are linked to a device, by device and entity.
        self._linked: defaultdict[str, dict[str, Entity]] = defaultdict(dict)
        self._link_of: dict[str, str] = {}

    def start(self) -> Unsubscribe:
        """Listen to the domain until the returned function is called."""
        bus = self._runtime.domain.bus
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

    @callback
    def show_all(self) -> None:
        """Show the hub and everything the domain knows, parents first."""
        runtime = self._runtime
        self._presenter.show(runtime.entry.entry_id, runtime, HUB_PRESENTATIONS)
        for device in runtime.domain.devices:
            self._show_device(device)
        for entity in parents_first(runtime.domain.entities):
            self._show_entity(entity)

    @callback
    def show_link(self, link: Link) -> None:
        """Show a link's own entities. They find the link by its id: it may be restarted with other settings."""
        self._devices.put_link(link)
        self._presenter.show(
            link.id,
            link.id,
            LINK_PRESENTATIONS[link.kind],
            subentry_id=link.subentry_id,
        )

    @callback
    def link_changed(self, link: Link) -> None:
        """Write what a connection that came or went makes available or not."""
        for entity in self._presenter.of(link.id):
            self._writer.write_now(entity)
        self.refresh_availability()

    @callback
    def store_changed(self, link: Link) -> None:
        """Write how the database is. Nothing else depends on it, and under load it may change often."""
        # Removed in this very turn of the loop: nothing can be registered below it any more.
        if link.id in self._runtime.entry.subentries:
            self._devices.put_link(link)
        self._writer.mark_all(self._presenter.of(link.id))

    @callback
    def refresh_availability(self) -> None:
        """Write everything that depends on a link."""
        self._writer.mark_all(self._presenter)

    # Entities.

    def _state_changed(self, change: StateChanged) -> None:
        owner_id, showing = change.entity.id, self._presenter.showing
        moved = [
            entity for key in change.changed_keys for entity in showing(owner_id, key)
        ]
        if change.source is not HOME_ASSISTANT:
            self._writer.mark_all(moved)
            return
        # A person who moved something in Home Assistant waits for it. A light shows several keys, and is written once.
        for entity in dict.fromkeys(moved):
            self._writer.write_now(entity)

    def _show_entity(self, entity: Entity) -> None:
        self._link(entity, entity.device_id)
        self._devices.put_entity(entity)
        self._presenter.show(entity.id, entity, present_entity(entity))

    def _entity_created(self, event: EntityCreated) -> None:
        self._show_entity(event.entity)
        self._counts_changed(event)

    def _entity_updated(self, event: EntityUpdated) -> None:
        self._show_entity(event.entity)

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
            self._devices.put_device(device)
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
        entity = cast(
            "MaestraDeviceEvent | None", self._presenter.find(event.device.id, *_EVENT)
        )
        if entity is not None:
            entity.take(event)

    def _group_changed(self, event: GroupChanged) -> None:
        self._devices.update_group(event.group.name, event.group.members)

    def _group_removed(self, event: GroupRemoved) -> None:
        self._devices.update_group(event.group.name, ())

    def _show_linked(self, device: Device) -> None:
        for entity in list(self._linked[device.id].values()):
            self._show_entity(entity)

    def _withdraw(self, owner_id: str) -> None:
        self._presenter.withdraw(owner_id)
        self._devices.remove(owner_id)

    def _counts_changed(self, _event: object) -> None:
        self._writer.mark_all(self._presenter.of(self._runtime.entry.entry_id))
