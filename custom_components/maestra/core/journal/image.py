"""What is durable of the domain: each object as JSON, and the snapshots made of these."""

from collections.abc import Iterable, Set as AbstractSet
from typing import Any

import orjson

from ..bus import get_logger
from ..domain.snapshot import ENTITIES, SECTIONS, STATES, WHOLE, Json
from .changes import CONFIGURATIONS, DEVICES, METRICS, Record, metric_key

_LOGGER = get_logger(__name__)


class Image:
    """All objects as they are on disk. It is changed in threads, by one at a time."""

    def __init__(self) -> None:
        """Be an empty domain."""
        self._objects: dict[str, dict[str, bytes]] = {
            name: {} for name in (*SECTIONS, STATES)
        }
        self._kept: list[str] = []
        self._metrics: dict[str, dict[str, bytes]] = {}
        self.bytes = 0
        """About how large a snapshot is."""

    @property
    def sections(self) -> AbstractSet[str]:
        """What records may be of."""
        return self._objects.keys() | {METRICS}

    def keep(self, sections: Iterable[str]) -> None:
        """Have sections of a topic too; a snapshot has their objects by key."""
        for name in sections:
            self._kept.append(name)
            self._objects[name] = {}

    def load(self, structure: Json, states: Json) -> None:
        """Take over a snapshot; what has no key is logged and left out."""
        for name, section in SECTIONS.items():
            saved = structure.get(name, [])
            for each in [saved] if section.key is None else [[item] for item in saved]:
                try:
                    for key, value in section.keyed(each):
                        self._load(name, key, value)
                except (LookupError, TypeError, ValueError) as error:
                    _LOGGER.error(
                        "Saved, but not readable in %s: %r (%r)", name, each, error
                    )
        by_key = {name: structure.get(name, {}) for name in self._kept}
        for name, objects in (by_key | {STATES: states}).items():
            self.put(
                Record(name, key, orjson.dumps(value)) for key, value in objects.items()
            )

    def put(self, records: Iterable[Record]) -> None:
        """Take over what was written."""
        for section, key, value in records:
            if section == METRICS:
                device_id, _, name = key.partition("/")
                if device_id in self._objects[DEVICES]:
                    self._set(self._metrics.setdefault(device_id, {}), name, value)
                continue
            self._set(self._objects[section], key, value)
            if value is None:
                self._forget(section, key)

    def snapshot(self) -> tuple[Json, Json]:
        """Return structure and states for a file, with an `orjson.Fragment` for each object."""
        objects = self._objects
        structure: Json = {
            name: orjson.Fragment(objects[name].get(WHOLE, b"[]"))
            if section.key is None
            else [*map(orjson.Fragment, objects[name].values())]
            for name, section in SECTIONS.items()
        }
        structure[DEVICES] = [
            orjson.Fragment(self._with_metrics(device_id, device))
            for device_id, device in objects[DEVICES].items()
        ]
        for name in self._kept:
            structure[name] = self._by_key(name)
        return structure, self._by_key(STATES)

    def _by_key(self, section: str) -> Json:
        objects = self._objects[section]
        return {key: orjson.Fragment(value) for key, value in objects.items()}

    def _load(self, section: str, key: str, value: Any) -> None:
        if section != DEVICES:
            self.put([Record(section, key, orjson.dumps(value))])
            return
        metrics = value.get(METRICS, [])
        device = {name: field for name, field in value.items() if name != METRICS}
        self.put(
            (
                Record(section, key, orjson.dumps(device)),
                *(
                    Record(
                        METRICS, metric_key(key, metric["name"]), orjson.dumps(metric)
                    )
                    for metric in metrics
                ),
            )
        )

    def _set(self, objects: dict[str, bytes], key: str, value: bytes | None) -> None:
        self.bytes -= len(objects.get(key, b""))
        if value is None:
            objects.pop(key, None)
        else:
            objects[key] = value
            self.bytes += len(value)

    def _forget(self, section: str, key: str) -> None:
        """Forget what belonged to an object that is gone."""
        if section == ENTITIES:
            self._set(self._objects[STATES], key, None)
        elif section == DEVICES:
            for metric in self._metrics.pop(key, {}).values():
                self.bytes -= len(metric)
            versions = self._objects[CONFIGURATIONS]
            for version in [each for each in versions if each.startswith(f"{key}/")]:
                self._set(versions, version, None)

    def _with_metrics(self, device_id: str, device: bytes) -> bytes:
        metrics = b",".join(self._metrics.get(device_id, {}).values())
        return b'%b,"metrics":[%b]}' % (device[:-1], metrics)
