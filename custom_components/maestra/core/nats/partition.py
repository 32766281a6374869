"""The partitions of a stream: each is a consumer of its own, of which one client at a time has the messages."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from ..transport.transport import Link


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


class Partition(Link):
    """One consumer, as this client sees it."""

    def __init__(
        self,
        settings: StreamSettings,
        number: int,
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
        self.pin: str | None = None
        self.is_new = False
        """Whether it has just become ours."""
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
        self.pin = None
        self.pulls.clear()
