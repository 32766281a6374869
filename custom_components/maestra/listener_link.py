"""A running listener of the hub: what clients connect to."""

import asyncio
import logging
from random import uniform
from typing import TYPE_CHECKING, Final, Protocol, override

from .bus import Counters, Latency, Unsubscribe
from .gateways.errors import ListenFailed
from .link import Link
from .listener_settings import TITLES, Options
from .repairs import LISTENER_FAILED

if TYPE_CHECKING:
    from .listeners import Build
    from .runtime import MaestraRuntime

_LOGGER = logging.getLogger(__name__)

FIRST_RETRY: Final = 1.0  # seconds
LAST_RETRY: Final = 30.0  # seconds


class Listener(Protocol):
    """What the core of every listener is."""

    counters: Counters
    latency: Latency

    @property
    def port(self) -> int:
        """The port that is listened on, 0 for none."""

    @property
    def clients(self) -> int:
        """How many are connected now."""

    async def start(self) -> None:
        """Listen; raises ListenFailed."""

    async def stop(self) -> None:
        """Close all connections and the port."""


class ListenerLink(Link):
    """One listener. Its id is the gateway in every Source that comes in here."""

    issue = LISTENER_FAILED
    subject = "listener"

    def __init__(
        self, runtime: MaestraRuntime, key: str, data: Options, build: Build
    ) -> None:
        """Listen to nothing yet. `data` is what `listener_data` returns."""
        super().__init__(runtime.hass, runtime.entry, runtime.show.link_changed)
        self.data = data
        self.gateway: Listener | None = None
        self._key = key
        self._runtime = runtime
        self._build = build
        self._is_listening = False

    @property
    @override
    def id(self) -> str:
        """The listener's name among the options."""
        return self._key

    @property
    @override
    def kind(self) -> str:
        """The same: there is one of each."""
        return self._key

    @property
    @override
    def title(self) -> str:
        """What people call it."""
        return TITLES[self._key]

    @property
    @override
    def connected(self) -> bool:
        """Whether clients can connect."""
        return self._is_listening

    @property
    def port(self) -> int:
        """The port that is listened on, 0 for none."""
        return self.gateway.port if self.gateway else 0

    @override
    def _begin(self) -> list[Unsubscribe]:
        return []

    @override
    async def _serve(self) -> None:
        try:
            await self._listen()
            self._is_listening = True
            self._connection_is(True, None)
            await asyncio.get_running_loop().create_future()
        finally:
            self._is_listening = False
            if self.gateway is not None:
                await self.gateway.stop()

    async def _listen(self) -> None:
        """Try until the port is ours."""
        retry = FIRST_RETRY
        while True:
            try:
                self.gateway = await self._build(self._runtime, self.data)
                await self.gateway.start()
            except ListenFailed as error:
                if self.reason is None:
                    _LOGGER.warning("%s: %s; trying again", self.title, error)
                self._connection_is(False, error)
            else:
                break
            await asyncio.sleep(retry * uniform(0.5, 1))
            retry = min(retry * 2, LAST_RETRY)
        _LOGGER.info("%s listens on port %s", self.title, self.port)
