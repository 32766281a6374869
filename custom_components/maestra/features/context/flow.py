"""The `stream_context` subentry: which stream, how often, and which models."""

from typing import Any, Final

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig

from ...const import (
    CONF_AGENT,
    CONF_AI_TASK,
    CONF_INTERVAL,
    CONF_PRODUCTION,
    SUBENTRY_PRODUCTION,
)
from ...hub.flows import TEXT, ServiceFlow, choice_of, whole_number
from .stream_context import can_control

USUAL_INTERVAL: Final = 2
MAX_INTERVAL: Final = 60


class StreamContextFlow(ServiceFlow):
    """Adds a context, or changes one."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for all of it."""
        return self._ask("user", user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change it."""
        self._changed = self._get_reconfigure_subentry()
        return self._ask("reconfigure", user_input)

    def _ask(self, step_id: str, form: dict[str, Any] | None) -> SubentryFlowResult:
        productions = self._titles(SUBENTRY_PRODUCTION)
        if not productions:
            return self.async_abort(reason="no_production")
        errors = {}
        if form is not None:
            self._abort_if_taken(form[CONF_PRODUCTION])
            agent = form.get(CONF_AGENT)
            if agent is None or not can_control(self.hass, agent):
                name = form.pop(CONF_NAME, "").strip() or self._shown_name()
                return self._save(form, form[CONF_PRODUCTION], name)
            errors = {CONF_AGENT: "agent_controls"}
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
            probatio.Required(CONF_INTERVAL, default=USUAL_INTERVAL): whole_number(
                1, MAX_INTERVAL, UnitOfTime.MINUTES
            ),
            probatio.Optional(CONF_AI_TASK): EntitySelector(
                EntitySelectorConfig(domain="ai_task")
            ),
            probatio.Optional(CONF_AGENT): EntitySelector(
                EntitySelectorConfig(domain="conversation")
            ),
        }
    )
