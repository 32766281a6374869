"""The `timescale_store` subentry: the one database that everything is recorded in."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import callback

from ..const import CONF_TLS_MODE, SUBENTRY_TIMESCALE_STORE
from ..store.settings import TlsMode
from .forms import SECTION_SECURITY, ServiceFlow
from .store_form import (
    async_find_problem,
    data_from_form,
    form_from_data,
    store_schema,
    store_settings,
    store_title,
    store_unique_id,
)

__all__ = ["TimescaleStoreFlow", "store_settings"]


class TimescaleStoreFlow(ServiceFlow):
    """Adds the database, or changes it. It is tried out before it is saved."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add the database; there is one for all that the hub records."""
        # Asked again for what was filled in: another window may have added one meanwhile.
        if any(self._get_entry().get_subentries_of_type(SUBENTRY_TIMESCALE_STORE)):
            return self.async_abort(reason="already_configured")
        if user_input is None:
            return self._form(None)
        return await self._async_try(user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change how the database is reached, or record in another from now on."""
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
        uses_tls = (
            shown is not None and shown[SECTION_SECURITY][CONF_TLS_MODE] != TlsMode.OFF
        )
        schema = store_schema(tls_open=uses_tls or SECTION_SECURITY in (errors or {}))
        return self.async_show_form(
            step_id="user" if self._changed is None else "reconfigure",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"reason": reason},
        )

    async def _async_try(self, form: dict[str, Any]) -> SubentryFlowResult:
        """Save what was filled in if we can work there, else say what is wrong with it."""
        previous = None if self._changed is None else self._changed.data
        data = data_from_form(form, previous)
        if problem := await async_find_problem(self.hass, data):
            return self._form(form, {problem.field: problem.key}, problem.reason)
        return self._save(data, store_unique_id(data), store_title)
