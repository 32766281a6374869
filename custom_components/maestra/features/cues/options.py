"""The step of the options in which cue lists are read from text, edited and captured into."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import probatio
import yaml

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    DeviceSelector,
    DeviceSelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ...const import DOMAIN
from ...core.cues.cue_list import LONGEST, ContinueMode, Cue, CueList
from ...core.cues.cue_lists import CueLists
from ...core.cues.curves import Curve
from ...core.domain.errors import InvalidField, MaestraError
from ...core.domain.json_values import JsonObject
from ...hub.actions import json_value
from ...hub.current import find_hub
from ...hub.devices import MANUFACTURER
from ...hub.flows import TEXT, FormData, Problem, whole_number
from ...hub.hub import Hub
from ...hub.options import HubOptionsFlow, OptionsStep
from ...hub.targets import owner_of
from .actions import (
    ATTR_CUE,
    ATTR_CUE_LIST,
    ATTR_CUES,
    ATTR_ENTITIES,
    ATTR_MIN_INTERVAL,
    ATTR_NUMBER,
    ATTR_PRIORITY,
    ATTR_SAFE,
    captured,
    next_number,
)
from .manager import CuesManager
from .outside import DOMAINS

ATTR_TEXT: Final = "text"
ATTR_THINGS: Final = "things"
SECTION_CAPTURE: Final = "capture"
SECTION_LIST: Final = "list"
MAX_TEXT: Final = 2_000_000
"""Characters of a text that is read."""

_SECONDS: Final = NumberSelector(
    NumberSelectorConfig(
        min=0,
        max=LONGEST,
        step="any",
        mode=NumberSelectorMode.BOX,
        unit_of_measurement="s",
    )
)
_OBJECT: Final = ObjectSelector(ObjectSelectorConfig())
_LINES: Final = TextSelector(TextSelectorConfig(multiline=True))
_CUE: Final[Mapping[str, ObjectSelectorField]] = {
    ATTR_NUMBER: {"selector": TEXT, "required": True},
    CONF_NAME: {"selector": TEXT},
    "pre_wait": {"selector": _SECONDS},
    "transition": {"selector": _SECONDS},
    "curve": {
        "selector": SelectSelector(
            SelectSelectorConfig(options=list(Curve), translation_key="curve")
        )
    },
    "continue_mode": {
        "selector": SelectSelector(
            SelectSelectorConfig(
                options=list(ContinueMode), translation_key="continue_mode"
            )
        )
    },
    "post_wait": {"selector": _SECONDS},
    "at": {"selector": TEXT},
    "notes": {"selector": _LINES},
    "states": {"selector": _OBJECT},
    "activates": {"selector": EntitySelector(EntitySelectorConfig(multiple=True))},
    "osc": {"selector": _OBJECT},
}
CUES_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(ATTR_CUES, default=list): ObjectSelector(
            ObjectSelectorConfig(
                multiple=True,
                label_field=ATTR_NUMBER,
                description_field=CONF_NAME,
                translation_key="cue",
                fields=dict(_CUE),
            )
        ),
        probatio.Required(SECTION_CAPTURE): section(
            probatio.Schema(
                {
                    probatio.Optional(ATTR_THINGS, default=list): DeviceSelector(
                        DeviceSelectorConfig(
                            integration=DOMAIN,
                            manufacturer=MANUFACTURER,
                            multiple=True,
                        )
                    ),
                    probatio.Optional(ATTR_ENTITIES, default=list): EntitySelector(
                        EntitySelectorConfig(domain=list(DOMAINS), multiple=True)
                    ),
                    probatio.Optional(ATTR_CUE, default=""): TEXT,
                }
            ),
            {"collapsed": True},
        ),
        probatio.Required(SECTION_LIST): section(
            probatio.Schema(
                {
                    probatio.Optional(ATTR_MIN_INTERVAL, default=0): _SECONDS,
                    probatio.Optional(ATTR_PRIORITY, default=0): whole_number(
                        -100, 100
                    ),
                    probatio.Optional(ATTR_SAFE, default=dict): _OBJECT,
                }
            ),
            {"collapsed": True},
        ),
    }
)


def _choice(lists: CueLists) -> probatio.Schema:
    names = sorted(player.cues.name for player in lists)
    return probatio.Schema(
        {
            probatio.Optional(ATTR_CUE_LIST): SelectSelector(
                SelectSelectorConfig(
                    options=names,
                    custom_value=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            probatio.Optional(ATTR_TEXT): _LINES,
        }
    )


async def _choose(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Ask for a list to edit, or for the text of some."""
    if (hub := find_hub(flow.hass)) is None:
        return flow.async_abort(reason="not_loaded")
    lists, problem = hub.manager(CuesManager).lists, None
    if user_input is not None:
        name = (user_input.get(ATTR_CUE_LIST) or "").strip()
        if text := (user_input.get(ATTR_TEXT) or "").strip():
            try:
                for cues in _read(text, name):
                    lists.put(cues)
            except MaestraError as error:
                problem = Problem(ATTR_TEXT, "unreadable_cues", str(error))
            else:
                return flow.save({})
        elif name:
            flow.subject = name
            return await _edit(flow)
        else:
            problem = Problem(ATTR_CUE_LIST, "no_cue_list_chosen")
    return flow.show("cue_lists", _choice(lists), user_input or {}, problem)


