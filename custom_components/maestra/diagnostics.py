"""Diagnostics of the hub, of a broker, of the database, and of one Maestra entity or device; nothing private in them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from heapq import nlargest
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry

from .const import CONF_TRANSPORT, DOMAIN
from .domain import Domain
from .domain.entity import Entity
from .link import Link
from .links import MqttLink
from .redaction import redact
from .runtime import MaestraConfigEntry, MaestraRuntime
from .store_link import StoreLink

SAMPLE_SIZE: Final = 20


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: MaestraConfigEntry
) -> dict[str, Any]:
    """Return settings, connections, counts, and what changed last."""
    runtime = entry.runtime_data
    domain = runtime.domain
    newest = nlargest(
        SAMPLE_SIZE, domain.entities, key=lambda entity: entity.state_updated_at
    )
    return {
        "options": redact(dict(entry.options)),
        "subentries": [_subentry(subentry) for subentry in entry.subentries.values()],
        "links": [_link(link) for link in runtime.links.values()],
        "store": _store(runtime.store) if runtime.store else None,
        "counts": _counts(domain),
        "latest_entities": [_entity(entity) for entity in newest],
        "devices": [
            redact(device.to_wire()) for device in list(domain.devices)[:SAMPLE_SIZE]
        ],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: MaestraConfigEntry, device: AnyDeviceEntry
) -> dict[str, Any]:
    """Return all that is known of what stands behind a registry device."""
    return {
        kind: found
        for domain, key in device.identifiers
        if domain == DOMAIN
        for kind, found in _owner(entry.runtime_data, key).items()
    }


def _owner(runtime: MaestraRuntime, key: str) -> Mapping[str, Any]:
    if link := runtime.links.get(key):
        return {"link": _link(link), "subentry": _subentry(link.subentry)}
    if runtime.store and runtime.store.id == key:
        return {
            "store": _store(runtime.store),
            "subentry": _subentry(runtime.store.subentry),
        }
    if entity := runtime.domain.entities.get(key):
        return {"entity": _entity(entity)}
    if device := runtime.domain.devices.get(key):
        metrics = [asdict(metric) for metric in device.metrics.values()]
        versions = runtime.domain.configurations.of(device.id)
        return {
            "device": redact(device.to_wire()),
            "metrics": redact(metrics),
            "configurations": [redact(asdict(version)) for version in versions],
        }
    return {"counts": _counts(runtime.domain)}


def _subentry(subentry: ConfigSubentry) -> dict[str, Any]:
    # Title and unique id have the broker's address in them.
    return {
        "id": subentry.subentry_id,
        "type": subentry.subentry_type,
        "data": redact(dict(subentry.data)),
    }


def _link(link: MqttLink) -> dict[str, Any]:
    return {
        "id": link.id,
        "transport": link.subentry.data[CONF_TRANSPORT],
        "connected": link.connected,
        "reason": _reason(link),
        "transport_counters": asdict(link.transport.counters),
        "gateway_counters": link.gateway.counters.as_dict(),
    }


def _store(link: StoreLink) -> dict[str, Any]:
    store = link.store
    return {
        "id": link.id,
        "connected": link.connected,
        "state": store.state.value,
        "reason": _reason(link),
        "server": asdict(store.server) if store.server else None,
        "counters": store.counters.as_dict(),
        "rows_per_second": store.rows_per_second,
        "queue_depth": store.queue_depth,
        "spool_rows": store.spool_rows,
        "spool_bytes": store.spool_bytes,
        "lag": store.lag,
        "size": store.database_size,
    }


def _reason(link: Link) -> str | None:
    # Free text about a server: it may name the server, or us.
    data = link.subentry.data
    secrets = [value for value in data.values() if isinstance(value, str)]
    return redact(link.reason, secrets)


def _counts(domain: Domain) -> dict[str, Any]:
    entities = list(domain.entities)
    return {
        "entities": len(entities),
        "entities_by_type": dict(Counter(entity.type.name for entity in entities)),
        "variables": sum(len(entity.variables) for entity in entities),
        "devices": len(domain.devices),
        "devices_by_status": dict(Counter(device.status for device in domain.devices)),
        "blocked_devices": len(domain.devices.blocked),
        "groups": len(list(domain.groups)),
        "custom_types": sum(not kind.built_in for kind in domain.types),
    }


def _entity(entity: Entity) -> dict[str, Any]:
    return redact(
        {
            **entity.to_wire(),
            "entity_type": entity.type.name,
            "metadata": entity.metadata,
            "variables": [
                variable.to_wire() | {"inferred": variable.inferred}
                for variable in entity.variables.values()
            ],
            "gateway": entity.gateway,
            "infers": entity.infers,
        }
    )
