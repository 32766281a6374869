"""The `twitch_channel` subentry: what is heard of the channel, and which production takes it."""

from collections.abc import Mapping
from typing import Any, override

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.config_entry_oauth2_flow import async_get_implementations
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig

from ...const import (
    CONF_PRODUCTION,
    CONF_TOPICS,
    DOMAIN,
    NO_PRODUCTION,
    SUBENTRY_PRODUCTION,
)
from ...core.twitch.subscriptions import USUAL_TOPICS, Topic
from ...hub.flows import TEXT, OneFormFlow, required_choice


class TwitchChannelFlow(OneFormFlow):
    """Adds a channel, or changes what is heard of it. Its account is linked afterwards, by the link itself."""

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what to hear, and who takes it."""
        try:
            credentials = await async_get_implementations(self.hass, DOMAIN)
        except HomeAssistantError:
            credentials = {}
        if not credentials:
            return self.async_abort(reason="missing_credentials")
        return await super().async_step_user(user_input)

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        productions = self._needed(SUBENTRY_PRODUCTION, NO_PRODUCTION)
        if form is not None:
            name = self._name(form)
            form.pop(CONF_NAME, None)
            # More topics may need the account's consent again: the link asks for it.
            return self._save({**self._known, **form}, None, name)
        return self._show(_schema(productions), self._known)


def _schema(productions: Mapping[str, str]) -> probatio.Schema:
    return probatio.Schema(
        {
            probatio.Optional(CONF_NAME): TEXT,
            **required_choice(CONF_PRODUCTION, productions),
            probatio.Required(CONF_TOPICS, default=list(USUAL_TOPICS)): probatio.All(
                SelectSelector(
                    SelectSelectorConfig(
                        options=list(Topic),
                        multiple=True,
                        translation_key="twitch_topic",
                    )
                ),
                probatio.Length(min=1),
            ),
        }
    )
