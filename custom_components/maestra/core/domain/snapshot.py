"""Saving and restoring a domain as JSON: as a whole, or object by object.

A snapshot has a list for each section. One object of it is known by the section's name and a key.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from ..bus import get_logger
from .clock import optional_wire_time, parse_time, wire_time
from .device import BlockedDevice, Device, DeviceConfiguration, DeviceGroup, Metric
from .domain import Domain
from .entity import Entity
from .entity_type import EntityType
from .errors import MaestraError
from .hierarchy import parents_first
from .provisioning import Provision
from .states import default_state
from .stream import StreamType
from .variables import Variable

_LOGGER = get_logger(__name__)

type Json = dict[str, Any]

UNREADABLE: Final = (LookupError, TypeError, ValueError, AttributeError, MaestraError)
"""What is raised by what was saved and can't be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One kind of object of a snapshot. Without a `key` the section is one object: its list."""

    save: Callable[[Domain], Iterable[Json]]
    restore: Callable[[Domain, Json], object]
    key: Callable[[Json], str] | None = None

    def keyed(self, saved: Iterable[Json]) -> Iterator[tuple[str, Any]]:
        """Return the objects that a snapshot's list holds, each with its key."""
        if self.key is None:
            yield WHOLE, saved
            return
        for each in saved:
            yield self.key(each), each


ENTITIES: Final = "entities"
STATES: Final = "states"
"""States are saved beside the sections, by entity id."""
WHOLE: Final = ""
"""The key of a section that is one object."""


def structure_snapshot(domain: Domain) -> Json:
    """Return all but the states, ready for JSON."""
    return {name: [*section.save(domain)] for name, section in SECTIONS.items()}


def state_snapshot(domain: Domain) -> Json:
    """Return the states and their times by entity id. States are never changed in place: no copy is made."""
    return {entity.id: save_state(entity) for entity in domain.entities}


def restore(domain: Domain, structure: Json, states: Json) -> list[tuple[str, str]]:
    """Fill an empty domain with what was saved. An entity without a saved state keeps its defaults.

    What can't be read is logged and left out; returns its sections and keys.
    """
    left_out: list[tuple[str, str]] = []
    for name, section in SECTIONS.items():
        saved = structure.get(name, ())
        for each in _parents_first(saved) if name == ENTITIES else saved:
            try:
                section.restore(domain, each)
            except UNREADABLE as error:
                _LOGGER.error(
                    "Saved, but not readable in %s: %r (%r)", name, each, error
                )
                with suppress(LookupError, TypeError):
                    left_out += [(name, key) for key, _ in section.keyed([each])]
    for entity in domain.entities:
        if (state := states.get(entity.id)) is not None:
            try:
                _load_state(entity, state)
            except UNREADABLE as error:
                _LOGGER.error("The state of %s is not readable: %r", entity.slug, error)
                left_out.append((STATES, entity.id))
    return left_out


def _parents_first(saved: Iterable[Json]) -> Iterator[Json]:
    """Return saved entities so that each comes after its parent."""
    by_slug = {each.get("slug"): each for each in saved}
    seen: set[object] = set()
    for slug in by_slug:
        chain: list[Json] = []
        above: object = slug
        while above in by_slug and above not in seen:
            seen.add(above)
            chain.append(by_slug[above])
            above = by_slug[above].get("parent")
        yield from reversed(chain)


def save_entity(entity: Entity) -> Json:
    """Return an entity without its state, ready for JSON."""
    return {
        "id": entity.id,
        "name": entity.name,
        "slug": entity.slug,
        "type": entity.type.name,
        "parent": entity.parent.slug if entity.parent else None,
        "status": entity.status,
        "description": entity.description,
        "tags": list(entity.tags),
        "metadata": entity.metadata,
        "device_id": entity.device_id,
        "variables": [
            variable.to_wire() | {"inferred": variable.inferred}
            for variable in entity.variables.values()
        ],
        "infers": entity.infers,
        "created_at": wire_time(entity.created_at),
        "updated_at": wire_time(entity.updated_at),
    }


def _load_entity(domain: Domain, saved: Json) -> Entity:
    fields = _with_times(saved, "created_at", "updated_at")
    kind = domain.types[fields.pop("type")]
    parent = fields.pop("parent")
    variables = {
        variable["name"]: replace(
            Variable.from_wire(variable), inferred=variable["inferred"]
        )
        for variable in fields.pop("variables")
    }
    return Entity(
        **fields | {"tags": tuple(saved["tags"])},
        type=kind,
        parent=domain.entities.get(parent) if parent else None,
        variables=variables,
        state=default_state(kind, variables),
        state_updated_at=fields["updated_at"],
    )


def save_state(entity: Entity) -> list[Any]:
    """Return an entity's state with its time and gateway, ready for JSON."""
    return [entity.state, entity.state_updated_at, entity.gateway]


def _load_state(entity: Entity, saved: list[Any]) -> None:
    state, updated_at, entity.gateway = saved
    entity.state, entity.state_updated_at = state, parse_time(updated_at)


