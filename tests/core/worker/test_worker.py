"""A worker between a real nats-server, which has the devices' MQTT, and a real database: nothing lost, nothing twice."""

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path

import pytest

from custom_components.maestra.core.store.settings import StoreSettings
from tests.kits.broker import Peer
from tests.kits.database import Postgres, fetch
from tests.kits.nats import NatsBroker
from tests.kits.process import PATIENCE
from tests.kits.qs import event
from tests.kits.worker import WorkerProcess, mapped

PARTITIONS = 4
DEVICES = [f"esp32-{number:02}" for number in range(8)]
STORED = "SELECT event_id, count(*) FROM events GROUP BY 1"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncGenerator[NatsBroker]:
    """A server that divides QS events."""
    async with NatsBroker(tmp_path / "nats", lines=mapped(PARTITIONS)) as server:
        yield server


class Fleet:
    """Devices that number their events, publish at QoS 1, and hear their acknowledgements."""

    def __init__(self, mqtt: Peer) -> None:
        self.sent: list[str] = []
        self._told: set[str] = set()
        self._mqtt = mqtt

    async def send(self, count: int) -> None:
        """Publish so many; the server has each when this returns."""
        for _ in range(count):
            number = len(self.sent)
            device = DEVICES[number % len(DEVICES)]
            name = f"e{number:05}"
            await self._mqtt.publish(f"qs/v1/{device}/events", event(name, device))
            self.sent.append(name)

    async def is_told(self) -> None:
        """Wait until each event was acknowledged."""
        async with asyncio.timeout(PATIENCE):
            while not self._told >= set(self.sent):
                found = await self._mqtt.receives(timeout=PATIENCE)
                self._told.add(found.json["event_id"])


@pytest.fixture
async def fleet(cluster: NatsBroker) -> AsyncGenerator[Fleet]:
    """Devices of that server."""
    async with cluster.mqtt_peer(filters=["qs/v1/+/acks"]) as mqtt:
        yield Fleet(mqtt)


async def all_stored(database: StoreSettings, fleet: Fleet) -> None:
    """Wait until each event is stored, then see that each is once."""
    async with asyncio.timeout(PATIENCE):
        while (rows := await stored(database)).keys() < set(fleet.sent):
            await asyncio.sleep(0.1)
    assert rows == dict.fromkeys(fleet.sent, 1)


async def stored(database: StoreSettings) -> dict[str, int]:
    return {row[0]: row[1] for row in await fetch(database, STORED)}


def worker(
    cluster: NatsBroker, database: StoreSettings, folder: Path, ordinal: int = 0
) -> WorkerProcess:
    return WorkerProcess(
        cluster,
        database,
        folder,
        f"worker-{ordinal}",
        partitions=PARTITIONS,
        ordinal=ordinal,
        workers=2,
    )


async def pinned(process: WorkerProcess) -> set[int]:
    """Return the partitions that it has."""
    return {
        number
        for number in range(PARTITIONS)
        if f'maestra_worker_pending_messages{{stream="$MQTT_msgs",partition="{number}"}}'
        in await process.metrics()
    }


