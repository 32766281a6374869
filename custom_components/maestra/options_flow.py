"""Changing the hub's options: entities and devices, what is recorded, and how long it is kept."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
import math
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import BooleanSelector, DurationSelector

from .const import (
    CONF_AUTO_ACCEPT,
    CONF_CREATE_UNKNOWN,
    CONF_KEEP_DAILY,
    CONF_KEEP_EVENTS,
    CONF_KEEP_HOURLY,
    CONF_KEEP_METRICS,
    CONF_KEEP_STATES,
    CONF_OFFLINE_AFTER,
    CONF_RECORD,
    CONF_STRICT,
    DEFAULT_AUTO_ACCEPT,
    DEFAULT_CREATE_UNKNOWN,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_STRICT,
)
from .options_f2 import F2Steps
from .options_listeners import ListenerSteps
from .options_qs import QsSteps
from .recording_filter import LIFETIME_OPTIONS, days_from_options
from .recording_form import find_problem, record_from_form, recording_schema
from .subentries.forms import whole_number

SECTION_ENTITIES: Final = "entities"
SECTION_DEVICES: Final = "devices"
SECTION_STREAMS: Final = "streams"
# Below, a single lost heartbeat would do; above, the status says nothing.
OFFLINE_AFTER_RANGE: Final = (timedelta(seconds=5), timedelta(days=7))
# A century: beyond, for ever is meant.
MAX_DAYS: Final = 36_500
# Rollups are made of raw rows, the last of a day after its end.
MIN_RAW_DAYS: Final = 2
RAW_OPTIONS: Final = (CONF_KEEP_METRICS, CONF_KEEP_EVENTS, CONF_KEEP_STATES)
# From fine to coarse.
RESOLUTIONS: Final = (CONF_KEEP_METRICS, CONF_KEEP_HOURLY, CONF_KEEP_DAILY)

MENU: Final = [
    "general",
    "recording",
    "history",
    "fleet_api",
    "websocket",
    "osc",
    "osc_maps",
    "f2_templates",
    "qs",
]

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

HISTORY_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(option): whole_number(0, MAX_DAYS, UnitOfTime.DAYS)
        for option in LIFETIME_OPTIONS
    }
)


class MaestraOptionsFlow(F2Steps, ListenerSteps, QsSteps):
    """Changes what the hub does, while it runs."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(menu_options=MENU)

    async def async_step_general(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change how entities, devices and streams are treated."""
        errors = {}
        if user_input is not None:
            silence = cv.time_period_dict(
                user_input[SECTION_DEVICES][CONF_OFFLINE_AFTER]
            )
            shortest, longest = OFFLINE_AFTER_RANGE
            if shortest <= silence <= longest:
                return self._save(
                    {
                        **user_input[SECTION_ENTITIES],
                        **user_input[SECTION_STREAMS],
                        CONF_OFFLINE_AFTER: int(silence.total_seconds()),
                    }
                )
            errors[SECTION_DEVICES] = "offline_after_out_of_range"
        return self.async_show_form(
            step_id="general",
            data_schema=self.add_suggested_values_to_schema(
                GENERAL_SCHEMA, user_input or _general_form(self.config_entry.options)
            ),
            errors=errors,
        )

    async def async_step_recording(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose which of Home Assistant's entities are recorded."""
        errors, wrong = {}, ""
        shown = user_input or self.config_entry.options.get(CONF_RECORD, {})
        if user_input is not None:
            record = record_from_form(user_input)
            if (problem := find_problem(record)) is None:
                return self._save({CONF_RECORD: record})
            errors[problem.field], wrong = problem.key, problem.reason
        return self.async_show_form(
            step_id="recording",
            data_schema=self.add_suggested_values_to_schema(
                recording_schema(self.hass), shown
            ),
            errors=errors,
            description_placeholders={"wrong": wrong},
        )

    async def async_step_history(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose how long what was recorded is kept."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _history_problems(user_input)
            if not errors:
                return self._save(user_input)
        return self.async_show_form(
            step_id="history",
            data_schema=self.add_suggested_values_to_schema(
                HISTORY_SCHEMA,
                user_input or days_from_options(self.config_entry.options),
            ),
            errors=errors,
        )


def _general_form(options: Mapping[str, Any]) -> dict[str, Any]:
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


def _history_problems(days: Mapping[str, int]) -> dict[str, str]:
    """Return the error of each lifetime that can't be kept."""
    problems = {
        option: "too_short_for_averages"
        for option in RAW_OPTIONS
        if 0 < days[option] < MIN_RAW_DAYS
    }
    for finer, coarser in pairwise(RESOLUTIONS):
        if (days[coarser] or math.inf) < (days[finer] or math.inf):
            problems[coarser] = "shorter_than_finer"
    return problems
