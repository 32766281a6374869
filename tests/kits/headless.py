"""Maestra without Home Assistant, as a process of its own that a test can kill: broker in, database and journal out.

Its arguments are one JSON object: mqtt_port, folder (for what is on disk), database_port and database (none without
a store), keeps (whether the domain is kept on disk), and dies: whether the process kills itself when
what messages brought is durable for the first time, but not acknowledged.
"""

import asyncio
from collections.abc import Coroutine
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.journal.journal import JournalLimits
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.gateway import MaestraGateway
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.qs.kept import kept_of
from custom_components.maestra.core.qs.registry import QsRegistry
from custom_components.maestra.core.qs.source import QsSource
from custom_components.maestra.core.qs.window import Window, WindowFile
from custom_components.maestra.core.store.batch import Batch
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from scripts.catalogue import STORE_CATALOGUE
from scripts.stack.postgresql import SUPERUSER

from .journal import journal_of
from .store import QUICK

HOST = "127.0.0.1"
HARDWARE_ID = "board"
CLIENT_ID = "headless"


async def main(arguments: dict[str, Any]) -> None:
    """Take messages, record and keep until killed."""
    folder = Path(arguments["folder"])
    domain = Domain(Bus())
    desk = QsRegistry(domain.bus, Window(WindowFile(folder / "qs")))
    await desk.open()
    if arguments["keeps"]:
        journal = journal_of(domain, folder, JournalLimits(journal_bytes=50_000))
        journal.keep(kept_of(desk))
        await journal.load()
        journal.start()
        if arguments["dies"] and not arguments["database"]:
            _die_before_telling(journal)
    domain.devices.register(
        {"name": "Board", "device_type": "esp32", "hardware_id": HARDWARE_ID},
        renew=True,
    )
    transport = DirectTransport(
        BrokerSettings(host=HOST, port=arguments["mqtt_port"], client_id=CLIENT_ID)
    )
    work = [transport.run()]
    if arguments["database"]:
        work.append(_record(domain, folder, arguments))
    MaestraGateway("broker", transport, domain, EventEncoder()).start()
    QsSource("broker", transport, domain, desk).start()
    await asyncio.gather(*work)


def _record(
    domain: Domain, folder: Path, arguments: dict[str, Any]
) -> Coroutine[Any, Any, None]:
    """Record what happens in a database."""
    settings = StoreSettings(
        host=HOST,
        port=arguments["database_port"],
        database=arguments["database"],
        user=SUPERUSER,
    )
    store = Store(
        settings,
        folder,
        catalogue=STORE_CATALOGUE,
        writer="headless",
        limits=QUICK,
    )
    domain.store_journal = store.journal
    if arguments["dies"]:
        _die_before_acknowledging(store.journal)
    STORE_CATALOGUE.recorder(domain, store.record).start()
    return store.run()


def _die_before_acknowledging(journal: Any) -> None:
    """Kill this process in the moment that no test hits from outside."""
    acknowledge = journal.made_durable

    def made_durable(batch: Batch) -> None:
        if batch.receipts:
            os.kill(os.getpid(), signal.SIGKILL)
        acknowledge(batch)

    journal.made_durable = made_durable


def _die_before_telling(journal: Any) -> None:
    """The same, when what messages have changed is written for the first time."""
    write = journal._write_frame

    def written(entry: Any) -> Any:
        frame = write(entry)
        if entry.receipts:
            os.kill(os.getpid(), signal.SIGKILL)
        return frame

    journal._write_frame = written


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
