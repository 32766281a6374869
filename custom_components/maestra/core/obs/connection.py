"""A connection to OBS that comes back by itself, and knows all of OBS whenever it is there."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import batched, islice
from typing import Final

import aiohttp

from ..bus import Counters, Latency, Unsubscribe, call_each, enlist
from ..domain.json_values import JsonObject
from ..transport.reconnect import Backoff, ConnectionListener, Reconnector
from .client import ObsClient, ObsSettings
from .errors import ObsKicked
from .protocol import ObsEvent, Response, Status
from .state import (
    FIGURE_REQUESTS,
    MAX_ITEMS,
    RESYNC_EVENTS,
    STATE_REQUESTS,
    ObsItem,
    ObsState,
    input_names,
    scene_items,
    scene_names,
)

FIGURES_INTERVAL: Final = 5.0
"""Seconds between two looks at the statistics."""
BUSY_RETRY: Final = 0.5
"""Seconds until OBS is asked again when it was busy."""
RESYNC_DELAY: Final = 0.2
"""Seconds: of several changes that come together OBS is asked once."""
SCENES_AT_ONCE: Final = 50
"""Scenes that OBS is asked for in one batch: for each source it tells where it is in full."""
BACKOFF: Final = Backoff(first=timedelta(seconds=5), most=timedelta(minutes=1))


class ObsConnection:
    """Keeps one connection to OBS, and its state. OBS that is closed is nothing special: it is tried again, quietly."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: ObsSettings,
        *,
        backoff: Backoff = BACKOFF,
        figures_interval: float = FIGURES_INTERVAL,
    ) -> None:
        """Connect nothing yet."""
        self.counters = Counters()
        """Counts of messages_in, malformed, events, requests, resyncs and busy."""
        self.latency = Latency()
        self.state = ObsState(self._changed)
        self._figures_interval = figures_interval
        self._reconnector = Reconnector(f"OBS at {settings.host}", backoff)
        self._client = ObsClient(http, settings, self._happened, self.counters)
        self._is_known = False
        self._resync = asyncio.Event()
        self._asked_again = asyncio.Event()
        self._on_change: list[Callable[[], None]] = []
        self._on_event: list[Callable[[ObsEvent], None]] = []

    @property
    def connected(self) -> bool:
        """Whether OBS has let us in, and is known."""
        return self._reconnector.connected

    def on_connection(self, listener: ConnectionListener) -> Unsubscribe:
        """Tell `listener` whenever the connection, or the reason why there is none, changes."""
        return self._reconnector.on_connection(listener)

    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        """Tell `listener` whenever something in OBS is different."""
        return enlist(self._on_change, listener)

    def on_event(self, listener: Callable[[ObsEvent], None]) -> Unsubscribe:
        """Tell `listener` whatever happens in OBS, in order; the state has it already."""
        return enlist(self._on_event, listener)

    async def run(self) -> None:
        """Connect, and reconnect, until cancelled; then disconnect and leave nothing behind."""
        await self._reconnector.run(self._serve)

    def ask_again(self) -> None:
        """Come back though our session was ended in OBS."""
        self._asked_again.set()

    async def call(self, name: str, data: JsonObject | None = None) -> JsonObject:
        """Ask OBS for something; returns its data. Raises ObsNotConnected, ObsRequestFailed, ObsBusy, ObsSilent."""
        return await self._client.call(name, data)

    async def call_batch(
        self,
        requests: Iterable[tuple[str, JsonObject | None]],
        *,
        halt_on_failure: bool = False,
    ) -> tuple[Response, ...]:
        """Ask for several things in order; returns the answers. Raises ObsNotConnected, ObsSilent."""
        return await self._client.call_batch(requests, halt_on_failure=halt_on_failure)

    async def _serve(self) -> None:
        while True:
            self._asked_again.clear()
            try:
                await self._client.serve(self._follow)
            except ObsKicked as error:
                # Who ends our session in OBS does not want us back at once.
                self._reconnector.went_down(error)
            finally:
                self._is_known = False
            await self._asked_again.wait()

    async def _follow(self) -> None:
        """Read everything, and again when events say so; look at the statistics in between."""
        self._resync.set()
        while True:
            if self._resync.is_set():
                self._resync.clear()
                if not await self._read_all():
                    self.counters.add("busy")
                    self._resync.set()
                    await asyncio.sleep(BUSY_RETRY)
                    continue
                self._is_known = True
                self._reconnector.came_up()
            try:
                async with asyncio.timeout(self._figures_interval):
                    await self._resync.wait()
            except TimeoutError:
                self.state.take_answers(
                    await self._client.call_batch(_plain(FIGURE_REQUESTS))
                )
            else:
                await asyncio.sleep(RESYNC_DELAY)

    async def _read_all(self) -> bool:
        """Read everything; False where OBS is busy."""
        answers = await self._client.call_batch(
            _plain((*STATE_REQUESTS, "GetCurrentSceneTransition"))
        )
        if any(answer.status == Status.NOT_READY for answer in answers):
            return False
        names = input_names(answers)
        asked = [
            (name, request)
            for name in names
            for request in ("GetInputMute", "GetInputVolume")
        ]
        sounds: tuple[Response, ...] = ()
        if asked:
            sounds = await self._client.call_batch(
                (request, {"inputName": name}) for name, request in asked
            )
        items = await self._read_items(
            "GetSceneItemList", scene_names(answers), MAX_ITEMS
        )
        groups = dict.fromkeys(
            item.source
            for each in items.values()
            for item in each.values()
            if item.is_group
        )
        left = MAX_ITEMS - sum(map(len, items.values()))
        items |= await self._read_items("GetGroupSceneItemList", groups, left)
        self.counters.add("resyncs")
        self.state.take_answers(answers)
        self.state.take_inputs(
            (name, answer) for (name, _), answer in zip(asked, sounds, strict=False)
        )
        self.state.take_items(items)
        return True

    async def _read_items(
        self, request: str, names: Iterable[str], left: int
    ) -> dict[str, dict[int, ObsItem]]:
        """Ask what is in scenes or in groups; returns `left` at most, by their names."""
        found: dict[str, dict[int, ObsItem]] = {}
        for some in batched(names, SCENES_AT_ONCE, strict=False):
            if left <= 0:
                break
            answers = await self._client.call_batch(
                (request, {"sceneName": name}) for name in some
            )
            for name, answer in zip(some, answers, strict=False):
                if answer.is_success and left > 0:
                    found[name] = dict(islice(scene_items(answer).items(), left))
                    left -= len(found[name])
        return found

    def _happened(self, event: ObsEvent) -> None:
        self.state.take_event(event)
        if event.type in RESYNC_EVENTS:
            self._resync.set()
        call_each(self._on_event, event)

    def _changed(self) -> None:
        if self._is_known:
            call_each(self._on_change)


def _plain(names: Iterable[str]) -> Iterable[tuple[str, None]]:
    return ((name, None) for name in names)
