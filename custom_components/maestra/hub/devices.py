"""Home Assistant's device registry and labels, in line with what is shown."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, label_registry as lr
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
        name: str | None,
        model: str | UndefinedType | None = UNDEFINED,
        above: str | None = None,
        subentry_id: str | None = None,
        manufacturer: str = MANUFACTURER,
        is_service: bool = False,
        mac: str | None = None,
        serial_number: str | UndefinedType | None = UNDEFINED,
        sw_version: str | UndefinedType | None = UNDEFINED,
        labels: Iterable[str] = (),
    ) -> None:
        """Register an owner's device, or what changed of it; what is left out stays as it was.

        It is below the owner `above` where that has a device, else below the hub. Labels are given to a new device
        only.
        """
        is_new = self._get(owner_id) is None
        registered = self._devices.async_get_or_create(
            config_entry_id=self._entry_id,
            config_subentry_id=subentry_id or UNDEFINED,
            identifiers={(DOMAIN, owner_id)},
            connections={(dr.CONNECTION_NETWORK_MAC, dr.format_mac(mac))}
            if mac
            else UNDEFINED,
            manufacturer=manufacturer,
            model=model,
            name=name,
            serial_number=serial_number,
            sw_version=sw_version,
            entry_type=dr.DeviceEntryType.SERVICE if is_service else UNDEFINED,
            via_device_id=self._id_of(above),
        )
        for label in labels:
            self._given[label].add(owner_id)
        if is_new:
            self._put_labels(registered, labels)

    @callback
    def update_label(self, name: str, owners: Iterable[str]) -> None:
        """Give a label to those of these owners' devices that were not given it before, and take it from all others of ours."""
        owners = set(owners)
        new, self._given[name] = owners - self._given[name], owners
        for owner_id in new:
            if (registered := self._get(owner_id)) is not None:
                self._put_labels(registered, [name])
        wanted = {found.id for owner_id in owners if (found := self._get(owner_id))}
        label = self._labels.async_get_label_by_name(name)
        for registered in self._all():
            if registered.id in wanted:
                continue
            if label and label.label_id in registered.labels:
                self._devices.async_update_device(
                    registered.id, labels=registered.labels - {label.label_id}
                )

    @callback
    def remove(self, owner_id: str) -> None:
        """Remove the device of an owner, and its entities with it."""
        if registered := self._get(owner_id):
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

    def _get(self, owner_id: str) -> dr.AnyDeviceEntry | None:
        return self._devices.async_get_device_by_identifier(
            (DOMAIN, owner_id), self._entry_id
        )

    def _id_of(self, owner_id: str | None) -> str:
        registered = self._get(owner_id) if owner_id else None
        return registered.id if registered else self._hub_id

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
