"""The `stream_context` subentry: which stream, how often, and which models."""

from typing import Any, Final, override

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig

from ...const import (
    CONF_AGENT,
    CONF_AI_TASK,
    CONF_INTERVAL,
    CONF_PRODUCTION,
    NO_PRODUCTION,
    SUBENTRY_PRODUCTION,
)
from ...hub.flows import TEXT, OneFormFlow, Problem, required_choice, whole_number
from .stream_context import can_control

USUAL_INTERVAL: Final = 2
MAX_INTERVAL: Final = 60


class StreamContextFlow(OneFormFlow):
    """Adds a context, or changes one."""

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        productions = self._needed(SUBENTRY_PRODUCTION, NO_PRODUCTION)
        problem = None
        if form is not None:
            self._abort_if_taken(form[CONF_PRODUCTION])
            agent = form.get(CONF_AGENT)
            if agent is None or not can_control(self.hass, agent):
                name = self._name(form)
                form.pop(CONF_NAME, None)
                return self._save(form, form[CONF_PRODUCTION], name)
            problem = Problem(CONF_AGENT, "agent_controls")
        return self._show(_schema(productions), form or self._known, problem)


def _schema(productions: dict[str, str]) -> probatio.Schema:
    return probatio.Schema(
        {
            probatio.Optional(CONF_NAME): TEXT,
            **required_choice(CONF_PRODUCTION, productions),
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
