"""What a device says of the entity that it drives: what kind of thing it is, and its variables."""

from collections.abc import Mapping
from typing import Any, Final

from .device import PENDING, Device
from .devices import Devices
from .entities import Entities
from .entity import Entity
from .errors import DevicePending, InvalidField, TooMany
from .fields import optional_name
from .json_values import JsonObject, is_same
from .names import checked_name, checked_slug
from .source import SYSTEM, Source
from .states import MAX_VARIABLES
from .variables import Variable

MAX_FOLLOWED: Final = 50
DESCRIBED: Final = "described"
"""Where an entity's metadata have what its device last said of the variables."""


def describe(
    devices: Devices,
    entities: Entities,
    key: str,
    data: Mapping[str, Any],
    *,
    source: Source = SYSTEM,
) -> Entity:
    """Take over `slug`, `name`, `entity_type` and `variables` of the entity that a device drives.

    An unknown entity is created. Of a known one the variables are taken of which the device says something else than
    last time: what users have changed of the others stays. Raises UnknownDevice, DeviceBlocked, DevicePending, TooMany,
    UnknownEntityType, and InvalidField, also for an entity that another device drives.
    """
    device = devices.heard(key, source=source)
    if device.status == PENDING:
        raise DevicePending(device=device.hardware_id)
    slug = checked_slug(checked_name(data.get("slug"), "slug"))
    said = _variables(data.get("variables"))
    described: JsonObject = {
        name: variable.to_wire() for name, variable in said.items()
    }
    entity = entities.get(slug)
    if entity is None:
        return entities.create(
            name=optional_name(data.get("name"), "name") or slug,
            entity_type=optional_name(data.get("entity_type"), "entity_type")
            or "device",
            slug=slug,
            variables=said.values(),
            metadata={DESCRIBED: described},
            device_id=device.id,
            # It tells its values itself.
            with_defaults=False,
            source=source,
        )
    _take(devices, entities, entity, device, source)
    before = entity.metadata.get(DESCRIBED)
    before = before if isinstance(before, dict) else {}
    if not is_same(before, described):
        kept = {
            name: variable
            for name, variable in entity.variables.items()
            if not variable.inferred and (name in said or name not in before)
        }
        changed = {
            name: variable
            for name, variable in said.items()
            if name not in kept or not is_same(before.get(name), described[name])
        }
        entities.set_variables(slug, (kept | changed).values(), source=source)
        metadata = {**entity.metadata, DESCRIBED: described}
        entities.edit(slug, {"metadata": metadata}, source=source)
    return entity


def followed(entities: Entities, slugs: Any) -> list[Entity]:
    """Return those entities that there are of the ones that a device follows; raises InvalidField, TooMany."""
    if not isinstance(slugs, list | None):
        raise InvalidField(field="follows", reason="must be a list")
    slugs = dict.fromkeys(
        checked_slug(checked_name(slug, "follows")) for slug in slugs or ()
    )
    if len(slugs) > MAX_FOLLOWED:
        raise TooMany(kind="entities that a device follows", limit=MAX_FOLLOWED)
    return [entity for slug in slugs if (entity := entities.get(slug))]


def _take(
    devices: Devices, entities: Entities, entity: Entity, device: Device, source: Source
) -> None:
    """Make a device the one that drives an entity, unless another does."""
    if entity.device_id == device.id:
        return
    if entity.device_id is not None and devices.get(entity.device_id):
        reason = f"{entity.slug} belongs to another device"
        raise InvalidField(field="slug", reason=reason)
    entities.edit(entity.slug, {"device_id": device.id}, source=source)


def _variables(declared: Any) -> dict[str, Variable]:
    if not isinstance(declared, list):
        raise InvalidField(field="variables", reason="must be a list")
    if len(declared) > MAX_VARIABLES:
        raise TooMany(kind="variables of an entity", limit=MAX_VARIABLES)
    variables = [Variable.from_wire(variable) for variable in declared]
    return {variable.name: variable for variable in variables}
