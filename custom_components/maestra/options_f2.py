"""Options of F2 controllers: the templates of their sensors."""

from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import ObjectSelector

from .const import CONF_F2_TEMPLATES
from .domain.errors import MaestraError
from .f2_templates import changed_templates, templates_from_options
from .options_listeners import ListenerSteps
from .sources.f2.templates import SensorTemplates

TEMPLATES_SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_F2_TEMPLATES, default=list): ObjectSelector()}
)


class F2Steps(ListenerSteps):
    """Changes how the frames of sensors are read."""

    async def async_step_f2_templates(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the templates. A built-in one that is left out is again as it comes with Maestra."""
        errors, wrong = {}, ""
        saved = self.config_entry.options.get(CONF_F2_TEMPLATES, [])
        shown = user_input or {
            CONF_F2_TEMPLATES: templates_from_options(saved).export()
        }
        if user_input is not None:
            templates = SensorTemplates()
            try:
                templates.load(user_input[CONF_F2_TEMPLATES])
            except MaestraError as error:
                errors[CONF_F2_TEMPLATES], wrong = "invalid_templates", str(error)
            else:
                return self._save({CONF_F2_TEMPLATES: changed_templates(templates)})
        return self.async_show_form(
            step_id="f2_templates",
            data_schema=self.add_suggested_values_to_schema(TEMPLATES_SCHEMA, shown),
            errors=errors,
            description_placeholders={"wrong": wrong},
        )
