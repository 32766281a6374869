"""What detectors are fed with, and what becomes of what they find."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, override

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.detectors.detector import Detection, EventDetected
from custom_components.maestra.core.detectors.rate import Rate
from custom_components.maestra.core.detectors.registry import (
    GRACE,
    DetectorInstance,
    DetectorRegistry,
    resume,
)
from custom_components.maestra.core.detectors.threshold import Threshold
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.domain.reading import Reading
from custom_components.maestra.core.domain.source import SYSTEM
from custom_components.maestra.core.f2.events import F2Reading
from custom_components.maestra.core.iss.events import ReadingTaken
from custom_components.maestra.core.qs.events import TelemetryEvent, TelemetryReceived
from scripts.catalogue import STORE_CATALOGUE

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Bench:
    """A desk with its bus, and what is told on it."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        self.due: list[datetime] = []
        self.registry = DetectorRegistry(
            self.domain, STORE_CATALOGUE.feeds, self.due.append
        )
        self.found: list[EventDetected] = []
        self.domain.bus.subscribe(EventDetected, self.found.append)

    def put(self, id_: str, series: str, **settings: float) -> DetectorInstance:
        instance = DetectorInstance(id_, id_, Threshold(series, settings))
        self.registry.put(instance)
        return instance

    def values(self) -> list[Any]:
        return [event.detection.metadata.get("value") for event in self.found]


@pytest.fixture
def bench() -> Iterator[Bench]:
    found = Bench()
    stop = found.registry.start()
    yield found
    stop()
    found.domain.bus.publish(iss("NODE3000005", 1e9))
    assert 1e9 not in found.values()


def iss(channel: str, value: float | None, second: float = 0) -> ReadingTaken:
    return ReadingTaken(
        channel, value, "", BEGIN + timedelta(seconds=second), "24", "", "", True
    )


def qs(
    value: float | str,
    *,
    second: float = 0,
    unit: str | None = None,
    event_type: str = "temperature",
    is_repeated: bool = False,
) -> TelemetryReceived:
    event = TelemetryEvent(
        event_id="a",
        device_id="esp32-01",
        schema=1,
        event_type=event_type,
        value=value,
        unit=unit,
        ts_device=None,
        ts_server=BEGIN + timedelta(seconds=second),
        meta={},
    )
    return TelemetryReceived(event, "broker", is_repeated)


def test_channels_of_the_iss(bench: Bench) -> None:
    bench.put("a", "iss:NODE3000005", above=10)
    for event in (
        iss("NODE3000004", 99),
        iss("NODE3000005", None, 1),
        iss("NODE3000005", float("nan"), 2),
        iss("NODE3000005", 42, 3),
    ):
        bench.domain.bus.publish(event)
    assert bench.values() == [42]
    assert bench.found[0].detection.channel == "NODE3000005"
    assert bench.found[0].stored_type == "above:a"


def test_qs_devices(bench: Bench) -> None:
    bench.put("a", "qs:esp32-01/temperature", above=10)
    for event in (qs("hot"), qs(50, is_repeated=True), qs(42)):
        bench.domain.bus.publish(event)
    assert bench.values() == [42]


def test_a_unit_of_qs_devices(bench: Bench) -> None:
    """Each name has its unit, however it is written; what is called so itself is found as well."""
    names = ("temperature [F]", "temperature []", "raw [C]")
    for name in names:
        bench.put(name, f"qs:esp32-01/{name}", above=10)
    for event in (
        qs(41, unit="celsius"),
        qs(42, unit="fahrenheit", second=1),
        qs(43, second=2),
        qs(44, event_type="raw [C]", unit="V", second=3),
        qs(45, event_type="raw", unit="V", second=4),
    ):
        bench.domain.bus.publish(event)
    assert {
        event.detector: event.detection.metadata["value"] for event in bench.found
    } == dict(zip(names, (42, 43, 44), strict=True))


def test_another_unit_is_another_series(bench: Bench) -> None:
    """21 °C and 70 °F are no change; what goes on in one unit is, after a restart too."""
    instance = DetectorInstance(
        "a", "a", Rate("qs:esp32-01/temperature", {"change": 10})
    )
    bench.registry.put(instance)
    for second, value, unit in (
        (0, 21, "C"),
        (1, 22, None),
        (2, 70, "F"),
        (3, 71, "F"),
    ):
        bench.domain.bus.publish(qs(value, unit=unit, second=second))
    assert bench.found == []

    saved = bench.registry.snapshot()["a"]
    again = DetectorInstance("a", "a", Rate("qs:esp32-01/temperature", {"change": 10}))
    resume(again, saved)
    bench.registry.put(again)
    bench.domain.bus.publish(qs(21, unit="C", second=4))
    assert bench.found == []
    bench.domain.bus.publish(qs(40, unit="C", second=5))
    assert [event.detection.event_type for event in bench.found] == ["rise"]


def test_variables_of_entities(bench: Bench) -> None:
    bench.put("a", "entity:desk.fader", above=10)
    bench.put("b", "entity:desk.position.x", above=10)
    bench.domain.entities.report("desk", {"other": 99}, source=SYSTEM)
    bench.domain.entities.report("desk", {"fader": 42}, source=SYSTEM)
    bench.domain.entities.report("desk", {"position": {"x": 43}}, source=SYSTEM)
    assert bench.values() == [42, 43]


