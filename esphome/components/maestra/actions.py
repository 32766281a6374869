"""Actions of boards: what automations let the hub say."""

from typing import Any

from esphome import automation
import esphome.codegen as cg
import esphome.config_validation as cv
from esphome.const import (
    CONF_DATA,
    CONF_EVENT_TYPE,
    CONF_ID,
    CONF_MESSAGE,
    CONF_STATE,
    CONF_UNIT_OF_MEASUREMENT,
    CONF_VALUE,
)
from esphome.core import ID
from esphome.cpp_generator import MockObj
from esphome.types import ConfigType

from .base import (
    CONF_METRIC,
    CONF_SLUG,
    AdvertiseStreamAction,
    Maestra,
    MetricAction,
    SendEventAction,
    SetStateAction,
    Stream,
    WithdrawStreamAction,
    json_object,
    slug,
)

CONF_SEVERITY = "severity"
CONF_TAGS = "tags"
SEVERITIES = ("debug", "info", "warning", "error", "critical")


async def _action(
    config: ConfigType,
    action_id: ID,
    template_arg: Any,
    args: Any,
    fields: dict[str, tuple[str, MockObj]],
) -> MockObj:
    """Make an action of the hub. `fields`: what it is told, with its setter and type."""
    action = cg.new_Pvariable(action_id, template_arg)
    await cg.register_parented(action, config[CONF_ID])
    for key, (name, kind) in fields.items():
        if key in config:
            value = await cg.templatable(config[key], args, kind)
            cg.add(getattr(action, f"set_{name}")(value))
    return action


@automation.register_action(
    "maestra.send_event",
    SendEventAction,
    cv.Schema(
        {
            cv.GenerateID(): cv.use_id(Maestra),
            cv.Required(CONF_EVENT_TYPE): cv.templatable(cv.string_strict),
            cv.Optional(CONF_SEVERITY, default="info"): cv.templatable(
                cv.one_of(*SEVERITIES, lower=True)
            ),
            cv.Optional(CONF_MESSAGE, default=""): cv.templatable(cv.string_strict),
            cv.Optional(CONF_DATA): json_object,
        }
    ),
    synchronous=True,
)
async def send_event_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action."""
    fields = (CONF_EVENT_TYPE, CONF_SEVERITY, CONF_MESSAGE, CONF_DATA)
    return await _action(
        config,
        action_id,
        template_arg,
        args,
        {key: (key, cg.std_string) for key in fields},
    )


@automation.register_action(
    "maestra.metric",
    MetricAction,
    cv.Schema(
        {
            cv.GenerateID(): cv.use_id(Maestra),
            cv.Required(CONF_METRIC): cv.templatable(cv.string_strict),
            cv.Required(CONF_VALUE): cv.templatable(cv.float_),
            cv.Optional(CONF_UNIT_OF_MEASUREMENT, default=""): cv.templatable(
                cv.string_strict
            ),
            cv.Optional(CONF_TAGS): json_object,
        }
    ),
    synchronous=True,
)
async def metric_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action."""
    return await _action(
        config,
        action_id,
        template_arg,
        args,
        {
            CONF_METRIC: ("metric", cg.std_string),
            CONF_VALUE: ("value", cg.float_),
            CONF_UNIT_OF_MEASUREMENT: ("unit", cg.std_string),
            CONF_TAGS: ("tags", cg.std_string),
        },
    )


@automation.register_action(
    "maestra.set_state",
    SetStateAction,
    cv.Schema(
        {
            cv.GenerateID(): cv.use_id(Maestra),
            cv.Required(CONF_SLUG): cv.templatable(slug),
            cv.Required(CONF_STATE): json_object,
        }
    ),
    synchronous=True,
)
async def set_state_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action."""
    return await _action(
        config,
        action_id,
        template_arg,
        args,
        {key: (key, cg.std_string) for key in (CONF_SLUG, CONF_STATE)},
    )


_OF_STREAM = automation.maybe_simple_id({cv.GenerateID(): cv.use_id(Stream)})


@automation.register_action(
    "maestra.advertise_stream", AdvertiseStreamAction, _OF_STREAM, synchronous=True
)
@automation.register_action(
    "maestra.withdraw_stream", WithdrawStreamAction, _OF_STREAM, synchronous=True
)
async def stream_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make an action on a stream."""
    return await _action(config, action_id, template_arg, args, {})
