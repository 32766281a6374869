"""The `ironmon` subentry: on which port games tell what happens, and which production takes it."""

from typing import Any

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, CONF_PORT

from ...const import CONF_NETWORKS, CONF_PRODUCTION, LOCAL_NETWORKS, SUBENTRY_PRODUCTION
from ...core.ironmon.listener import DEFAULT_PORT
from ...hub.flows import TEXT, TEXTS, ServiceFlow, choice_of, whole_number
from ...hub.listeners import async_networks


class IronmonFlow(ServiceFlow):
    """Adds a port, or changes one."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for all of it."""
        return await self._async_ask("user", user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change it."""
        self._changed = self._get_reconfigure_subentry()
        return await self._async_ask("reconfigure", user_input)

    async def _async_ask(
        self, step_id: str, form: dict[str, Any] | None
    ) -> SubentryFlowResult:
        productions = self._titles(SUBENTRY_PRODUCTION)
        if not productions:
            return self.async_abort(reason="no_production")
        errors = {}
        if form is not None:
            self._abort_if_taken(str(form[CONF_PORT]))
            try:
                await async_networks(self.hass, form[CONF_NETWORKS])
            except ValueError:
                errors = {CONF_NETWORKS: "invalid_networks"}
            else:
                name = form.pop(CONF_NAME, "").strip() or self._shown_name()
                return self._save(form, str(form[CONF_PORT]), name)
        known = self._changed.data if self._changed else {}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                _schema(productions),
                form or {CONF_NAME: self._shown_name(), **known},
            ),
            errors=errors,
        )


def _schema(productions: dict[str, str]) -> probatio.Schema:
    return probatio.Schema(
        {
            probatio.Optional(CONF_NAME): TEXT,
            probatio.Required(
                CONF_PRODUCTION, default=next(iter(productions))
            ): choice_of(productions),
            probatio.Required(CONF_PORT, default=DEFAULT_PORT): whole_number(1, 65_535),
            probatio.Required(CONF_NETWORKS, default=[LOCAL_NETWORKS]): TEXTS,
        }
    )
