"""What of Home Assistant's entities is recorded, and how long all of it is kept: two steps of the hub's options."""

from collections.abc import Callable, Mapping
from itertools import pairwise
import math
import re
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import (
    CONF_DOMAINS,
    CONF_ENTITIES,
    CONF_EXCLUDE,
    CONF_INCLUDE,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant, valid_domain
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    AreaSelector,
    AreaSelectorConfig,
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    LabelSelector,
    LabelSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ...const import (
    CONF_ALL,
    CONF_AREAS,
    CONF_GLOBS,
    CONF_KEEP_DAILY,
    CONF_KEEP_EVENTS,
    CONF_KEEP_HOURLY,
    CONF_KEEP_METRICS,
    CONF_KEEP_STATES,
    CONF_LABELS,
    CONF_RECORD,
)
from ...hub.flows import Problem, whole_number
from ...hub.options import HubOptionsFlow, OptionsStep
from .recording_filter import LIFETIME_OPTIONS, days_from_options

# A century: beyond, for ever is meant.
MAX_DAYS: Final = 36_500
# Rollups are made of raw rows, the last of a day after its end.
MIN_RAW_DAYS: Final = 2
RAW_OPTIONS: Final = (CONF_KEEP_METRICS, CONF_KEEP_EVENTS, CONF_KEEP_STATES)
# From fine to coarse.
RESOLUTIONS: Final = (CONF_KEEP_METRICS, CONF_KEEP_HOURLY, CONF_KEEP_DAILY)

SIDES: Final = (CONF_INCLUDE, CONF_EXCLUDE)
CHOICES: Final = (CONF_DOMAINS, CONF_AREAS, CONF_LABELS, CONF_GLOBS, CONF_ENTITIES)

type Choice = dict[str, list[str]]

# What can match an entity id: its characters and wildcards, and of these, or the dot, at least one.
_GLOB: Final = re.compile(r"(?=.*[.*?\[])[a-z0-9_.*?\[\]!-]+")

# Of what is typed by hand -> what is right, and the error where it is not.
_TYPED: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    CONF_DOMAINS: (valid_domain, "invalid_domain"),
    CONF_GLOBS: (_GLOB.fullmatch, "invalid_glob"),
}


def _recording_schema(hass: HomeAssistant) -> probatio.Schema:
    """Return the form; it offers the domains that there are entities of, others can be typed."""
    choice = probatio.Schema(
        {
            probatio.Optional(CONF_DOMAINS): SelectSelector(
                SelectSelectorConfig(
                    options=sorted({state.domain for state in hass.states.async_all()}),
                    multiple=True,
                    custom_value=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            probatio.Optional(CONF_AREAS): AreaSelector(
                AreaSelectorConfig(multiple=True)
            ),
            probatio.Optional(CONF_LABELS): LabelSelector(
                LabelSelectorConfig(multiple=True)
            ),
            probatio.Optional(CONF_GLOBS): TextSelector(
                TextSelectorConfig(multiple=True)
            ),
            probatio.Optional(CONF_ENTITIES): EntitySelector(
                EntitySelectorConfig(multiple=True)
            ),
        }
    )
    return probatio.Schema(
        {
            probatio.Required(CONF_ALL, default=False): BooleanSelector(),
            **{probatio.Required(side): section(choice) for side in SIDES},
        }
    )


def _record_from_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the options keep: every list, cleaned of what is empty or there twice."""
    return {
        CONF_ALL: form[CONF_ALL],
        **{side: _cleaned(form[side]) for side in SIDES},
    }


def _find_problem(record: Mapping[str, Any]) -> Problem | None:
    """Return the first thing that could never match an entity, or None."""
    for side in SIDES:
        for name, (is_right, key) in _TYPED.items():
            for text in record[side][name]:
                if not is_right(text):
                    return Problem(side, key, text)
    return None


def _cleaned(choice: Mapping[str, list[str]]) -> Choice:
    cleaned = {}
    for name in CHOICES:
        words = (word.strip() for word in choice.get(name, []))
        if name in _TYPED:
            words = (word.lower() for word in words)
        cleaned[name] = list(dict.fromkeys(filter(None, words)))
    return cleaned


HISTORY_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(option): whole_number(0, MAX_DAYS, UnitOfTime.DAYS)
        for option in LIFETIME_OPTIONS
    }
)


async def _change_recording(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Choose which of Home Assistant's entities are recorded."""
    problem = None
    if user_input is not None:
        record = _record_from_form(user_input)
        if (problem := _find_problem(record)) is None:
            return flow.save({CONF_RECORD: record})
    shown = user_input or flow.config_entry.options.get(CONF_RECORD, {})
    return flow.show("recording", _recording_schema(flow.hass), shown, problem)


async def _change_history(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Choose how long what was recorded is kept."""
    errors: dict[str, str] = {}
    if user_input is not None:
        errors = _history_problems(user_input)
        if not errors:
            return flow.save(user_input)
    return flow.async_show_form(
        step_id="history",
        data_schema=flow.add_suggested_values_to_schema(
            HISTORY_SCHEMA, user_input or days_from_options(flow.config_entry.options)
        ),
        errors=errors,
    )


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


HISTORY_OPTIONS: Final = (
    OptionsStep(key="recording", run=_change_recording),
    OptionsStep(key="history", run=_change_history),
)
