"""Provisioning: what an approved device is given (maestra.md §1.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest, digest
import secrets
from typing import Any, Final

from ..bus import Bus
from .addresses import parsed_address
from .clock import utcnow
from .codes import code_letters, code_of
from .device import PENDING, Device
from .devices import Devices
from .entities import Entities
from .events import DeviceAdded, DeviceProvisioned, DeviceRemoved, ProvisionChanged
from .fields import checked_object
from .json_values import JsonObject
from .names import checked_name
from .source import SYSTEM, Source

APPROVED: Final = "approved"
PROVISIONED: Final = "provisioned"
MAX_ENV_VARS: Final = 128


@dataclass(slots=True, kw_only=True, eq=False)
class Provision:
    """How far a device's provisioning is, and what it is given. `env_vars` are secrets of the device."""

    device_id: str
    status: str = PENDING
    entity_id: str | None = None
    env_vars: JsonObject = field(default_factory=dict, repr=False)

    def to_wire(self) -> JsonObject:
        """Return what may be saved and shown: everything but the secrets."""
        return {
            "device_id": self.device_id,
            "status": self.status,
            "entity_id": self.entity_id,
        }


class Provisioning:
    """The provisions by the id of their device. A device that registered itself has none."""

    def __init__(self, bus: Bus, devices: Devices, entities: Entities) -> None:
        """Start empty; a device that goes takes its provision, and its secrets, with it."""
        self._bus = bus
        self._devices = devices
        self._entities = entities
        self._provisions: dict[str, Provision] = {}
        self.claim_key = secrets.token_bytes(32)
        """What claiming codes are made with: who keeps the devices keeps it too."""
        bus.subscribe(DeviceAdded, self._added)
        bus.subscribe(DeviceRemoved, self._removed)

    def __iter__(self) -> Iterator[Provision]:
        """Iterate over a copy."""
        return iter(list(self._provisions.values()))

    def get(self, device_id: str) -> Provision | None:
        """Return what a device is to be given, None where there is nothing."""
        return self._provisions.get(device_id)

    def of(self, device: Device) -> Provision | None:
        """Return a device's provision; None for one that needed no approval."""
        if device.status == PENDING:
            return self._made(device)
        return self._provisions.get(device.id)

    def claim_code(self, device: Device) -> str:
        """Return the code by which a device proves that it is the one that asked first, wherever it is by then."""
        return code_of(digest(self.claim_key, device.id.encode(), sha256))

    def is_at_home(self, device: Device, address: str | None) -> bool:
        """Whether a device is at the address that it came from."""
        found = parsed_address(address)
        return found is not None and str(found) == device.came_from

    def approve(
        self,
        key: str,
        *,
        name: str | None = None,
        device_type: str | None = None,
        entity: str | None = None,
        env_vars: Any = None,
        source: Source = SYSTEM,
    ) -> Device:
        """Let a pending device in; `entity` is the slug or id of the entity that it drives.

        Raises UnknownDevice, DeviceNotPending, UnknownEntity, InvalidField.
        """
        known = None if entity is None else self._entities[entity]
        given = _checked_env_vars(env_vars)
        device = self._devices.approve(key, name=name, device_type=device_type)
        provision = self._made(device)
        provision.status = APPROVED
        provision.env_vars = given or {}
        if known is not None:
            provision.entity_id = known.id
            self._entities.edit(known.slug, {"device_id": device.id}, source=source)
        self._bus.publish(ProvisionChanged(device.id))
        return device

    def change(self, device: Device, data: Mapping[str, Any]) -> Provision | None:
        """Take over `entity_id` and `env_vars` where `data` has them; None where there is no provision.

        Raises UnknownEntity, InvalidField.
        """
        provision = self.of(device)
        if provision is None:
            return None
        if (entity := data.get("entity_id")) is not None:
            entity = self._entities[entity].id
        given = _checked_env_vars(data.get("env_vars"))
        if "entity_id" in data:
            provision.entity_id = entity
        if given is not None:
            provision.env_vars = given
        self._bus.publish(ProvisionChanged(device.id))
        return provision

    def downloads(
        self, device: Device, address: str | None, code: str | None = None
    ) -> JsonObject:
        """Return an approved device's secrets if it is the device that asks, else none.

        It is, where it names its claiming code, or asks from the address that it came from:
        clients that know of no code get theirs too, and whoever approved them has seen where.
        The first time that there is nothing to keep back, the device is provisioned.
        """
        provision = self._provisions[device.id]
        is_itself = self.is_at_home(device, address) or self._is_right(device, code)
        if provision.status == APPROVED and (is_itself or not provision.env_vars):
            provision.status = PROVISIONED
            self._bus.publish(DeviceProvisioned(device, utcnow()))
            self._bus.publish(ProvisionChanged(device.id))
        return provision.env_vars if is_itself else {}

    def restore(self, provision: Provision) -> None:
        """Put back a provision that was saved."""
        self._provisions[provision.device_id] = provision

    def restore_env_vars(self, device_id: str, env_vars: Mapping[str, Any]) -> None:
        """Put back the secrets of a provision that was saved."""
        if provision := self._provisions.get(device_id):
            provision.env_vars = dict(env_vars)

    def _is_right(self, device: Device, code: str | None) -> bool:
        return code is not None and compare_digest(
            code_letters(code), code_letters(self.claim_code(device))
        )

    def _made(self, device: Device) -> Provision:
        return self._provisions.setdefault(device.id, Provision(device_id=device.id))

    def _added(self, event: DeviceAdded) -> None:
        if event.approved:
            provision = self._made(event.device)
            if provision.status == PENDING:
                provision.status = APPROVED
                self._bus.publish(ProvisionChanged(event.device.id))

    def _removed(self, event: DeviceRemoved) -> None:
        if self._provisions.pop(event.device.id, None):
            self._bus.publish(ProvisionChanged(event.device.id))


def _checked_env_vars(value: Any) -> JsonObject | None:
    if value is None:
        return None
    checked = checked_object(value, "env_vars", MAX_ENV_VARS)
    for name in checked:
        checked_name(name, "env_vars")
    return checked