def save_device(device: Device) -> Json:
    """Return a device without its metrics, ready for JSON."""
    return device.to_wire() | {
        "gateway": device.gateway,
        "came_from": device.came_from,
        "described": device.described,
    }


def save_metric(metric: Metric) -> Json:
    """Return a metric, ready for JSON."""
    return {
        "name": metric.name,
        "value": metric.value,
        "unit": metric.unit,
        "series_unit": metric.series_unit,
        "tags": metric.tags,
        "timestamp": wire_time(metric.timestamp),
    }


def _save_with_metrics(device: Device) -> Json:
    metrics = [save_metric(metric) for metric in device.metrics.values()]
    return save_device(device) | {"metrics": metrics}


def _load_device(saved: Json) -> Device:
    fields = _with_times(saved, "last_seen", "created_at", "updated_at")
    metrics = [
        Metric(**_with_times(metric, "timestamp")) for metric in saved["metrics"]
    ]
    return Device(**fields | {"metrics": {metric.name: metric for metric in metrics}})


def save_blocked(blocked: BlockedDevice) -> Json:
    """Return a blocked device, ready for JSON."""
    return {
        "hardware_id": blocked.hardware_id,
        "reason": blocked.reason,
        "blocked_at": wire_time(blocked.blocked_at),
        "device_id": blocked.device_id,
    }


def _restore_blocked(domain: Domain, saved: Json) -> None:
    domain.devices.blocked.add(BlockedDevice(**_with_times(saved, "blocked_at")))


def save_group(group: DeviceGroup) -> Json:
    """Return a device group, ready for JSON."""
    return {
        "name": group.name,
        "description": group.description,
        "members": sorted(group.members),
    }


def _load_group(saved: Json) -> DeviceGroup:
    return DeviceGroup(**saved | {"members": set(saved["members"])})


def save_configuration(version: DeviceConfiguration) -> Json:
    """Return a version of a device's configuration, ready for JSON."""
    return {
        "device_id": version.device_id,
        "version": version.version,
        "configuration": version.configuration,
        "created_at": wire_time(version.created_at),
        "created_by": version.created_by,
        "applied_at": optional_wire_time(version.applied_at),
        "error": version.error,
    }


def configuration_key(device_id: str, version: int) -> str:
    """Return what tells a saved version of a configuration from others."""
    return f"{device_id}/{version}"


def _restore_provision(domain: Domain, saved: Json) -> None:
    fields = {key: saved[key] for key in ("device_id", "status", "entity_id")}
    domain.provisioning.restore(Provision(**fields))
    # Where a device came from was kept here before.
    if (known := domain.devices.get(saved["device_id"])) and "came_from" in saved:
        known.came_from = saved["came_from"]


def _with_times(saved: Json, *keys: str) -> Json:
    return saved | {key: saved[key] and parse_time(saved[key]) for key in keys}


# In the order in which they can be restored.
SECTIONS: Final[Mapping[str, Section]] = {
    "types": Section(
        key=lambda saved: str(saved["name"]),
        save=lambda domain: (
            kind.to_wire() for kind in domain.types if not kind.is_original
        ),
        restore=lambda domain, saved: domain.types.restore(
            EntityType(**_with_times(saved, "created_at", "updated_at"))
        ),
    ),
    "devices": Section(
        key=lambda saved: str(saved["id"]),
        save=lambda domain: map(_save_with_metrics, domain.devices),
        restore=lambda domain, saved: domain.devices.restore(_load_device(saved)),
    ),
    "blocked": Section(
        save=lambda domain: map(save_blocked, domain.devices.blocked),
        restore=_restore_blocked,
    ),
    "provisions": Section(
        key=lambda saved: str(saved["device_id"]),
        save=lambda domain: (provision.to_wire() for provision in domain.provisioning),
        restore=_restore_provision,
    ),
    "groups": Section(
        key=lambda saved: str(saved["name"]),
        save=lambda domain: map(save_group, domain.groups),
        restore=lambda domain, saved: domain.groups.restore(_load_group(saved)),
    ),
    "configurations": Section(
        key=lambda saved: configuration_key(saved["device_id"], saved["version"]),
        save=lambda domain: map(save_configuration, domain.configurations),
        restore=lambda domain, saved: domain.configurations.restore(
            DeviceConfiguration(**_with_times(saved, "created_at", "applied_at"))
        ),
    ),
    "collection": Section(
        save=lambda domain: (rule.to_wire() for rule in domain.collection),
        restore=lambda domain, saved: domain.collection.restore(saved),
    ),
    "stream_types": Section(
        save=lambda domain: (
            kind.to_wire() for kind in domain.streams.types if not kind.built_in
        ),
        restore=lambda domain, saved: domain.streams.types.restore(
            StreamType(**_with_times(saved, "created_at", "updated_at"))
        ),
    ),
    ENTITIES: Section(
        key=lambda saved: str(saved["id"]),
        save=lambda domain: map(save_entity, parents_first(domain.entities)),
        restore=lambda domain, saved: domain.entities.restore(
            _load_entity(domain, saved)
        ),
    ),
}
