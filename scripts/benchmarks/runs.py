"""One run of the load against one reader, and what is seen of it."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Final

from .processes import Load, Reader

SETTLED: Final = 0.3  # seconds: the window and the last acknowledgements are over
PATIENCE: Final = 120  # seconds


@dataclass(kw_only=True)
class Run:
    """What one run cost and lost."""

    count: int
    seconds: float
    cpu: float
    writes: float
    unsent: float
    backlog: float
    """Messages not taken over when the last one was published."""

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.count / self.seconds

    @property
    def micros(self) -> float:
        """CPU microseconds for each message."""
        return self.cpu / self.count * 1e6

    @property
    def writes_per_message(self) -> float:
        """State writes of Home Assistant for each message."""
        return self.writes / self.count


def run(
    reader: Reader,
    port: int,
    *,
    entities: int,
    count: int,
    rate: float = 0,
    mix: str = "show",
) -> tuple[Run, array[float]]:
    """Let the load run, at QoS 1, and the reader finish; returns what happened, and when was published."""
    load = Load(
        port, reader.prefix, entities=entities, count=count, rate=rate, qos=1, mix=mix
    )
    before: Mapping[str, float] = reader.do("counts")
    begin = time.monotonic()
    load.go()
    published = load.done() if rate else array("d")
    at_end: Mapping[str, float] = reader.do("counts")
    taken: Mapping[str, float] = reader.do(
        "expect", taken=before["taken"] + count, patience=PATIENCE
    )
    if not rate:
        load.done()
    time.sleep(SETTLED)
    after: Mapping[str, float] = reader.do("counts")
    result = Run(
        count=count,
        seconds=taken["now"] - begin,
        cpu=after["cpu"] - before["cpu"],
        writes=after.get("writes", 0) - before.get("writes", 0),
        unsent=after.get("unsent", 0) - before.get("unsent", 0),
        backlog=max(0, before["taken"] + count - at_end["taken"]) if rate else 0,
    )
    return result, published


@dataclass(kw_only=True)
class Latency:
    """Seconds from publishing to the state that shows the message or a later one."""

    p50: float
    p99: float
    worst: float


def latency(published: array[float], log: Path, entities: int) -> Latency:
    """Match the publish times with what was shown when.

    A message that a later one overtook within the window counts until that is shown.
    """
    shown: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    entries = array("d")
    entries.frombytes(log.read_bytes())
    for at in range(0, len(entries), 3):
        number, value, moment = entries[at : at + 3]
        shown[int(number)].append((value, moment))
    delays = []
    for turn, moment in enumerate(published):
        history = shown[turn % entities]
        at = bisect_left(history, (moment, 0.0))
        # What was never shown counts as shown at the end.
        delays.append(
            (history[at][1] if at < len(history) else published[-1] + PATIENCE) - moment
        )
    delays.sort()
    return Latency(
        p50=delays[len(delays) // 2],
        p99=delays[len(delays) * 99 // 100],
        worst=delays[-1],
    )
