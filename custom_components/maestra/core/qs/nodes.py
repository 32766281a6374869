"""The devices that were heard, and what they said last."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from ..domain.clock import optional_wire_time, parse_time
from .events import TelemetryEvent

MAX_NODES: Final = 2_000
MAX_TYPES: Final = 100
"""Event types of one device that are remembered; one with numbers and texts counts twice."""
MAX_TEXT: Final = 1_000
"""Characters of a text that are remembered."""


type Kind = Literal["number", "text"]


def kind_of(value: float | str) -> Kind:
    """Return what kind of value it is."""
    return "text" if isinstance(value, str) else "number"


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest value of one type of event, and when the device says that it was."""

    value: float | str
    unit: str | None
    measured_at: datetime | None


@dataclass(slots=True, eq=False)
class Node:
    """One device.

    `latest` is by event type and kind: a type may have numbers and texts in turn, and neither is the other's news.
    `drift` is how many seconds its events are behind our clock: its clock's error, and their way here.
    """

    device_id: str
    latest: dict[tuple[str, Kind], Latest] = field(default_factory=dict)
    last_seen: datetime | None = None
    drift: float | None = None
    accepted: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    ids_reused: int = 0

    def hear(
        self, event: TelemetryEvent, admits: Callable[[str], object] = lambda _: True
    ) -> None:
        """Take an event in; `admits` is asked whether a type that this device did not have may come now."""
        self.accepted += 1
        self.last_seen = event.ts_server
        if event.ts_device is not None:
            self.drift = (event.ts_server - event.ts_device).total_seconds()
        value = event.value
        if value is None:
            return
        if isinstance(value, str):
            value = value[:MAX_TEXT]
        latest = Latest(value, event.unit, event.ts_device)
        key = event.event_type, kind_of(value)
        if key in self.latest or (
            len(self.latest) < MAX_TYPES and admits(self.device_id)
        ):
            self.latest[key] = latest

    def facts(self) -> dict[str, Any]:
        """Return all but the values, ready for JSON."""
        return {
            "last_seen": self.last_seen,
            "drift": self.drift,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "dead_letters": self.dead_letters,
            "ids_reused": self.ids_reused,
        }

    def restore(self, facts: Mapping[str, Any]) -> None:
        """Take over what `facts` gave, times as texts."""
        self.last_seen = _time(facts["last_seen"])
        self.drift = facts["drift"]
        self.accepted = facts["accepted"]
        self.duplicates = facts["duplicates"]
        self.dead_letters = facts["dead_letters"]
        self.ids_reused = facts["ids_reused"]

    def restore_latest(
        self, event_type: str, value: float | str, unit: str | None, measured_at: Any
    ) -> None:
        """Take over the latest value of a type of event, its time as text."""
        latest = Latest(value, unit, _time(measured_at))
        self.latest[event_type, kind_of(value)] = latest

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            **self.facts(),
            "device_id": self.device_id,
            "latest": [
                [
                    event_type,
                    latest.value,
                    latest.unit,
                    optional_wire_time(latest.measured_at),
                ]
                for (event_type, _), latest in self.latest.items()
            ],
            "last_seen": optional_wire_time(self.last_seen),
        }


@dataclass(slots=True, eq=False)
class NodeForgotten:
    """On the bus: a device is known no longer."""

    node: Node


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

    def of(
        self, device_id: str, admits: Callable[[str], object] = lambda _: True
    ) -> Node | None:
        """Return a device that is heard now, None where there are too many; `admits` is asked whether a new one may come now."""
        node = self._nodes.get(device_id)
        if node is None and len(self._nodes) < MAX_NODES and admits(device_id):
            node = self._nodes[device_id] = Node(device_id)
        return node

    def forget(self, device_id: str) -> Node | None:
        """Forget a device; returns it, if it was known."""
        return self._nodes.pop(device_id, None)

    def restore_file(self, saved: Iterable[Mapping[str, Any]]) -> None:
        """Take over what a file of an earlier version has; the first had one latest value of a type."""
        for item in saved:
            if node := self.of(item["device_id"]):
                node.restore(item)
                rows = item["latest"]
                if isinstance(rows, dict):
                    rows = [[event_type, *row] for event_type, row in rows.items()]
                for row in rows:
                    node.restore_latest(*row)


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)
