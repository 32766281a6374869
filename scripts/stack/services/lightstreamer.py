"""The feed of the ISS: our own simulator."""

from collections.abc import Mapping
import sys
from typing import Final

from scripts.devenv.paths import ROOT
from scripts.stack.context import Context
from scripts.stack.ports import LOOPBACK
from scripts.stack.starting import in_time, says

READY: Final = "feed on air"


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
        await in_time("The ISS feed", log, says(log, READY))

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where the feed is."""
        return {"lightstreamer": feed_url(context)}


def feed_url(context: Context) -> str:
    """Return the address of the feed that is used."""
    return context.lightstreamer or f"http://{LOOPBACK}:{context.ports.lightstreamer}"
