"""A simulated Twitch, and channels as their subentries describe them."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
import time
from typing import Any, Final

from custom_components.maestra.const import (
    CONF_ACCOUNT_ID,
    CONF_ACCOUNT_NAME,
    CONF_PRODUCTION,
    CONF_TOPICS,
    DOMAIN,
    SUBENTRY_TWITCH_CHANNEL,
)
from custom_components.maestra.core.twitch.subscriptions import scopes_of
from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from scripts.simulators.twitch_server import CLIENT_ID, USER, TwitchServer

from .production import PRODUCTION_ID

CHANNEL_ID: Final = "stage-channel"
CREDENTIALS: Final = "demo"
TOPICS: Final = ("stream", "follows", "cheers")


@asynccontextmanager
async def simulated_twitch() -> AsyncGenerator[TwitchServer]:
    """A Twitch that listens."""
    server = TwitchServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def add_credentials(hass: HomeAssistant) -> None:
    """Give Home Assistant a client id of Twitch."""
    assert await async_setup_component(hass, "application_credentials", {})
    await async_import_client_credential(
        hass, DOMAIN, ClientCredential(CLIENT_ID, "secret"), CREDENTIALS
    )


def channel_subentry(
    twitch: TwitchServer | None,
    topics: Iterable[str] = TOPICS,
    **others: Any,
) -> ConfigSubentryDataWithId:
    """Return a channel: one that `twitch` has given a token, or, without, one that is not linked yet."""
    topics = list(topics)
    linked = {}
    if twitch is not None:
        token = twitch.grant(*scopes_of(topics))
        linked = {
            "auth_implementation": CREDENTIALS,
            "token": {**token, "expires_at": time.time() + token["expires_in"]},
            CONF_ACCOUNT_ID: USER["id"],
            CONF_ACCOUNT_NAME: USER["display_name"],
        }
    return ConfigSubentryDataWithId(
        data={CONF_PRODUCTION: PRODUCTION_ID, CONF_TOPICS: topics, **linked, **others},
        subentry_id=CHANNEL_ID,
        subentry_type=SUBENTRY_TWITCH_CHANNEL,
        title="Channel",
        unique_id=None,
    )
