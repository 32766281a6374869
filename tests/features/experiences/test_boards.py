"""Experiences on a broker: the boards of the demo show, as processes of their own, acknowledge or refuse."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys

from scripts.demo.catalogue import HAZER_BOARD, MOODY_BOARD
from scripts.demo.clients.misbehaver import REFUSAL
from scripts.demo.experiences import EXPERIENCES
from tests.kits.hub_broker import MaestraKit
from tests.kits.process import soon

ROOT = Path(__file__).parents[3]
DEPLOYMENT = "sensor.evening_deployment"


@asynccontextmanager
async def board(maestra: MaestraKit, name: str) -> AsyncGenerator[None]:
    """Run a board of the show."""
    broker = maestra.broker
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"scripts.demo.clients.{name}"),
        *("--mqtt-host", broker.host, "--mqtt-port", str(broker.port)),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def test_each_board_is_shown_and_one_that_refuses_is_rolled_back(
    maestra: MaestraKit,
) -> None:
    (evening,) = EXPERIENCES
    async with board(maestra, "hazer_board"), board(maestra, "misbehaver"):
        devices = maestra.domain.devices
        await soon(lambda: all(map(devices.get, (HAZER_BOARD, MOODY_BOARD))))
        await maestra.act("save_experience", **evening | {"cue_lists": []})
        await maestra.act("publish_experience")
        await maestra.appears(DEPLOYMENT)
        await maestra.act("deploy_experience", group="boards", timeout=60)
        await maestra.state_is(DEPLOYMENT, "failed")
        # The one that refuses has what it had before, and says so.
        await soon(lambda: maestra.state(DEPLOYMENT).attributes["rolled_back"] == 1)
    attributes = maestra.state(DEPLOYMENT).attributes
    assert (attributes["deployed"], attributes["failed"]) == (1, 0)
    assert attributes["failures"] == [{"name": MOODY_BOARD, "reason": REFUSAL}]
    versions = maestra.domain.configurations.of(devices[MOODY_BOARD].id)
    assert [it.error for it in versions] == [REFUSAL, None]
    assert versions[-1].applied_at


async def test_a_rollback_reaches_the_board(maestra: MaestraKit) -> None:
    async with board(maestra, "hazer_board"):
        devices = maestra.domain.devices
        await soon(lambda: devices.get(HAZER_BOARD) is not None)
        await maestra.act(
            "save_experience",
            name="Evening",
            configurations={HAZER_BOARD: {"metrics_interval": 20}},
        )
        await maestra.act("publish_experience")
        await maestra.appears(DEPLOYMENT)
        await maestra.act("deploy_experience", timeout=60)
        await maestra.state_is(DEPLOYMENT, "deployed")
        await maestra.act("roll_back")
        await soon(lambda: maestra.state(DEPLOYMENT).attributes["rolled_back"] == 1)
        assert maestra.state(DEPLOYMENT).state == "rolled_back"
