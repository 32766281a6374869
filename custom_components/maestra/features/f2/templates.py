"""The sensor templates of F2, as a step of the hub's options and as these keep them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import ObjectSelector

from ...const import CONF_F2_TEMPLATES
from ...core.bus import get_logger
from ...core.domain.errors import MaestraError
from ...core.f2.templates import BUILT_IN, SensorTemplates
from ...hub.flows import Problem
from ...hub.options import HubOptionsFlow, OptionsStep

_LOGGER = get_logger(__name__)

TEMPLATES_SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_F2_TEMPLATES, default=list): ObjectSelector()}
)


async def _change_templates(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Change the templates. A built-in one that is left out is again as it comes with Maestra."""
    problem = None
    if user_input is not None:
        templates = SensorTemplates()
        try:
            templates.load(user_input[CONF_F2_TEMPLATES])
        except MaestraError as error:
            problem = Problem(CONF_F2_TEMPLATES, "invalid_templates", str(error))
        else:
            return flow.save({CONF_F2_TEMPLATES: changed_templates(templates)})
    saved = flow.config_entry.options.get(CONF_F2_TEMPLATES, [])
    usual = {CONF_F2_TEMPLATES: templates_from_options(saved).export()}
    return flow.show("f2_templates", TEMPLATES_SCHEMA, user_input or usual, problem)


F2_OPTIONS: Final = (OptionsStep(key="f2_templates", run=_change_templates),)


def templates_from_options(saved: Iterable[Mapping[str, Any]]) -> SensorTemplates:
    """Return all templates: the built-in ones, and those of the options."""
    templates = SensorTemplates()
    apply_templates(templates, saved)
    return templates


def changed_templates(templates: SensorTemplates) -> list[dict[str, Any]]:
    """Return what of the templates is not as it comes with Maestra, as JSON for the options."""
    usual = [template.as_dict() for template in BUILT_IN]
    return [item for item in templates.snapshot() if item not in usual]


def apply_templates(
    templates: SensorTemplates, saved: Iterable[Mapping[str, Any]]
) -> None:
    """Bring templates in line with the options. What can't be read is told, and left out."""
    wanted = [dict(item) for item in saved]
    if templates.snapshot() == wanted:
        return
    kept = {item.get("id") for item in wanted}
    for item in templates.snapshot():
        if item["id"] not in kept:
            templates.remove(item["id"])
    for item in wanted:
        try:
            templates.load(item)
        except MaestraError as error:
            _LOGGER.warning("Sensor template %s is left out: %s", item.get("id"), error)
