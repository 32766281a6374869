"""The `nats_server` subentry: one connection to a NATS server."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import callback

from ..const import CONF_TLS
from .forms import SECTION_SECURITY, ServiceFlow, address
from .nats_form import (
    async_find_problem,
    data_from_form,
    form_from_data,
    nats_schema,
    nats_settings,
    nats_title,
)

__all__ = ["NatsServerFlow", "nats_settings"]


class NatsServerFlow(ServiceFlow):
    """Adds a server, or changes one. It is tried out before it is saved."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a server."""
        if user_input is None:
            return self._form(None)
        return await self._async_try(user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change how a server is reached, or use another one."""
        self._changed = self._get_reconfigure_subentry()
        if user_input is None:
            return self._form(form_from_data(self._changed.data))
        return await self._async_try(user_input)

    @callback
    def _form(
        self,
        shown: Mapping[str, Any] | None,
        errors: dict[str, str] | None = None,
        reason: str = "",
    ) -> SubentryFlowResult:
        uses_tls = shown is not None and shown[SECTION_SECURITY][CONF_TLS]
        schema = nats_schema(tls_open=uses_tls or SECTION_SECURITY in (errors or {}))
        return self.async_show_form(
            step_id="user" if self._changed is None else "reconfigure",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"reason": reason},
        )

    async def _async_try(self, form: dict[str, Any]) -> SubentryFlowResult:
        """Save what was filled in if it leads to a server, else say what is wrong with it."""
        previous = None if self._changed is None else self._changed.data
        data = data_from_form(form, previous)
        unique_id = address(data)
        self._abort_if_taken(unique_id)
        if problem := await async_find_problem(self.hass, data):
            return self._form(form, {problem.field: problem.key}, problem.reason)
        return self._save(data, unique_id, nats_title)
