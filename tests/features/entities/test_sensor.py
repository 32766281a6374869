"""Sensors: outputs, metrics of devices, and counts."""

import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from homeassistant.helpers import entity_registry as er
from tests.kits.hub_broker import MaestraKit


async def declare(maestra: MaestraKit, kind: str, **config: object) -> None:
    """Create the entity Probe with one output."""
    await maestra.act(
        "create_entity",
        name="Probe",
        entity_type="device",
        variables=[
            {"name": "temp", "type": kind, "direction": "output", "config": config}
        ],
    )


@pytest.mark.parametrize(
    ("kind", "config", "value", "shown"),
    [
        ("number", {}, 21.5, "21.5"),
        ("number", {}, "warm", "unknown"),
        ("number", {}, True, "unknown"),
        ("range", {}, 200, "200"),
        ("string", {}, "x" * 300, "x" * 255),
        ("string", {}, {"a": 1}, "unknown"),
        ("string", {}, True, "true"),
        ("enum", {"options": [True, "auto"]}, True, "true"),
        ("color", {}, "#ff0000", "#ff0000"),
        ("enum", {"options": ["a", "b"]}, "a", "a"),
        ("enum", {"options": ["a", "b"]}, "c", "unknown"),
        ("enum", {}, "c", "c"),
        ("array", {}, [1, 2], "2"),
        ("array", {}, "two", "unknown"),
        ("object", {}, {}, "0"),
    ],
)
async def test_what_a_thing_reports(
    maestra: MaestraKit,
    kind: str,
    config: dict[str, object],
    value: object,
    shown: str,
) -> None:
    await declare(maestra, kind, **config)
    await maestra.state_is("sensor.probe_temp", "unknown")

    await maestra.update("probe", temp=value, seen=True)

    await maestra.mqtt.receives("maestra/entity/state/device/probe")
    await maestra.state_is("sensor.probe_temp", shown)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400])
async def test_a_number_that_is_none_harms_nobody(
    maestra: MaestraKit, value: float
) -> None:
    await declare(maestra, "number")
    await maestra.update("probe", temp=1)
    await maestra.state_is("sensor.probe_temp", "1")

    for update in (maestra.domain.entities.update, maestra.domain.entities.set):
        with pytest.raises(InvalidField, match="not finite"):
            update("probe", {"temp": value})
        with pytest.raises(InvalidField, match="not finite"):
            update("probe", {"deep": [{"temp": value}]})

    await maestra.state_is("sensor.probe_temp", "1")


async def test_units_and_precision(maestra: MaestraKit) -> None:
    await declare(maestra, "number", unit="celsius", precision=1)
    await maestra.update("probe", temp=21.25)
    await maestra.state_is(
        "sensor.probe_temp",
        "21.25",
        unit_of_measurement="°C",
        device_class="temperature",
        state_class="measurement",
    )

    await maestra.act(
        "define_variable",
        slug="probe",
        name="temp",
        type="string",
        direction="output",
    )

    await maestra.state_is(
        "sensor.probe_temp",
        "21.25",
        unit_of_measurement=None,
        device_class=None,
        state_class=None,
    )


async def test_a_meter_counts_up(
    maestra: MaestraKit, caplog: pytest.LogCaptureFixture
) -> None:
    await declare(maestra, "number", unit="kWh")
    await maestra.state_is(
        "sensor.probe_temp",
        "unknown",
        device_class="energy",
        state_class="total_increasing",
    )

    await maestra.register("AA:01", "Meter")
    await maestra.device_says(
        "metrics", "AA:01", metric_name="energy", metric_value=1, unit="Wh"
    )

    await maestra.state_is("sensor.meter_energy", "1", state_class="total_increasing")
    assert "impossible" not in caplog.text


