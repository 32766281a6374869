"""What takes QS events in a measurement, each a process of its own: our source, and an ingester that takes one at a time.

Arguments: which one, the broker's port, the control socket, the database's port.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import json
from pathlib import Path
import sys
import time
from typing import Final

import aiomqtt
import asyncpg

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.qs.registry import QsRegistry
from custom_components.maestra.core.qs.source import QsSource
from custom_components.maestra.core.qs.window import Window, WindowFile
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store
from scripts.catalogue import STORE_CATALOGUE
from scripts.stack.postgresql import SUPERUSER

from .basics import EVENTS_FILTER, LOOPBACK
from .database import DATABASE, recording
from .probe.control import serve

POLL: Final = 0.005  # seconds
INSERT: Final = """
INSERT INTO naive_events (event_id, device_id, schema, event_type, value_num, unit, ts_device, meta)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::timestamptz, $8::text::jsonb) ON CONFLICT (event_id) DO NOTHING
"""


class Count:
    """How many messages were taken."""

    def __init__(self, taken: Callable[[], int]) -> None:
        """Read the number with `taken`."""
        self._taken = taken

    def now(self) -> dict[str, float]:
        """Return it, with time and CPU."""
        return {
            "taken": self._taken(),
            "cpu": time.process_time(),
            "now": time.monotonic(),
        }

    async def expect(self, taken: float, patience: float) -> dict[str, float]:
        """Wait for a number."""
        end = time.monotonic() + patience
        while (now := self.now())["taken"] < taken and now["now"] < end:
            await asyncio.sleep(POLL)
        return now

    async def serve(self, path: str) -> asyncio.Server:
        """Answer on the control socket."""
        return await serve(path, {"counts": self.now, "expect": self.expect})


async def one_by_one(port: int, path: str, database: int) -> None:
    """Insert, commit and acknowledge each event before the next one."""
    taken = 0
    connection = await asyncpg.connect(
        host=LOOPBACK, port=database, user=SUPERUSER, database=DATABASE
    )
    async with aiomqtt.Client(
        LOOPBACK, port, protocol=aiomqtt.ProtocolVersion.V5
    ) as client:
        await client.subscribe(EVENTS_FILTER, qos=1)
        async with await Count(lambda: taken).serve(path):
            async for message in client.messages:
                body = json.loads(message.payload)
                for event in body if isinstance(body, list) else [body]:
                    await connection.execute(
                        INSERT,
                        *(
                            event["event_id"],
                            event["device_id"],
                            event["schema"],
                            event["event_type"],
                        ),
                        *(event["value"], event["unit"], event["ts_device"]),
                        json.dumps(event["meta"]),
                    )
                    ack = {
                        "schema": event["schema"],
                        "event_id": event["event_id"],
                        "device_id": event["device_id"],
                        "status": "stored",
                    }
                    # Without spaces, as ours: the load looks for it.
                    payload = json.dumps(ack, separators=(",", ":"))
                    await client.publish(
                        f"qs/v1/{event['device_id']}/acks", payload, qos=1
                    )
                    taken += 1


async def ours(port: int, path: str, database: int) -> None:
    """The source with the store, as in Home Assistant."""
    domain = Domain(Bus())
    folder = Path(path).parent
    settings = StoreSettings(
        host=LOOPBACK, port=database, database=DATABASE, user=SUPERUSER
    )
    store = Store(settings, folder / "spool", catalogue=STORE_CATALOGUE, writer="bench")
    domain.store_journal = store.journal
    STORE_CATALOGUE.recorder(domain, store.record).start()
    registry = QsRegistry(domain.bus, Window(WindowFile(folder / "window")))
    await registry.open()
    transport = DirectTransport(
        # Nothing is kept for it while others are measured.
        BrokerSettings(
            host=LOOPBACK,
            port=port,
            client_id="bench",
            session_expiry=timedelta(0),
        )
    )
    source = QsSource("bench", transport, domain, registry)
    source.start()
    async with recording(store):
        running = asyncio.create_task(transport.run())
        while not transport.connected:
            await asyncio.sleep(POLL)
        async with await Count(lambda: source.counters["acks"]).serve(path):
            await running


READERS: Final = {"one_by_one": one_by_one, "ours": ours}


if __name__ == "__main__":
    kind, mqtt, control, postgresql = sys.argv[1:]
    asyncio.run(READERS[kind](int(mqtt), control, int(postgresql)))
