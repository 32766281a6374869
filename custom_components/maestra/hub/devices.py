"""Home Assistant's device registry and labels, in line with what is shown."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    label_registry as lr,
)
from homeassistant.helpers.typing import UNDEFINED, UndefinedType

from ..const import DOMAIN

MANUFACTURER: Final = "Maestra"


class HubDevices:
    """The hub's devices in the registry, by the identifiers of their owners.

    The hierarchy is told by `via_device_id`: parents are registered before their children.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Register the hub itself."""
        self._devices = dr.async_get(hass)
        self._labels = lr.async_get(hass)
        self._areas = ar.async_get(hass)
        self._entry_id = entry_id
        # By label, the owners that have been given it: what the user took off since stays off.
        self._given: defaultdict[str, set[str]] = defaultdict(set)
        self._hub_id = self._devices.async_get_or_create(
            config_entry_id=entry_id,
            identifiers={(DOMAIN, entry_id)},
            manufacturer=MANUFACTURER,
            name="Maestra",
            entry_type=dr.DeviceEntryType.SERVICE,
        ).id

    @callback
    def put(
        self,
        owner_id: str,
        *,
        name: str | None = None,
        translation_key: str | None = None,
        model: str | UndefinedType | None = UNDEFINED,
        above: str | None = None,
        subentry_id: str | None = None,
        manufacturer: str = MANUFACTURER,
        is_service: bool = False,
        mac: str | None = None,
        area: str | None = None,
        serial_number: str | UndefinedType | None = UNDEFINED,
        sw_version: str | UndefinedType | None = UNDEFINED,
        configuration_url: str | UndefinedType | None = UNDEFINED,
        labels: Iterable[str] = (),
    ) -> None:
        """Register an owner's device, or what changed of it; what is left out stays as it was. It has a name, or the key of one.

        It is below the owner `above` where that has a device, else below the hub. Labels are given to a new device
        only, and so is the area of this name, or else that of what it is below; one that moves goes with what it
        was and is below, as long as the user put it nowhere else.
        """
        before = self.get(owner_id)
        was_below = before.via_device_id if isinstance(before, dr.DeviceEntry) else None
        registered = self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            config_subentry_id=subentry_id or UNDEFINED,
            identifiers={(DOMAIN, owner_id)},
            connections=self._connections(owner_id, mac),
            manufacturer=manufacturer,
            model=model,
            name=name,
            translation_key=translation_key,
            serial_number=serial_number,
            sw_version=sw_version,
            configuration_url=configuration_url,
            entry_type=dr.DeviceEntryType.SERVICE if is_service else UNDEFINED,
            via_device_id=(above and self.id_of(above)) or self._hub_id,
        )
        for label in labels:
            self._given[label].add(owner_id)
        if before is None:
            self._put_labels(registered, labels)
        if before is None or was_below != registered.via_device_id:
            self._put_area(
                owner_id,
                registered,
                area,
                self._area_below(was_below),
                is_new=before is None,
            )

    @callback
    def place(self, owner_id: str, area_id: str) -> None:
        """Put the device of an owner into an area, and with it what is below it and was where it was, or nowhere."""
        if (registered := self.get(owner_id)) is None:
            return
        former = registered.area_id
        below = defaultdict(list)
        for each in self._all():
            below[each.via_device_id].append(each)
        moving = [registered.id]
        while moving:
            device_id = moving.pop()
            self._devices.async_update_device(device_id, area_id=area_id)
            moving += [
                each.id for each in below[device_id] if each.area_id in (None, former)
            ]

    @callback
    def place_by_name(self, owner_id: str, area: str) -> None:
        """Put the device of an owner into the area of this name, which is made where there is none, unless it is in one."""
        registered = self.get(owner_id)
        if registered is not None and registered.area_id is None:
            self.place(owner_id, self._areas.async_get_or_create(area).id)

    def known_area(self, name: str | None) -> str | None:
        """Return the id of the area with this name, None where there is none."""
        found = self._areas.async_get_area_by_name(name) if name else None
        return found.id if found else None

    @callback
    def update_label(self, name: str, owners: Iterable[str]) -> None:
        """Give a label to those of these owners' devices that were not given it before, and take it from all others of ours."""
        owners = set(owners)
        new, self._given[name] = owners - self._given[name], owners
        for owner_id in new:
            if (registered := self.get(owner_id)) is not None:
                self._put_labels(registered, [name])
        wanted = {found.id for owner_id in owners if (found := self.get(owner_id))}
        label = self._labels.async_get_label_by_name(name)
        for registered in self._all():
            if registered.id in wanted:
                continue
            if label and label.label_id in registered.labels:
                self._devices.async_update_device(
                    registered.id, labels=registered.labels - {label.label_id}
                )

    @callback
    def rename(self, owner_id: str, new_id: str) -> None:
        """Give the device of an owner to another, which has none."""
        if registered := self.get(owner_id):
            self._devices.async_update_device(
                registered.id, new_identifiers={(DOMAIN, new_id)}
            )

    @callback
    def replace_label(self, owner_id: str, former: str, name: str) -> None:
        """Give the device of an owner a label in place of another, unless the user took that off."""
        registered = self.get(owner_id)
        label = self._labels.async_get_label_by_name(former)
        if registered is None or label is None:
            return
        self._given[former].discard(owner_id)
        self._given[name].add(owner_id)
        if label.label_id in registered.labels:
            self._devices.async_update_device(
                registered.id, labels=registered.labels - {label.label_id}
            )
            self._put_labels(self.get(owner_id) or registered, [name])

    @callback
    def remove(self, owner_id: str) -> None:
        """Remove the device of an owner, and its entities with it."""
        if registered := self.get(owner_id):
            self._devices.async_remove_device(registered.id)

    @callback
    def remove_stale(
        self, known: Container[str], is_expected: Callable[[str], bool]
    ) -> None:
        """Remove the devices that nothing stands behind any more, and that are not expected back."""
        for registered in self._all():
            if not any(
                key == self._entry_id or key in known or is_expected(key)
                for _, key in registered.identifiers
            ):
                self._devices.async_remove_device(registered.id)

    @callback
    def remove_missing(self, is_missing: Callable[[str], bool]) -> None:
        """Remove the devices of the owners that are missing."""
        for registered in self._all():
            if any(is_missing(key) for _, key in registered.identifiers):
                self._devices.async_remove_device(registered.id)

    def _all(self) -> list[dr.DeviceEntry]:
        return dr.async_entries_for_config_entry(self._devices, self._entry_id)

    def get(self, owner_id: str) -> dr.AnyDeviceEntry | None:
        """Return the device of an owner, the hub's own by the id of its entry; None where there is none."""
        return self._devices.async_get_device_by_identifier(
            (DOMAIN, owner_id), self._entry_id
        )

    def id_of(self, owner_id: str) -> str | None:
        """Return what Home Assistant knows the device of an owner by, None where there is none."""
        registered = self.get(owner_id)
        return registered.id if registered else None

    def _connections(
        self, owner_id: str, mac: str | None
    ) -> set[tuple[str, str]] | UndefinedType:
        """Return what makes it one with the device of another integration; two of our own stay two."""
        if mac is None:
            return UNDEFINED
        connection = (dr.CONNECTION_NETWORK_MAC, dr.format_mac(mac))
        known = self._devices.async_get_device_by_connection(connection, self._entry_id)
        if known is not None and (DOMAIN, owner_id) not in known.identifiers:
            return UNDEFINED
        return {connection}

    def _put_area(
        self,
        owner_id: str,
        registered: dr.DeviceEntry,
        area: str | None,
        former: str | None,
        *,
        is_new: bool,
    ) -> None:
        """Give an area to a device that is new, or that moved; `former` is that of what it was below."""
        if (
            registered.entry_type is dr.DeviceEntryType.SERVICE
            or registered.area_id not in (None, former)
        ):
            return
        area_id = (
            self._area_below(registered.via_device_id)
            if area is None
            else self._areas.async_get_or_create(area).id
        )
        if area_id is None or area_id == registered.area_id:
            return
        if is_new:
            # Nothing is below it yet, and there may be thousands of others to look through.
            self._devices.async_update_device(registered.id, area_id=area_id)
        else:
            self.place(owner_id, area_id)

    def _area_below(self, device_id: str | None) -> str | None:
        """Return the area that is suggested for what is below a device: none below the hub and other services."""
        above = self._devices.async_get(device_id) if device_id else None
        is_service = getattr(above, "entry_type", None) is dr.DeviceEntryType.SERVICE
        return None if above is None or is_service else above.area_id

    def _put_labels(self, registered: dr.AnyDeviceEntry, names: Iterable[str]) -> None:
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
