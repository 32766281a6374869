"""The `obs_instance` subentry: the form of one OBS, and the trial before it is saved."""

from collections.abc import Mapping
from typing import Any, Final

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
    Problem,
    ServiceFlow,
    address,
    choice_of,
    errors_of,
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


class ObsInstanceFlow(ServiceFlow):
    """Adds an OBS, or changes how it is reached. It is tried out before it is saved."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add an OBS."""
        return await self._async_ask("user", user_input, {})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change how it is reached; its password stays where the field is left empty."""
        self._changed = self._get_reconfigure_subentry()
        return await self._async_ask("reconfigure", user_input, self._changed.data)

    async def _async_ask(
        self, step_id: str, user_input: dict[str, Any] | None, known: FormData
    ) -> SubentryFlowResult:
        problem = None
        if user_input is not None:
            password = user_input.get(CONF_PASSWORD) or known.get(CONF_PASSWORD)
            data = {
                **server_from_form(user_input),
                **filled({CONF_PASSWORD: password}),
                **filled({CONF_PRODUCTION: user_input.get(CONF_PRODUCTION)}),
            }
            await self._async_abort_if_same(data, address)
            if (problem := await async_find_problem(self.hass, data)) is None:
                name = user_input.get(CONF_NAME, "").strip() or self._shown_name()
                return self._save(data, address(data), name)
        shown = user_input or {
            CONF_NAME: self._shown_name(),
            **{
                key: known[key]
                for key in (CONF_HOST, CONF_PORT, CONF_PRODUCTION)
                if key in known
            },
        }
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                _schema(self._titles(SUBENTRY_PRODUCTION)), shown
            ),
            errors=errors_of(problem),
            description_placeholders={"reason": problem.said if problem else ""},
        )
