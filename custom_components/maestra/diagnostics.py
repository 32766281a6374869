"""Diagnostics of the hub, of a broker, of the database, and of one Maestra entity or device; nothing private in them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from heapq import nlargest
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry

from .authority_link import AuthorityLink
from .const import CONF_CHANNELS, CONF_TRANSPORT, DOMAIN, F2_PREFIX, QS_ID
from .domain import Domain
from .domain.entity import Entity
from .domain.stream import Stream
from .f2_house import F2House
from .iss_link import IssLink
from .link import Link, ServiceLink
from .links import MqttLink
from .listener_link import ListenerLink
from .redaction import redact
from .runtime import MaestraConfigEntry, MaestraRuntime
from .sources.f2.model import Controller
from .sources.qs.desk import QsDesk
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
        "links": [
            _link(link)
            for link in (*runtime.gateways.values(), *runtime.iss.links.values())
        ],
        "store": _store(runtime.store) if runtime.store else None,
        "authority": _authority(runtime.authority) if runtime.authority else None,
        "counts": _counts(domain),
        "latest_entities": [_entity(entity) for entity in newest],
        "devices": [
            redact(device.to_wire()) for device in list(domain.devices)[:SAMPLE_SIZE]
        ],
        "streams": [_stream(stream) for stream in list(domain.streams)[:SAMPLE_SIZE]],
        "qs": _qs(runtime.qs.desk),
        "detectors": _detectors(runtime),
        "f2": _f2(runtime.f2),
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
    if link := runtime.gateways.get(key) or runtime.iss.links.get(key):
        subentry = (
            {"subentry": _subentry(link.subentry)}
            if isinstance(link, ServiceLink)
            else {}
        )
        return {"link": _link(link), **subentry}
    if runtime.authority and runtime.authority.id == key:
        return {
            "authority": _authority(runtime.authority),
            "subentry": _subentry(runtime.authority.subentry),
        }
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
    if view := runtime.streams.get(key):
        return {"stream": _stream(view.stream), "is_active": view.is_active}
    if node := runtime.qs_show.node(key):
        return {"node": redact(node.as_dict())}
    if key.startswith(F2_PREFIX):
        mac = key.removeprefix(F2_PREFIX).partition(":")[0]
        controller = runtime.f2.controller(mac)
        return {"f2_controller": _f2_controller(controller) if controller else None}
    if key in runtime.detectors.shown:
        return {"detector": _detectors(runtime)[key]}
    if feed := runtime.iss.link_of(key):
        return {"link": _link(feed), "subentry": _subentry(feed.subentry)}
    if key == QS_ID:
        return {"qs": _qs(runtime.qs.desk)}
    return {"counts": _counts(runtime.domain)}


def _subentry(subentry: ConfigSubentry) -> dict[str, Any]:
    # Title and unique id have the broker's address in them.
    return {
        "id": subentry.subentry_id,
        "type": subentry.subentry_type,
        "data": redact(dict(subentry.data)),
    }


def _link(link: Link) -> dict[str, Any]:
    # What a listener counts by begins with its first attempt to listen.
    gateway: Any = getattr(link, "gateway", None)
    found = {
        "id": link.id,
        "kind": link.kind,
        "connected": link.connected,
        "reason": _reason(link),
        "gateway_counters": gateway.counters.as_dict() if gateway else {},
        "latency_p99": gateway.latency.quantile(0.99) if gateway else None,
    }
    match link:
        case MqttLink():
            found |= {
                "transport": link.data[CONF_TRANSPORT],
                "transport_counters": asdict(link.transport.counters),
            }
        case IssLink():
            signal = link.gateway.signal
            found |= {
                "signal": signal.status,
                "signal_since": signal.since.isoformat() if signal.since else None,
                "channels": len(link.data[CONF_CHANNELS]),
                "channels_heard": len(link.gateway.items.latest),
            }
        case ListenerLink():
            found |= {"port": link.port, "clients": gateway.clients if gateway else 0}
    return found


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


def _f2(house: F2House) -> dict[str, Any]:
    """Return what is known of F2 controllers. What readers have read is not even kept."""
    return {
        "sources": {source.key: source.counters.as_dict() for source in house.sources},
        "templates": [template.id for template in house.templates],
        "waiting": len(house.unknown()),
        "controllers": [
            _f2_controller(controller)
            for mac in list(house.setups)[:SAMPLE_SIZE]
            if (controller := house.controller(mac))
        ],
    }


def _f2_controller(controller: Controller) -> dict[str, Any]:
    return {
        "wiring": controller.wiring.as_dict(),
        "last_seen": controller.last_seen,
        "drift": controller.drift,
        "components": {
            path: {
                "is_on": component.is_on,
                "heard_at": component.heard_at,
                "values": dict(component.reading.values) if component.reading else None,
                "crc_valid": component.reading.crc_valid if component.reading else None,
            }
            for path, component in controller.components.items()
        },
    }


def _qs(desk: QsDesk) -> dict[str, Any]:
    """Return what is known of QS devices, without what a dead letter holds: it may be anything."""
    return {
        "nodes": len(desk.nodes),
        "known_events": len(desk.window),
        "dead_letters": desk.letters.total,
        "latest_errors": [letter.error for letter in desk.letters][:SAMPLE_SIZE],
        "sources": {
            key: source.counters.as_dict() for key, source in desk.sources.items()
        },
        "devices": [redact(node.as_dict()) for node in list(desk.nodes)[:SAMPLE_SIZE]],
    }


def _detectors(runtime: MaestraRuntime) -> dict[str, Any]:
    """Return what detectors look for and how far they are, by id."""
    found = runtime.detectors.desk.snapshot()
    return {"counters": runtime.detectors.desk.counters.as_dict(), **found}


def _authority(link: AuthorityLink) -> dict[str, Any]:
    service = link.service
    return {
        "id": link.id,
        "connected": link.connected,
        "reason": _reason(link),
        "expires_at": service.authority.expires_at.isoformat() if service else None,
        "problems": service.authority.problems if service else None,
        "counters": service.counters.as_dict() if service else {},
        "valid": link.count(revoked=False),
        "revoked": link.count(revoked=True),
        "enrolment_is_open": service.enrolment.is_open if service else None,
        "broker_expires_at": (
            link.broker_expiry.isoformat() if link.broker_expiry else None
        ),
    }


def _reason(link: Link) -> str | None:
    # Free text about a server: it may name the server, or us.
    secrets = [value for value in link.data.values() if isinstance(value, str)]
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
        "streams": len(domain.streams),
        "streams_by_type": dict(
            Counter(stream.stream_type for stream in domain.streams)
        ),
        "stream_sessions": len(domain.streams.sessions),
        "stream_subscribers": len(domain.streams.subscribers),
    }


def _stream(stream: Stream) -> dict[str, Any]:
    return redact(
        {
            **stream.to_wire(),
            "gateway": stream.gateway,
            "sessions": [session.to_wire() for session in stream.sessions.values()],
            "subscribers": [
                subscriber.to_wire() for subscriber in stream.subscribers.values()
            ],
        }
    )


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
