"""OBS Studio, or where it can't run a double that answers as it does; and the demo's scenes."""

import asyncio
from collections.abc import Mapping
import sys
from typing import Final

from scripts.devenv import obs
from scripts.devenv.paths import ROOT
from scripts.simulators.obs_server import PASSWORD
from scripts.stack.context import Context
from scripts.stack.flows import Answers
from scripts.stack.ports import LOOPBACK, accepts_connections
from scripts.stack.subentries import Subentry, hub_entry, set_up
from scripts.stack.supervisor import ServiceFailed
from scripts.stack.terminal import say

START_TIMEOUT_S: Final = 60
POLL_INTERVAL_S: Final = 0.05
NAME: Final = "OBS Studio"


class Obs:
    """OBS, on request: a real one under a display that nobody sees."""

    async def start(self, context: Context) -> None:
        """Start it; returns when clients can connect."""
        if not context.has_obs:
            return
        if why := obs.why_not():
            say(f"a double of OBS stands in: {why}")
            await context.spawn(
                "obs",
                sys.executable,
                *("-m", "scripts.simulators.obs", "--port", str(context.ports.obs)),
                cwd=ROOT,
            )
        else:
            await self._start_studio(context)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await accepts_connections(context.ports.obs)
        except TimeoutError as err:
            raise ServiceFailed(
                f"OBS does not start; see {context.logs / 'obs.log'}"
            ) from err

    async def _start_studio(self, context: Context) -> None:
        folder = obs.SHARED / f"maestra-obs-{context.ports.obs}"
        display = f":{context.ports.obs % 10_000 + 100}"
        obs.configure(folder, context.ports.obs, PASSWORD)
        await context.spawn("xvfb", *obs.screen(display))
        async with asyncio.timeout(START_TIMEOUT_S):
            while not obs.socket_of(display).exists():
                await asyncio.sleep(POLL_INTERVAL_S)
        await context.spawn("obs", *obs.studio(folder, display))

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where it is."""
        return {"obs": context.ports.obs} if context.has_obs else {}


class ObsInstance:
    """OBS in Maestra."""

    async def start(self, context: Context) -> None:
        """Set it up, where it is there."""
        if context.has_obs:
            entry = await hub_entry(context)
            instance = Subentry(kind="obs_instance", answers=_answers)
            await set_up(context, entry["entry_id"], instance)

    def facts(self, _: Context) -> Mapping[str, object]:
        """Nothing that a client must know."""
        return {}


def _answers(context: Context) -> Answers:
    told = {
        "name": NAME,
        "host": LOOPBACK,
        "port": context.ports.obs,
        "password": PASSWORD,
        "production": context.memory.subentry_ids["production"],
    }
    return {"user": told, "reconfigure": told}
