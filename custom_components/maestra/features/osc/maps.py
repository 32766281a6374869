"""The address map of OSC: the step of the options that changes it, and what the core is told of it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    ObjectSelector,
    ObjectSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
)

from ...const import CONF_OSC_MAPS
from ...core.domain.errors import InvalidField
from ...core.osc.settings import MAX_MAPS, OPERATIONS, OscMap
from ...hub.flows import TEXT, TEXTS, FormData, Problem
from ...hub.options import HubOptionsFlow, OptionsStep

OSC_ADDRESS: Final = "osc_address"
ENTITY_SLUG: Final = "entity_slug"
STATE_KEYS: Final = "state_keys"
OPERATION: Final = "operation"

OSC_MAPS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_OSC_MAPS, default=list): ObjectSelector(
            ObjectSelectorConfig(
                multiple=True,
                label_field=OSC_ADDRESS,
                description_field=ENTITY_SLUG,
                translation_key="osc_map",
                fields={
                    OSC_ADDRESS: {"selector": TEXT, "required": True},
                    ENTITY_SLUG: {"selector": TEXT, "required": True},
                    STATE_KEYS: {"selector": TEXTS, "required": True},
                    OPERATION: {
                        "selector": SelectSelector(
                            SelectSelectorConfig(
                                options=list(OPERATIONS),
                                translation_key="osc_operation",
                            )
                        ),
                        "default": OPERATIONS[0],
                    },
                },
            )
        )
    }
)


def osc_maps(options: Mapping[str, Any]) -> tuple[OscMap, ...]:
    """Return the hub's address map for the core."""
    return tuple(_osc_map(row) for row in options.get(CONF_OSC_MAPS, ()))


def _osc_map(row: Mapping[str, Any]) -> OscMap:
    """Read a row; one key takes all arguments, several take one each."""
    keys = row[STATE_KEYS]
    single = {"state_key": keys[0], STATE_KEYS: []} if len(keys) == 1 else {}
    return OscMap.from_wire({**row, **single})


async def _change_maps(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Change which OSC addresses set which entities."""
    problem = None
    if user_input is not None:
        maps = _maps_from_form(user_input)
        if (problem := _find_problem(maps)) is None:
            return flow.save({CONF_OSC_MAPS: maps})
    saved = {CONF_OSC_MAPS: flow.config_entry.options.get(CONF_OSC_MAPS, [])}
    return flow.show("osc_maps", OSC_MAPS_SCHEMA, user_input or saved, problem)


def _maps_from_form(form: FormData) -> list[dict[str, Any]]:
    """Return the address map as options keep it: what was typed, without blanks around."""
    return [
        {
            OSC_ADDRESS: row[OSC_ADDRESS].strip(),
            ENTITY_SLUG: row[ENTITY_SLUG].strip(),
            STATE_KEYS: [key.strip() for key in row[STATE_KEYS] if key.strip()],
            OPERATION: row.get(OPERATION) or OPERATIONS[0],
        }
        for row in form[CONF_OSC_MAPS]
    ]


def _find_problem(maps: Iterable[Mapping[str, Any]]) -> Problem | None:
    """Return the first thing that is wrong with an address map."""
    for count, row in enumerate(maps, 1):
        try:
            _osc_map(row)
        except InvalidField as error:
            reason = f"{row[OSC_ADDRESS]}: {error}"
            return Problem(CONF_OSC_MAPS, "invalid_osc_map", reason)
        if count > MAX_MAPS:
            return Problem(CONF_OSC_MAPS, "too_many_osc_maps", str(MAX_MAPS))
    return None


OSC_OPTIONS: Final = (OptionsStep(key="osc_maps", run=_change_maps),)
