"""The table of faults: what each does to the servers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from .proxy import Moment
from .stack import HOME_ASSISTANT, MOSQUITTO, POSTGRESQL, Stack

type Strike = Callable[[Stack, float], Awaitable[None]]
"""Makes the fault, lets it last (seconds), and takes its cause away; what was killed is started, and need not be up."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong."""

    title: str
    strike: Strike


async def _nothing(_stack: Stack, seconds: float) -> None:
    await asyncio.sleep(seconds)


def _kill(name: str) -> Strike:
    """Kill a server, and start it again."""

    async def strike(stack: Stack, seconds: float) -> None:
        await stack.kill(name)
        await asyncio.sleep(seconds)
        await stack.start_again(name)

    return strike


async def _hang(stack: Stack, seconds: float) -> None:
    stack.database.freeze()
    await asyncio.sleep(seconds)
    stack.database.thaw()


async def _hang_and_kill(stack: Stack, seconds: float) -> None:
    """The database hangs all the time; Home Assistant dies meanwhile, and is back before it."""
    stack.database.freeze()
    await asyncio.sleep(seconds)
    await stack.kill(HOME_ASSISTANT)
    await stack.start_again(HOME_ASSISTANT)
    await stack.context.api.wait_for_http()
    await asyncio.sleep(seconds)
    stack.database.thaw()


async def _fill_disk(stack: Stack, seconds: float) -> None:
    """No file of Home Assistant's takes a byte, while the database is away and rows have nowhere else to go."""
    await stack.kill(POSTGRESQL)
    stack.home_assistant.limit_files(0)
    await asyncio.sleep(seconds)
    stack.home_assistant.limit_files(-1)
    await stack.start_again(POSTGRESQL)


def _cut(moment: Moment) -> Strike:
    """Cut the network to the database in a moment."""

    async def strike(stack: Stack, seconds: float) -> None:
        await stack.proxy.cut_at(moment)
        await asyncio.sleep(seconds)
        stack.proxy.restore()

    return strike


FAULTS: Final = {
    "none": Fault(title="no fault", strike=_nothing),
    "kill-home-assistant": Fault(
        title="kill -9 of Home Assistant", strike=_kill(HOME_ASSISTANT)
    ),
    "kill-broker": Fault(title="kill -9 of the broker", strike=_kill(MOSQUITTO)),
    "kill-database": Fault(title="kill -9 of the database", strike=_kill(POSTGRESQL)),
    "hang-database": Fault(title="the database hangs (SIGSTOP)", strike=_hang),
    "hang-and-kill": Fault(
        title="the database hangs, kill -9 of Home Assistant meanwhile",
        strike=_hang_and_kill,
    ),
    "full-disk": Fault(
        title="Home Assistant's disk is full, the database killed", strike=_fill_disk
    ),
    "cut-copy": Fault(title="network cut in mid-COPY", strike=_cut(Moment.MID_COPY)),
    "cut-commit": Fault(
        title="network cut between COMMIT and its answer",
        strike=_cut(Moment.UNANSWERED_COMMIT),
    ),
}
