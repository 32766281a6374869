"""The partitions of a stream: each is a consumer of its own, of which one client at a time has the messages."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import itertools
from typing import Final, NamedTuple, override

from ..domain.journal import Place
from ..domain.json_values import JsonValue
from ..transport.transport import Link
from .client import Message as NatsMessage

_ACK_TOKENS: Final = 9
"""Tokens of what a message is acknowledged on, where the server tells no domain."""


@dataclass(frozen=True, kw_only=True)
class StreamSettings:
    """What is read. `prefix` is what the stream's subjects have before that of a topic; of several `partitions` the number comes then (`p.<number>.`).

    `workers` share the partitions by their `ordinal`; `takeover` is how many seconds another's is left alone. `window`
    and `window_bytes` bound what is not acknowledged yet.
    """

    stream: str = "$MQTT_msgs"
    prefix: str = "$MQTT.msgs."
    durable: str = "maestra"
    partitions: int = 1
    ordinal: int = 0
    workers: int = 1
    window: int = 4_000
    window_bytes: int = 64 * 1024 * 1024
    ack_wait: float = 30.0
    takeover: float = 6.0


@dataclass(slots=True)
class Held:
    """A message that is not acknowledged: where that is said, and its size."""

    reply: str
    size: int


class Delivered(NamedTuple):
    """What the server says of a message that it gives, in the subject on which that is acknowledged."""

    partition: int
    times: int
    """How often it was given, this time included."""
    sequence: int
    """Its number in the stream."""
    order: int
    """Its number among all that this consumer was given."""
    pending: int
    """How many wait behind it."""


def read_delivered(reply: str) -> Delivered | None:
    """Read `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<times>.<in stream>.<in consumer>.<when>.<pending>[.<random>]`."""
    tokens = reply.split(".")
    if len(tokens) < _ACK_TOKENS:
        return None
    at = 4 if len(tokens) > _ACK_TOKENS else 2
    numbers = [tokens[at + 1].rpartition("-")[2], *tokens[at + 2 : at + 5]]
    return Delivered(*map(int, (*numbers, tokens[at + 6])))


class Partition(Link):
    """One consumer, as this client sees it. `log` tells its messages from all others that there ever were."""

    def __init__(
        self,
        settings: StreamSettings,
        number: int,
        log: str,
        acknowledge: Callable[[Partition, Held], None],
    ) -> None:
        """Hold nothing yet. `acknowledge` is called once for each message that is durable."""
        self.number = number
        self.consumer = f"{settings.durable}-{number}"
        self.owner = number % settings.workers
        """The ordinal of the worker that it belongs to."""
        self.is_own = self.owner == settings.ordinal % settings.workers
        self.pending = 0
        """Messages that the server has for it beyond what was given out."""
        self.log = log
        self.pin: str | None = None
        self.is_new = False
        """Whether it has just become ours, and has to be looked at first."""
        self.waiting: list[tuple[NatsMessage, Delivered]] = []
        """What came before that."""
        self.floor = 0
        """All up to it was acknowledged when it became ours."""
        self._last: Delivered | None = None
        self.held: dict[int, Held] = {}
        self.pulls: deque[list[int]] = deque()
        """Pulls that are open, the oldest first: their number, and how many messages of them are still to come."""
        self.heard_at = 0.0
        self._acknowledge = acknowledge

    @property
    def expected(self) -> int:
        """Messages that were asked for and did not come yet."""
        return sum(left for _, left in self.pulls)

    @override
    def acknowledge(self, packet_id: int) -> None:
        if (held := self.held.pop(packet_id, None)) is not None:
            self._acknowledge(self, held)

    def now_ours(self, pin: str) -> None:
        """Have it, by this pin, as soon as it was looked at. What was not under another one comes again."""
        self.pin, self.is_new = pin, True
        self._last = None
        self.waiting.clear()

    def lacks(self, pending: JsonValue, delivered: JsonValue) -> bool:
        """Whether another has messages of it that are not acknowledged, as the server counts these and all that it has given.

        What was given since the server has looked is not among them.
        """
        order = delivered.get("consumer_seq") if isinstance(delivered, dict) else None
        if not isinstance(pending, int) or not isinstance(order, int):
            return True
        came = {given.sequence for _, given in self.waiting if given.order <= order}
        return pending > len(self.held.keys() | came)

    def forget_waiting(self) -> None:
        """Forget what came before the server began again: from there on numbers rise."""
        numbers = [given.sequence for _, given in self.waiting]
        begins = [
            place
            for place, (last, number) in enumerate(itertools.pairwise(numbers), 1)
            if number <= last
        ]
        self.waiting = self.waiting[begins[-1] :] if begins else []

    def place(self, given: Delivered) -> Place:
        """Say where a message stands. That none is missing before it, its number at the consumer says."""
        last = self._last
        is_next = last is not None and given.order == last.order + 1
        after = given.sequence - 1
        if given.times == 1 and last is not None and is_next:
            after = last.sequence
        if given.times == 1:
            self._last = given
        else:
            # The next one stands behind the newest that came, not behind one of long ago.
            self._last = last._replace(order=given.order) if last and is_next else None
        return Place(self.log, after, given.sequence, self.floor)

    def came(self) -> None:
        """Count a message towards the oldest pull."""
        if self.pulls:
            self.pulls[0][1] -= 1
            if self.pulls[0][1] <= 0:
                self.pulls.popleft()

    def end_pull(self, number: int) -> None:
        """Expect no more of a pull."""
        self.pulls = deque(pull for pull in self.pulls if pull[0] != number)

    def give_up(self) -> None:
        """Expect nothing: another client has it, or none of ours does any more."""
        self.pin = self._last = None
        self.is_new = False
        self.waiting.clear()
        self.pulls.clear()

    def retire(self) -> int:
        """Acknowledge nothing more: what is held is of a stream that is no more. Returns its size."""
        self.give_up()
        size = sum(held.size for held in self.held.values())
        self.held.clear()
        return size
