"""The `obs_instance` subentry: the form of one OBS, and the trial before it is saved."""

from collections.abc import Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PASSWORD, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...const import CONF_PRODUCTION, SUBENTRY_PRODUCTION
from ...core.obs.client import ObsSettings, prove
from ...core.obs.errors import (
    ObsError,
    ObsIncompatible,
    ObsKicked,
    ObsRefused,
    ObsUnreachable,
)
from ...hub.flows import (
    PASSWORD,
    TEXT,
    FormData,
    OneFormFlow,
    Problem,
    address,
    choice_of,
    filled,
    is_host,
    server_from_form,
    whole_number,
)

STANDARD_PORT: Final = 4455
NO_URL: Final = frozenset("/@?#[] ")
# What keeps us from connecting -> where it shows in the form.
OBS_PROBLEMS: Final[Mapping[type[ObsError], Problem]] = {
    ObsUnreachable: Problem(CONF_HOST, "obs_unreachable"),
    ObsRefused: Problem(CONF_PASSWORD, "obs_refused"),
    ObsIncompatible: Problem(CONF_HOST, "obs_incompatible"),
    ObsKicked: Problem(CONF_HOST, "obs_unreachable"),
}
PASSWORD_SCHEMA: Final = probatio.Schema({probatio.Optional(CONF_PASSWORD): PASSWORD})
SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_NAME): TEXT,
        probatio.Required(CONF_HOST): TEXT,
        probatio.Required(CONF_PORT, default=STANDARD_PORT): whole_number(1, 65_535),
        **PASSWORD_SCHEMA.schema,
    }
)


def _schema(productions: Mapping[str, str]) -> probatio.Schema:
    """Return the form; without a production there is none to choose."""
    if not productions:
        return SCHEMA
    return SCHEMA.extend({probatio.Optional(CONF_PRODUCTION): choice_of(productions)})


def obs_settings(data: FormData) -> ObsSettings:
    """Return how to reach the OBS of a subentry."""
    return ObsSettings(
        host=data[CONF_HOST], port=data[CONF_PORT], password=data.get(CONF_PASSWORD)
    )


async def async_find_problem(hass: HomeAssistant, data: FormData) -> Problem | None:
    """Check what was typed, then connect once; None when all is well."""
    host = data[CONF_HOST]
    if not host or not is_host(host) or not NO_URL.isdisjoint(host):
        return Problem(CONF_HOST, "invalid_host")
    try:
        await prove(async_get_clientsession(hass), obs_settings(data))
    except ObsError as error:
        return OBS_PROBLEMS[type(error)]._replace(reason=error.reason)
    return None


def renewed_password(data: FormData, form: FormData) -> dict[str, Any]:
    """Return the data of an OBS with the password that was filled in instead of its own."""
    kept = {key: value for key, value in data.items() if key != CONF_PASSWORD}
    return kept | filled({CONF_PASSWORD: form.get(CONF_PASSWORD)})


class ObsInstanceFlow(OneFormFlow):
    """Adds an OBS, or changes how it is reached. It is tried out before it is saved."""

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        problem, known = None, self._known
        if form is not None:
            # It stays where the field is left empty.
            password = form.get(CONF_PASSWORD) or known.get(CONF_PASSWORD)
            data = {
                **server_from_form(form),
                **filled({CONF_PASSWORD: password}),
                **filled({CONF_PRODUCTION: form.get(CONF_PRODUCTION)}),
            }
            await self._async_abort_if_same(data, address)
            if (problem := await async_find_problem(self.hass, data)) is None:
                return self._save(data, address(data), self._name(form))
        shown = form or {key: known[key] for key in known if key != CONF_PASSWORD}
        return self._show(_schema(self._titles(SUBENTRY_PRODUCTION)), shown, problem)
