"""How values look in Home Assistant: decimals, classes, icons and names, as guessed and as declared."""

from collections.abc import Mapping
from typing import Any

import pytest

from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from tests.kits.hub_broker import MaestraKit


def decimals(registry: er.EntityRegistry, entity_id: str) -> int | None:
    entry = registry.async_get(entity_id)
    assert entry
    options: Mapping[str, Any] = entry.options.get("sensor", {})
    return options.get("suggested_display_precision")


async def measures(maestra: MaestraKit, name: str, value: float, **said: Any) -> None:
    await maestra.device_says(
        "metrics", "AA:01", metric_name=name, metric_value=value, **said
    )


async def test_decimals_become_more_and_never_fewer(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.register("AA:01", "Board")
    await measures(maestra, "supply", 4, unit="V")
    await maestra.state_is("sensor.board_supply", "4")
    assert decimals(entity_registry, "sensor.board_supply") == 0
    written: list[Any] = []
    forget = maestra.hass.bus.async_listen(
        er.EVENT_ENTITY_REGISTRY_UPDATED,
        callback(lambda event: written.append(event.data)),
    )

    for value in (3.5, 3.55, 4.0, 3.5541, 12.25, 3.0):
        await measures(maestra, "supply", value, unit="V")
        await maestra.state_is("sensor.board_supply", str(value))

    assert decimals(entity_registry, "sensor.board_supply") == 2
    # From none to one, and to two: whatever comes then, the registry is left alone.
    assert len(written) == 2
    await maestra.reload()
    await maestra.state_is("sensor.board_supply", "3.0")
    assert decimals(entity_registry, "sensor.board_supply") == 2
    forget()


@pytest.mark.parametrize(
    ("config", "value", "shown"),
    [
        ({}, 0.30000000000000004, "0.3"),
        ({}, 0.7333333333, "0.733"),
        ({"step": 0.0001}, 0.73333333, "0.7333"),
        ({"unit": "dB"}, -6.2, "-6.2"),
        ({"unit": "dB"}, -6.2000000001, "-6.2"),
        ({"unit": "°C", "step": 0.5}, 21.4375, "21.4"),
        ({"precision": 4}, 0.123456, "0.1235"),
        ({}, 1e300, "1e+300"),
    ],
)
async def test_a_number_that_is_set_has_the_decimals_that_mean_something(
    maestra: MaestraKit, config: dict[str, Any], value: float, shown: str
) -> None:
    await maestra.act(
        "create_entity",
        name="Desk",
        entity_type="controller",
        variables=[
            {"name": "fader", "type": "number", "direction": "input", "config": config}
        ],
    )

    await maestra.update("desk", fader=value)

    await maestra.state_is("number.desk_fader", shown)
    # What clients and the database have is as exact as it came.
    assert maestra.domain.entities["desk"].state["fader"] == value


async def test_what_the_user_chose_stays(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.register("AA:01", "Board")
    await measures(maestra, "supply", 4, unit="V")
    await maestra.appears("sensor.board_supply")
    entity_registry.async_update_entity_options(
        "sensor.board_supply", "sensor", {"display_precision": 0}
    )

    await measures(maestra, "supply", 3.55, unit="V")
    await maestra.state_is("sensor.board_supply", "3.55")

    entry = entity_registry.async_get("sensor.board_supply")
    assert entry
    assert entry.options["sensor"] == {
        "display_precision": 0,
        "suggested_display_precision": 2,
    }


async def test_a_class_brings_its_icon_and_where_it_is_that_its_name(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.act(
        "create_entity",
        name="Probe",
        entity_type="sensor",
        state={"value": None},
        variables=[
            {"name": name, "type": kind, "direction": "output", "config": config}
            for name, kind, config in (
                ("temperature", "number", {"unit": "°C"}),
                ("lamp_temperature", "number", {"unit": "°C"}),
                ("co2", "number", {"unit": "ppm"}),
                ("presence", "boolean", {}),
                ("door", "boolean", {}),
                ("ready", "boolean", {}),
                ("mode", "string", {}),
                ("note", "string", {}),
                ("speed", "number", {}),
            )
        ],
    )
    looks = {
        entity_id: (
            state.name,
            state.attributes.get("device_class"),
            entry.translation_key,
        )
        for entity_id in maestra.entity_ids
        if (state := maestra.state(entity_id))
        and (entry := entity_registry.async_get(entity_id))
    }
    assert looks == {
        "sensor.probe_temperature": ("Probe Temperature", "temperature", None),
        "sensor.probe_lamp_temperature": (
            "Probe Lamp temperature",
            "temperature",
            None,
        ),
        "sensor.probe_co2": ("Probe CO₂", "carbon_dioxide", None),
        "binary_sensor.probe_presence": ("Probe Presence", "occupancy", None),
        "binary_sensor.probe_door": ("Probe Door", "door", None),
        "binary_sensor.probe_ready": ("Probe Ready", None, "variable"),
        "sensor.probe_mode": ("Probe Mode", None, "mode"),
        "sensor.probe_note": ("Probe Note", None, "text_value"),
        "sensor.probe_speed": ("Probe Speed", None, "variable"),
    }


@pytest.mark.parametrize(
    ("entity", "variable", "entity_id"),
    [
        ("CO2", "co2", "sensor.co2"),
        ("Foyer presence", "presence", "sensor.foyer_presence"),
        ("Foyer", "presence", "sensor.foyer_presence"),
        ("Sound", "sound_level", "sensor.sound_sound_level"),
    ],
)
async def test_nothing_is_named_twice(
    maestra: MaestraKit, entity: str, variable: str, entity_id: str
) -> None:
    await maestra.act(
        "create_entity",
        name=entity,
        entity_type="zone",
        variables=[{"name": variable, "type": "number", "direction": "output"}],
    )

    assert maestra.entity_ids == [entity_id]


async def test_a_client_declares_how_its_variable_is_shown(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    """And declares another look: the entity stays the one that it is."""
    await maestra.update("probe", lid=True, flow=1.25)
    await maestra.appears("binary_sensor.probe_lid")
    entity_registry.async_update_entity("sensor.probe_flow", name="My flow")

    async def declare(name: str, kind: str, **config: Any) -> None:
        await maestra.act(
            "define_variable",
            slug="probe",
            name=name,
            type=kind,
            direction="output",
            config=config,
        )

    await declare("lid", "boolean", device_class="window")
    await declare(
        "flow",
        "number",
        device_class="volume_flow_rate",
        unit="L/min",
        precision=1,
        entity_category="diagnostic",
    )

    await maestra.state_is("binary_sensor.probe_lid", "on", device_class="window")
    flow = await maestra.state_is(
        "sensor.probe_flow",
        "1.25",
        device_class="volume_flow_rate",
        unit_of_measurement="L/min",
    )
    assert flow.name == "My flow"
    entry = entity_registry.async_get("sensor.probe_flow")
    assert entry
    assert (entry.entity_category, entry.original_device_class) == (
        "diagnostic",
        "volume_flow_rate",
    )
    assert decimals(entity_registry, "sensor.probe_flow") == 1
    # A sensor can't be for configuration: Home Assistant would not take it.
    await declare("flow", "number", entity_category="config")
    await maestra.state_is("sensor.probe_flow", "1.25", device_class=None)
    entry = entity_registry.async_get("sensor.probe_flow")
    assert entry
    assert entry.entity_category is None


async def test_a_device_declares_how_its_metrics_are_shown(
    maestra: MaestraKit, entity_registry: er.EntityRegistry
) -> None:
    await maestra.register("AA:01", "Board")
    await measures(maestra, "noise", -6.25, unit="dB")
    await maestra.state_is("sensor.board_noise", "-6.25", device_class="sound_pressure")

    await maestra.device_says(
        "heartbeat",
        "AA:01",
        metadata={
            "metrics": {
                "noise": {
                    "device_class": "none",
                    "precision": 2,
                    "entity_category": "diagnostic",
                },
                "other": 5,
            }
        },
    )

    await maestra.state_is("sensor.board_noise", "-6.25", device_class=None)
    entry = entity_registry.async_get("sensor.board_noise")
    assert entry
    assert entry.entity_category == "diagnostic"
    assert decimals(entity_registry, "sensor.board_noise") == 2
