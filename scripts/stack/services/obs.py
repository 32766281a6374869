"""A double of OBS, which answers as it does, or a real OBS Studio; and what Maestra is told of it."""

from collections.abc import Mapping
import sys
from typing import Final

from scripts.devenv import obs
from scripts.devenv.paths import ROOT
from scripts.simulators.obs_server import PASSWORD
from scripts.stack.context import Context
from scripts.stack.flows import Answers
from scripts.stack.ports import LOOPBACK, accepts_connections
from scripts.stack.starting import exists, in_time
from scripts.stack.subentries import Subentry, hub_entry, set_up
from scripts.stack.terminal import say

NAME: Final = "OBS Studio"


class Obs:
    """OBS: its double, and on request a real one under a display that nobody sees."""

    async def start(self, context: Context) -> None:
        """Start it; returns when clients can connect."""
        why = obs.why_not() if context.has_studio else None
        if context.has_studio and why is None:
            await self._start_studio(context)
        else:
            if why is not None:
                say(f"a double of OBS stands in: {why}")
            await context.spawn(
                "obs",
                sys.executable,
                *("-m", "scripts.simulators.obs", "--port", str(context.ports.obs)),
                cwd=ROOT,
            )
        ready = accepts_connections(context.ports.obs)
        await in_time("OBS", context.logs / "obs.log", ready)

    async def _start_studio(self, context: Context) -> None:
        folder = obs.SHARED / f"maestra-obs-{context.ports.obs}"
        display = f":{context.ports.obs % 10_000 + 100}"
        obs.configure(folder, context.ports.obs, PASSWORD)
        await context.spawn("xvfb", *obs.screen(display))
        ready = exists(obs.socket_of(display))
        await in_time("The display of OBS", context.logs / "xvfb.log", ready)
        await context.spawn("obs", *obs.studio(folder, display))

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where it is."""
        return {"obs": context.ports.obs}


class ObsInstance:
    """OBS in Maestra."""

    async def start(self, context: Context) -> None:
        """Set it up."""
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
