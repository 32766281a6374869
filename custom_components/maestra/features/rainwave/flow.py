"""The `rainwave` subentry: which station, and which production is told of its songs."""

from typing import Any, override

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_API_KEY, CONF_NAME
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig

from ...const import (
    CONF_ACCOUNT_ID,
    CONF_ENABLED,
    CONF_PRODUCTION,
    CONF_STATION,
    NO_PRODUCTION,
    SUBENTRY_PRODUCTION,
)
from ...core.rainwave.connection import (
    RAINWAVE,
    RainwaveConnection,
    RainwaveSettings,
    RainwaveUnreachable,
)
from ...core.rainwave.stations import Station
from ...hub.flows import (
    PASSWORD,
    TEXT,
    FormData,
    OneFormFlow,
    Problem,
    filled,
    required_choice,
)


def rainwave_settings(data: FormData) -> RainwaveSettings:
    """Return what is looked at."""
    return RainwaveSettings(
        station=Station(data[CONF_STATION]),
        user_id=data.get(CONF_ACCOUNT_ID),
        key=data.get(CONF_API_KEY),
        url=RAINWAVE,
    )


class RainwaveFlow(OneFormFlow):
    """Adds a station, or changes one. It is looked at before it is saved."""

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        productions = self._needed(SUBENTRY_PRODUCTION, NO_PRODUCTION)
        problem, known = None, self._known
        if form is not None:
            user = form.get(CONF_ACCOUNT_ID, "").strip()
            # It stays where the field is left empty.
            key = form.get(CONF_API_KEY) or known.get(CONF_API_KEY)
            data = {
                CONF_PRODUCTION: form[CONF_PRODUCTION],
                CONF_STATION: form[CONF_STATION],
                CONF_ENABLED: known.get(CONF_ENABLED, True),
                **filled({CONF_ACCOUNT_ID: user, CONF_API_KEY: user and key}),
            }
            if (problem := await self._async_find_problem(data)) is None:
                return self._save(data, None, self._name(form))
        shown = form or {key: known[key] for key in known if key != CONF_API_KEY}
        return self._show(_schema(productions), shown, problem)

    async def _async_find_problem(self, data: FormData) -> Problem | None:
        http = async_get_clientsession(self.hass)
        try:
            await RainwaveConnection(http, rainwave_settings(data)).look()
        except RainwaveUnreachable as error:
            return Problem("base", "rainwave_unreachable", error.reason)
        return None


def _schema(productions: dict[str, str]) -> probatio.Schema:
    return probatio.Schema(
        {
            probatio.Optional(CONF_NAME): TEXT,
            **required_choice(CONF_PRODUCTION, productions),
            probatio.Required(CONF_STATION, default=Station.COVERS): SelectSelector(
                SelectSelectorConfig(
                    options=[*Station], translation_key="rainwave_station"
                )
            ),
            probatio.Optional(CONF_ACCOUNT_ID): TEXT,
            probatio.Optional(CONF_API_KEY): PASSWORD,
        }
    )
