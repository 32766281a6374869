"""Settings out of a bucket: for all workers, from one place, while they work."""

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path
import sys
from typing import Any

import pytest

from custom_components.maestra.core.store.settings import StoreSettings
from tests.kits.database import fetch
from tests.kits.nats import NatsBroker
from tests.kits.process import PATIENCE
from tests.kits.qs import event
from tests.kits.worker import ROOT, WorkerProcess, mapped

KEY = "$KV.maestra.worker.settings"
REFUSED = "maestra_worker_settings_refused"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncGenerator[NatsBroker]:
    """A server that divides what devices say."""
    async with NatsBroker(tmp_path / "nats", lines=mapped(2)) as server:
        yield server


class Configured:
    """A worker whose own file has a name, a server and a bucket, and the file that has the rest."""

    def __init__(
        self, cluster: NatsBroker, database: StoreSettings, folder: Path
    ) -> None:
        self.worker = WorkerProcess(cluster, database, folder, "worker-1", partitions=2, workers=2)  # fmt: skip
        self.shared = folder / "shared.toml"
        self.shared.write_text(self.worker.leave_to_bucket("maestra"), "utf-8")

    async def publish(self) -> tuple[int, str]:
        """Put the settings into the bucket, as somebody does who has no Home Assistant."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "custom_components.maestra.core.worker"),
            *(self.shared, "--publish"),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(PATIENCE):
            _, said = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    async def figure(self, name: str, value: float) -> None:
        """Wait until a figure is so."""
        async with asyncio.timeout(PATIENCE):
            while (await self.worker.metrics()).get(name) != value:
                await asyncio.sleep(0.1)


@pytest.fixture
async def configured(
    cluster: NatsBroker, database: StoreSettings, tmp_path: Path
) -> AsyncGenerator[Configured]:
    """One that is not told anything yet."""
    found = Configured(cluster, database, tmp_path)
    await found.worker.begin()
    yield found
    await found.worker.kill()


async def stored(database: StoreSettings, count: int) -> None:
    query = "SELECT event_id FROM events"
    async with asyncio.timeout(PATIENCE):
        while len(await fetch(database, query)) < count:
            await asyncio.sleep(0.1)


async def test_a_worker_waits_for_its_settings_and_follows_them(
    cluster: NatsBroker, database: StoreSettings, configured: Configured
) -> None:
    said = await configured.worker.is_(503)
    assert said["faults"] == ["settings: waiting for them"]
    async with cluster.mqtt_peer(filters=["qs/v1/+/acks"]) as mqtt:
        assert await configured.publish() == (0, "")
        await configured.worker.is_(200)
        # Which one it is, it has from its name: the other one's partition is left alone for a while.
        for number in range(20):
            await mqtt.publish("qs/v1/esp32/events", event(f"a{number}"))
        await stored(database, 20)
        with configured.shared.open("a") as file:
            file.write("\n[reports]\n")
        sending = [
            asyncio.create_task(mqtt.publish("qs/v1/esp32/events", event(f"b{n}")))
            for n in range(50)
        ]
        assert await configured.publish() == (0, "")
        await configured.figure('maestra_worker_refused_total{dialect="reports"}', 0)
        await asyncio.gather(*sending)
        await stored(database, 70)
        assert len(await fetch(database, "SELECT DISTINCT event_id FROM events")) == 70
        await configured.worker.is_(200)


@pytest.mark.parametrize(
    "value",
    [b"no json", b"[]", b"{}", b"\xff", json.dumps({"name": {}}).encode(), b'{"qs": 5}', b'{"database": {"host": ""}}'],
)  # fmt: skip
async def test_settings_that_are_of_no_use_change_nothing(
    value: bytes,
    cluster: NatsBroker,
    database: StoreSettings,
    configured: Configured,
) -> None:
    async with cluster.mqtt_peer(filters=[]) as mqtt, cluster.peer() as nats:
        await configured.publish()
        await configured.worker.is_(200)
        await nats.publish(KEY, value)
        await configured.figure(REFUSED, 1)
        await mqtt.publish("qs/v1/esp32/events", event("one"))
        await stored(database, 1)
        await configured.publish()
        await configured.figure(REFUSED, 0)
        await configured.worker.is_(200)


async def test_what_is_of_no_use_is_not_put_there(
    cluster: NatsBroker, configured: Configured
) -> None:
    with configured.shared.open("a") as file:
        file.write('\n[iss]\nchannels = "all"\n')
    status, said = await configured.publish()
    assert status == 2
    assert "iss" in said
    async with cluster.peer() as nats:
        found: Any = await nats.request("$JS.API.STREAM.INFO.KV_maestra")
        assert found["error"]["code"] == 404
