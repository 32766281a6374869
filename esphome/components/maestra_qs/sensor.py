"""How the outbox does, as sensors."""

import esphome.codegen as cg
from esphome.components import sensor
import esphome.config_validation as cv
from esphome.const import (
    ENTITY_CATEGORY_DIAGNOSTIC,
    STATE_CLASS_MEASUREMENT,
    STATE_CLASS_TOTAL_INCREASING,
)
from esphome.types import ConfigType

from . import MaestraQs

CONF_MAESTRA_QS_ID = "maestra_qs_id"

SENSORS = {
    "depth": ("mdi:tray-full", STATE_CLASS_MEASUREMENT),
    "dropped": ("mdi:tray-remove", STATE_CLASS_TOTAL_INCREASING),
    "reconnects": ("mdi:connection", STATE_CLASS_TOTAL_INCREASING),
    "acknowledged": ("mdi:tray-arrow-up", STATE_CLASS_TOTAL_INCREASING),
}

CONFIG_SCHEMA = cv.Schema(
    {
        cv.GenerateID(CONF_MAESTRA_QS_ID): cv.use_id(MaestraQs),
        **{
            cv.Optional(name): sensor.sensor_schema(
                icon=icon,
                accuracy_decimals=0,
                state_class=state_class,
                entity_category=ENTITY_CATEGORY_DIAGNOSTIC,
            )
            for name, (icon, state_class) in SENSORS.items()
        },
    }
)


async def to_code(config: ConfigType) -> None:
    """Hand the hub its sensors."""
    hub = await cg.get_variable(config[CONF_MAESTRA_QS_ID])
    for name in SENSORS:
        if name in config:
            cg.add(
                getattr(hub, f"set_{name}_sensor")(
                    await sensor.new_sensor(config[name])
                )
            )