def test_metrics_of_devices(bench: Bench) -> None:
    bench.put("a", "metric:AA:01/rssi", below=-80)
    device = {"hardware_id": "AA:01", "name": "Dimmer", "device_type": "esp32"}
    bench.domain.devices.register(device)
    for name, value in (("fps", -99), ("rssi", -90)):
        metric = {"metric_name": name, "metric_value": value}
        bench.domain.devices.report_metric("AA:01", metric)
    assert bench.values() == [-90]


def test_sensors_of_f2_controllers(bench: Bench) -> None:
    bench.put("a", "f2:7/1", above=10)
    bench.domain.bus.publish(
        F2Reading(
            gateway="broker",
            controller="e4fd45f654be",
            path="J3/sensor-1",
            measured_at=None,
            received_at=BEGIN,
            template=None,
            values={},
            rows=((7, 1, 42.0), (7, 2, 99.0), (8, 1, None)),
            raw=b"",
            crc_valid=None,
            time=BEGIN,
        )
    )
    assert bench.values() == [42]


def test_time_decides_after_the_time_of_grace(bench: Bench) -> None:
    bench.put("a", "iss:X", above=10, hold=60)
    bench.domain.bus.publish(iss("X", 42))
    (due,) = bench.due
    bench.registry.advance(due - timedelta(seconds=1))
    assert bench.found == []
    bench.registry.advance(due)
    assert bench.values() == [42]
    assert due - BEGIN == timedelta(seconds=60) + GRACE + timedelta(milliseconds=1)


def test_the_timer_is_set_for_the_first(bench: Bench) -> None:
    bench.put("a", "iss:X", above=10, hold=60)
    bench.put("b", "iss:Y", above=10, hold=30)
    bench.domain.bus.publish(iss("X", 42))
    bench.domain.bus.publish(iss("Y", 43))
    bench.domain.bus.publish(iss("X", 44, 5))
    assert len(bench.due) == 2
    bench.registry.advance(bench.due[1])
    assert bench.values() == [43]
    bench.registry.advance(bench.due[2])
    assert bench.values() == [43, 42]


def test_one_that_is_off_sees_nothing(bench: Bench) -> None:
    instance = bench.put("a", "iss:X", above=10)
    bench.registry.enable(instance, False)
    bench.domain.bus.publish(iss("X", 42))
    bench.registry.enable(instance, True)
    bench.domain.bus.publish(iss("X", 43, 1))
    assert bench.values() == [43]
    bench.registry.remove("a")
    assert bench.registry.get("a") is None
    assert bench.registry.series == set()


def test_one_that_fails_is_switched_off(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The others work on."""

    class Broken(Threshold):
        @override
        def take(self, reading: Reading) -> list[Detection]:
            raise RuntimeError

    bench.registry.put(
        DetectorInstance("broken", "Broken", Broken("iss:X", {"above": 1}))
    )
    bench.put("a", "iss:X", above=10)
    bench.domain.bus.publish(iss("X", 42))
    bench.domain.bus.publish(iss("X", 5, 1))
    bench.domain.bus.publish(iss("X", 43, 2))
    assert bench.values() == [42, 43]
    assert caplog.text.count("Detector Broken has failed") == 1


def test_other_settings_begin_anew(bench: Bench) -> None:
    instance = bench.put("a", "iss:X", above=10)
    bench.domain.bus.publish(iss("X", 42))
    saved = bench.registry.snapshot()["a"]
    same = DetectorInstance("a", "a", Threshold("iss:X", {"above": 10}))
    resume(same, saved)
    assert same.detector.cursor == BEGIN
    assert same.detector.snapshot() == instance.detector.snapshot()
    other = DetectorInstance("a", "a", Threshold("iss:X", {"above": 20}))
    resume(other, saved)
    assert other.detector.cursor is None
    resume(other, None)


@pytest.mark.parametrize("way", ["running", "restarted"])
def test_a_clock_that_was_ahead_does_not_blind_a_detector(
    bench: Bench, way: str
) -> None:
    """The newest reading was of next year; it counts on, and sees what comes now."""
    instance = bench.put("a", "iss:NODE3000005", above=10)
    now = utcnow()
    bench.registry.take(Reading("iss:NODE3000005", 5, now + timedelta(days=365)))
    saved = bench.registry.snapshot()["a"]
    if way == "restarted":
        instance = bench.put("a", "iss:NODE3000005", above=10)
        resume(instance, saved)
        assert instance.detector.cursor is None
    bench.registry.take(Reading("iss:NODE3000005", 42, now))

    assert bench.values() == [42]
    assert instance.detector.readings == 2
    # A little ahead is what clocks are.
    bench.registry.take(Reading("iss:NODE3000005", 1, now + timedelta(seconds=20)))
    bench.registry.take(Reading("iss:NODE3000005", 50, now + timedelta(seconds=10)))
    assert bench.values() == [42]
