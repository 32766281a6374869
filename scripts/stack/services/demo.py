"""The demo show: programs of its own that speak the protocol to the servers above."""

import asyncio
from collections.abc import Mapping
import importlib.util
import sys
from typing import Final

import yaml

from scripts.devenv.paths import ROOT
from scripts.stack.context import Context
from scripts.stack.supervisor import ServiceFailed
from scripts.stack.terminal import say

NAME: Final = "demo"
PACKAGE: Final = "scripts.demo"
DASHBOARDS: Final = {"maestra-show": "maestra.yaml", "demo-show": "demo_show.yaml"}
"""Files in `dashboards/`, by where they are in Home Assistant."""
APPEAR_TIMEOUT_S: Final = 30
SETTLED_S: Final = 0.25
POLL_INTERVAL_S: Final = 0.05
ON_STAGE: Final = "entities on stage"
"""What the show says when all its clients have begun."""


class DemoPrograms:
    """The programs of the show, which start while Home Assistant does."""

    async def start(self, context: Context) -> None:
        """Start the show's own supervisor, which waits to be let into Home Assistant."""
        if importlib.util.find_spec(PACKAGE) is None:
            say("there is no demo show in this working copy")
            return
        await context.spawn(
            NAME,
            sys.executable,
            "-m",
            PACKAGE,
            "--mqtt-port",
            str(context.ports.mqtt),
            "--ha-url",
            context.url,
            "--await-token",
            *(["--faults"] if context.faults else []),
            cwd=ROOT,
            has_input=True,
        )

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}


class Demo:
    """Devices of a small show."""

    async def start(self, context: Context) -> None:
        """Let the show begin; returns when Home Assistant shows all its devices."""
        if NAME not in context.supervisor:
            return
        await context.supervisor[NAME].tell(str(context.memory.token))
        try:
            async with asyncio.timeout(APPEAR_TIMEOUT_S):
                await _appeared(context)
        except TimeoutError as err:
            raise ServiceFailed(
                f"Home Assistant shows nothing of the demo show; see the logs in {context.logs}"
            ) from err
        await _hang_dashboards(context)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}


async def _hang_dashboards(context: Context) -> None:
    """Give the show its dashboards in the sidebar, once: what people made of them stays."""
    known = await context.api.command("lovelace/dashboards/list")
    for path, name in DASHBOARDS.items():
        if any(dashboard["url_path"] == path for dashboard in known):
            continue
        file = ROOT / "dashboards" / name
        config = yaml.safe_load(file.read_text("utf-8"))
        await context.api.add_dashboard(
            path, config.pop("title"), config, icon="mdi:theater"
        )


async def _appeared(context: Context) -> None:
    """Wait until every client plays and the number of live entities has settled."""
    log = context.logs / "demo.log"
    while ON_STAGE not in log.read_text("utf-8"):
        await asyncio.sleep(POLL_INTERVAL_S)
    before = 0
    while (now := await _live_entities(context)) == 0 or now != before:
        before = now
        await asyncio.sleep(SETTLED_S)


async def _live_entities(context: Context) -> int:
    registry = await context.api.command("config/entity_registry/list")
    ours = {entry["entity_id"] for entry in registry if entry["platform"] == "maestra"}
    states = await context.api.get("/api/states")
    return sum(
        state["entity_id"] in ours and state["state"] not in ("unavailable", "unknown")
        for state in states
    )
