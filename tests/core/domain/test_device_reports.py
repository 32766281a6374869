"""What devices measure and tell, and what they are told (maestra.md §1.3)."""

from contextlib import suppress
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.device import Device
from custom_components.maestra.core.domain.devices import MAX_METRICS, Devices
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    TooMany,
    UnknownDevice,
)
from custom_components.maestra.core.domain.events import (
    DeviceCommanded,
    DeviceEventReported,
    DeviceHeard,
    MetricReported,
)
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.source import HOME_ASSISTANT

from .conftest import Heard
from .strategies import wild_values


@pytest.fixture
def node(devices: Devices, heard: Heard) -> Device:
    """A registered device."""
    device = devices.register(
        {"name": "Node", "device_type": "esp32", "hardware_id": "AA:BB"}
    )
    heard.forget()
    return device


def test_a_metric_is_kept_and_told(
    devices: Devices, node: Device, heard: Heard
) -> None:
    metric = devices.report_metric(
        "AA:BB",
        {
            "metric_name": "rssi",
            "metric_value": -60.5,
            "unit": "dBm",
            "tags": {"antenna": 1},
        },
    )

    assert node.metrics == {"rssi": metric}
    assert (metric.value, metric.unit, metric.tags) == (-60.5, "dBm", {"antenna": 1})
    assert heard.kinds == [DeviceHeard, MetricReported]
    assert heard.the(MetricReported).is_new


def test_only_the_first_value_of_a_name_is_new(
    devices: Devices, node: Device, heard: Heard
) -> None:
    for value in (1, 2):
        devices.report_metric(node.id, {"metric_name": "rssi", "metric_value": value})

    assert [event.is_new for event in heard.of(MetricReported)] == [True, False]
    assert node.metrics["rssi"].value == 2


@pytest.mark.parametrize("unit", [None, ""])
def test_a_metric_may_have_no_unit(
    devices: Devices, node: Device, unit: str | None
) -> None:
    report = {"metric_name": "count", "metric_value": 0, "unit": unit}

    assert devices.report_metric("AA:BB", report).unit is None


