"""The figures of the way from the broker into Home Assistant."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
import time
from typing import Final

from custom_components.maestra.hub.state_writer import LONGEST_WINDOW
from scripts.report import Table

from .effort import Effort
from .processes import (
    Reader,
    bare,
    broker,
    home_assistant,
    set_up_core_mqtt,
    set_up_maestra,
)
from .runs import Latency, Run, latency, run
from .traffic import VARIABLES

RATES: Final = (500, 2_000, 10_000)
SAME_WORK: Final = 2_000  # messages a second
FIRST_STEP: Final = 500  # messages a second
STEP: Final = 1.25
STEP_SECONDS: Final = 1.0
NO_BACKLOG: Final = 0.1  # seconds' worth of messages
MS: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Something that takes the messages, and how it is told of them."""

    name: str
    reader: Reader
    mix: str = "show"
    tells: bool | None = None
    """Whether Maestra publishes its state events."""

    def prepare(self) -> None:
        """Switch the state events."""
        if self.tells is not None:
            self.reader.do("tell_states", on=self.tells)


@contextmanager
def contenders(
    folder: Path, entities: int, *, with_bare: bool
) -> Iterator[tuple[int, list[Contender]]]:
    """Start everything that is compared, on one broker."""
    with ExitStack() as stack:
        port = stack.enter_context(broker(folder / "broker"))
        maestra = stack.enter_context(
            home_assistant(folder / "maestra", entities=entities)
        )
        core = stack.enter_context(
            home_assistant(folder / "core", entities=entities, core_port=port)
        )
        set_up_maestra(maestra, port, entities * len(VARIABLES))
        set_up_core_mqtt(core, port, entities)
        found = [
            Contender(
                name="Home Assistant's own MQTT sensors", reader=core, mix="plain"
            ),
            Contender(
                name="Maestra without its state events", reader=maestra, tells=False
            ),
            Contender(
                name="Maestra as it is, 3 events a message", reader=maestra, tells=True
            ),
        ]
        if with_bare:
            yardstick = stack.enter_context(bare(folder / "bare", port))
            found.insert(
                0, Contender(name="bare aiomqtt loop that discards", reader=yardstick)
            )
        yield port, found


def throughput(folder: Path, effort: Effort) -> Table:
    """Figure a: messages a second through the whole path."""
    table = Table(
        f"(a) Throughput, {effort.entities} entities, medians of {effort.rounds} alternating rounds (aim: ratio 0.6)",
        ("", "msg/s", "ratio", "CPU us/msg", "CPU ratio", "writes/msg"),
        (
            "msg/s: a flood until it is drained; with events the highest steady rate without backlog or loss.",
            "ratio: msg/s to the bare loop's; CPU ratio: the bare loop's CPU us/msg to this one's.",
        ),
    )
    with contenders(folder, effort.entities, with_bare=True) as (port, found):
        runs: dict[str, list[Run]] = {contender.name: [] for contender in found}
        for number in range(effort.rounds + 1):
            for contender in found:
                contender.prepare()
                if contender.tells:
                    known = runs[contender.name]
                    done = _highest_rate(
                        contender, port, known[-1].rate if known else 0, effort
                    )
                else:
                    done, _ = run(
                        contender.reader,
                        port,
                        entities=effort.entities,
                        count=effort.flood,
                        mix=contender.mix,
                    )
                # The first round warms caches.
                if number:
                    runs[contender.name].append(done)
    base = runs[found[0].name]
    for name, done_runs in runs.items():
        rate, micros = (
            median(it.rate for it in done_runs),
            median(it.micros for it in done_runs),
        )
        table.add(
            name,
            rate,
            rate / median(it.rate for it in base),
            micros,
            median(it.micros for it in base) / micros,
            median(it.writes_per_message for it in done_runs) or None,
        )
    return table


def _highest_rate(contender: Contender, port: int, known: float, effort: Effort) -> Run:
    """Go up in steps until there is a backlog or a loss; returns the last step before."""
    rate, best = max(FIRST_STEP, known / STEP**2), None
    for _ in range(effort.steps):
        count = int(rate * STEP_SECONDS)
        done, _ = run(
            contender.reader, port, entities=effort.entities, count=count, rate=rate
        )
        if best and (done.unsent or done.backlog > rate * NO_BACKLOG):
            break
        best, rate = done, rate * STEP
    assert best
    return best


