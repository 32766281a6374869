"""Sending commands to F2 controllers, and waiting until they confirm them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from ..bus import Counters
from ..domain.errors import MaestraError
from ..transport.transport import Transport
from .fleet import Controller
from .grammar import ComponentPath, F2NotConfirmed, Kind, command_topic
from .payloads import STATUS_REQUEST

ANSWERING: Final = frozenset({Kind.STRIKE, Kind.SIREN})
"""What reports its state when it is asked with an empty command."""

type Key = tuple[str, ComponentPath]
"""The MAC of a controller, and one of its components."""


@dataclass(eq=False)
class _Wait:
    """Somebody who waits for a state; `wanted` None: for any. The result is the state, None where it did not come."""

    wanted: bool | None
    confirmed: asyncio.Future[bool | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def end(self, state: bool | None) -> None:
        """Say how it came out, the first time."""
        if not self.confirmed.done():
            self.confirmed.set_result(state)

    async def within(self, seconds: float) -> bool | None:
        """Wait; None where nothing came in time, or nobody listens any more."""
        done, _ = await asyncio.wait([self.confirmed], timeout=seconds)
        return self.confirmed.result() if done else None


class Commands:
    """Sends commands. Any number may wait at the same time, but each component has one under way."""

    def __init__(
        self, transport: Transport, counters: Counters, timeout: float
    ) -> None:
        """Controllers have `timeout` seconds to confirm."""
        self._transport = transport
        self._counters = counters
        self._timeout = timeout
        self._waiting: defaultdict[Key, list[_Wait]] = defaultdict(list)
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._is_open = True

    def open(self) -> None:
        """Begin to hear what controllers say."""
        self._is_open = True

    def close(self) -> None:
        """Fail everybody who waits: nothing comes any more."""
        self._is_open = False
        for waiting in self._waiting.values():
            for wait in waiting:
                wait.end(None)

    def heard(self, mac: str, path: ComponentPath, state: bool) -> None:
        """Resolve what waits for this state."""
        for wait in self._waiting.get((mac, path), ()):
            if wait.wanted in (None, state):
                wait.end(state)

    @asynccontextmanager
    async def turn(self, mac: str, path: ComponentPath) -> AsyncGenerator[None]:
        """Be the only one who commands a component: what it is to do depends on how it is.

        Raises F2NotConfirmed where others take too long, or nobody listens any more.
        """
        key = mac, path
        if (turn := self._turns.get(key)) is None:
            turn = self._turns[key] = asyncio.Lock()
        try:
            async with asyncio.timeout(self._timeout):
                await turn.acquire()
        except TimeoutError:
            raise self._not_confirmed(mac, path) from None
        try:
            if not self._is_open:
                raise self._not_confirmed(mac, path)
            yield
        finally:
            turn.release()

    async def state(self, mac: str, path: ComponentPath) -> bool | None:
        """Ask a component for its state; None where it does not answer soon. Raises NotConnected, OutgoingFull."""
        with self._waiting_for(mac, path, None) as wait:
            self.publish(command_topic(mac, path), STATUS_REQUEST)
            return await wait.within(self._timeout / 2)

    async def confirmed(
        self,
        mac: str,
        path: ComponentPath,
        payload: bytes,
        wanted: bool | None,
        *,
        is_asked_at_once: bool = False,
    ) -> None:
        """Send a command and wait for the state that it leads to, None for any.

        Raises F2NotConfirmed, NotConnected, OutgoingFull.
        """
        topic = command_topic(mac, path)
        with self._waiting_for(mac, path, wanted) as wait:
            self.publish(topic, payload)
            if is_asked_at_once:
                self.publish(topic, STATUS_REQUEST)
            if await wait.within(self._timeout / 2) is not None:
                return
            # What is to be as it is already says so only when it is asked.
            if self._is_open:
                self.publish(topic, STATUS_REQUEST)
                if await wait.within(self._timeout / 2) is not None:
                    return
        raise self._not_confirmed(mac, path)

    def _not_confirmed(self, mac: str, path: ComponentPath) -> F2NotConfirmed:
        self._counters.add("unconfirmed")
        return F2NotConfirmed(
            controller=mac, component=str(path), seconds=f"{self._timeout:g}"
        )

    @contextmanager
    def _waiting_for(
        self, mac: str, path: ComponentPath, wanted: bool | None
    ) -> Iterator[_Wait]:
        wait = _Wait(wanted)
        waiting = self._waiting[mac, path]
        waiting.append(wait)
        try:
            yield wait
        finally:
            waiting.remove(wait)
            if not waiting:
                del self._waiting[mac, path]

    def ask(self, controller: Controller) -> None:
        """Ask strikes and sirens how they are, where there is a connection."""
        for component in controller.components.values():
            if component.kind not in ANSWERING or not self._transport.connected:
                continue
            try:
                self.publish(
                    command_topic(controller.mac, component.path), STATUS_REQUEST
                )
            except MaestraError:
                self._counters.add("unsent")

    def publish(self, topic: str, payload: bytes) -> None:
        """Send one command now or never; raises NotConnected, OutgoingFull."""
        # At QoS 1 a door would open when the connection comes back.
        self._transport.publish(topic, payload)
        self._counters.add("messages_out")
        self._counters.add("bytes_out", len(payload))
