"""The simulated fleet against the real source."""

import asyncio
from pathlib import Path
import re
import sys

from tests.kits.process import PATIENCE
from tests.kits.qs import QsKit

ROOT = Path(__file__).parents[3]


async def test_the_fleet_is_understood(qs: QsKit) -> None:
    """All its events are taken and acknowledged, and its faults are found."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "scripts.simulators.qs", "--mqtt-port", str(qs.broker.port)),
        *("--nodes", "3", "--interval", "0.05", "--seconds", "4"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        said = (await process.communicate())[0].decode()
    assert process.returncode == 0
    assert said.startswith("3 nodes on air")
    tally = re.search(r"(\d+) events, (\d+) acknowledged, (\d+) sent again", said)
    assert tally
    events, acknowledged, again = map(int, tally.groups())
    await qs.mqtt.settled()
    assert events > 100
    assert acknowledged > events // 2
    assert again == 0
    assert len(qs.registry.nodes) == 3
    counters = qs.source.counters
    assert counters["duplicates"] > 0
    assert counters["ids_reused"] > 0
    assert counters["dead_letters"] > 0
    # The latest may still be on their way when the fleet ends.
    assert counters["accepted"] > events * 0.9
