"""The running connection to the events of one channel."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...const import CONF_ACCOUNT_NAME, CONF_PRODUCTION
from ...core.bus import Unsubscribe, get_logger
from ...core.domain.clock import utcnow
from ...core.domain.errors import InvalidField
from ...core.production.events import StreamReported
from ...core.production.stream_events import fitted, read_event
from ...core.twitch.connection import TwitchConnection
from ...core.twitch.errors import TwitchRefused
from ...core.twitch.protocol import Notice, flat
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from .account import AccountTokens
from .setup import twitch_settings

_LOGGER = get_logger(__name__)


class TwitchLink(ServiceLink):
    """One channel: what happens on it is told to its production."""

    issue = "twitch_unreachable"
    subject = "channel"
    refusal = TwitchRefused
    model = "Twitch channel"
    is_gateway = False

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self._bus = hub.domain.bus
        self.gateway = TwitchConnection(
            async_get_clientsession(hub.hass),
            twitch_settings(subentry.data),
            AccountTokens(hub.hass, subentry.data, self._keep),
        )

    @property
    @override
    def connected(self) -> bool:
        """Whether Twitch tells us what happens."""
        return self.gateway.connected

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Return how the connection is, and which notices are not to be had."""
        return {
            **super().diagnostics(),
            "notices": [
                {"type": notice.type, "is_refused": refusal is not None}
                for notice, refusal in self.gateway.subscribed.items()
            ],
        }

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            self.gateway.on_connection(self._connection_changed),
            self.gateway.on_notice(self._happened),
        ]

    @override
    async def _serve(self) -> None:
        await self.gateway.run()

    def _happened(self, notice: Notice) -> None:
        try:
            event = read_event(fitted(flat(notice)), utcnow())
        except InvalidField as error:
            self.gateway.counters.add("rejected")
            _LOGGER.debug(
                "A notice of %s is not taken: %s %s", self.title, notice.type, error
            )
            return
        self._bus.publish(StreamReported(event, self.data[CONF_PRODUCTION]))

    @callback
    def _keep(self, data: Mapping[str, Any]) -> None:
        """Keep another token, and go on as we are."""
        subentry = self._entry.subentries.get(self.id)
        if subentry is None or subentry.data != self.data:
            # What the user has changed meanwhile is built anew, and renews its token by itself.
            return
        self.data = data
        self._hass.config_entries.async_update_subentry(
            self._entry, subentry, data=dict(data)
        )

    @property
    def account_name(self) -> str | None:
        """The channel's name, once its account is linked."""
        name = self.data.get(CONF_ACCOUNT_NAME)
        return None if name is None else str(name)