@pytest.mark.parametrize(
    "fields",
    [
        {"metric_name": None},
        {"metric_name": ["rssi"]},
        {"metric_name": ""},
        {"metric_name": "a" * 101},
        {"metric_value": None},
        {"metric_value": "much"},
        {"metric_value": True},
        {"metric_value": [5]},
        {"metric_value": float("nan")},
        {"metric_value": float("-inf")},
        {"metric_value": 10**400},
        {"unit": 5},
        {"unit": ["dBm"]},
        {"tags": ["a"]},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_a_wrong_metric_is_refused(
    devices: Devices, node: Device, heard: Heard, fields: JsonObject
) -> None:
    with pytest.raises(InvalidField):
        devices.report_metric(
            "AA:BB", {"metric_name": "rssi", "metric_value": 1} | fields
        )

    assert node.metrics == {}
    assert heard.kinds == []


def test_the_number_of_metrics_is_bounded(devices: Devices, node: Device) -> None:
    for number in range(MAX_METRICS):
        devices.report_metric("AA:BB", {"metric_name": f"m{number}", "metric_value": 1})

    with pytest.raises(TooMany, match="at most 200 metrics"):
        devices.report_metric("AA:BB", {"metric_name": "one more", "metric_value": 1})
    devices.report_metric("AA:BB", {"metric_name": "m0", "metric_value": 2})

    assert node.metrics["m0"].value == 2


def test_an_event_is_told_after_the_sign_of_life(
    devices: Devices, node: Device, heard: Heard
) -> None:
    devices.report_event(
        "AA:BB",
        {
            "event_type": "fault",
            "severity": "error",
            "message": "Lamp\nbroken",
            "data": {"lamp": 2},
        },
    )

    assert heard.kinds == [DeviceHeard, DeviceEventReported]
    event = heard.the(DeviceEventReported)
    assert (
        event.device,
        event.event_type,
        event.severity,
        event.message,
        event.data,
    ) == (
        node,
        "fault",
        "error",
        "Lamp\nbroken",
        {"lamp": 2},
    )


def test_an_event_needs_a_type_only(
    devices: Devices, node: Device, heard: Heard
) -> None:
    devices.report_event("AA:BB", {"event_type": "press"})

    event = heard.the(DeviceEventReported)
    assert (event.severity, event.message, event.data) == ("info", None, {})


@pytest.mark.parametrize(
    "fields",
    [
        {"event_type": None},
        {"event_type": ["press"]},
        {"event_type": "a" * 101},
        {"severity": ""},
        {"severity": 5},
        {"severity": "a" * 21},
        {"message": 5},
        {"message": {"a": 1}},
        {"message": "a" * 2001},
        {"data": [1]},
        {"data": "a"},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_a_wrong_event_is_refused(
    devices: Devices, node: Device, heard: Heard, fields: JsonObject
) -> None:
    with pytest.raises(InvalidField):
        devices.report_event("AA:BB", {"event_type": "press"} | fields)

    assert heard.kinds == []


def test_an_unknown_device_reports_nothing(devices: Devices) -> None:
    with pytest.raises(UnknownDevice):
        devices.report_metric("CC", {"metric_name": "rssi", "metric_value": 1})
    with pytest.raises(UnknownDevice):
        devices.report_event("CC", {"event_type": "press"})


@pytest.mark.parametrize("data", [None, {"speed": 1}])
def test_a_command_is_told_and_is_no_sign_of_life(
    devices: Devices, node: Device, heard: Heard, data: JsonObject | None
) -> None:
    devices.command("AA:BB", "reboot", data, source=HOME_ASSISTANT)

    command = heard.the(DeviceCommanded)
    assert (command.device, command.event_type, command.source) == (
        node,
        "reboot",
        HOME_ASSISTANT,
    )
    assert command.data == (data or {})
    assert heard.kinds == [DeviceCommanded]


@pytest.mark.parametrize(("event_type", "data"), [("", {}), (5, {}), ("reboot", [1])])
def test_a_wrong_command_is_refused(
    devices: Devices, node: Device, heard: Heard, event_type: Any, data: Any
) -> None:
    with pytest.raises(InvalidField):
        devices.command("AA:BB", event_type, data)

    assert heard.kinds == []


KEYS = [
    "name",
    "device_type",
    "hardware_id",
    "firmware_version",
    "ip_address",
    "location",
]
KEYS += ["metadata", "metric_name", "metric_value", "unit", "tags"]
KEYS += ["event_type", "severity", "message", "data"]


@given(st.dictionaries(st.sampled_from(KEYS), wild_values | st.just("A"), max_size=15))
@pytest.mark.parametrize("call", ["register", "discover"])
def test_whatever_a_newcomer_says_it_is_taken_or_an_invalid_field(
    call: str, data: JsonObject
) -> None:
    with suppress(InvalidField):
        getattr(Domain(Bus()).devices, call)(data)


@given(st.dictionaries(st.sampled_from(KEYS), wild_values | st.just("A"), max_size=15))
@pytest.mark.parametrize("call", ["report_metric", "report_event"])
def test_whatever_a_device_reports_it_is_taken_or_an_invalid_field(
    call: str, data: JsonObject
) -> None:
    devices = Domain(Bus()).devices
    devices.register({"name": "Node", "device_type": "esp32", "hardware_id": "AA:BB"})

    with suppress(InvalidField):
        getattr(devices, call)("AA:BB", data)


@given(wild_values, wild_values)
def test_whatever_a_heartbeat_says_it_is_taken_or_an_invalid_field(
    status: Any, metadata: Any
) -> None:
    devices = Domain(Bus()).devices
    devices.register({"name": "Node", "device_type": "esp32", "hardware_id": "AA:BB"})

    with suppress(InvalidField):
        devices.heartbeat("AA:BB", status=status, metadata=metadata)
