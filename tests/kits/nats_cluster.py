"""Three nats-servers as one cluster, with JetStream and MQTT, and devices that publish to whichever is there."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
import itertools
import json
from pathlib import Path
from typing import Any, Final, Self

import aiomqtt
from nats.errors import Error as NatsError

from .nats import NatsBroker
from .process import HOST, PATIENCE, free_port
from .qs import event

SERVERS: Final = 3
STREAM: Final = "$MQTT_msgs"
PUBACK_TIMEOUT: Final = 5.0
RETRY: Final = 0.3


class NatsCluster:
    """The servers, by their names n1, n2, n3."""

    def __init__(self, folder: Path, lines: Iterable[str]) -> None:
        ports = [free_port() for _ in range(SERVERS)]
        routes = ", ".join(f"nats://{HOST}:{port}" for port in ports)
        self.servers = {
            (name := f"n{number}"): NatsBroker(
                folder / name,
                lines=[
                    *lines,
                    f'cluster {{ name: maestra, listen: "{HOST}:{port}", routes: [{routes}] }}',
                ],
            )
            for number, port in enumerate(ports, 1)
        }

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(server.start() for server in self.servers.values()))
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(server.kill() for server in self.servers.values()))

    async def leader(self) -> str:
        """Return who leads the stream of MQTT messages, once it has its three copies."""
        found = await self._stream()
        return str(found["cluster"]["leader"])

    async def newest(self) -> int:
        """Return the number of the newest MQTT message, once the stream has its three copies."""
        found = await self._stream()
        return int(found["state"]["last_seq"])

    async def step_down(self, *consumers: str) -> None:
        """Let others lead the stream, and these consumers of it."""
        leaders = (
            f"STREAM.LEADER.STEPDOWN.{STREAM}",
            *(f"CONSUMER.LEADER.STEPDOWN.{STREAM}.{name}" for name in consumers),
        )
        for what in leaders:
            await self._ask(f"$JS.API.{what}")

    async def _stream(self) -> Any:
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self._ask(f"$JS.API.STREAM.INFO.{STREAM}")
                cluster = (found or {}).get("cluster") or {}
                if cluster.get("leader") and all(
                    each["current"] for each in cluster["replicas"]
                ):
                    return found
                await asyncio.sleep(RETRY)

    async def _ask(self, subject: str) -> Any:
        """Ask whichever server answers; None where none does."""
        for server in self.servers.values():
            with suppress(NatsError, OSError, TimeoutError):
                async with (
                    asyncio.timeout(PUBACK_TIMEOUT),
                    server.peer(connect_timeout=1) as nats,
                ):
                    return await nats.request(subject)
        return None


@dataclass
class Ledger:
    """What devices said: numbers by device. What a device was not told to be taken it does not say again."""

    published: int = 0
    taken: set[tuple[str, int]] = field(default_factory=set)
    """The server has acknowledged it."""
    told: set[tuple[str, int]] = field(default_factory=set)
    """The device was told that it is stored."""


class Devices:
    """Devices on connections of their own, each with one message on its way: events of QS and metrics of Maestra, in turn."""

    def __init__(self, cluster: NatsCluster, names: list[str], interval: float) -> None:
        self.ledger = Ledger()
        self._servers = list(cluster.servers.values())
        self._names = names
        self._interval = interval
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._speak(name, number))
            for number, name in enumerate(self._names)
        ] + [asyncio.create_task(self._hear(number)) for number in range(SERVERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Say nothing more."""
        self._stopping.set()
        await asyncio.wait(self._tasks[: len(self._names)])

    async def _speak(self, name: str, server: int) -> None:
        numbers = itertools.count()
        while not self._stopping.is_set():
            with suppress(aiomqtt.MqttError):
                async with self._client(server, f"{name}-{server}") as client:
                    while not self._stopping.is_set():
                        await self._say(client, name, next(numbers))
                        await asyncio.sleep(self._interval)
            server += 1
            await asyncio.sleep(RETRY)

    async def _say(self, client: aiomqtt.Client, name: str, number: int) -> None:
        if number % 2:
            topic = f"maestra/device/metrics/{name}"
            body: Any = {"metric_name": "n", "metric_value": number}
        else:
            topic = f"qs/v1/{name}/events"
            body = event(f"{name}/{number}", name)
        self.ledger.published += 1
        await client.publish(topic, json.dumps(body), qos=1, timeout=PUBACK_TIMEOUT)
        self.ledger.taken.add((name, number))

    async def _hear(self, server: int) -> None:
        while True:
            with suppress(aiomqtt.MqttError):
                async with self._client(server, f"ears-{server}") as client:
                    await client.subscribe("qs/v1/+/acks", qos=0)
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        said = json.loads(message.payload)["event_id"]
                        name, _, number = said.rpartition("/")
                        self.ledger.told.add((name, int(number)))
            await asyncio.sleep(RETRY)

    def _client(self, server: int, name: str) -> aiomqtt.Client:
        return aiomqtt.Client(
            HOST,
            self._servers[server % SERVERS].port,
            identifier=name,
            protocol=aiomqtt.ProtocolVersion.V311,
            keepalive=5,
            timeout=PUBACK_TIMEOUT,
        )
