"""The `remote_service` subentry: where a process manager is, and the trial before it is saved."""

from typing import Any, Final, override

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...core.remote_service.connection import (
    RemoteServiceConnection,
    RemoteServiceSettings,
)
from ...core.remote_service.errors import RemoteServiceUnreachable
from ...hub.flows import (
    TEXT,
    FormData,
    OneFormFlow,
    Problem,
    address,
    is_host,
    server_from_form,
    whole_number,
)

STANDARD_PORT: Final = 4001
NO_URL: Final = frozenset("/@?#[] ")
SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_NAME): TEXT,
        probatio.Required(CONF_HOST): TEXT,
        probatio.Required(CONF_PORT, default=STANDARD_PORT): whole_number(1, 65_535),
    }
)


def remote_service_settings(data: FormData) -> RemoteServiceSettings:
    """Return where the process manager of a subentry is."""
    return RemoteServiceSettings(host=data[CONF_HOST], port=data[CONF_PORT])


async def async_find_problem(hass: HomeAssistant, data: FormData) -> Problem | None:
    """Check what was typed, then look once; None when all is well."""
    host = data[CONF_HOST]
    if not host or not is_host(host) or not NO_URL.isdisjoint(host):
        return Problem(CONF_HOST, "invalid_host")
    http, settings = async_get_clientsession(hass), remote_service_settings(data)
    try:
        await RemoteServiceConnection(http, settings).look()
    except RemoteServiceUnreachable as error:
        return Problem(CONF_HOST, "remote_service_unreachable", error.reason)
    return None


class RemoteServiceFlow(OneFormFlow):
    """Adds a process manager, or changes where it is. It is tried out before it is saved."""

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        problem = None
        if form is not None:
            data = server_from_form(form)
            await self._async_abort_if_same(data, address)
            if (problem := await async_find_problem(self.hass, data)) is None:
                return self._save(data, address(data), self._name(form))
        return self._show(SCHEMA, form or self._known, problem)
