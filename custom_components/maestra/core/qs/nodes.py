"""The devices that were heard, and what they said last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from ..domain.clock import optional_wire_time, parse_time
from .events import TelemetryEvent

MAX_NODES: Final = 2_000
MAX_TYPES: Final = 100
"""Event types of one device that are remembered."""
MAX_TEXT: Final = 1_000
"""Characters of a text that are remembered."""


@dataclass(slots=True)
class Latest:
    """The latest value of one type of event, and when the device says that it was."""

    value: float | str
    unit: str | None
    measured_at: datetime | None


@dataclass(slots=True, eq=False)
class Node:
    """One device. `drift` is how many seconds its events are behind our clock: its clock's error, and their way here."""

    device_id: str
    latest: dict[str, Latest] = field(default_factory=dict)
    last_seen: datetime | None = None
    drift: float | None = None
    accepted: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    ids_reused: int = 0

    def hear(self, event: TelemetryEvent) -> bool:
        """Take an event in; returns whether there is a type of event, or of value, that was not there."""
        self.accepted += 1
        self.last_seen = event.ts_server
        if event.ts_device is not None:
            self.drift = (event.ts_server - event.ts_device).total_seconds()
        value = event.value
        if value is None:
            return False
        known = self.latest.get(event.event_type)
        if known is None and len(self.latest) >= MAX_TYPES:
            return False
        if isinstance(value, str):
            value = value[:MAX_TEXT]
        self.latest[event.event_type] = Latest(value, event.unit, event.ts_device)
        return (
            known is None or type(known.value) is not type(value)
        ) or known.unit != event.unit

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            "device_id": self.device_id,
            "latest": {
                name: [
                    latest.value,
                    latest.unit,
                    optional_wire_time(latest.measured_at),
                ]
                for name, latest in self.latest.items()
            },
            "last_seen": optional_wire_time(self.last_seen),
            "drift": self.drift,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "dead_letters": self.dead_letters,
            "ids_reused": self.ids_reused,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Return what `as_dict` gave."""
        latest = {
            name: Latest(value, unit, _time(measured_at))
            for name, (value, unit, measured_at) in saved["latest"].items()
        }
        return cls(
            **{**saved, "latest": latest, "last_seen": _time(saved["last_seen"])}
        )


class Nodes:
    """All devices that were heard, up to a limit."""

    def __init__(self) -> None:
        """Know none."""
        self._nodes: dict[str, Node] = {}

    def __iter__(self) -> Iterator[Node]:
        """Iterate over a copy."""
        return iter(list(self._nodes.values()))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._nodes)

    def get(self, device_id: str | None) -> Node | None:
        """Return a device that was heard, or None."""
        return self._nodes.get(device_id or "")

    def of(self, device_id: str) -> Node | None:
        """Return a device that is heard now; None where there are too many."""
        node = self._nodes.get(device_id)
        if node is None and len(self._nodes) < MAX_NODES:
            node = self._nodes[device_id] = Node(device_id)
        return node

    def forget(self, device_id: str) -> bool:
        """Forget a device; whether it was known."""
        return self._nodes.pop(device_id, None) is not None

    def snapshot(self) -> list[dict[str, Any]]:
        """Return everything as JSON."""
        return [node.as_dict() for node in self._nodes.values()]

    def restore(self, saved: list[dict[str, Any]]) -> None:
        """Take over what `snapshot` gave."""
        for item in saved[:MAX_NODES]:
            node = Node.from_dict(item)
            self._nodes[node.device_id] = node


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)
