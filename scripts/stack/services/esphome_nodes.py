"""Real ESPHome nodes that run on this computer: a fader of Maestra, a QS node, and an F2-compatible alarm."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
import signal
import sys
from typing import Final

from scripts.nodes import ALARM, FADER, SOURCES, WEATHER, node_program
from scripts.simulators.f2 import is_good
from scripts.stack.context import Context
from scripts.stack.flows import Answers
from scripts.stack.hass_api import ApiError, Json
from scripts.stack.ports import LOOPBACK
from scripts.stack.subentries import Subentry, hub_entry, set_up
from scripts.stack.supervisor import ServiceFailed
from scripts.stack.terminal import say

from .f2 import ALARM_MAC, enrolment, forget_useless

NODES: Final = {"fader": FADER, "weather": WEATHER, "f2-alarm": ALARM}
"""What is built of each, by the name that it has in the network."""
FADER_ID: Final = "02:4D:41:45:53:01"
FADER_LEVEL: Final = "number.fader_level"
ENROL: Final = SOURCES / "tools" / "enrol.py"
APPEAR_TIMEOUT_S: Final = 30
POLL_INTERVAL_S: Final = 0.1


class EsphomeNodes:
    """The fader and the QS node on our open broker."""

    async def start(self, context: Context) -> None:
        """Start those that are built; returns when the fader is let in."""
        for name in ("fader", "weather"):
            await _start(context, name, context.ports.mqtt)
        if _name("fader") in context.supervisor:
            try:
                async with asyncio.timeout(APPEAR_TIMEOUT_S):
                    await _let_in(context)
            except TimeoutError as err:
                raise ServiceFailed(
                    f"The fader does not appear; see {context.logs}"
                ) from err

    def facts(self, context: Context) -> Mapping[str, object]:
        """Which of them run."""
        running = [name for name in NODES if _name(name) in context.supervisor]
        return {"esphome_nodes": running}


class EsphomeAlarm:
    """The alarm on our broker with TLS."""

    async def start(self, context: Context) -> None:
        """Start it if it is built, with a certificate of its own."""
        if not node_program(ALARM).exists():
            return
        certificates = context.data / "f2-alarm"
        forget_useless(certificates, context.broker_files)
        if not is_good(certificates / "client.crt", certificates / "client.key"):
            async with enrolment(context):
                await _enrol(context, certificates)
        entry = await hub_entry(context)
        await set_up(context, entry["entry_id"], CONTROLLER)
        await _start(
            context,
            "f2-alarm",
            context.ports.mqtts,
            MQTT_CERTIFICATES=str(certificates),
        )

    def facts(self, context: Context) -> Mapping[str, object]:
        """Told with the others."""
        return {}


def _name(node: str) -> str:
    """Return what its process and its log are called."""
    return f"esphome-{node}"


async def _start(context: Context, node: str, port: int, **environment: str) -> None:
    program = node_program(NODES[node])
    if not program.exists():
        say(f"the ESPHome node {node} is not built; `scripts/develop` does it")
        return
    folder = context.data / "esphome-nodes"
    folder.mkdir(exist_ok=True)
    await context.spawn(
        _name(node),
        program,
        env={
            "MQTT_BROKER": f"{LOOPBACK}:{port}",
            "ESPHOME_PREFDIR": str(folder),
            **environment,
        },
        # As a board after a power cut.
        restart_code=-signal.SIGKILL,
    )


async def _let_in(context: Context) -> None:
    """Approve the fader, unless that was done in the last run."""
    while True:
        states = await context.api.get("/api/states")
        if any(state["entity_id"] == FADER_LEVEL for state in states):
            return
        # It has to ask first.
        with suppress(ApiError):
            await context.api.act("maestra.approve_device", {"device": FADER_ID})
        await asyncio.sleep(POLL_INTERVAL_S)


async def _enrol(context: Context, certificates: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        ENROL,
        f"http://{LOOPBACK}:{context.ports.fleet_api}",
        ALARM_MAC,
        "--folder",
        certificates,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise ServiceFailed(f"The ESPHome alarm gets no certificate: {said.decode()}")


def _controller(_: Context) -> Answers:
    """What the alarm has on its connector."""
    first: dict[str, Json] = {"name": "Alarm", "connectors": {"j2": "alarm-mode"}}
    return {
        "user": {"mac": ALARM_MAC, **first},
        "reconfigure": first,
        "wiring": {"j2": {"components": ["siren-1", "motion-sensor-1"]}},
    }


CONTROLLER: Final = Subentry(
    kind="f2_controller", second="f2_alarm", answers=_controller
)
