"""Home Assistant's device registry and labels, in line with the domain."""

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, label_registry as lr
from homeassistant.helpers.typing import UNDEFINED

from .const import DOMAIN, QS_ID, STREAM_PREFIX
from .domain import Domain
from .domain.device import Device
from .domain.entity import Entity
from .domain.stream import Stream

if TYPE_CHECKING:
    from .link import Link

MANUFACTURER: Final = "Maestra"
F2_MANUFACTURER: Final = "FACES2"


class DeviceMirror:
    """One registry device for the hub, each link, each Maestra entity and each approved Maestra device.

    The hierarchy is told by `via_device_id`: parents are registered before their children.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str, domain: Domain) -> None:
        """Register the hub itself."""
        self._devices = dr.async_get(hass)
        self._labels = lr.async_get(hass)
        self._entry_id = entry_id
        self._domain = domain
        self._hub_id = self._devices.async_get_or_create(
            config_entry_id=entry_id,
            identifiers={(DOMAIN, entry_id)},
            manufacturer=MANUFACTURER,
            name="Maestra",
            entry_type=dr.DeviceEntryType.SERVICE,
        ).id

    @callback
    def put_link(self, link: Link) -> None:
        """Register the device of a link, or what changed of it."""
        self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            config_subentry_id=link.subentry_id,
            identifiers={(DOMAIN, link.id)},
            manufacturer=MANUFACTURER,
            # What is not known yet stays as it was before the restart.
            model=link.model or UNDEFINED,
            sw_version=link.sw_version or UNDEFINED,
            name=link.title,
            entry_type=dr.DeviceEntryType.SERVICE,
            via_device_id=self._hub_id,
        )

    @callback
    def put_entity(self, entity: Entity) -> None:
        """Register a Maestra entity, or what changed of it."""
        above = (
            entity.parent.id
            if entity.parent
            else (device.id if (device := self._device_of(entity)) else None)
        )
        registered = self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            identifiers={(DOMAIN, entity.id)},
            manufacturer=MANUFACTURER,
            model=entity.type.display_name,
            name=entity.name,
            via_device_id=self._id_of(above),
        )
        self._put_labels(registered, [f"Maestra {entity.type.display_name.lower()}"])

    @callback
    def put_device(self, device: Device) -> None:
        """Register a Maestra device, or what changed of it."""
        registered = self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            identifiers={(DOMAIN, device.id)},
            manufacturer=MANUFACTURER,
            model=device.device_type,
            name=device.name,
            serial_number=device.hardware_id,
            sw_version=device.firmware_version,
            via_device_id=self._hub_id,
        )
        self._put_labels(
            registered, [group.name for group in self._domain.groups.of(device.id)]
        )

    @callback
    def put_stream(self, key: str, stream: Stream) -> None:
        """Register a stream, or what changed of it, below the entity or device that it names."""
        entity = self._domain.entities.get(stream.entity_id or "")
        device = self._domain.devices.get(stream.device_id or "")
        above = entity or device
        kind = self._domain.streams.types.get(stream.stream_type)
        self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            identifiers={(DOMAIN, key)},
            manufacturer=MANUFACTURER,
            model=kind.display_name if kind else stream.stream_type,
            name=stream.name,
            entry_type=dr.DeviceEntryType.SERVICE,
            via_device_id=self._id_of(above.id if above else None),
        )

    @callback
    def put_qs(self) -> None:
        """Register what stands for all QS devices together."""
        self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            identifiers={(DOMAIN, QS_ID)},
            manufacturer=MANUFACTURER,
            name="QS telemetry",
            entry_type=dr.DeviceEntryType.SERVICE,
            via_device_id=self._hub_id,
        )

    @callback
    def put_node(self, key: str, device_id: str) -> None:
        """Register a QS device below what stands for all of them."""
        self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            identifiers={(DOMAIN, key)},
            manufacturer=MANUFACTURER,
            model="QS node",
            name=device_id,
            serial_number=device_id,
            via_device_id=self._id_of(QS_ID),
        )

    @callback
    def put_detector(self, subentry_id: str, name: str, kind: str) -> None:
        """Register a detector, or its other name."""
        self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            config_subentry_id=subentry_id,
            identifiers={(DOMAIN, subentry_id)},
            manufacturer=MANUFACTURER,
            model=f"{kind.title()} detector",
            name=name,
            entry_type=dr.DeviceEntryType.SERVICE,
            via_device_id=self._hub_id,
        )

    @callback
    def put_iss(self, owner_id: str, link: Link, name: str) -> None:
        """Register a discipline of the ISS, or its position, below the feed."""
        self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            config_subentry_id=link.subentry_id,
            identifiers={(DOMAIN, owner_id)},
            manufacturer="NASA",
            model="ISS Live",
            name=name,
            entry_type=dr.DeviceEntryType.SERVICE,
            via_device_id=self._id_of(link.id),
        )

    @callback
    def put_f2(
        self,
        owner_id: str,
        subentry_id: str,
        *,
        name: str | None,
        model: str | None,
        mac: str | None = None,
        above: str | None = None,
    ) -> None:
        """Register an F2 controller, or a connector or sensor below it."""
        connections = {(dr.CONNECTION_NETWORK_MAC, dr.format_mac(mac))} if mac else None
        self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            config_subentry_id=subentry_id,
            identifiers={(DOMAIN, owner_id)},
            connections=connections or UNDEFINED,
            manufacturer=F2_MANUFACTURER,
            model=model,
            name=name,
            via_device_id=self._id_of(above),
        )

    @callback
    def update_group(self, name: str, members: Iterable[str]) -> None:
        """Give a group's label to its members and take it from all others of ours."""
        wanted = {found.id for member in members if (found := self._get(member))}
        label = self._labels.async_get_label_by_name(name)
        for registered in dr.async_entries_for_config_entry(
            self._devices, self._entry_id
        ):
            if registered.id in wanted:
                self._put_labels(registered, [name])
            elif label and label.label_id in registered.labels:
                self._devices.async_update_device(
                    registered.id, labels=registered.labels - {label.label_id}
                )

    @callback
    def remove(self, owner_id: str) -> None:
        """Remove the device of an owner, and its entities with it."""
        if registered := self._get(owner_id):
            self._devices.async_remove_device(registered.id)

    @callback
    def remove_stale(self, links: Iterable[str]) -> None:
        """Remove the devices that nothing stands behind any more. Streams have time to come back."""
        known = {self._entry_id, *links}
        known |= {entity.id for entity in self._domain.entities}
        known |= {device.id for device in self._domain.devices}
        for registered in dr.async_entries_for_config_entry(
            self._devices, self._entry_id
        ):
            if not any(
                key in known or key.startswith(STREAM_PREFIX)
                for _, key in registered.identifiers
            ):
                self._devices.async_remove_device(registered.id)

    @callback
    def remove_missing_streams(self, known: Container[str]) -> None:
        """Remove the devices of streams that are not shown any more."""
        for registered in dr.async_entries_for_config_entry(
            self._devices, self._entry_id
        ):
            if any(
                key.startswith(STREAM_PREFIX) and key not in known
                for _, key in registered.identifiers
            ):
                self._devices.async_remove_device(registered.id)

    def _get(self, owner_id: str) -> dr.AnyDeviceEntry | None:
        return self._devices.async_get_device_by_identifier(
            (DOMAIN, owner_id), self._entry_id
        )

    def _id_of(self, owner_id: str | None) -> str:
        registered = self._get(owner_id) if owner_id else None
        return registered.id if registered else self._hub_id

    def _device_of(self, entity: Entity) -> Device | None:
        return self._domain.devices.get(entity.device_id) if entity.device_id else None

    def _put_labels(
        self, registered: dr.DeviceEntry | dr.AnyDeviceEntry, names: list[str]
    ) -> None:
        labels = {
            (
                self._labels.async_get_label_by_name(name)
                or self._labels.async_create(name)
            ).label_id
            for name in names
        }
        if not labels <= registered.labels:
            self._devices.async_update_device(
                registered.id, labels=registered.labels | labels
            )
