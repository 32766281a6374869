"""Workers take what Home Assistant's side takes, with the same code: F2 sensors, reports of devices, the feed of the ISS."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from custom_components.maestra.core.f2.decoding import decode
from custom_components.maestra.core.f2.templates import ENVIRONMENTAL_SENSOR
from custom_components.maestra.core.store.settings import StoreSettings
from tests.kits.database import fetch
from tests.kits.f2 import MAC, SAMPLE, WIRING
from tests.kits.lightstreamer import TANK, Feed
from tests.kits.nats import NatsBroker
from tests.kits.process import PATIENCE
from tests.kits.worker import WorkerProcess, mapped

PARTITIONS = 4
SENSOR: Final = f"tele/f2-{MAC}/sensor-mode/J3/sensor-1"
NUMBERS: Final = {
    "sensors": {f"{MAC}/J3/sensor-1": 7, f"{MAC}/J3/sensor-2": 8},
    "datapoints": {
        f"environmental_sensor/{name}": number
        for number, name in enumerate(("temperature", "humidity", "co2"), 11)
    }
    | {"power_monitor/voltage": 21, "power_monitor/current": 22},
}
F2: Final = {
    "numbers": NUMBERS,
    "controllers": {MAC: {"name": "Gate", "wiring": WIRING.as_dict()}},
}
DEVICES: Final = [f"board-{number}" for number in range(6)]


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncGenerator[NatsBroker]:
    """A server that divides what devices say."""
    async with NatsBroker(tmp_path / "nats", lines=mapped(PARTITIONS)) as server:
        yield server


def worker(
    cluster: NatsBroker,
    database: StoreSettings,
    folder: Path,
    ordinal: int = 0,
    **dialects: Any,
) -> WorkerProcess:
    return WorkerProcess(
        cluster,
        database,
        folder,
        f"worker-{ordinal}",
        dialects,
        partitions=PARTITIONS,
        ordinal=ordinal,
        workers=2,
    )


async def rows(
    database: StoreSettings, query: str, count: int
) -> list[tuple[Any, ...]]:
    """Wait for so many rows."""
    async with asyncio.timeout(2 * PATIENCE):
        while len(found := await fetch(database, query)) < count:
            await asyncio.sleep(0.1)
    return [tuple(row) for row in found]


async def add_device(database: StoreSettings, hardware_id: str) -> str:
    """Let a device be there, as Home Assistant writes it; returns its id."""
    device_id, now = str(uuid4()), datetime.now(UTC)
    await fetch(
        database,
        "INSERT INTO devices (id, name, device_type, hardware_id, metadata, status, created_at, updated_at) "
        "VALUES ($1, $2, 'board', $2, '{}', 'online', $3, $3)",
        device_id,
        hardware_id,
        now,
    )
    return device_id


async def test_f2_sensors_are_decoded_as_at_home(
    cluster: NatsBroker, database: StoreSettings, tmp_path: Path
) -> None:
    """By the template, the wiring and the numbers that Home Assistant has given."""
    async with (
        cluster.mqtt_peer(filters=[]) as mqtt,
        worker(cluster, database, tmp_path, f2=F2) as first,
    ):
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        await mqtt.publish(SENSOR, {"timestamp": now, "data": SAMPLE})
        found = await rows(
            database,
            "SELECT device_id, datapoint_id, value FROM decoded_data ORDER BY 2",
            3,
        )
        raw = bytes.fromhex(SAMPLE)
        expected = [decode(raw, each) for each in ENVIRONMENTAL_SENSOR.datapoints]
        assert found == [
            (7, number, value) for number, value in enumerate(expected, 11)
        ]
        await mqtt.publish(SENSOR.replace(MAC, "nobody"), b"")
        figures = await first.metrics()
        while not figures['maestra_worker_refused_total{dialect="f2"}']:
            await asyncio.sleep(0.1)
            figures = await first.metrics()
        assert figures["maestra_worker_held_messages"] == 0


async def test_a_dialect_may_have_a_stream_of_its_own(
    cluster: NatsBroker, database: StoreSettings, tmp_path: Path
) -> None:
    """Controllers publish at QoS 0: nats-server keeps that for nobody by itself."""
    f2 = {**F2, "stream": "F2", "prefix": ""}
    async with cluster.peer() as nats, cluster.mqtt_peer(filters=[]) as mqtt:
        await nats.client.jetstream().add_stream(
            name="F2", subjects=["p.*.tele.>", "p.*.stat.>"]
        )
        async with worker(cluster, database, tmp_path, f2=f2) as first:
            now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
            await mqtt.publish(SENSOR, {"timestamp": now, "data": SAMPLE}, qos=0)
            await rows(database, "SELECT * FROM decoded_data", 3)
            figures = await first.metrics()
            assert figures['maestra_worker_accepted_total{dialect="f2"}'] == 1


async def test_reports_of_devices_are_stored_once_whoever_dies(
    cluster: NatsBroker, database: StoreSettings, tmp_path: Path
) -> None:
    """Their table has no key that would know them again: kill -9 and SIGSTOP in the middle of the load."""
    async with (
        cluster.mqtt_peer(filters=[]) as mqtt,
        worker(cluster, database, tmp_path, 0, reports={}) as first,
        worker(cluster, database, tmp_path, 1, reports={}) as second,
    ):
        for name in DEVICES:
            await add_device(database, name)
        sent = 0

        async def send(count: int) -> None:
            nonlocal sent
            for _ in range(count):
                device = DEVICES[sent % len(DEVICES)]
                body = {"metric_name": "n", "metric_value": sent}
                await mqtt.publish(f"maestra/device/metrics/{device}", body)
                sent += 1

        await send(100)
        sending = asyncio.create_task(send(500))
        await asyncio.sleep(0.3)
        await second.kill()
        await sending
        await second.start()
        sending = asyncio.create_task(send(500))
        await asyncio.sleep(0.3)
        # Long enough for the other one to have, and store, what this one holds.
        with first.standing_still():
            await asyncio.sleep(6)
            await sending
        await send(100)
        query = "SELECT metric_value::int FROM device_metrics ORDER BY 1"
        found = await rows(database, query, sent)
        # What the one that stood still has comes now.
        while any(
            [(await each.metrics())["maestra_worker_held_messages"] for each in (first, second)]
        ):  # fmt: skip
            await asyncio.sleep(0.1)
        found = await rows(database, query, sent)
        assert found == [(number,) for number in range(sent)]


async def test_reports_wait_for_their_device(
    cluster: NatsBroker, database: StoreSettings, tmp_path: Path
) -> None:
    """Home Assistant lets it in, and writes it down, while it reports already."""
    async with (
        cluster.mqtt_peer(filters=["maestra/errors/+"]) as mqtt,
        worker(cluster, database, tmp_path, reports={}) as first,
    ):
        for number in range(10):
            body = {"metric_name": "n", "metric_value": number}
            await mqtt.publish("maestra/device/metrics/new-board", body)
        body = {"event_type": "boot", "message": "up"}
        await mqtt.publish("maestra/device/events/new-board", body)
        while (await first.metrics())["maestra_worker_waiting_reports"] < 11:
            await asyncio.sleep(0.1)
        device_id = await add_device(database, "new-board")
        found = await rows(
            database,
            "SELECT device_id::text, metric_value::int FROM device_metrics ORDER BY 2",
            10,
        )
        assert found == [(device_id, number) for number in range(10)]
        await rows(database, "SELECT * FROM device_events", 1)
        await mqtt.publish("maestra/device/metrics/new-board", {"metric_name": "n"})
        said = await mqtt.receives("maestra/errors/new-board", timeout=PATIENCE)
        assert said.json["code"] == "invalid_field"


async def test_one_of_the_workers_takes_the_feed(
    cluster: NatsBroker, database: StoreSettings, tmp_path: Path
) -> None:
    """Who has the first partition; when it dies, another one."""
    async with Feed() as feed, cluster.mqtt_peer(filters=[]):
        feed.measure(TANK, "19")
        iss = {"url": f"http://127.0.0.1:{feed.port}", "channels": [TANK]}
        async with (
            worker(cluster, database, tmp_path, 0, iss=iss) as first,
            worker(cluster, database, tmp_path, 1, iss=iss),
        ):
            query = "SELECT value FROM telemetry_readings ORDER BY value"
            await rows(database, query, 1)
            await first.kill()
            await feed.left()
            feed.measure(TANK, "20")
            assert await rows(database, query, 2) == [(19.0,), (20.0,)]