async def _edit(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Show the cues of a list, and take what has become of them."""
    if (hub := find_hub(flow.hass)) is None:
        return flow.async_abort(reason="not_loaded")
    lists, problem = hub.manager(CuesManager).lists, None
    player = lists.get(flow.subject)
    shown: FormData = _form(player.cues if player else CueList(name="", safe={}))
    if user_input is not None:
        try:
            lists.put(_edited(flow.hass, hub, str(flow.subject), user_input))
        except MaestraError as error:
            problem, shown = Problem(ATTR_CUES, "wrong_cues", str(error)), user_input
        else:
            return flow.save({})
    return flow.show("cues", CUES_SCHEMA, shown, problem)


def _form(cues: CueList) -> dict[str, Any]:
    return {
        ATTR_CUES: [cue.to_wire() for cue in cues.cues],
        SECTION_CAPTURE: {ATTR_THINGS: [], ATTR_CUE: ""},
        SECTION_LIST: {
            ATTR_MIN_INTERVAL: cues.min_interval,
            ATTR_PRIORITY: cues.priority,
            ATTR_SAFE: dict(cues.safe),
        },
    }


def _edited(hass: HomeAssistant, hub: Hub, name: str, form: FormData) -> CueList:
    """Return the list that a form describes, with what is to be captured; raises InvalidField."""
    wire = json_value(
        {CONF_NAME: name, ATTR_CUES: form[ATTR_CUES], **form[SECTION_LIST]}
    )
    cues = CueList.from_wire(wire)
    capture = form[SECTION_CAPTURE]
    found = [
        entity
        for thing in capture[ATTR_THINGS]
        if (entity := hub.domain.entities.get(owner_of(hass, thing)))
    ]
    others = hub.manager(CuesManager).captured(capture[ATTR_ENTITIES])
    if not (states := {**captured(found), **others}):
        return cues
    number = capture[ATTR_CUE].strip() or next_number(cues)
    return _with_states(cues, number, states)


def _with_states(
    cues: CueList, number: str, states: Mapping[str, JsonObject]
) -> CueList:
    """Return the list with these states in a cue, besides those that it has; a cue that is not there is added at the end."""
    others = list(cues.cues)
    if (place := cues.index(number)) is None:
        others.append(Cue(number=number, states=states))
    else:
        cue = others[place]
        others[place] = replace(cue, states={**cue.states, **states})
    # Checked as a file is: there may be too many by now.
    return CueList.from_wire(replace(cues, cues=tuple(others)).to_wire())


def _read(text: str, name: str) -> list[CueList]:
    """Return the lists of a YAML or JSON text: one, or several by name as `maestra.get_cue_lists` answers; raises InvalidField."""
    if len(text) > MAX_TEXT:
        raise InvalidField(field=ATTR_TEXT, reason=f"is longer than {MAX_TEXT}")
    try:
        data = json_value(yaml.safe_load(text))
    except (yaml.YAMLError, probatio.Invalid, ValueError, RecursionError) as error:
        raise InvalidField(field=ATTR_TEXT, reason=str(error)) from error
    if isinstance(data, list):
        data = {ATTR_CUES: data}
    if not isinstance(data, dict):
        raise InvalidField(field=ATTR_TEXT, reason="must be an object")
    if ATTR_CUES in data:
        found: Iterable[Any] = [{**data, **({CONF_NAME: name} if name else {})}]
    else:
        found = [
            {CONF_NAME: key, **it} if isinstance(it, dict) else it
            for key, it in data.items()
        ]
    # All of them are read before any of them is taken.
    return [CueList.from_wire(each) for each in found]


CUE_OPTIONS: Final = (
    OptionsStep(key="cue_lists", run=_choose, following={"cues": _edit}),
)
