"""The demo show: programs of its own that speak the protocol to the servers above."""

from collections.abc import Mapping
import importlib.util
import sys
from typing import Final

from scripts.devenv.paths import ROOT
from scripts.stack.context import Context, say

PACKAGE: Final = "scripts.demo"


class Demo:
    """Devices of a small show."""

    async def start(self, context: Context) -> None:
        """Start the show's own supervisor, which starts a process for each device."""
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
            cwd=ROOT,
        )

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}
