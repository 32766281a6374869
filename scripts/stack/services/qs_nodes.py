"""Simulated ESP32 nodes that speak QS."""

import asyncio
from collections.abc import Mapping
import sys
from typing import Final

from scripts.devenv.paths import ROOT
from scripts.simulators.qs import FAULTS, READY
from scripts.stack.context import Context
from scripts.stack.supervisor import ServiceFailed

START_TIMEOUT_S: Final = 20
POLL_INTERVAL_S: Final = 0.05


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
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while READY not in log.read_text("utf-8"):
                    await asyncio.sleep(POLL_INTERVAL_S)
        except TimeoutError as err:
            raise ServiceFailed(f"The QS nodes do not start; see {log}") from err

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}
