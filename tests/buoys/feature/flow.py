"""The `buoy` subentry."""

from typing import Any

import probatio

from custom_components.maestra.hub.flows import TEXT, ServiceFlow
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME


class BuoyFlow(ServiceFlow):
    """Adds a buoy by its name."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the name."""
        if user_input is None:
            return self.async_show_form(
                step_id="user",
                data_schema=probatio.Schema({probatio.Required(CONF_NAME): TEXT}),
            )
        name = user_input[CONF_NAME]
        self._abort_if_taken(name)
        return self._save({}, name, f"Buoy {name}")
