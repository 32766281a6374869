"""An F2 source on a real broker, next to a controller of that broker."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import Any

from custom_components.maestra.core.bus import Bus, Unsubscribe, together
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.f2.decoding import F2Settings
from custom_components.maestra.core.f2.events import (
    F2CardRead,
    F2ControllerChanged,
    F2ControllerDiscovered,
    F2ExitButton,
    F2Reading,
    F2StateChanged,
)
from custom_components.maestra.core.f2.source import F2Source
from custom_components.maestra.core.f2.wiring import wiring_from_json
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.core.transport.reconnect import Backoff
from scripts.catalogue import STORE_CATALOGUE
from scripts.simulators.f2_controller import SimulatedController

from .broker import Broker, Peer
from .process import PATIENCE

MAC = "aabbccddee01"
SAMPLE = "01 03 0C 32 30 32 30 36 32 38 30 31 30 31 5B 18 28 01"
"""The frame of f2.md §2."""
SALT = b"a secret of this site"
WIRING = wiring_from_json(
    {
        "J1": {
            "mode": "access-control-mode",
            "components": {
                "strike-1": {"name": "Front door"},
                "door-sensor-1": {},
                "exit-button-1": {},
                "reader-1": {},
            },
        },
        "J2": {"mode": "alarm-mode", "components": {"siren-1": {}}},
        "J3": {
            "mode": "sensor-mode",
            "components": {
                "sensor-1": {"template": "environmental_sensor"},
                "sensor-2": {"template": "power_monitor"},
            },
        },
    }
)
TOLD = (
    F2StateChanged,
    F2CardRead,
    F2ExitButton,
    F2Reading,
    F2ControllerDiscovered,
    F2ControllerChanged,
)


def f2_settings(**fields: Any) -> F2Settings:
    """Return settings with registries of their own."""
    return F2Settings(
        **{"salt": SALT, "zone": UTC, "confirm_timeout": timedelta(seconds=2), **fields}
    )


class F2Kit:
    """The source, and a controller that answers it."""

    def __init__(
        self,
        broker: Broker,
        mqtt: Peer,
        source: F2Source,
        domain: Domain,
        transport: DirectTransport,
    ) -> None:
        self.broker = broker
        self.mqtt = mqtt
        self.source = source
        self.domain = domain
        self.transport = transport
        self.heard: list[Any] = []
        self.asked: list[tuple[str, bytes]] = []
        self.controller = SimulatedController(MAC, self._say, UTC)
        self._news = asyncio.Condition()
        self._telling: set[asyncio.Future[None]] = set()
        for kind in TOLD:
            domain.bus.subscribe(kind, self._hear)

    def of(self, kind: type) -> list[Any]:
        """Return what was told of a kind."""
        return [event for event in self.heard if type(event) is kind]

    async def told(self, kind: type, **fields: object) -> Any:
        """Wait for an event of a kind with these fields."""
        async with asyncio.timeout(PATIENCE), self._news:
            while True:
                for event in self.of(kind):
                    if all(getattr(event, key) == it for key, it in fields.items()):
                        return event
                await self._news.wait()

    async def handled(self, messages: int) -> None:
        """Wait until so many messages were taken or refused."""
        async with asyncio.timeout(PATIENCE):
            while self.source.counters["messages_in"] < messages:
                await asyncio.sleep(0.005)

    async def says(self, tail: str, body: Any, mac: str = MAC, **options: Any) -> None:
        """Publish as a controller."""
        type_, rest = tail.split("/", 1)
        await self.mqtt.publish(f"{type_}/f2-{mac}/{rest}", body, **options)

    async def answer(self) -> None:
        """Be the controller, for ever."""
        while True:
            message = await self.mqtt.receives("cmnd/#", timeout=3600)
            self.asked.append((message.topic, message.payload))
            await self.controller.handle(message.topic, message.payload)

    async def _say(self, topic: str, payload: bytes) -> None:
        await self.mqtt.publish(topic, payload)

    def _hear(self, event: object) -> None:
        self.heard.append(event)
        self._telling.add(task := asyncio.ensure_future(self._tell()))
        task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


@asynccontextmanager
async def f2_on_broker(
    broker: Broker,
    settings: F2Settings | None = None,
    *,
    store: Store | None = None,
    client_id: str = "f2-source",
) -> AsyncGenerator[F2Kit]:
    """Run a source on a broker; with a store, also that."""
    domain = Domain(Bus())
    transport = DirectTransport(
        BrokerSettings(host=broker.host, port=broker.port, client_id=client_id),
        backoff=Backoff(timedelta(milliseconds=50), timedelta(milliseconds=200)),
    )
    source = F2Source("broker", transport, domain, settings or f2_settings())
    async with broker.peer(filters=("cmnd/#",)) as mqtt:
        kit = F2Kit(broker, mqtt, source, domain, transport)
        tasks = [
            asyncio.create_task(transport.run()),
            asyncio.create_task(kit.answer()),
        ]
        stop_recording: Unsubscribe = together()
        if store is not None:
            domain.store_journal = store.journal
            stop_recording = STORE_CATALOGUE.recorder(domain, store.record).start()
            tasks.append(asyncio.create_task(store.run()))
        stop = source.start()
        is_up = asyncio.Event()
        transport.on_connection(lambda up, _: is_up.set() if up else None)
        try:
            # Up is told once the broker has the subscriptions.
            async with asyncio.timeout(PATIENCE):
                await is_up.wait()
            yield kit
        finally:
            stop()
            stop_recording()
            kit.controller.stop()
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)