def responsiveness(folder: Path, effort: Effort) -> Table:
    """Figure b: latency and stalls."""
    table = Table(
        f"(b) Publish to state and stalls, {effort.entities} entities, {effort.seconds:g} s each (aim: p99 below 100 ms, "
        "no stall longer than without us)",
        (
            "",
            "updates/s",
            "p50 ms",
            "p99 ms",
            "max ms",
            "stall ms",
            "GC ms",
            "GCs",
            "backlog",
            "unsent",
        ),
        (
            "stall: the longest time that the event loop was away; GC: the longest garbage collection, of all "
            "generations; GCs: full ones.",
            "backlog: messages not taken over when the last one was published; unsent: state events lost.",
        ),
    )
    with contenders(folder, effort.entities, with_bare=False) as (port, found):
        for contender in (found[0], found[2]):
            contender.reader.do("watch")
            time.sleep(effort.seconds)
            seen = contender.reader.do("watched", log=str(folder / "shown"))
            table.add(
                contender.name, 0, None, None, None, seen["stall"] * MS, seen["collection"] * MS,
                seen["full_collections"], None, None,
            )  # fmt: skip
        for rate in RATES:
            for contender in found:
                contender.prepare()
                done, delays, seen = _watched(
                    contender, port, rate, effort, folder / "shown"
                )
                table.add(
                    contender.name, rate, delays.p50 * MS, delays.p99 * MS, delays.worst * MS, seen["stall"] * MS,
                    seen["collection"] * MS, seen["full_collections"], done.backlog, done.unsent,
                )  # fmt: skip
    return table


def _watched(
    contender: Contender, port: int, rate: float, effort: Effort, log: Path
) -> tuple[Run, Latency, dict[str, float]]:
    contender.reader.do("watch")
    done, published = run(
        contender.reader,
        port,
        entities=effort.entities,
        count=int(rate * effort.seconds),
        rate=rate,
        mix=contender.mix,
    )
    # So long the last change of each entity may wait for its write.
    time.sleep(LONGEST_WINDOW)
    seen = contender.reader.do("watched", log=str(log))
    return done, latency(published, log, effort.entities), seen


def start(folder: Path, effort: Effort) -> Table:
    """Figure c: time to start, and memory."""
    variables = effort.at_start * len(VARIABLES)
    table = Table(
        f"(c) Start with {effort.at_start} entities, {variables} variables, each a Home Assistant entity",
        ("", "set up s", "all shown s", "CPU s", "stall ms", "MB", "kB/entity"),
        (
            "set up: until the config entry is loaded; all shown: until every state is there; MB: resident, more "
            "than before.",
        ),
    )
    with (
        broker(folder / "broker") as port,
        home_assistant(folder / "maestra", entities=effort.at_start) as reader,
    ):
        empty = reader.do("memory")["resident"]
        first = set_up_maestra(reader, port, variables)
        grown = reader.do("memory")["resident"] - empty
        table.add(
            "the first time", first["loaded"], first["shown"], first["cpu"], first["stall"] * MS,
            grown / 1e6, grown / effort.at_start / 1e3,
        )  # fmt: skip
        starts = [reader.do("again", shown=variables) for _ in range(effort.starts)]
        again = {key: median(it[key] for it in starts) for key in first}
        table.add(
            f"as after a restart, median of {len(starts)}", again["loaded"], again["shown"], again["cpu"],
            again["stall"] * MS, None, None,
        )  # fmt: skip
    return table


def scale(folder: Path, effort: Effort) -> Table:
    """Figure d: the same work on ten times the entities."""
    table = Table(
        f"(d) The same {SAME_WORK} messages/s on more entities, medians of {effort.rounds} alternating rounds "
        "(aim: at most 1.2)",
        ("", "CPU us/msg", "ratio", "writes/msg"),
        ("Slow enough that every message is written in both.",),
    )
    with ExitStack() as stack:
        rigs = []
        for entities in (effort.entities, effort.many):
            port = stack.enter_context(broker(folder / f"broker-{entities}"))
            reader = stack.enter_context(
                home_assistant(folder / f"maestra-{entities}", entities=entities)
            )
            set_up_maestra(reader, port, entities * len(VARIABLES))
            rigs.append((entities, reader, port))
        runs: dict[int, list[Run]] = {entities: [] for entities, _, _ in rigs}
        for number in range(effort.rounds + 1):
            for entities, reader, port in rigs:
                done, _ = run(
                    reader,
                    port,
                    entities=entities,
                    count=int(SAME_WORK * effort.seconds),
                    rate=SAME_WORK,
                )
                if number:
                    runs[entities].append(done)
    base = median(it.micros for it in runs[effort.entities])
    for entities, done_runs in runs.items():
        micros = median(it.micros for it in done_runs)
        table.add(
            f"{entities} entities",
            micros,
            micros / base,
            median(it.writes_per_message for it in done_runs),
        )
    return table


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {
    "a": throughput,
    "b": responsiveness,
    "c": start,
    "d": scale,
}
