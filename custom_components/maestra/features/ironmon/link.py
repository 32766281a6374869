"""The running port for games, and what they tell."""

import asyncio
from collections import deque
from typing import Any, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_PORT

from ...const import CONF_MAX_CLIENTS, CONF_PRODUCTION, CONF_RATE, CONF_TOKEN
from ...core.bus import Unsubscribe, get_logger
from ...core.domain.clock import utcnow, wire_time
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject
from ...core.ironmon.listener import IronmonListener
from ...core.ironmon.runs import KINDS
from ...core.production.events import StreamReported
from ...core.production.stream_events import fitted, read_event
from ...core.transport.errors import ConnectionFailed, ListenFailed
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from ...hub.listeners import async_access

_LOGGER = get_logger(__name__)

ANY_HOST = "0.0.0.0"
MAX_CLIENTS = 8
RATE = 50
"""Messages a second of one address."""
MAX_RECENT = 1_000


class IronmonLink(ServiceLink):
    """One port: what happens in games is told to its production."""

    issue = "ironmon_not_listening"
    subject = "listener"
    model = "IronMON"
    is_gateway = False

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Listen to nothing yet."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self.gateway: IronmonListener | None = None
        self.recent: deque[JsonObject] = deque(maxlen=MAX_RECENT)
        """What games have told of challenges and results, as rows, the newest last."""
        self._bus = hub.domain.bus
        self._is_listening = False

    @property
    @override
    def connected(self) -> bool:
        """Whether games can connect."""
        return self._is_listening

    @override
    def _begin(self) -> list[Unsubscribe]:
        return []

    @override
    async def _serve(self) -> None:
        data: dict[str, Any] = {
            **self.data,
            CONF_TOKEN: None,
            CONF_MAX_CLIENTS: MAX_CLIENTS,
            CONF_RATE: RATE,
        }
        self.gateway = gateway = IronmonListener(
            ANY_HOST,
            data[CONF_PORT],
            await async_access(self._hass, data),
            self._happened,
        )
        try:
            await gateway.start()
            self._is_listening = True
            self._connection_is(True, None)
            await asyncio.get_running_loop().create_future()
        except ListenFailed as error:
            raise ConnectionFailed(
                host=ANY_HOST, port=data[CONF_PORT], reason=str(error.facts["reason"])
            ) from None
        finally:
            self._is_listening = False
            await gateway.stop()

    def _happened(self, raw: JsonObject) -> None:
        try:
            event = read_event(fitted(raw), utcnow())
        except InvalidField as error:
            if self.gateway is not None:
                self.gateway.counters.add("rejected")
            _LOGGER.debug("%s is not taken: %s", raw.get("type"), error)
            return
        if event.type in KINDS:
            self.recent.append(
                {
                    "event_type": event.type,
                    "timestamp": wire_time(event.timestamp),
                    "data": event.data,
                }
            )
        self._bus.publish(StreamReported(event, self.data[CONF_PRODUCTION]))
