"""What is written down of each event of the domain: objects as they are from now on."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from ..bus import get_logger
from ..domain import Domain
from ..domain.configurations import KEPT_VERSIONS
from ..domain.device import Device
from ..domain.entity import Entity
from ..domain.events import (
    CollectionChanged,
    ConfigurationApplied,
    ConfigurationPushed,
    ConfigurationRefused,
    DeviceAdded,
    DeviceDiscovered,
    DeviceRemoved,
    DeviceStatusChanged,
    DeviceUnblocked,
    DeviceUpdated,
    EntityCreated,
    EntityDeleted,
    EntityMoved,
    EntityTypeChanged,
    EntityTypeRemoved,
    EntityUpdated,
    GroupChanged,
    GroupRemoved,
    MetricReported,
    ProvisionChanged,
    StateChanged,
    StreamTypeAdded,
)
from ..domain.journal import RECEIPT_BYTES, split_receipts
from ..domain.snapshot import (
    ENTITIES,
    SECTIONS,
    STATES,
    WHOLE,
    configuration_key,
    save_configuration,
    save_device,
    save_entity,
    save_group,
    save_metric,
    save_state,
)

_LOGGER = get_logger(__name__)

TYPES: Final = "types"
DEVICES: Final = "devices"
METRICS: Final = "metrics"
"""A device's latest values, each for itself: a snapshot has them inside the device."""
BLOCKED: Final = "blocked"
PROVISIONS: Final = "provisions"
GROUPS: Final = "groups"
CONFIGURATIONS: Final = "configurations"
COLLECTION: Final = "collection"
STREAM_TYPES: Final = "stream_types"


class Change(NamedTuple):
    """An object as it is from now on, by section and key; None when it is gone. What is in it is never changed."""

    section: str
    key: str
    value: Any


type Find = Callable[[Domain, Any], Iterable[Change]]
"""What an event has changed."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What a topic knows besides the domain, to be kept with it: what takes an object of each section back, by key, and what its events change."""

    sections: Mapping[str, Callable[[str, Any], object]]
    changes: Mapping[type, Find]


class Record(NamedTuple):
    """A change as it stands in a file: the value is JSON."""

    section: str
    key: str
    value: bytes | None


def entity_change(entity: Entity) -> Change:
    """Return an entity without its state."""
    return Change(ENTITIES, entity.id, save_entity(entity))


def state_change(entity: Entity) -> Change:
    """Return an entity's state."""
    return Change(STATES, entity.id, save_state(entity))


def device_change(device: Device) -> Change:
    """Return a device without its metrics."""
    return Change(DEVICES, device.id, save_device(device))


def metric_key(device_id: str, name: str) -> str:
    """Return the key of a device's metric; no id of a device has a slash in it."""
    return f"{device_id}/{name}"


def _whole(domain: Domain, section: str) -> Change:
    return Change(section, WHOLE, [*SECTIONS[section].save(domain)])


def _device_removed(domain: Domain, event: DeviceRemoved) -> Iterator[Change]:
    yield Change(DEVICES, event.device.id, None)
    if event.reason == BLOCKED:
        yield _whole(domain, BLOCKED)


def _provision(domain: Domain, event: ProvisionChanged) -> Iterator[Change]:
    provision = domain.provisioning.get(event.device_id)
    yield Change(PROVISIONS, event.device_id, provision and provision.to_wire())


def _configuration(
    _: Domain, event: ConfigurationPushed | ConfigurationApplied | ConfigurationRefused
) -> Iterator[Change]:
    version = event.configuration
    key = configuration_key(version.device_id, version.version)
    yield Change(CONFIGURATIONS, key, save_configuration(version))
    # The one that is kept no longer since this one came.
    oldest = configuration_key(version.device_id, version.version - KEPT_VERSIONS)
    yield Change(CONFIGURATIONS, oldest, None)


