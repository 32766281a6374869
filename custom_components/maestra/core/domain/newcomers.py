"""How fast clients may bring what was not there before, the same on every wire."""

from collections.abc import Callable
from enum import StrEnum
from time import monotonic
from typing import Final

from ..bus import Bus
from .errors import TooManyNew
from .events import NewcomerRefused
from .rate import TokenBuckets
from .source import Source

# A whole show may come up at once; a client that invents names without end is stopped.
THINGS_AT_ONCE: Final = 500
THINGS_PER_MINUTE: Final = 60
PARTS_AT_ONCE: Final = 5_000
PARTS_PER_MINUTE: Final = 600


class Newcomer(StrEnum):
    """What can be new: the word for it in a refusal."""

    ENTITY = "entities"
    DEVICE = "devices"
    STREAM = "streams"
    VARIABLE = "variables"
    METRIC = "metrics"


_PARTS: Final = frozenset({Newcomer.VARIABLE, Newcomer.METRIC})


class Newcomers:
    """Limits what each gateway brings: things (entities, devices, streams), and their parts (variables, metrics).

    What begins inside, such as a user's action, is not limited.
    """

    def __init__(self, bus: Bus, clock: Callable[[], float] = monotonic) -> None:
        """Let everybody begin with all that may come at once."""
        self._bus = bus
        self._things = TokenBuckets[str](THINGS_AT_ONCE, THINGS_PER_MINUTE / 60, clock)
        self._parts = TokenBuckets[str](PARTS_AT_ONCE, PARTS_PER_MINUTE / 60, clock)

    def admit(self, kind: Newcomer, name: str, source: Source, count: int = 1) -> None:
        """Let so many in, or none; raises TooManyNew. `name` is what they are or belong to, for those who are told."""
        if (gateway := source.gateway) is None or not count:
            return
        is_part = kind in _PARTS
        buckets = self._parts if is_part else self._things
        if not buckets.of(gateway).take(count):
            self._refused(kind, name, source)
            raise TooManyNew(
                kind=f"new {kind} a minute",
                limit=PARTS_PER_MINUTE if is_part else THINGS_PER_MINUTE,
            )

    def admitted(
        self, kind: Newcomer, name: str, source: Source, count: int = 1
    ) -> int:
        """Let as many of these in as may come now; returns how many."""
        if (gateway := source.gateway) is None or not count:
            return count
        buckets = self._parts if kind in _PARTS else self._things
        admitted = buckets.of(gateway).take_up_to(count)
        if admitted < count:
            self._refused(kind, name, source)
        return admitted

    def _refused(self, kind: Newcomer, name: str, source: Source) -> None:
        self._bus.publish(NewcomerRefused(kind, name, source))
