"""How entities, devices and streams are treated: the first step of the hub's options."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import BooleanSelector, DurationSelector

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
)
from ...hub.flows import Problem, whole_number
from ...hub.options import HubOptionsFlow, OptionsStep

SECTION_ENTITIES: Final = "entities"
SECTION_DEVICES: Final = "devices"
SECTION_STREAMS: Final = "streams"
# Below, a single lost heartbeat would do; above, the status says nothing.
OFFLINE_AFTER_RANGE: Final = (timedelta(seconds=5), timedelta(days=7))

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


GENERAL_OPTIONS: Final = (OptionsStep(key="general", run=_change_general),)
