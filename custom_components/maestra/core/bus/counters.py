"""Counters, durations and traffic meters of gateways and dialects."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Self

from .bus import Bus

KEPT: Final = 512
"""Durations that `Latency` remembers."""


class Counters:
    """Counts since the start, by name.

    Names are chosen by the code, never by a client, so their number is bounded.
    """

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        """Start at zero."""
        self._counts: dict[str, int] = {}

    def add(self, name: str, amount: int = 1) -> None:
        """Count `amount` more of `name`."""
        # For each message: a Counter takes twice as long.
        try:
            self._counts[name] += amount
        except KeyError:
            self._counts[name] = amount

    def __getitem__(self, name: str) -> int:
        """Return the count of `name`, 0 when it never happened."""
        return self._counts.get(name, 0)

    def as_dict(self) -> dict[str, int]:
        """Return all counts by name, sorted."""
        return dict(sorted(self._counts.items()))


class Latency:
    """The latest durations of one kind of work, in seconds."""

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        """Start with none."""
        self._latest: deque[float] = deque(maxlen=KEPT)

    def add(self, seconds: float) -> None:
        """Take one more; the oldest goes."""
        self._latest.append(seconds)

    def quantile(self, share: float) -> float | None:
        """Return the duration that this share (0 to 1) of the latest did not exceed; None without any."""
        if not self._latest:
            return None
        ordered = sorted(self._latest)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


@dataclass(frozen=True, slots=True)
class MessagePassed:
    """A message that a gateway was told or has sent, for whoever watches; `place` is its topic, subject, address or path."""

    gateway: str
    is_incoming: bool
    place: str
    payload: bytes


class TrafficMeter:
    """Counts the messages and bytes of one gateway, and times how long incoming ones take.

    Counts `messages_in`, `bytes_in`, `messages_out` and `bytes_out`.
    """

    __slots__ = ("_bus", "_gateway", "counters", "latency")

    def __init__(
        self, counters: Counters, latency: Latency, bus: Bus, gateway: str
    ) -> None:
        """Count in `counters`, and keep durations in `latency`. Messages of `gateway` are shown on `bus` to whoever watches."""
        self.counters = counters
        self.latency = latency
        self._bus = bus
        self._gateway = gateway

    @property
    def is_watched(self) -> bool:
        """Whether anybody wants to see messages: else they need not be made readable."""
        return self._bus.has_listeners(MessagePassed)

    def show(self, place: str, payload: bytes, *, is_incoming: bool) -> None:
        """Show a message, as far as anybody watches."""
        if self.is_watched:
            self._bus.publish(MessagePassed(self._gateway, is_incoming, place, payload))

    def message(self, place: str, payload: bytes) -> Stopwatch:
        """Count and show a message that came in; the block that follows, which handles it, is timed."""
        self.show(place, payload, is_incoming=True)
        return self.incoming(len(payload))

    def incoming(self, size: int, messages: int = 1) -> Stopwatch:
        """Count what came in (`size` in bytes); the block that follows, which handles it, is timed."""
        self.counters.add("messages_in", messages)
        self.counters.add("bytes_in", size)
        return Stopwatch(self.latency)

    def sent(self, places: Collection[str], payload: bytes) -> None:
        """Count and show a message that was sent to each of these places."""
        self.outgoing(len(places) * len(payload), len(places))
        if self.is_watched:
            for place in places:
                self.show(place, payload, is_incoming=False)

    def outgoing(self, size: int, messages: int = 1) -> None:
        """Count what was sent; `size` is of all `messages` together, in bytes."""
        self.counters.add("messages_out", messages)
        self.counters.add("bytes_out", size)


class Stopwatch:
    """Times the block of a `with`; one that raises, or calls `discard`, is not kept."""

    __slots__ = ("_began", "_is_discarded", "_latency")

    def __init__(self, latency: Latency) -> None:
        """Keep the duration in `latency`."""
        self._latency = latency
        self._is_discarded = False

    def discard(self) -> None:
        """Do not keep this duration."""
        self._is_discarded = True

    def __enter__(self) -> Self:
        """Begin."""
        self._began = perf_counter()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """End."""
        if kind is None and not self._is_discarded:
            self._latency.add(perf_counter() - self._began)
