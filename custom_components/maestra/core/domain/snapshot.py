"""Saving and restoring a domain as JSON.

Structure changes seldom and is large, states change all the time: two
snapshots, so that a save in a running show copies references only.
"""

from dataclasses import replace
from typing import Any

from .clock import optional_wire_time, parse_time, wire_time
from .device import BlockedDevice, Device, DeviceConfiguration, DeviceGroup, Metric
from .domain import Domain
from .entity import Entity
from .entity_type import EntityType
from .hierarchy import parents_first
from .provisioning import Provision
from .states import default_state
from .stream import StreamType
from .variables import Variable

type Json = dict[str, Any]


def structure_snapshot(domain: Domain) -> Json:
    """Return all but the states, ready for JSON."""
    return {
        "types": [kind.to_wire() for kind in domain.types if not kind.is_original],
        "entities": [_save_entity(entity) for entity in parents_first(domain.entities)],
        "devices": [_save_device(device) for device in domain.devices],
        "blocked": [
            {
                "hardware_id": blocked.hardware_id,
                "reason": blocked.reason,
                "blocked_at": wire_time(blocked.blocked_at),
                "device_id": blocked.device_id,
            }
            for blocked in domain.devices.blocked
        ],
        "provisions": [provision.to_wire() for provision in domain.provisioning],
        "groups": [
            {
                "name": group.name,
                "description": group.description,
                "members": sorted(group.members),
            }
            for group in domain.groups
        ],
        "configurations": [
            {
                "device_id": version.device_id,
                "version": version.version,
                "configuration": version.configuration,
                "created_at": wire_time(version.created_at),
                "created_by": version.created_by,
                "applied_at": optional_wire_time(version.applied_at),
            }
            for version in domain.configurations
        ],
        "collection": [rule.to_wire() for rule in domain.collection],
        "stream_types": [
            kind.to_wire() for kind in domain.streams.types if not kind.built_in
        ],
    }


def state_snapshot(domain: Domain) -> Json:
    """Return the states and their times by entity id. States are never changed in place: no copy is made."""
    return {
        entity.id: [entity.state, entity.state_updated_at, entity.gateway]
        for entity in domain.entities
    }


def restore(domain: Domain, structure: Json, states: Json) -> None:
    """Fill an empty domain with what was saved. An entity without a saved state keeps its defaults."""
    for saved in structure["types"]:
        domain.types.restore(
            EntityType(**_with_times(saved, "created_at", "updated_at"))
        )
    for saved in structure["devices"]:
        domain.devices.restore(_load_device(saved))
    for saved in structure.get("provisions", ()):
        domain.provisioning.restore(
            Provision(
                **{key: saved[key] for key in ("device_id", "status", "entity_id")}
            )
        )
        # Where a device came from was kept here before.
        if (known := domain.devices.get(saved["device_id"])) and "came_from" in saved:
            known.came_from = saved["came_from"]
    for saved in structure["blocked"]:
        domain.devices.blocked.add(BlockedDevice(**_with_times(saved, "blocked_at")))
    for saved in structure["groups"]:
        domain.groups.restore(
            DeviceGroup(**{**saved, "members": set(saved["members"])})
        )
    for saved in structure["configurations"]:
        domain.configurations.restore(
            DeviceConfiguration(**_with_times(saved, "created_at", "applied_at"))
        )
    for saved in structure.get("stream_types", ()):
        domain.streams.types.restore(
            StreamType(**_with_times(saved, "created_at", "updated_at"))
        )
    for saved in structure.get("collection", ()):
        domain.collection.restore(saved)
    for saved in structure["entities"]:
        domain.entities.restore(_load_entity(domain, saved, states.get(saved["id"])))


def _save_entity(entity: Entity) -> Json:
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


def _load_entity(domain: Domain, saved: Json, state: list[Any] | None) -> Entity:
    fields = _with_times(saved, "created_at", "updated_at")
    kind = domain.types[fields.pop("type")]
    parent = fields.pop("parent")
    variables = {
        variable["name"]: replace(
            Variable.from_wire(variable), inferred=variable["inferred"]
        )
        for variable in fields.pop("variables")
    }
    values, updated_at, gateway = state or [
        default_state(kind, variables),
        saved["updated_at"],
        None,
    ]
    return Entity(
        **fields | {"tags": tuple(saved["tags"])},
        type=kind,
        parent=domain.entities[parent] if parent else None,
        variables=variables,
        state=values,
        state_updated_at=parse_time(updated_at),
        gateway=gateway,
    )


def _save_device(device: Device) -> Json:
    return device.to_wire() | {
        "metrics": [
            {
                "name": metric.name,
                "value": metric.value,
                "unit": metric.unit,
                "series_unit": metric.series_unit,
                "tags": metric.tags,
                "timestamp": wire_time(metric.timestamp),
            }
            for metric in device.metrics.values()
        ],
        "gateway": device.gateway,
        "came_from": device.came_from,
    }


def _load_device(saved: Json) -> Device:
    fields = _with_times(saved, "last_seen", "created_at", "updated_at")
    metrics = [
        Metric(**_with_times(metric, "timestamp")) for metric in saved["metrics"]
    ]
    return Device(**fields | {"metrics": {metric.name: metric for metric in metrics}})


def _with_times(saved: Json, *keys: str) -> Json:
    return saved | {key: saved[key] and parse_time(saved[key]) for key in keys}
