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

PACKAGE: Final = "scripts.demo"
DASHBOARD: Final = ROOT / "dashboards" / "demo_show.yaml"
DASHBOARD_PATH: Final = "demo-show"
APPEAR_TIMEOUT_S: Final = 30
SETTLED_S: Final = 0.5
POLL_INTERVAL_S: Final = 0.05
ON_STAGE: Final = "entities on stage"
"""What the show says when all its clients have begun."""


class Demo:
    """Devices of a small show."""

    async def start(self, context: Context) -> None:
        """Start the show's own supervisor; returns when Home Assistant shows all its devices."""
        if importlib.util.find_spec(PACKAGE) is None:
            say("there is no demo show in this working copy")
            return
        await context.spawn(
            "demo",
            sys.executable,
            "-m",
            PACKAGE,
            "--mqtt-port",
            str(context.ports.mqtt),
            "--ha-url",
            context.url,
            cwd=ROOT,
            # Not on the command line, which every user of the machine can read.
            env={"MAESTRA_DEMO_TOKEN": str(context.memory.token)},
        )
        try:
            async with asyncio.timeout(APPEAR_TIMEOUT_S):
                await _appeared(context)
        except TimeoutError as err:
            raise ServiceFailed(
                f"Home Assistant shows nothing of the demo show; see the logs in {context.logs}"
            ) from err
        await _hang_dashboard(context)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}


async def _hang_dashboard(context: Context) -> None:
    """Give the show a dashboard in the sidebar, once: what people made of it stays."""
    known = await context.api.command("lovelace/dashboards/list")
    if any(dashboard["url_path"] == DASHBOARD_PATH for dashboard in known):
        return
    config = yaml.safe_load(DASHBOARD.read_text("utf-8"))
    await context.api.command(
        "lovelace/dashboards/create",
        url_path=DASHBOARD_PATH,
        title=config.pop("title"),
        icon="mdi:theater",
        mode="storage",
    )
    await context.api.command(
        "lovelace/config/save", url_path=DASHBOARD_PATH, config=config
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
