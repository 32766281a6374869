"""One fault under load, from an empty folder to its bill."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Final

import aiohttp
import asyncpg

from scripts.stack.hass_api import ApiError
from scripts.stack.terminal import say

from .bill import Bill, Shown, Stored, draw_up
from .faults import Fault
from .load import Load, Said
from .stack import Stack, running

LOOK_S: Final = 0.25
RESTED_S: Final = 1.5
"""From the last message of those that rest to the fault: Maestra has acknowledged it too, and nobody will send it again."""
SETTLED_S: Final = 3
"""Once all is there, this long without another row: nothing comes again."""
SHOWN_PATIENCE_S: Final = 15
"""From the last row until everything shows it, and every device was told."""
SYS_INTERVAL_S: Final = 11
"""How often Mosquitto tells what it dropped, and a second."""
NAMED: Final = 10
"""Devices that are named where more than that are stale."""
AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long, and how often. All times in seconds."""

    rate: float = 500
    """Messages a second: half of them updates of entities, half QS events."""
    rounds: int
    before: float
    """From the start of the load to the first fault."""
    outage: float
    after: float
    """From the end of one fault, once all is stored, to the next."""
    patience: float
    """How long nothing of what is missing may come in before it counts as lost; longer than Maestra waits between tries."""


FULL: Final = Effort(rounds=3, before=10, outage=12, after=5, patience=90)
QUICK: Final = Effort(rounds=1, before=8, outage=3, after=2, patience=75)


async def run(fault: Fault, effort: Effort, folder: Path) -> Bill:
    """Let a fault happen under load, and see what it cost. Raises ServiceFailed when a server ends by itself."""
    async with running(folder) as stack:
        return await stack.context.supervisor.guard(_strike(stack, fault, effort))


async def _strike(stack: Stack, fault: Fault, effort: Effort) -> Bill:
    recovered: list[float | None] = []
    async with Load(stack.context.ports.mqtt, effort.rate) as load:
        await asyncio.sleep(effort.before)
        for turn in range(effort.rounds):
            await load.rest(turn)
            await asyncio.sleep(RESTED_S)
            say(f"{fault.title}: {turn + 1} of {effort.rounds}")
            await fault.strike(stack, effort.outage)
            begin, acknowledged = time.monotonic(), load.ledger.acknowledged
            is_stored = await _until_stored(stack, acknowledged, effort.patience)
            recovered.append(time.monotonic() - begin if is_stored else None)
            await asyncio.sleep(effort.after)
        await load.finish()
        await _until_stored(stack, load.ledger.acknowledged, effort.patience)
        stored = await _settled(stack)
        shown = await _until_shown(stack, load)
        if not all(map(stored.has, load.ledger.acknowledged)):
            # Who it was that lost them.
            await asyncio.sleep(SYS_INTERVAL_S)
    return draw_up(load.ledger, load.devices, stored, shown, _longest(recovered))


def _longest(recovered: list[float | None]) -> float | None:
    known = [seconds for seconds in recovered if seconds is not None]
    return max(known) if len(known) == len(recovered) else None


async def _until_stored(stack: Stack, wanted: set[Said], patience: float) -> bool:
    """Wait until messages are in the database; False when no more of them come."""
    fewest, last = len(wanted), time.monotonic()
    while fewest:
        try:
            stored = await stack.stored()
        except AWAY:
            pass
        else:
            missing = sum(not stored.has(said) for said in wanted)
            if missing < fewest:
                fewest, last = missing, time.monotonic()
        if time.monotonic() - last > patience:
            return False
        await asyncio.sleep(LOOK_S)
    return True


async def _settled(stack: Stack) -> Stored:
    """Return what is stored when no more comes."""
    before = await stack.stored()
    while True:
        await asyncio.sleep(SETTLED_S)
        now = await stack.stored()
        if now == before:
            return now
        before = now


async def _until_shown(stack: Stack, load: Load) -> Shown:
    """Return what is shown when it is current and all devices were told, or what there is by then."""
    end = time.monotonic() + SHOWN_PATIENCE_S
    shown, why = Shown(maestra={}, home_assistant={}), ""
    while time.monotonic() < end:
        try:
            shown = await stack.shown()
        except (ApiError, aiohttp.ClientError) as error:
            why = f" ({error})"
        else:
            why = ""
            if not shown.stale(load.devices) and load.is_told:
                break
        await asyncio.sleep(LOOK_S)
    if stale := shown.stale(load.devices):
        more = ", …" if len(stale) > NAMED else ""
        say(f"not current{why}: {', '.join(stale[:NAMED])}{more}")
    return shown
