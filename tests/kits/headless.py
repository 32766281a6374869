"""Maestra without Home Assistant, as a process of its own that a test can kill: broker in, database out.

Its arguments are one JSON object: mqtt_port, database_port, database, spool, and dies: whether
the process kills itself when messages are durable for the first time, but not acknowledged.
"""

import asyncio
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.gateway import MaestraGateway
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.qs.registry import QsRegistry
from custom_components.maestra.core.qs.source import QsSource
from custom_components.maestra.core.qs.window import Window, WindowFile
from custom_components.maestra.core.store.batch import Batch
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from scripts.catalogue import STORE_CATALOGUE
from scripts.stack.postgresql import SUPERUSER

from .store import QUICK

HOST = "127.0.0.1"
HARDWARE_ID = "board"


async def main(arguments: dict[str, Any]) -> None:
    """Take messages and record until killed."""
    domain = Domain(Bus())
    domain.devices.register(
        {"name": "Board", "device_type": "esp32", "hardware_id": HARDWARE_ID}
    )
    settings = StoreSettings(
        host=HOST,
        port=arguments["database_port"],
        database=arguments["database"],
        user=SUPERUSER,
    )
    store = Store(
        settings,
        Path(arguments["spool"]),
        catalogue=STORE_CATALOGUE,
        writer="headless",
        limits=QUICK,
    )
    domain.journal = store.journal
    if arguments["dies"]:
        _die_before_acknowledging(store.journal)
    STORE_CATALOGUE.recorder(domain, store.record).start()
    transport = DirectTransport(
        BrokerSettings(host=HOST, port=arguments["mqtt_port"], client_id="headless")
    )
    MaestraGateway("broker", transport, domain, EventEncoder()).start()
    desk = QsRegistry(domain.bus, Window(WindowFile(Path(arguments["spool"]) / "qs")))
    await desk.open()
    QsSource("broker", transport, domain, desk).start()
    await asyncio.gather(store.run(), transport.run())


def _die_before_acknowledging(journal: Any) -> None:
    """Kill this process in the moment that no test hits from outside."""
    acknowledge = journal.made_durable

    def made_durable(batch: Batch) -> None:
        if batch.receipts:
            os.kill(os.getpid(), signal.SIGKILL)
        acknowledge(batch)

    journal.made_durable = made_durable


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
