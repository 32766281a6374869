"""Acknowledgements on their way to the broker."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from ..bus import Counters
from ..domain.errors import MaestraError, NotConnected, OutgoingFull
from ..transport.transport import Transport

MAX_WAITING: Final = 50_000
"""Acknowledgements of QoS 0 messages, at most: their devices ask again. The others are bounded by the broker."""
ON_WIRE: Final = 20
"""What every broker takes at once: Mosquitto's own limit, unless told otherwise."""
AHEAD: Final = 200
"""What the transport is given before the broker has taken it."""
LOOK_AGAIN: Final = 0.001
"""Seconds after which the broker may have taken more."""
AWAY: Final = 1.0
"""Seconds after which there may be a connection again."""
STARVED: Final = 1_000
"""Looks in vain after which somebody else keeps the wire full, and waiting is of no use."""


class Publish(NamedTuple):
    """One message."""

    topic: str
    payload: bytes


class _Entry(NamedTuple):
    publishes: tuple[Publish, ...]
    on_sent: Callable[[], None]
    is_kept: bool


class Outbox:
    """Sends acknowledgements, and only then tells the broker to forget what they are for.

    They are on the wire in this order: whatever ends this process, the broker then sends
    again what its device has no acknowledgement of.
    """

    def __init__(self, transport: Transport, counters: Counters) -> None:
        """Send nothing yet."""
        self._transport = transport
        self._counters = counters
        self._entries: deque[_Entry] = deque()
        self._waiting = 0
        self._published = 0
        # Those whose messages the transport has: how many had been published by then, and what to call.
        self._given: deque[tuple[int, Callable[[], None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._looks = 0

    def put(
        self,
        publishes: list[Publish],
        on_sent: Callable[[], None],
        *,
        is_kept: bool,
    ) -> None:
        """Send these at QoS 1. `is_kept`: the broker keeps what they are for until `on_sent`."""
        if not is_kept and self._waiting + len(publishes) > MAX_WAITING:
            self._counters.add("unsent", len(publishes))
            return
        self._waiting += len(publishes)
        self._entries.append(_Entry(tuple(publishes), on_sent, is_kept))
        if self._timer is None:
            self._pump()

    def stop(self) -> None:
        """Send no more: the broker has what was not acknowledged."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._entries.clear()
        self._given.clear()
        self._waiting = 0

    def _pump(self) -> None:
        self._timer = None
        self._give()
        self._release()
        if self._entries or self._given:
            self._look_again()

    def _give(self) -> None:
        room = AHEAD - self._unacknowledged
        while self._entries:
            publishes, on_sent, is_kept = self._entries[0]
            sent = 0
            # Where there is no room, somebody else has taken it.
            for publish in publishes[: max(0, room)]:
                if not self._send(publish, is_kept):
                    break
                sent += 1
            self._waiting -= sent
            room -= sent
            if later := publishes[sent:]:
                self._entries[0] = _Entry(later, on_sent, is_kept)
                return
            self._entries.popleft()
            self._given.append((self._published, on_sent))

    def _release(self) -> None:
        """Let go of what is on the wire: nothing of ours overtakes anything else."""
        before = len(self._entries) + len(self._given)
        behind = self._unacknowledged - self._published
        is_starved = self._looks >= STARVED
        while self._given and (is_starved or behind + self._given[0][0] <= ON_WIRE):
            _, on_sent = self._given.popleft()
            on_sent()
        has_moved = len(self._entries) + len(self._given) < before
        self._looks = 0 if has_moved or is_starved else self._looks + 1

    @property
    def _unacknowledged(self) -> int:
        # Where others fill the wire for good, one goes in between.
        return 0 if self._looks >= STARVED else self._transport.unacknowledged

    def _look_again(self) -> None:
        loop = asyncio.get_running_loop()
        delay = LOOK_AGAIN if self._transport.connected else AWAY
        self._timer = loop.call_later(delay, self._pump)

    def _send(self, publish: Publish, is_kept: bool) -> bool:
        """Hand one to the transport; False where it has to wait."""
        try:
            self._transport.publish(publish.topic, publish.payload, qos=1)
        except OutgoingFull:
            return False
        except NotConnected:
            # The broker sends again with the next connection what it keeps.
            if not is_kept:
                return False
            self._counters.add("unsent")
            return True
        except MaestraError:
            # No broker ever takes it.
            self._counters.add("unsent")
            return True
        self._published += 1
        self._counters.add("acks")
        self._counters.add("messages_out")
        self._counters.add("bytes_out", len(publish.payload))
        return True
