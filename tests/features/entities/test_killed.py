"""Home Assistant itself, killed with kill -9 in the middle of updates."""

import asyncio
from pathlib import Path

import pytest

from tests.kits.broker import Broker, Peer
from tests.kits.hass_process import START, HassProcess
from tests.kits.hub_broker import broker_subentry

CLIENT_ID = "maestra-kit"
TOPIC = "maestra/entity/state/update/"


async def send(peer: Peer, count: int, run: int) -> None:
    """Publish updates of known and new entities."""
    for number in range(count):
        for slug in (f"known-{number % 10}", f"new-{run}-{number % 40}"):
            await peer.publish(f"{TOPIC}{slug}", {"n": run * 10_000 + number})


@pytest.mark.timeout(300)
async def test_all_that_was_acknowledged_is_there(
    socket_enabled: None, tmp_path: Path
) -> None:
    """With the same ids, and without anything that the broker would send again."""
    async with Broker(tmp_path / "broker") as broker, broker.peer(filters=()) as peer:
        home_assistant = HassProcess(tmp_path / "config", [broker_subentry(broker)])
        ids: dict[str, str] = {}
        counts: dict[str, int] = {}
        for run in range(3):
            async with home_assistant.running():
                there = await home_assistant.entities()
                late = {
                    slug: count
                    for slug, count in counts.items()
                    if there.get(slug, {"state": {"n": 0}})["state"]["n"] < count
                }
                assert late == {}
                now = {slug: each["id"] for slug, each in there.items()}
                assert ids.items() <= now.items()
                ids = now
                before = broker.acknowledged(CLIENT_ID)
                sending = asyncio.create_task(send(peer, 200, run + 1))
                async with asyncio.timeout(START):
                    while broker.acknowledged(CLIENT_ID).total() < before.total() + 120:
                        await asyncio.sleep(0.01)
            await sending
            # It was lost once a run, and so was whoever made the broker forget.
            await broker.has_lost(CLIENT_ID, 2 * run + 1)
            # The n-th message of this run to an entity that was acknowledged was at least number n - 1.
            for topic, count in (broker.acknowledged(CLIENT_ID) - before).items():
                counts[topic.removeprefix(TOPIC)] = (run + 1) * 10_000 + count - 1
            # The broker forgets what it has for us: nothing heals by being sent again.
            async with broker.peer(filters=(), identifier=CLIENT_ID, clean_start=True):
                pass
