"""The feed of the ISS: our own simulator."""

import asyncio
from collections.abc import Mapping
import sys
from typing import Final

from scripts.devenv.paths import ROOT
from scripts.stack.context import Context
from scripts.stack.ports import LOOPBACK
from scripts.stack.supervisor import ServiceFailed

READY: Final = "feed on air"
START_TIMEOUT_S: Final = 30
POLL_INTERVAL_S: Final = 0.05


class Lightstreamer:
    """Telemetry without internet, unless another server is named."""

    async def start(self, context: Context) -> None:
        """Start the simulator; returns when clients can connect."""
        if context.lightstreamer is not None:
            return
        await context.spawn(
            "lightstreamer",
            sys.executable,
            "-m",
            "scripts.simulators.lightstreamer",
            "--port",
            str(context.ports.lightstreamer),
            cwd=ROOT,
        )
        log = context.logs / "lightstreamer.log"
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while READY not in log.read_text("utf-8"):
                    await asyncio.sleep(POLL_INTERVAL_S)
        except TimeoutError as err:
            raise ServiceFailed(f"The ISS feed does not start; see {log}") from err

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where the feed is."""
        return {"lightstreamer": feed_url(context)}


def feed_url(context: Context) -> str:
    """Return the address of the feed that is used."""
    return context.lightstreamer or f"http://{LOOPBACK}:{context.ports.lightstreamer}"
