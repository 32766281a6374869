"""A QS source on a real broker, next to a device of that broker."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
import contextlib
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.qs.events import TelemetryReceived
from custom_components.maestra.core.qs.kept import kept_of
from custom_components.maestra.core.qs.registry import QsRegistry, QsSettings
from custom_components.maestra.core.qs.source import QsSource
from custom_components.maestra.core.qs.window import Window, WindowFile
from custom_components.maestra.core.store.store import Store, StoreState
from scripts.catalogue import STORE_CATALOGUE

from .broker import Broker, Peer
from .journal import journal_of
from .store import StoreKit

CLIENT_ID = "qs-source"
PACIFIC = QsSettings(zone=ZoneInfo("America/Los_Angeles"))


def event(event_id: str, device_id: str = "esp32-01", **fields: Any) -> dict[str, Any]:
    """Return an event as firmware sends it."""
    return {
        "schema": 1,
        "event_id": event_id,
        "device_id": device_id,
        "event_type": "temperature",
        "value": 21.5,
        **fields,
    }


class QsKit:
    """The source, and a client that acts as its devices and operators."""

    def __init__(
        self,
        broker: Broker,
        mqtt: Peer,
        registry: QsRegistry,
        source: QsSource,
        domain: Domain,
    ) -> None:
        self.broker = broker
        self.mqtt = mqtt
        self.registry = registry
        self.source = source
        self.domain = domain
        self.heard: list[TelemetryReceived] = []
        domain.bus.subscribe(TelemetryReceived, self.heard.append)

    async def sends(
        self, *events: Any, device_id: str = "esp32-01", qos: int = 1
    ) -> None:
        """Publish one event, or several as a batch."""
        body = list(events) if len(events) > 1 else events[0]
        await self.mqtt.publish(f"qs/v1/{device_id}/events", body, qos=qos)

    async def acks(self, *event_ids: str, device_id: str = "esp32-01") -> None:
        """Wait for the acknowledgement of each of these."""
        for event_id in event_ids:
            await self.mqtt.receives(
                f"qs/v1/{device_id}/acks", event_id=event_id, status="stored"
            )

    async def buries(self, **fields: Any) -> Any:
        """Wait for a dead letter; returns what it says."""
        found = await self.mqtt.receives("qs/v1/deadletter", **fields)
        return found.json

    def new(self) -> list[str]:
        """Return the ids of the events that were told inside as new."""
        return [it.event.event_id for it in self.heard if not it.is_repeated]


@asynccontextmanager
async def qs_on_broker(
    broker: Broker,
    folder: Path,
    settings: QsSettings = PACIFIC,
    *,
    store: Store | None = None,
    keeps: bool = False,
    filters: Iterable[str] = ("qs/v1/+/acks", "qs/v1/deadletter"),
) -> AsyncGenerator[QsKit]:
    """Run a source, and a database if there is one; `keeps`: and the journal of what is known."""
    domain = Domain(Bus())
    registry = QsRegistry(domain.bus, Window(WindowFile(folder / "window")), settings)
    transport = DirectTransport(
        BrokerSettings(host=broker.host, port=broker.port, client_id=CLIENT_ID),
    )
    source = QsSource("broker", transport, domain, registry)
    tasks = []
    stop_recording = None
    await registry.open()
    journal = journal_of(domain, folder)
    if keeps:
        journal.keep(kept_of(registry))
        await journal.load()
        journal.start()
    if store is not None:
        domain.store_journal = store.journal
        stop_recording = STORE_CATALOGUE.recorder(domain, store.record).start()
        tasks.append(asyncio.create_task(store.run()))
        # Before, what is acknowledged is on disk.
        await StoreKit(store).is_(StoreState.RECORDING)
    stop = source.start()
    async with broker.peer(filters=filters) as peer:
        kit = QsKit(broker, peer, registry, source, domain)
        tasks.append(asyncio.create_task(transport.run()))
        await broker.logged(f"Received SUBSCRIBE from {CLIENT_ID}")
        await broker.logged(f"Sending SUBACK to {CLIENT_ID}")
        try:
            yield kit
        finally:
            stop()
            if stop_recording is not None:
                stop_recording()
            for task in reversed(tasks):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            if keeps:
                await journal.close()
            await registry.close()
