"""The figures of the way from the broker into Home Assistant."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
import json
from pathlib import Path
from statistics import median
import subprocess
import sys
import threading
import time
from typing import Any, Final, Self

from custom_components.maestra.const import DEFAULT_STATE_WRITES
from custom_components.maestra.hub.state_writer import LONGEST_WINDOW
from scripts.devenv.paths import ROOT
from scripts.report import Table

from .basics import PATIENCE, Failed
from .effort import Effort
from .processes import (
    Control,
    Reader,
    bare,
    broker,
    home_assistant,
    set_up_core_mqtt,
    set_up_maestra,
)
from .runs import Run, latency, run
from .traffic import (
    BARE_PREFIX,
    CHOICES,
    CHOSEN,
    EVENTS,
    TELLING_PREFIX,
    VARIABLES,
    slug,
)

RATES: Final = (500, 2_000, 10_000)
SAME_WORK: Final = 2_000  # messages a second
MS: Final = 1_000
BETWEEN_CHOICES: Final = 0.05
"""Seconds between two things that a person does."""


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
            # The first is what all others are compared with.
            found[:0] = [
                Contender(
                    name=name,
                    reader=stack.enter_context(
                        bare(
                            *(
                                folder / prefix,
                                port,
                                "bare",
                                _filters(prefix),
                                str(tells),
                            ),
                            prefix=prefix,
                        )
                    ),
                )
                for name, prefix, tells in (
                    ("bare loop on our codec that discards", BARE_PREFIX, 0),
                    (f"the same, telling {EVENTS} of each", TELLING_PREFIX, EVENTS),
                )
            ]
        yield port, found


def _filters(prefix: str) -> str:
    return ",".join(f"{prefix}/entity/state/{verb}/#" for verb in ("update", "set"))


def throughput(folder: Path, effort: Effort) -> Table:
    """Figure a: messages a second through the whole path."""
    table = Table(
        f"(a) Throughput, {effort.entities} entities, medians of {effort.rounds} alternating rounds "
        "(aim: with its events 0.3 of the bare loop)",
        (
            "",
            "msg/s",
            "to the bare loop",
            "to the telling loop",
            "CPU us/msg",
            "CPU: bare to this",
            "writes/msg",
        ),
        (
            "msg/s: a flood at QoS 1, until all is read, and what is told of it acknowledged by the broker.",
            f"Told are {EVENTS} messages of QoS 1 for each that comes: what the telling loop costs is codec and socket for these, and nothing else.",
            "Load, broker and reader share the CPUs: a bare loop is as fast as the broker lets it be, so that its CPU says more.",
        ),
    )  # fmt: skip
    with contenders(folder, effort.entities, with_bare=True) as (port, found):
        runs: dict[str, list[Run]] = {contender.name: [] for contender in found}
        for number in range(effort.rounds + 1):
            for contender in found:
                contender.prepare()
                done, _ = run(
                    contender.reader,
                    port,
                    entities=effort.entities,
                    count=effort.flood,
                    mix=contender.mix,
                )
                if done.unsent:
                    raise Failed(f"{contender.name}: {done.unsent} events were lost")
                # The first round warms caches.
                if number:
                    runs[contender.name].append(done)
    rates = [median(it.rate for it in done_runs) for done_runs in runs.values()]
    base = median(it.micros for it in next(iter(runs.values())))
    for rate, (name, done_runs) in zip(rates, runs.items(), strict=True):
        micros = median(it.micros for it in done_runs)
        table.add(
            name,
            rate,
            rate / rates[0],
            rate / rates[1],
            micros,
            base / micros,
            median(it.writes_per_message for it in done_runs) or None,
        )
    return table


def responsiveness(folder: Path, effort: Effort) -> Table:
    """Figure b: latency and stalls."""
    table = Table(
        f"(b) Publish to state and to the event, and stalls, {effort.entities} entities, {effort.seconds:g} s each "
        f"(aims at {RATES[-1]}/s: the event and a person's change p99 below 100 ms, no stall above 60 ms, nothing lost)",
        (
            "",
            "updates/s",
            "state p50 ms",
            "state p99 ms",
            "event p99 ms",
            "a person's change p99 ms",
            "stall ms",
            "GC ms",
            "GCs",
            "backlog",
            "lost",
        ),
        (
            f"state: from publishing to the state of Home Assistant that shows it or a later one. All entities together are written {DEFAULT_STATE_WRITES} "
            f"times a second (an option): where {effort.entities} move all the time, each is written once a second, and that is what the delay is then.",
            "event: from publishing to a client that subscribes to the changes. a person's change: from an action of Home Assistant, called "
            f"by another process every {BETWEEN_CHOICES * MS:g} ms meanwhile, until the state is written. It has priority, as have doors, alerts and connections.",
            "stall: the longest time that the event loop was away; GC: the longest garbage collection, of all generations; GCs: full ones.",
            "backlog: messages not taken over when the last one was published; lost: events that were not told.",
        ),
    )  # fmt: skip
    with contenders(folder, effort.entities, with_bare=False) as (port, found):
        for contender in (found[0], found[2]):
            contender.reader.do("watch")
            time.sleep(effort.seconds)
            seen = contender.reader.do("watched", log=str(folder / "shown"))
            table.add(
                contender.name, 0, None, None, None, None, seen["stall"] * MS, seen["collection"] * MS,
                seen["full_collections"], None, None,
            )  # fmt: skip
        for rate in RATES:
            for contender in found:
                contender.prepare()
                _respond(table, contender, port, rate, effort, folder / "shown")
    return table


def _respond(
    table: Table, contender: Contender, port: int, rate: float, effort: Effort, log: Path
) -> None:  # fmt: skip
    contender.reader.do("watch")
    with ExitStack() as stack:
        listener = person = None
        if contender.tells:
            listener = stack.enter_context(Listener(port))
        if contender.tells is not None:
            person = stack.enter_context(Person(contender.reader))
        done, published = run(
            contender.reader,
            port,
            entities=effort.entities,
            count=int(rate * effort.seconds),
            rate=rate,
            mix=contender.mix,
        )
        if person:
            person.stop()
        told = listener.heard() if listener else None
    # So long the last change of each entity may wait for its write.
    time.sleep(LONGEST_WINDOW)
    seen = contender.reader.do("watched", log=str(log))
    delays = latency(published, log, effort.entities)
    chosen = sorted(person.delays) if person else []
    table.add(
        contender.name, rate, delays.p50 * MS, delays.p99 * MS,
        told["p99"] * MS if told else None,
        chosen[len(chosen) * 99 // 100] * MS if chosen else None,
        seen["stall"] * MS, seen["collection"] * MS, seen["full_collections"], done.backlog,
        done.count - told["told"] if told else None,
    )  # fmt: skip


@dataclass
class Listener:
    """A client that hears each change."""

    port: int
    _process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        """Wait until it listens."""
        words = [sys.executable, "-m", "scripts.benchmarks.told"]
        words += ["--port", str(self.port)]
        self._process = subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        if self._process.stdout.readline() != "ready\n":
            raise Failed("the listener did not start")
        return self

    def heard(self) -> dict[str, float]:
        """Return how many changes it was told, and the delays, once nothing more comes."""
        said, _ = self._process.communicate("\n", timeout=PATIENCE)
        figures: dict[str, float] = json.loads(said)
        return figures

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


class Person(threading.Thread):
    """Changes an entity in Home Assistant again and again, and looks how long that takes."""

    def __init__(self, reader: Reader) -> None:
        """Use a control socket of our own: the reader's own is in use."""
        super().__init__(daemon=True)
        self.delays: list[float] = []
        self._control: Control = reader.another()
        self._is_over = threading.Event()

    def run(self) -> None:
        """Choose until it is over."""
        of = f"{slug(0).replace('-', '_')}_{CHOSEN}"
        entity = self._control.do("entity", domain="select", of=of)
        turn = 0
        while not self._is_over.wait(BETWEEN_CHOICES):
            turn += 1
            data = {"entity_id": entity, "option": CHOICES[turn % len(CHOICES)]}
            begin = time.monotonic()
            done: dict[str, Any] = self._control.do(
                "act", domain="select", action="select_option", data=data
            )
            if done["state"] != data["option"]:
                raise Failed(f"{entity} shows {done['state']}, not {data['option']}")
            self.delays.append(done["end"] - begin)

    def __enter__(self) -> Self:
        """Begin."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, whatever happened."""
        self.stop()

    def stop(self) -> None:
        """Let what is begun be done."""
        self._is_over.set()
        self.join(PATIENCE)
        self._control.close()


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
        (
            "writes/msg: state writes keep to a budget of all entities together, so that few of the messages cost one.",
        ),
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
