"""The latest values of QS devices, as workers tell them, who store the events, to those who only show them."""

from collections.abc import Callable
from datetime import UTC
from functools import partial
from typing import Final

import orjson

from ..bus import Counters, Unsubscribe
from ..domain import Domain
from ..domain.clock import optional_wire_time, parse_time, utcnow, wire_time
from ..domain.errors import DeviceBlocked
from ..domain.json_values import InvalidJson, loads
from ..domain.newcomers import Newcomer
from ..domain.source import Source
from .codec import event_of
from .events import TelemetryEvent, TelemetryReceived
from .nodes import kind_of
from .registry import QsRegistry

DIALECT: Final = "qs"
MAX_WAITING: Final = 50_000
"""Values that wait to be told; what is new beyond that is told the next time that it changes."""
NEWS: Final = 10.0
"""Seconds; what is older has happened before somebody began to look."""


type Names = tuple[str, str, str]
"""A device, a type of event, and the kind of its value."""


class LatestEvents:
    """Keeps, for whoever shows them, the newest event of each device and type; others are told over in the meantime."""

    def __init__(self, domain: Domain) -> None:
        """Keep none yet."""
        self._bus = domain.bus
        self._waiting: dict[Names, TelemetryEvent] = {}

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        return self._bus.subscribe(TelemetryReceived, self._received)

    def flush(self, tell: Callable[[Names, bytes], bool], most: int) -> None:
        """Tell the oldest of those that wait, with what names each, until `tell` has no room; the others wait on."""
        for _ in range(min(most, len(self._waiting))):
            key, event = next(iter(self._waiting.items()))
            if not tell(key, encode(event)):
                return
            del self._waiting[key]

    def _received(self, received: TelemetryReceived) -> None:
        event = received.event
        if event.value is None:
            return
        key = event.device_id, event.event_type, kind_of(event.value)
        if key in self._waiting or len(self._waiting) < MAX_WAITING:
            self._waiting[key] = event


class LiveReadings:
    """Takes the latest values into the registry, and onto the bus; nothing of them is stored, nor acknowledged."""

    def __init__(self, domain: Domain, registry: QsRegistry) -> None:
        """Listen to nothing yet."""
        self.counters = Counters()
        self._domain = domain
        self._registry = registry

    def start(self) -> Unsubscribe:
        """Take them until the returned function is called."""
        live = self._domain.live
        live[DIALECT] = self._take

        def stop() -> None:
            live.pop(DIALECT, None)

        return stop

    def _take(self, payload: bytes, gateway: str) -> None:
        if (event := read(payload)) is None:
            self.counters.add("refused")
            return
        handle = partial(self._show, event, gateway)
        if (journal := self._domain.journal) is None:
            handle()
        else:
            journal.show(handle)

    def _show(self, event: TelemetryEvent, gateway: str) -> None:
        domain, source = self._domain, Source(None, gateway)
        try:
            domain.devices.blocked.refuse(event.device_id)
        except DeviceBlocked:
            self.counters.add("refused")
            return
        node = self._registry.nodes.of(
            event.device_id, _admits(domain, Newcomer.DEVICE, source)
        )
        if node is None:
            return
        seen = node.last_seen
        node.hear(event, _admits(domain, Newcomer.METRIC, source))
        if seen is not None and seen > event.ts_server:
            node.last_seen = seen
        self.counters.add("accepted")
        is_old = (utcnow() - event.ts_server).total_seconds() > NEWS
        domain.bus.publish(TelemetryReceived(event, gateway, is_old))


def encode(event: TelemetryEvent) -> bytes:
    """Return what is told of an event: as its device has, and when it came in."""
    return orjson.dumps(
        {
            "came": wire_time(event.ts_server),
            "event": {
                "schema": event.schema,
                "event_id": event.event_id,
                "device_id": event.device_id,
                "event_type": event.event_type,
                "value": event.value,
                "unit": event.unit,
                "ts_device": optional_wire_time(event.ts_device),
            },
        }
    )


def read(payload: bytes) -> TelemetryEvent | None:
    """Read what `encode` wrote; None for what is none, or is of a time to come."""
    try:
        told = loads(payload)
    except InvalidJson:
        return None
    if not isinstance(told, dict) or not isinstance(came := told.get("came"), str):
        return None
    try:
        moment = parse_time(came)
    except ValueError:
        return None
    now = utcnow()
    if moment.tzinfo is None:
        return None
    event = event_of(told.get("event"), UTC, min(moment, now))
    return None if event is None or event.value is None else event


def _admits(domain: Domain, kind: Newcomer, source: Source) -> Callable[[str], int]:
    return lambda name: domain.newcomers.admitted(kind, name, source)
