"""The form that chooses which of Home Assistant's entities are recorded."""

from collections.abc import Callable, Mapping
import re
from typing import Any, Final

import probatio

from homeassistant.const import CONF_DOMAINS, CONF_ENTITIES, CONF_EXCLUDE, CONF_INCLUDE
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

from .const import CONF_ALL, CONF_AREAS, CONF_GLOBS, CONF_LABELS
from .subentries.forms import Problem

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


def recording_schema(hass: HomeAssistant) -> probatio.Schema:
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


def record_from_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the options keep: every list, cleaned of what is empty or there twice."""
    return {
        CONF_ALL: form[CONF_ALL],
        **{side: _cleaned(form[side]) for side in SIDES},
    }


def find_problem(record: Mapping[str, Any]) -> Problem | None:
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
