"""Acknowledgements on their way to the broker."""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from ..bus import Counters, Unsubscribe, together
from ..domain.errors import MaestraError, NotConnected, OutgoingFull
from ..transport.transport import Transport

MAX_WAITING: Final = 50_000
"""Acknowledgements of QoS 0 messages, at most: their devices ask again. The others are bounded by the broker."""
ON_WIRE: Final = 20
"""What every broker takes at once: Mosquitto's own limit, unless told otherwise."""
AHEAD: Final = 200
"""What the transport is given before the broker has taken it."""


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
        # By what the transport had accepted when it had theirs: messages of ours that it still has, and entries that it
        # has all messages of, with what to call.
        self._ahead: deque[int] = deque()
        self._given: deque[tuple[int, Callable[[], None]]] = deque()

    def start(self) -> Unsubscribe:
        """Send as there is room, until the returned function is called; the broker has what was not acknowledged."""
        return together(
            self._transport.on_drained(self._pump),
            self._transport.on_connection(lambda _is_up, _why: self._pump()),
            self._clear,
        )

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
        # Else the first one has found no room.
        if len(self._entries) == 1:
            self._pump()

    def _clear(self) -> None:
        self._entries.clear()
        self._ahead.clear()
        self._given.clear()
        self._waiting = 0

    def _pump(self) -> None:
        self._give()
        self._release()

    def _give(self) -> None:
        taken = self._taken
        while self._ahead and self._ahead[0] <= taken:
            self._ahead.popleft()
        while self._entries:
            publishes, on_sent, is_kept = self._entries[0]
            sent = 0
            for publish in publishes:
                if len(self._ahead) >= AHEAD or not self._send(publish, is_kept):
                    break
                sent += 1
            self._waiting -= sent
            if later := publishes[sent:]:
                self._entries[0] = _Entry(later, on_sent, is_kept)
                return
            self._entries.popleft()
            self._given.append((self._transport.accepted, on_sent))

    def _release(self) -> None:
        """Let go of what is on the wire: nothing of ours overtakes anything else."""
        on_wire = self._taken + ON_WIRE
        while self._given and self._given[0][0] <= on_wire:
            _, on_sent = self._given.popleft()
            on_sent()

    @property
    def _taken(self) -> int:
        return self._transport.accepted - self._transport.unacknowledged

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
        self._ahead.append(self._transport.accepted)
        self._counters.add("acks")
        self._counters.add("messages_out")
        self._counters.add("bytes_out", len(publish.payload))
        return True
