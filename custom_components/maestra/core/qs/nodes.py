"""The devices that were heard, and what they said last."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Self

from ..domain.clock import optional_wire_time, parse_time
from .events import TelemetryEvent

MAX_NODES: Final = 2_000
MAX_TYPES: Final = 100
"""Event types of one device that are remembered; one with numbers and texts counts twice."""
MAX_TEXT: Final = 1_000
"""Characters of a text that are remembered."""


type Kind = Literal["number", "text"]


@dataclass(slots=True)
class Latest:
    """The latest value of one type of event, and when the device says that it was."""

    value: float | str
    unit: str | None
    measured_at: datetime | None

    @property
    def kind(self) -> Kind:
        """Whether it is a number or a text."""
        return "text" if isinstance(self.value, str) else "number"


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
        self, event: TelemetryEvent, admits: Callable[[], object] = lambda: True
    ) -> None:
        """Take an event in; `admits` is asked whether a type that was not there may come now."""
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
        key = event.event_type, latest.kind
        if key in self.latest or (len(self.latest) < MAX_TYPES and admits()):
            self.latest[key] = latest

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
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
            "drift": self.drift,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "dead_letters": self.dead_letters,
            "ids_reused": self.ids_reused,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Return what `as_dict` gave, or what it gave when a type had one latest value."""
        rows = saved["latest"]
        if isinstance(rows, dict):
            rows = [[event_type, *row] for event_type, row in rows.items()]
        latest: dict[tuple[str, Kind], Latest] = {}
        for event_type, value, unit, measured_at in rows:
            each = Latest(value, unit, _time(measured_at))
            latest[event_type, each.kind] = each
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

    def of(
        self, device_id: str, admits: Callable[[], object] = lambda: True
    ) -> Node | None:
        """Return a device that is heard now, None where there are too many; `admits` is asked whether a new one may come now."""
        node = self._nodes.get(device_id)
        if node is None and len(self._nodes) < MAX_NODES and admits():
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
