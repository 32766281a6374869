"""Steps of the hub's options: how entities, devices and streams are treated, and what one of them is."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.selector import (
    BooleanSelector,
    DeviceSelector,
    DeviceSelectorConfig,
    DurationSelector,
)

from ...const import (
    CONF_AUTO_ACCEPT,
    CONF_CREATE_UNKNOWN,
    CONF_OFFLINE_AFTER,
    CONF_STATE_WRITES,
    CONF_STRICT,
    DEFAULT_AUTO_ACCEPT,
    DEFAULT_CREATE_UNKNOWN,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_STATE_WRITES,
    DEFAULT_STRICT,
    DOMAIN,
)
from ...hub.actions import ATTR_DEVICE
from ...hub.current import find_hub
from ...hub.devices import MANUFACTURER
from ...hub.flows import Problem, whole_number
from ...hub.options import HubOptionsFlow, OptionsStep
from .description import (
    ATTR_METRICS,
    ATTR_VARIABLES,
    METRICS_SCHEMA,
    VARIABLES_SCHEMA,
    Description,
    described_metrics,
    metric_rows,
)
from .suggestions import looks_like

SECTION_ENTITIES: Final = "entities"
SECTION_DEVICES: Final = "devices"
SECTION_STREAMS: Final = "streams"
# Below, a single lost heartbeat would do; above, the status says nothing.
OFFLINE_AFTER_RANGE: Final = (timedelta(seconds=5), timedelta(days=7))

CHOOSE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE): DeviceSelector(
            DeviceSelectorConfig(integration=DOMAIN, manufacturer=MANUFACTURER)
        )
    }
)
GENERAL_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(SECTION_ENTITIES): section(
            probatio.Schema(
                {
                    probatio.Required(
                        CONF_CREATE_UNKNOWN, default=DEFAULT_CREATE_UNKNOWN
                    ): BooleanSelector(),
                    probatio.Required(
                        CONF_STRICT, default=DEFAULT_STRICT
                    ): BooleanSelector(),
                    probatio.Required(
                        CONF_STATE_WRITES, default=DEFAULT_STATE_WRITES
                    ): whole_number(10, 5_000, "1/s"),
                }
            )
        ),
        probatio.Required(SECTION_DEVICES): section(
            probatio.Schema({probatio.Required(CONF_OFFLINE_AFTER): DurationSelector()})
        ),
        probatio.Required(SECTION_STREAMS): section(
            probatio.Schema(
                {
                    probatio.Required(
                        CONF_AUTO_ACCEPT, default=DEFAULT_AUTO_ACCEPT
                    ): BooleanSelector()
                }
            )
        ),
    }
)


async def _change_general(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    problem = None
    if user_input is not None:
        silence = cv.time_period_dict(user_input[SECTION_DEVICES][CONF_OFFLINE_AFTER])
        shortest, longest = OFFLINE_AFTER_RANGE
        if shortest <= silence <= longest:
            return flow.save(
                {
                    **user_input[SECTION_ENTITIES],
                    **user_input[SECTION_STREAMS],
                    CONF_OFFLINE_AFTER: int(silence.total_seconds()),
                }
            )
        problem = Problem(SECTION_DEVICES, "offline_after_out_of_range")
    shown = user_input or _form(flow.config_entry.options)
    return flow.show("general", GENERAL_SCHEMA, shown, problem)


def _form(options: Mapping[str, Any]) -> dict[str, Any]:
    minutes, seconds = divmod(
        options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER), 60
    )
    hours, minutes = divmod(minutes, 60)
    return {
        SECTION_ENTITIES: {
            CONF_CREATE_UNKNOWN: options.get(
                CONF_CREATE_UNKNOWN, DEFAULT_CREATE_UNKNOWN
            ),
            CONF_STRICT: options.get(CONF_STRICT, DEFAULT_STRICT),
            CONF_STATE_WRITES: options.get(CONF_STATE_WRITES, DEFAULT_STATE_WRITES),
        },
        SECTION_DEVICES: {
            CONF_OFFLINE_AFTER: {
                "hours": hours,
                "minutes": minutes,
                "seconds": seconds,
            }
        },
        SECTION_STREAMS: {
            CONF_AUTO_ACCEPT: options.get(CONF_AUTO_ACCEPT, DEFAULT_AUTO_ACCEPT)
        },
    }


async def _choose(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Ask which thing is to be described."""
    problem = None
    if user_input is not None:
        hub = find_hub(flow.hass)
        if hub is None:
            return flow.async_abort(reason="not_loaded")
        registered = dr.async_get(flow.hass).async_get(user_input[ATTR_DEVICE])
        keys = {key for _, key in registered.identifiers} if registered else set()
        for key in keys:
            if entity := hub.domain.entities.get(key):
                flow.subject = Description(hub, entity, looks_like(entity))
                return await _ask_what(flow)
            if device := hub.domain.devices.get(key):
                flow.subject = device.id
                return await _ask_metrics(flow)
        problem = Problem(ATTR_DEVICE, "not_described")
    return flow.show("describe", CHOOSE_SCHEMA, user_input or {}, problem)


async def _ask_what(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Ask what an entity is, what it is called, and where."""
    description: Description = flow.subject
    problem = None
    if user_input is not None:
        problem = description.take_what(user_input)
        if problem is None:
            return await _ask_variables(flow)
    return flow.show("what", description.what_schema(), description.what, problem)


async def _ask_variables(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Ask for an entity's variables, then make it so."""
    description: Description = flow.subject
    problem, rows = None, description.rows
    if user_input is not None:
        rows = user_input[ATTR_VARIABLES]
        problem = description.save(rows)
        if problem is None:
            return flow.save({})
    return flow.show("variables", VARIABLES_SCHEMA, {ATTR_VARIABLES: rows}, problem)


async def _ask_metrics(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Ask how the metrics of a device are shown."""
    hub = find_hub(flow.hass)
    device = hub.domain.devices.get(flow.subject) if hub else None
    if hub is None or device is None:
        return flow.async_abort(reason="not_loaded")
    if user_input is not None:
        hub.domain.devices.describe_metrics(
            device.id, described_metrics(device, user_input[ATTR_METRICS])
        )
        return flow.save({})
    return flow.show("metrics", METRICS_SCHEMA, {ATTR_METRICS: metric_rows(device)})


GENERAL_OPTIONS: Final = (
    OptionsStep(key="general", run=_change_general),
    OptionsStep(
        key="describe",
        run=_choose,
        following={
            "what": _ask_what,
            "variables": _ask_variables,
            "metrics": _ask_metrics,
        },
    ),
)
