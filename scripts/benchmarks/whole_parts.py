"""The figures of the whole, as a user has it: Home Assistant with its recorder, all wires, and the store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
import json
import os
from pathlib import Path
import sys
import time
from typing import Any, Final

import asyncpg

from custom_components.maestra.core.f2.rows import DECODED_DATA
from custom_components.maestra.core.store.connection import connect
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.devenv.paths import ROOT
from scripts.report import Table
from scripts.stack.context import Context
from scripts.stack.services.home_assistant import CONFIGURATION, HomeAssistant
from scripts.stack.services.integration import BROKER, DATABASE, NATS, Integration
from scripts.stack.services.mosquitto import Mosquitto
from scripts.stack.services.nats import Nats
from scripts.stack.services.postgresql import NAME, Postgresql
from scripts.stack.trial import start, trial

from .basics import LOOPBACK, PATIENCE, Failed
from .effort import Effort
from .processes import PROBE, SOCKET, Control
from .profile import shares
from .rows import DEVICE
from .seed import install
from .steady import watch_commits
from .whole_load import QUANTILES

ENTITIES: Final = 200
FIRST_STEP: Final = 700.0
STEP: Final = 10**0.1
"""Ten of them make a rate ten times as high."""
STEP_SECONDS: Final = 10.0
LATE: Final = 1.0
"""Seconds: where one change in a hundred takes longer, there is a backlog."""
READINGS: Final = {"table": DECODED_DATA.name, "device": DEVICE, "rate": 25_000}
MS: Final = 1_000
US: Final = 1e6
MB: Final = 1e6
QUIET: Final = 0.1
"""CPU seconds a second, below which Home Assistant is at rest."""
STORED_S: Final = 3
"""Seconds after which more must be stored."""
STORED: Final = """
SELECT count(*), coalesce(sum((state->>'turn')::int8), 0) FROM entity_states WHERE time >= $1
"""
COLUMNS: Final = (
    "", "changes/s", "told", "stored", "lost", "twice", "p50 ms", "p99 ms", "on the way at half time", "at the end",
    "CPU us/change", "stall ms", "GC ms", "state writes/s", "spared", "MB", "MB more",
)  # fmt: skip


class Whole:
    """Everything, and the ways to look into it."""

    def __init__(self, context: Context, probe: Control) -> None:
        """Take over what runs."""
        self.context = context
        self.probe = probe
        self._turn = 0

    @property
    def pid(self) -> int:
        """Home Assistant's process."""
        process = self.context.supervisor["home_assistant"].process
        assert process
        return process.pid

    async def _quiet(self) -> None:
        """Wait until what an earlier load has started is over."""
        cpu, end = 0.0, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            before, cpu = cpu, self.probe.do("whole")["cpu"]
            if cpu - before < QUIET:
                return
            await asyncio.sleep(1)

    async def run(self, rate: float, seconds: float) -> dict[str, Any]:
        """Let entities move; returns what came of it."""
        await self._quiet()
        options: dict[str, float] = {
            "port": self.context.ports.mqtt,
            "entities": ENTITIES,
        }
        options |= {"rate": rate, "seconds": seconds, "first": self._turn}
        words = [sys.executable, "-m", "scripts.benchmarks.whole_load"]
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        begin = datetime.now(UTC)
        before = self._begin()
        process = await asyncio.create_subprocess_exec(
            *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        if process.returncode:
            raise Failed(f"the load: exit code {process.returncode}")
        done = json.loads(said)
        seen = self._end(before)
        first, self._turn = self._turn, self._turn + done["sent"]
        stored = await self._stored(begin, done["sent"])
        wanted = done["sent"], sum(range(first, self._turn))
        return {
            **done,
            **seen,
            "stored": stored[0],
            "holds": wanted == stored
            and done["told"] == done["sent"]
            and not done["again"]
            and done["p99"] < LATE,
        }

    async def ingest(self, seconds: float) -> dict[str, Any]:
        """Record readings; returns what came of it. The delays are those to the database."""
        delays: list[float] = []
        async with self.database() as connection, self.database() as other:
            before = self._begin()
            watcher = asyncio.create_task(watch_commits(other, delays))
            try:
                done = await asyncio.to_thread(
                    partial(self.probe.do, "ingest", **READINGS, seconds=seconds)
                )
                # What was committed last is seen too.
                await asyncio.sleep(1)
            finally:
                watcher.cancel()
                await asyncio.gather(watcher, return_exceptions=True)
            seen = self._end(before)
            stored = await connection.fetchval("SELECT count(*) FROM decoded_data")
        delays.sort()
        shares = (
            {name: delays[int(len(delays) * share)] for name, share in QUANTILES}
            if delays
            else {}
        )
        return {**done, **seen, **shares, "stored": stored}

    def _begin(self) -> dict[str, float]:
        before: dict[str, float] = self.probe.do("whole")
        self.probe.do("watch")
        return before

    def _end(self, before: Mapping[str, float]) -> dict[str, float]:
        stalls = self.probe.do("watched")
        after = self.probe.do("whole")
        grown = {key: after[key] - before[key] for key in after}
        return {
            **stalls,
            **grown,
            "grown": grown["resident"],
            "resident": after["resident"],
        }

    async def _stored(self, since: datetime, expected: int) -> tuple[int, int]:
        """Return how many changes are in the database, and the sum of their turns, once all are or nothing more comes."""
        async with self.database() as connection:
            before = -1
            while True:
                found = await connection.fetchrow(STORED, since)
                assert found
                count, turns = int(found[0]), int(found[1])
                if count in (before, expected):
                    return count, turns
                before = count
                await asyncio.sleep(STORED_S)

    @property
    def store(self) -> StoreSettings:
        """How to reach the database."""
        return StoreSettings(
            host=LOOPBACK,
            port=self.context.ports.postgresql,
            user=NAME,
            password=self.context.memory.database_password,
            database=NAME,
        )

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """Open a connection of the benchmark's own."""
        connection = await connect(self.store)
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def whole(folder: Path, entities: int = 0) -> AsyncIterator[Whole]:
    """Start it as `scripts/develop` does, without the fleets and with so many entities from before, and let those that move be known."""
    socket = folder / "socket"
    os.environ[SOCKET] = str(socket)
    async with trial(folder) as context:
        components = context.config / "custom_components"
        components.mkdir()
        (components / PROBE).symlink_to(Path(__file__).parent / "probe")
        (context.config / "configuration.yaml").write_text(
            f"{CONFIGURATION}{PROBE}:\n", "utf-8"
        )
        if entities:
            install(context.config / ".storage", entities)
        services = Mosquitto(), Nats(), Postgresql(), HomeAssistant()
        await start(context, (*services, Integration((BROKER, DATABASE, NATS))))
        probe = Control(socket, context.logs / "home_assistant.log")
        try:
            probe.do("connected")
            everything = Whole(context, probe)
            await everything.run(ENTITIES, 1)
            yield everything
        finally:
            probe.close()


async def _measure(folder: Path, effort: Effort) -> Table:
    table = Table(
        f"(p) Everything as the user has it: {ENTITIES} entities with two values that move, QoS 1 (aim: 10 000 changes/s for five minutes)",
        COLUMNS,
        (
            "Home Assistant with its recorder, MQTT, OSC, WebSocket, REST, NATS and the store; broker, database, load and all else on the same CPUs.",
            "told: each change once on its own topic, at QoS 1; p50, p99: from publishing to there. stored: rows in the database.",
            "CPU: Home Assistant's process. spared: changes that a write of a state told together with others.",
            "Steps are raised until one does not hold: all told and stored once, p99 below 1 s. The last row is the highest that did, for longer.",
        ),
    )
    async with whole(folder) as everything:
        rate, holding = FIRST_STEP, 0.0
        for _ in range(effort.steps):
            done = await everything.run(rate, min(STEP_SECONDS, effort.steady))
            _add(table, "a step", done)
            if not done["holds"]:
                break
            rate, holding = rate * STEP, rate
        rate = holding or FIRST_STEP
        while True:
            running = asyncio.create_task(everything.run(rate, effort.steady))
            profile = await shares(everything.pid, effort.steady)
            done = await running
            _add(table, f"for {effort.steady:g} s", done)
            if done["holds"] or rate <= FIRST_STEP:
                break
            rate /= STEP
        _add(
            table,
            f"readings, for {effort.steady:g} s",
            await everything.ingest(effort.steady),
        )
    if profile:
        table.notes = (
            *table.notes,
            f"Shares of the interpreter lock: {', '.join(profile)}.",
        )
    return table


def _add(table: Table, name: str, done: Mapping[str, Any]) -> None:
    """Add what came of one load; what it does not have was not asked."""

    def get(key: str, factor: float = 1) -> float | None:
        return None if done.get(key) is None else done[key] * factor

    sent, told, seconds = done["sent"], get("told"), done["seconds"]
    table.add(
        name, sent / seconds, told, done["stored"], sent - min(done["stored"], sent if told is None else told), get("again"),
        get("p50", MS), get("p99", MS), *(done.get("flying") or (None, None)), done["cpu"] / sent * US,
        done["stall"] * MS, done["collection"] * MS, done["written"] / seconds, done["spared"],
        done["resident"] / MB, done["grown"] / MB,
    )  # fmt: skip


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {
    "p": lambda folder, effort: asyncio.run(_measure(folder, effort)),
}
