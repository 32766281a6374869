"""The number of partitions is changed under load, by the book: more workers' consumers first, then the servers' mapping, or the other way."""

import asyncio
from collections import Counter
from pathlib import Path
import sys

from custom_components.maestra.core.store.settings import StoreSettings
from tests.kits.database import fetch
from tests.kits.nats import NatsBroker
from tests.kits.process import PATIENCE
from tests.kits.qs import event
from tests.kits.worker import ROOT, WorkerProcess, mapped


def worker(
    cluster: NatsBroker, database: StoreSettings, folder: Path, partitions: int
) -> WorkerProcess:
    return WorkerProcess(cluster, database, folder, partitions=partitions)


async def checked(folder: Path, *options: str) -> tuple[int, str, str]:
    """Run the command; returns its status and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "custom_components.maestra.core.worker"),
        str(folder / "worker-0.toml"),
        *options,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        said, faults = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(), faults.decode()


class Devices:
    """Devices that go on while servers are restarted: what was not taken is said again."""

    def __init__(self, cluster: NatsBroker) -> None:
        self.sent: list[str] = []
        self._cluster = cluster

    async def send(self, count: int) -> None:
        """Publish so many; the server has each when this returns."""
        async with self._cluster.mqtt_peer(filters=[]) as mqtt:
            for _ in range(count):
                name = f"e{len(self.sent):05}"
                device = f"esp32-{len(self.sent) % 16}"
                await mqtt.publish(f"qs/v1/{device}/events", event(name, device))
                self.sent.append(name)

    async def all_stored(self, database: StoreSettings) -> None:
        """Wait until each is stored, once."""
        async with asyncio.timeout(PATIENCE):
            while True:
                rows = await fetch(database, "SELECT event_id FROM events")
                found = Counter(row[0] for row in rows)
                if found.keys() >= set(self.sent):
                    break
                await asyncio.sleep(0.1)
        assert found == Counter(self.sent)


async def remapped(cluster: NatsBroker, partitions: int) -> None:
    """Let the server have another mapping: after a restart it has no trace of the former one."""
    await cluster.stop()
    cluster.lines = list(mapped(partitions))
    await cluster.start()


async def test_partitions_are_added_and_taken_away(
    database: StoreSettings, tmp_path: Path
) -> None:
    async with NatsBroker(tmp_path / "nats", lines=mapped(2)) as cluster:
        devices = Devices(cluster)
        await devices.send(0)
        async with worker(cluster, database, tmp_path / "two", 2) as first:
            await devices.send(100)
            status, said, faults = await checked(tmp_path / "two", "--check")
            assert (status, faults) == (0, "")
            assert "1 servers were asked" in said
            # The mapping before its consumers: what came there would be dropped.
            await remapped(cluster, 4)
            status, _, faults = await checked(tmp_path / "two", "--check")
            assert status == 1
            assert "maps to partitions beyond the last: 2, 3" in faults
            await remapped(cluster, 2)
            await first.is_(200)
            await devices.send(100)
            await devices.all_stored(database)
            await first.terminate()
        async with worker(cluster, database, tmp_path / "four", 4) as first:
            status, _, faults = await checked(tmp_path / "four", "--check")
            assert status == 1
            assert "maps nothing to 2, 3" in faults
            await devices.send(100)
            await remapped(cluster, 4)
            await first.is_(200)
            await devices.send(100)
            assert (await checked(tmp_path / "four", "--check"))[::2] == (0, "")
            await devices.all_stored(database)
            # Back: the mapping first, and the consumers go once they are empty.
            await first.terminate()
            await devices.send(50)
            await remapped(cluster, 2)
            await devices.send(50)
        folder = tmp_path / "back"
        process = worker(cluster, database, folder, 2)
        status, _, faults = await checked(folder, "--prune")
        assert status == 1
        assert "maestra-2 of $MQTT_msgs is beyond the last partition" in faults
        async with worker(cluster, database, tmp_path / "four", 4):
            await devices.all_stored(database)
        status, said, faults = await checked(folder, "--prune")
        assert (status, faults) == (0, "")
        assert said.count("deleted") == 2
        async with process:
            await devices.send(100)
            await devices.all_stored(database)
            assert (await checked(folder, "--check"))[::2] == (0, "")


async def test_a_stream_that_is_not_there_is_told(
    database: StoreSettings, tmp_path: Path
) -> None:
    async with NatsBroker(tmp_path / "nats", lines=mapped(2)) as cluster:
        worker(cluster, database, tmp_path, 2)
        status, _, faults = await checked(tmp_path, "--check")
        assert (status, faults) == (1, "maestra-worker: stream not found\n")