async def test_small_values_are_shown_as_they_are(maestra: MaestraKit) -> None:
    await declare(maestra, "array")
    await maestra.update("probe", temp=[1, {"a": 2}])
    await maestra.state_is("sensor.probe_temp", "2", value=[1, {"a": 2}])

    await maestra.update("probe", temp=[*range(65)])

    await maestra.state_is("sensor.probe_temp", "65", value=None)


async def test_metrics_come_as_they_are_reported(maestra: MaestraKit) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.mqtt.publish(
        "maestra/device/metrics/AA:01",
        [
            {"metric_name": "rssi", "metric_value": -60, "unit": "dBm"},
            {"metric_name": "frame_rate", "metric_value": 30},
        ],
    )
    await maestra.state_is(
        "sensor.entrance_rssi", "-60", device_class="signal_strength"
    )
    await maestra.state_is("sensor.entrance_frame_rate", "30")

    await maestra.device_says("metrics", "AA:01", metric_name="rssi", metric_value=-70)

    await maestra.state_is("sensor.entrance_rssi", "-70", unit_of_measurement="dBm")


async def test_when_a_device_was_seen_is_for_those_who_want_it(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.register("AA:01", "Entrance")
    await maestra.appears("binary_sensor.entrance_connection")
    entry = entity_registry.async_get("sensor.entrance_last_seen")
    assert entry
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION

    entity_registry.async_update_entity("sensor.entrance_last_seen", disabled_by=None)
    await maestra.reload()

    before = await maestra.appears("sensor.entrance_last_seen")
    await maestra.device_says("heartbeat", "AA:01")
    await maestra.until(
        lambda: maestra.state("sensor.entrance_last_seen").state >= before.state,
        "a later time",
    )
    await maestra.device_says("heartbeat", "AA:01", status="offline")
    await maestra.state_is("binary_sensor.entrance_connection", "off")
    # When a device is away this matters most.
    assert maestra.state("sensor.entrance_last_seen").state != "unavailable"


async def test_the_hub_counts(maestra: MaestraKit) -> None:
    await maestra.state_is("sensor.maestra_entities", "0")
    await maestra.update("probe", temp=1)
    await maestra.state_is("sensor.maestra_entities", "1")
    await maestra.register("AA:01", "Entrance")
    await maestra.mqtt.publish(
        "maestra/device/discover",
        {"hardware_id": "AA:02", "name": "Attic", "device_type": "esp32"},
    )
    await maestra.state_is("sensor.maestra_devices_waiting_for_approval", "1")
    await maestra.state_is("sensor.maestra_devices_online", "1")

    await maestra.act("approve_device", device="AA:02")
    await maestra.act("delete_entity", slug="probe")

    await maestra.state_is("sensor.maestra_devices_waiting_for_approval", "0")
    await maestra.state_is("sensor.maestra_devices_online", "2")
    await maestra.state_is("sensor.maestra_entities", "0")


async def test_a_metric_has_the_unit_of_its_latest_value(maestra: MaestraKit) -> None:
    """It is changed, or converted where a user has chosen one, and never taken for another."""
    await maestra.register("AA:01", "Board")

    async def measures(value: float, unit: str | None) -> None:
        await maestra.device_says(
            "metrics", "AA:01", metric_name="air", metric_value=value, unit=unit
        )

    await measures(21.5, "C")
    await maestra.state_is("sensor.board_air", "21.5", unit_of_measurement="°C")
    await measures(86.0, "F")
    # A metric system shows it converted where the entity's unit is chosen, else as it is.
    await maestra.until(
        lambda: maestra.state("sensor.board_air").state != "21.5",
        "another value",
        "sensor.board_air",
    )
    shown = maestra.state("sensor.board_air")
    assert (shown.state, shown.attributes["unit_of_measurement"]) in (
        ("86.0", "°F"),
        ("30.0", "°C"),
    )
    await measures(55.0, "%")
    await maestra.state_is("sensor.board_air", "55.0", unit_of_measurement="%")
    assert "device_class" not in maestra.state("sensor.board_air").attributes
