"""The `ironmon` subentry: on which port games tell what happens, and which production takes it."""

from typing import Any, override

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, CONF_PORT

from ...const import (
    CONF_NETWORKS,
    CONF_PRODUCTION,
    LOCAL_NETWORKS,
    NO_PRODUCTION,
    SUBENTRY_PRODUCTION,
)
from ...core.ironmon.listener import DEFAULT_PORT
from ...hub.flows import (
    TEXT,
    TEXTS,
    OneFormFlow,
    Problem,
    required_choice,
    whole_number,
)
from ...hub.listeners import async_networks


class IronmonFlow(OneFormFlow):
    """Adds a port, or changes one."""

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        productions = self._needed(SUBENTRY_PRODUCTION, NO_PRODUCTION)
        problem = None
        if form is not None:
            self._abort_if_taken(str(form[CONF_PORT]))
            try:
                await async_networks(self.hass, form[CONF_NETWORKS])
            except ValueError:
                problem = Problem(CONF_NETWORKS, "invalid_networks")
            else:
                name = self._name(form)
                form.pop(CONF_NAME, None)
                return self._save(form, str(form[CONF_PORT]), name)
        return self._show(_schema(productions), form or self._known, problem)


def _schema(productions: dict[str, str]) -> probatio.Schema:
    return probatio.Schema(
        {
            probatio.Optional(CONF_NAME): TEXT,
            **required_choice(CONF_PRODUCTION, productions),
            probatio.Required(CONF_PORT, default=DEFAULT_PORT): whole_number(1, 65_535),
            probatio.Required(CONF_NETWORKS, default=[LOCAL_NETWORKS]): TEXTS,
        }
    )
