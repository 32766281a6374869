"""Simulated ESP32 nodes that speak QS."""

from collections.abc import Mapping
import sys

from scripts.devenv.paths import ROOT
from scripts.simulators.qs import FAULTS, READY
from scripts.stack.context import Context
from scripts.stack.starting import in_time, says


class QsNodes:
    """A small fleet on our own broker, with faults where they are asked for."""

    async def start(self, context: Context) -> None:
        """Start the fleet; returns when it publishes."""
        await context.spawn(
            "qs-nodes",
            sys.executable,
            "-m",
            "scripts.simulators.qs",
            "--mqtt-port",
            str(context.ports.mqtt),
            *([] if context.faults else ["--without", *FAULTS]),
            cwd=ROOT,
        )
        log = context.logs / "qs-nodes.log"
        await in_time("The QS nodes", log, says(log, READY))

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}
