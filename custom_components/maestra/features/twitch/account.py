"""The account of a channel: its consent, and its tokens, which are renewed before they run out."""

import asyncio
from collections.abc import Callable, Mapping
import time
from typing import Any, Final

from homeassistant.components.application_credentials import AuthorizationServer
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, OAuth2TokenRequestReauthError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2Implementation,
    async_get_implementations,
)

from ...const import CONF_ACCOUNT_ID, CONF_ACCOUNT_NAME, CONF_TOPICS, DOMAIN
from ...core.twitch.connection import TwitchApi
from ...core.twitch.errors import TwitchError, TwitchRefused, TwitchUnreachable
from ...core.twitch.subscriptions import scopes_of
from ...hub.accounts import CONF_ACCOUNT_TOKEN, CONF_AUTH_IMPLEMENTATION, Consent
from .setup import endpoints

CONSOLE: Final = "https://dev.twitch.tv/console/apps"
RENEWAL_TIMEOUT: Final = 20.0  # seconds
EARLY: Final = 60.0
"""Seconds before its end that a token counts as run out."""

type Keep = Callable[[Mapping[str, Any]], None]
"""Takes the data of a subentry with another token."""


class AccountTokens:
    """The tokens of one subentry."""

    def __init__(
        self, hass: HomeAssistant, data: Mapping[str, Any], keep: Keep
    ) -> None:
        """Take the data of the subentry; `keep` is given them again with each new token."""
        self.client_id = ""
        self._hass = hass
        self._data = data
        self._keep = keep

    async def token(self, *, is_refused: bool = False) -> str:
        """Return a token that is good; raises TwitchError."""
        token: Mapping[str, Any] | None = self._data.get(CONF_ACCOUNT_TOKEN)
        if token is None:
            raise _error(TwitchRefused, "no account is linked yet")
        implementation = await self._implementation()
        # All that Home Assistant has for Twitch are application credentials, which have one.
        self.client_id = str(getattr(implementation, "client_id", ""))
        if is_refused or token["expires_at"] < time.time() + EARLY:
            token = await self._renewed(implementation, token)
        return str(token["access_token"])

    async def _implementation(self) -> AbstractOAuth2Implementation:
        try:
            found = await async_get_implementations(self._hass, DOMAIN)
        except HomeAssistantError as error:
            raise _error(TwitchUnreachable, str(error)) from None
        implementation = found.get(self._data[CONF_AUTH_IMPLEMENTATION])
        if implementation is None:
            raise _error(TwitchRefused, "the application credentials are gone")
        return implementation

    async def _renewed(
        self, implementation: AbstractOAuth2Implementation, token: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(RENEWAL_TIMEOUT):
                renewed = await implementation.async_refresh_token({**token})
        except OAuth2TokenRequestReauthError:
            raise _error(TwitchRefused, "the account is not linked any more") from None
        except TimeoutError:
            raise _error(TwitchUnreachable, "no answer in time") from None
        except (HomeAssistantError, ValueError, KeyError, TypeError) as error:
            raise _error(
                TwitchUnreachable, f"no new token ({type(error).__name__})"
            ) from None
        self._data = {**self._data, CONF_ACCOUNT_TOKEN: renewed}
        self._keep(self._data)
        return renewed


async def _completed(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> dict[str, Any] | str:
    """Return the data with the account that has consented; it stays the same for a channel."""
    api = TwitchApi(
        async_get_clientsession(hass),
        endpoints(),
        AccountTokens(hass, data, lambda renewed: None),
    )
    try:
        account = await api.account()
    except TwitchError:
        return "twitch_unreachable"
    if data.get(CONF_ACCOUNT_ID, account.id) != account.id:
        return "wrong_account"
    return {**data, CONF_ACCOUNT_ID: account.id, CONF_ACCOUNT_NAME: account.name}


def _server() -> AuthorizationServer:
    where = endpoints()
    return AuthorizationServer(authorize_url=where.authorize, token_url=where.token)


def _error(kind: type[TwitchError], reason: str) -> TwitchError:
    return kind(host="id.twitch.tv", port=443, reason=reason)


TWITCH_CONSENT: Final = Consent(
    server=_server,
    console=CONSOLE,
    scopes=lambda data: scopes_of(data[CONF_TOPICS]),
    completed=_completed,
)
