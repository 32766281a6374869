"""The latest values: told by who stores the events, and shown by who does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.clock import utcnow, wire_time
from custom_components.maestra.core.domain.device import BlockedDevice
from custom_components.maestra.core.qs.events import TelemetryEvent, TelemetryReceived
from custom_components.maestra.core.qs.live import (
    LatestEvents,
    LiveReadings,
    encode,
    read,
)
from custom_components.maestra.core.qs.registry import QsRegistry
from custom_components.maestra.core.qs.rows import QS_ROWS
from custom_components.maestra.core.qs.window import Window
from custom_components.maestra.core.store.journal import Inbox, StoreJournal
from custom_components.maestra.core.store.settings import WriteLimits
from custom_components.maestra.core.store.tables import Row, Table
from custom_components.maestra.core.store.topic import Catalogue

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def telemetry(
    value: float | str | None = 21.5,
    *,
    device: str = "esp32-01",
    kind: str = "temperature",
    came: datetime = NOW,
) -> TelemetryEvent:
    return TelemetryEvent(
        event_id="e1",
        device_id=device,
        schema=1,
        event_type=kind,
        value=value,
        unit="°C",
        ts_device=NOW - timedelta(seconds=2),
        ts_server=came,
        meta={},
    )


class Side:
    """A domain with QS, as workers and hubs have it."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        self.registry = QsRegistry(self.domain.bus, Window(None))
        self.heard: list[TelemetryReceived] = []
        self.domain.bus.subscribe(TelemetryReceived, self.heard.append)

    def tell(self, event: TelemetryEvent) -> None:
        self.domain.live["qs"](encode(event), "cluster")


def test_an_event_is_told_as_it_came() -> None:
    assert read(encode(telemetry())) == telemetry()


def test_only_the_latest_of_each_kind_is_told() -> None:
    side = Side()
    latest = LatestEvents(side.domain)
    latest.start()
    for number in range(100):
        for event in (
            telemetry(float(number)),
            telemetry(str(number)),
            telemetry(float(number), kind="humidity"),
            telemetry(None, kind="boot"),
        ):
            side.domain.bus.publish(TelemetryReceived(event, "stream", False))
    told: dict[Any, Any] = {}

    def take_two(key: object, payload: bytes) -> bool:
        told[key] = read(payload)
        return len(told) < 3

    latest.flush(take_two, 100)
    # What there was no room for is told the next time.
    latest.flush(lambda key, payload: bool(told.setdefault(key, payload)), 100)
    assert {key[1:]: event.value for key, event in told.items()} == {
        ("temperature", "number"): 99.0,
        ("temperature", "text"): "99",
        ("humidity", "number"): 99.0,
    }


def test_what_is_told_is_shown_and_not_stored() -> None:
    side = Side()
    inbox = Inbox(WriteLimits())
    side.domain.store_journal = StoreJournal(inbox)

    def record(table: Table, row: Row) -> None:
        inbox.add(table, row)

    Catalogue((QS_ROWS,)).recorder(side.domain, record).start()
    LiveReadings(side.domain, side.registry).start()
    side.tell(telemetry(came=utcnow()))
    (node,) = side.registry.nodes
    assert node.latest["temperature", "number"].value == 21.5
    assert [(it.gateway, it.is_repeated) for it in side.heard] == [("cluster", False)]
    assert not inbox
    assert not len(side.registry.window)


def test_what_was_before_we_looked_is_no_news() -> None:
    side = Side()
    LiveReadings(side.domain, side.registry).start()
    side.tell(telemetry(came=utcnow() - timedelta(hours=1)))
    assert [it.is_repeated for it in side.heard] == [True]
    # And nothing has moved back in time.
    now = utcnow()
    side.tell(telemetry(came=now))
    side.tell(telemetry(kind="humidity", came=now - timedelta(seconds=5)))
    (node,) = side.registry.nodes
    assert node.last_seen == now


def test_a_blocked_device_is_not_shown() -> None:
    side = Side()
    readings = LiveReadings(side.domain, side.registry)
    readings.start()
    side.domain.devices.blocked.add(
        BlockedDevice(hardware_id="esp32-01", reason=None, blocked_at=NOW)
    )
    side.tell(telemetry())
    assert not len(side.registry.nodes)
    assert readings.counters["refused"] == 1


EVENT = {"schema": 1, "event_id": "e", "device_id": "d", "event_type": "t", "value": 1}


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"came": 1, "event": EVENT},
        {"came": "yesterday", "event": EVENT},
        {"came": "2026-12-01T00:00:00", "event": EVENT},
        {"came": wire_time(NOW)},
        {"came": wire_time(NOW), "event": []},
        {"came": wire_time(NOW), "event": [EVENT, EVENT]},
        {"came": wire_time(NOW), "event": {**EVENT, "device_id": "a/b"}},
        {"came": wire_time(NOW), "event": {**EVENT, "value": None}},
    ],
)
def test_what_is_none_is_refused(told: object) -> None:
    side = Side()
    readings = LiveReadings(side.domain, side.registry)
    readings.start()
    side.domain.live["qs"](orjson.dumps(told), "cluster")
    assert readings.counters["refused"] == 1
    assert not side.heard


def test_nobody_is_seen_in_time_to_come() -> None:
    event = read(encode(telemetry(came=utcnow() + timedelta(days=1))))
    assert event is not None
    assert event.ts_server <= utcnow()


@given(st.binary())
def test_any_bytes_are_survived(payload: bytes) -> None:
    assert read(payload) is None