async def test_what_devices_say_is_stored_and_acknowledged(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    async with worker(cluster, database, tmp_path) as first:
        await fleet.send(100)
        await fleet.is_told()
        await all_stored(database, fleet)
        figures = await first.metrics()
        assert figures["maestra_worker_events_accepted_total"] == 100
        assert figures["maestra_worker_rows_written_total"] == 100
        assert figures["maestra_worker_ready"] == 1
        # The other one of the two is not there.
        assert sum("pending_messages" in name for name in figures) == PARTITIONS


async def test_a_message_may_have_many_events(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    """More acknowledgements than are given to the server at once, of several such messages."""
    async with (
        worker(cluster, database, tmp_path) as first,
        cluster.mqtt_peer(filters=[]) as mqtt,
    ):
        for message in range(4):
            names = [f"m{message}-{number}" for number in range(700)]
            body = [event(name, DEVICES[0]) for name in names]
            await mqtt.publish(f"qs/v1/{DEVICES[0]}/events", body)
            fleet.sent += names
        await fleet.is_told()
        await all_stored(database, fleet)
        while (await first.metrics())["maestra_worker_held_messages"]:
            await asyncio.sleep(0.1)


async def test_what_came_before_a_worker_waits_for_it(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    """Once there are consumers: a stream that keeps what somebody is interested in keeps nothing before."""
    async with worker(cluster, database, tmp_path) as first:
        assert await first.terminate() == 0
        await fleet.send(50)
        assert not await stored(database)
        await first.start()
        await fleet.is_told()
        await all_stored(database, fleet)


async def test_two_workers_share_and_one_takes_over(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    """Kill -9 in the middle of the load, and back."""
    async with (
        worker(cluster, database, tmp_path, 0) as first,
        worker(cluster, database, tmp_path, 1) as second,
    ):
        await fleet.send(50)
        # Until the other one was there, the first had all partitions.
        while await pinned(first) != {0, 2} or await pinned(second) != {1, 3}:
            await fleet.send(20)
        await fleet.is_told()
        sending = asyncio.create_task(fleet.send(600))
        await asyncio.sleep(0.3)
        await second.kill()
        await sending
        await all_stored(database, fleet)
        assert await pinned(first) == {0, 1, 2, 3}
        await second.start()
        await fleet.send(200)
        await all_stored(database, fleet)
        await fleet.is_told()


async def test_a_database_that_is_away_loses_nothing(
    cluster: NatsBroker, server: Postgres, fleet: Fleet, tmp_path: Path
) -> None:
    """What can't be stored is not acknowledged, and is on no disk of ours."""
    database = server.settings(await server.create_database())
    async with worker(cluster, database, tmp_path / "worker") as first:
        await fleet.send(50)
        await all_stored(database, fleet)
        server.kill()
        said = await first.is_(503)
        assert said["faults"][0].startswith("database: ")
        await fleet.send(50)
        await first.kill()
        assert [path.name for path in (tmp_path / "worker").iterdir()] == [
            "worker-0.toml"
        ]
        server.start()
        await first.start()
        await all_stored(database, fleet)
        await fleet.is_told()


async def test_a_server_that_is_away_comes_back(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    """The stream is there from the first MQTT client on, which `fleet` is."""
    async with worker(cluster, database, tmp_path) as first:
        await cluster.stop()
        said = await first.is_(503)
        assert said["faults"] == ["stream: connecting"]
        await cluster.start()
        await first.is_(200)
        async with cluster.mqtt_peer(filters=["qs/v1/+/acks"]) as mqtt:
            others = Fleet(mqtt)
            await others.send(20)
            await others.is_told()
            await all_stored(database, others)


async def test_any_publisher_can_fill_a_stream(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    """One that waits for JetStream's acknowledgement, and knows nothing of MQTT; its stream is not divided."""
    async with cluster.peer() as nats:
        jetstream = nats.client.jetstream()
        await jetstream.add_stream(name="EVENTS", subjects=["events.>"])
        process = WorkerProcess(
            cluster, database, tmp_path, stream="EVENTS", prefix="events."
        )
        async with process as first:
            for number in range(50):
                name = f"n{number}"
                await jetstream.publish(
                    "events.qs.v1.esp//32.events",
                    json.dumps(event(name, "esp.32")).encode(),
                )
                fleet.sent.append(name)
            await fleet.is_told()
            await all_stored(database, fleet)
            await jetstream.publish("events.qs.v1.esp//32.events", b"{no json")
            await jetstream.publish("events.qs.v1.esp//32.events", b"\xff" * 100)
            while (await first.metrics())["maestra_worker_dead_letters_total"] < 2:
                await asyncio.sleep(0.1)
            state = await jetstream.consumer_info("EVENTS", "maestra-0")
            while state.num_ack_pending or state.num_pending:
                await asyncio.sleep(0.1)
                state = await jetstream.consumer_info("EVENTS", "maestra-0")


async def test_it_ends_when_what_it_took_is_stored(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    async with worker(cluster, database, tmp_path) as first:
        sending = asyncio.create_task(fleet.send(300))
        await asyncio.sleep(0.3)
        assert await first.terminate() == 0
        await sending
        await first.start()
        await all_stored(database, fleet)
        await fleet.is_told()


async def test_consumers_that_are_deleted_are_made_anew(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    async with worker(cluster, database, tmp_path) as first, cluster.peer() as nats:
        await fleet.send(20)
        await fleet.is_told()
        jetstream = nats.client.jetstream()
        for number in range(PARTITIONS):
            await jetstream.delete_consumer("$MQTT_msgs", f"maestra-{number}")
        said = await first.is_(503)
        assert said["faults"] == ["stream: a consumer is gone"]
        await first.is_(200)
        await fleet.send(20)
        await fleet.is_told()
        await all_stored(database, fleet)


async def test_a_stream_that_is_made_anew_is_read(
    cluster: NatsBroker, database: StoreSettings, fleet: Fleet, tmp_path: Path
) -> None:
    """Its messages have the numbers of those that the former one had."""
    async with cluster.peer() as nats:
        jetstream = nats.client.jetstream()

        async def send(name: str) -> None:
            await jetstream.publish(
                "events.qs.v1.esp32.events", json.dumps(event(name, "esp32")).encode()
            )
            fleet.sent.append(name)

        await jetstream.add_stream(name="EVENTS", subjects=["events.>"])
        process = WorkerProcess(
            cluster, database, tmp_path, stream="EVENTS", prefix="events."
        )
        async with process as first:
            for number in range(20):
                await send(f"before-{number}")
            await fleet.is_told()
            await jetstream.delete_stream("EVENTS")
            said = await first.is_(503)
            assert said["faults"][0].startswith("stream: ")
            await jetstream.add_stream(name="EVENTS", subjects=["events.>"])
            for number in range(20):
                await send(f"after-{number}")
            await fleet.is_told()
            await all_stored(database, fleet)


async def test_a_stream_is_made_anew_while_messages_of_the_former_are_held(
    cluster: NatsBroker, server: Postgres, fleet: Fleet, tmp_path: Path
) -> None:
    """What is stored of the one acknowledges nothing of the other, which has the same numbers."""
    database = server.settings(await server.create_database())
    async with cluster.peer() as nats:
        jetstream = nats.client.jetstream()

        async def send(name: str, count: int = 20) -> None:
            for number in range(count):
                fleet.sent.append(f"{name}-{number}")
                text = json.dumps(event(fleet.sent[-1], "esp32")).encode()
                await jetstream.publish("events.qs.v1.esp32.events", text)

        async def holds(first: WorkerProcess, count: int) -> None:
            while (await first.metrics())["maestra_worker_held_messages"] != count:
                await asyncio.sleep(0.1)

        await jetstream.add_stream(name="EVENTS", subjects=["events.>"])
        process = WorkerProcess(
            cluster, database, tmp_path, stream="EVENTS", prefix="events."
        )
        async with process as first, asyncio.timeout(2 * PATIENCE):
            await send("stored")
            await fleet.is_told()
            server.kill()
            await first.is_(503)
            await send("held")
            await holds(first, 20)
            await jetstream.delete_stream("EVENTS")
            await jetstream.add_stream(name="EVENTS", subjects=["events.>"])
            await send("new", 45)
            await holds(first, 45)
            server.start()
            await fleet.is_told()
            await all_stored(database, fleet)
            await holds(first, 0)
            state = await jetstream.consumer_info("EVENTS", "maestra-0")
            assert (state.num_ack_pending, state.num_pending) == (0, 0)
            assert state.ack_floor.stream_seq == 45
