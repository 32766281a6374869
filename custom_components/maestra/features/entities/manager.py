"""Maestra entities and devices on Home Assistant's side: kept over restarts, shown, and watched."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from heapq import nlargest
from typing import Any, override

from homeassistant.core import callback

from ...const import (
    CONF_CREATE_UNKNOWN,
    CONF_OFFLINE_AFTER,
    CONF_STRICT,
    DEFAULT_CREATE_UNKNOWN,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_STRICT,
)
from ...core.bus import Unsubscribe, together
from ...core.domain import Domain
from ...core.domain.entity import Entity
from ...core.domain.source import HOME_ASSISTANT
from ...core.journal.journal import StateJournal
from ...hub.hub import Hub
from ...hub.manager import Manager
from ...hub.redaction import SAMPLE_SIZE, redact
from .persistence import Persistence, ProvisionSecrets
from .repairs import DeviceApprovals, RepairMonitor
from .suggestions import EntitySuggestions
from .sync import EntitySync


def apply_rules(domain: Domain, options: Mapping[str, Any]) -> None:
    """Let the domain accept what the options say."""
    rules = domain.entities.rules
    rules.create_unknown = options.get(CONF_CREATE_UNKNOWN, DEFAULT_CREATE_UNKNOWN)
    rules.strict = options.get(CONF_STRICT, DEFAULT_STRICT)


def silence_of(options: Mapping[str, Any]) -> timedelta:
    """Return how long a device may be silent before it counts as offline."""
    return timedelta(seconds=options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER))


class EntitiesManager(Manager):
    """Brings entities and devices back, keeps what is shown of them in line, and marks the silent."""

    def __init__(self, hub: Hub) -> None:
        """Take over the options; nothing is known yet."""
        hass, entry, domain = hub.hass, hub.entry, hub.domain
        self._entry = entry
        self._domain = domain
        self._persistence = Persistence(hass, domain)
        hub.provide(StateJournal, self._persistence.journal)
        self._secrets = ProvisionSecrets(hass, entry, domain)
        self._repairs = RepairMonitor(hass, entry, domain)
        self._approvals = DeviceApprovals(hass, entry, domain)
        self._suggestions = EntitySuggestions(hub)
        self._sync = EntitySync(hub)
        self._apply()

    @override
    async def async_load(self) -> None:
        """Bring back entities and devices, and what devices are given in secret."""
        await self._persistence.async_load()
        self._secrets.load()

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Follow the domain until the returned function is called."""
        return together(
            self._persistence.async_start(),
            self._secrets.start(),
            self._repairs.start(),
            self._approvals.start(),
            self._sync.start(),
            self._suggestions.start(),
        )

    @override
    async def async_started(self) -> None:
        """Show what is known."""
        await self._sync.async_show_all()

    @override
    async def async_apply(self) -> None:
        """Take over the options."""
        self._apply()

    @override
    @callback
    def refresh(self) -> None:
        """Find the silent devices."""
        self._domain.devices.expire(self._silence)

    @override
    async def async_save(self) -> None:
        """Write down what has changed, and a snapshot of all."""
        await self._persistence.journal.save()

    @override
    async def async_stop(self) -> None:
        """Leave nothing open."""
        await self._persistence.async_stop()

    @override
    async def async_pause(self) -> None:
        """Replace no file, as they are copied one after the other."""
        await self._persistence.journal.pause()

    @override
    def resume(self) -> None:
        """Replace files again."""
        self._persistence.journal.resume()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The ids of all entities and devices."""
        yield from (entity.id for entity in self._domain.entities)
        yield from (device.id for device in self._domain.devices)

    @override
    @callback
    def forget(self, owner_id: str) -> bool:
        """Delete an entity, or a silent device: one that talks would come back at once."""
        if device := self._domain.devices.get(owner_id):
            if device.is_online:
                return False
            self._domain.devices.remove(owner_id)
        elif self._domain.entities.get(owner_id):
            self._domain.entities.delete(owner_id, source=HOME_ASSISTANT)
        return True

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return counts, and what changed last."""
        newest = nlargest(
            SAMPLE_SIZE,
            self._domain.entities,
            key=lambda entity: entity.state_updated_at,
        )
        journal = self._persistence.journal
        return {
            "counts": _counts(self._domain),
            "journal": {
                **journal.counters.as_dict(),
                "size": journal.size,
                "waiting": journal.waiting,
            },
            "latest_entities": [_described(entity) for entity in newest],
            "devices": [
                redact(device.to_wire())
                for device in list(self._domain.devices)[:SAMPLE_SIZE]
            ],
        }

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return all that is known of an entity or device, or the counts of the hub itself."""
        if owner_id == self._entry.entry_id:
            return {"counts": _counts(self._domain)}
        if entity := self._domain.entities.get(owner_id):
            return {"entity": _described(entity)}
        if device := self._domain.devices.get(owner_id):
            return {
                "device": redact(device.to_wire()),
                "metrics": redact([asdict(each) for each in device.metrics.values()]),
                "configurations": [
                    redact(asdict(version))
                    for version in self._domain.configurations.of(device.id)
                ],
            }
        return None

    @override
    def health(self) -> Mapping[str, Any]:
        """Return how many there are."""
        return {
            "entities": len(self._domain.entities),
            "devices": len(self._domain.devices),
        }

    def _apply(self) -> None:
        apply_rules(self._domain, self._entry.options)
        self._silence = silence_of(self._entry.options)


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


def _described(entity: Entity) -> Any:
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