def _metric(_: Domain, event: MetricReported) -> Iterator[Change]:
    metric = event.metric
    key = metric_key(event.device.id, metric.name)
    yield Change(METRICS, key, save_metric(metric))


CHANGES: Final[Mapping[type, Find]] = {
    StateChanged: lambda _, event: (state_change(event.entity),),
    EntityMoved: lambda _, event: (state_change(event.entity),),
    EntityCreated: lambda _, event: (
        entity_change(event.entity),
        state_change(event.entity),
    ),
    EntityUpdated: lambda _, event: (entity_change(event.entity),),
    EntityDeleted: lambda _, event: (Change(ENTITIES, event.entity.id, None),),
    EntityTypeChanged: lambda _, event: (
        Change(TYPES, event.entity_type.name, event.entity_type.to_wire()),
    ),
    EntityTypeRemoved: lambda _, event: (Change(TYPES, event.entity_type.name, None),),
    **dict.fromkeys(
        (DeviceDiscovered, DeviceAdded, DeviceUpdated, DeviceStatusChanged),
        lambda _, event: (device_change(event.device),),
    ),
    DeviceRemoved: _device_removed,
    DeviceUnblocked: lambda domain, _: (_whole(domain, BLOCKED),),
    MetricReported: _metric,
    ProvisionChanged: _provision,
    GroupChanged: lambda _, event: (
        Change(GROUPS, event.group.name, save_group(event.group)),
    ),
    GroupRemoved: lambda _, event: (Change(GROUPS, event.group.name, None),),
    **dict.fromkeys(
        (ConfigurationPushed, ConfigurationApplied, ConfigurationRefused),
        _configuration,
    ),
    CollectionChanged: lambda domain, _: (_whole(domain, COLLECTION),),
    StreamTypeAdded: lambda domain, _: (_whole(domain, STREAM_TYPES),),
}
"""What each event changes. An event is published after its change, and before the next one of the same object."""
BIRTHS: Final = (EntityCreated, DeviceDiscovered, DeviceAdded)
"""What gives something its id."""


def encode(changes: Iterable[Change]) -> tuple[list[Record], list[Change]]:
    """Write changes as JSON; returns also those that can't be written."""
    records: list[Record] = []
    refused: list[Change] = []
    for change in changes:
        section, key, value = change
        try:
            # The key too: it must not spoil its frame.
            orjson.dumps(key)
            records.append(
                Record(section, key, None if value is None else orjson.dumps(value))
            )
        except TypeError:
            refused.append(change)
    return records, refused


def frame_body(records: Iterable[Record], receipts: Iterable[bytes]) -> bytes:
    """Return a frame of the journal: the receipts of messages, then a line for each record."""
    lines = [b"".join(receipts).hex().encode()]
    lines += [
        b"[%b,%b,%b]" % (orjson.dumps(section), orjson.dumps(key), value or b"null")
        for section, key, value in records
    ]
    return b"\n".join(lines)


def read_frame(
    body: bytes, sections: Collection[str]
) -> tuple[list[Record], list[bytes]]:
    """Return the records and receipts of a frame; a line that is no record of these sections is logged and left out."""
    receipts, *lines = body.split(b"\n")
    records: list[Record] = []
    for line in lines:
        try:
            records.append(_read_record(line, sections))
        except (ValueError, KeyError, TypeError) as error:
            _LOGGER.error(
                "A record of the journal is left out: %.200r (%r)", line, error
            )
    joined = bytes.fromhex(receipts.decode("ascii"))
    assert len(joined) % RECEIPT_BYTES == 0
    return records, split_receipts(joined)


def _read_record(line: bytes, sections: Collection[str]) -> Record:
    section, key, value = orjson.loads(line)
    if section not in sections:
        raise KeyError(section)
    if section == DEVICES and not isinstance(value, dict | None):
        raise TypeError(section)
    written = None if value is None else orjson.dumps(value)
    return Record(section, str(key), written)
