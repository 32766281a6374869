"""What reads a log that others read as well: it takes messages, each a row of a table without keys, and commits them."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from custom_components.maestra.core.domain.journal import Place, Receipt
from custom_components.maestra.core.store.connection import connect_writer, detect
from custom_components.maestra.core.store.entity_tables import DEVICE_METRICS
from custom_components.maestra.core.store.journal import Inbox, StoreJournal
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import StoreSettings, WriteLimits
from custom_components.maestra.core.store.writer import Writer, Written
from scripts.catalogue import STORE_CATALOGUE

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DEVICE = str(UUID(int=1))
LOG = "EVENTS 2026-12-01T00:00:00Z maestra p.0"


class Reader:
    """What one of several processes makes of a log: a row a message, of a table that knows no repetition."""

    def __init__(self, name: str, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.acknowledged: list[int] = []
        self.writer = Writer(name, STORE_CATALOGUE.tables.values())
        self.inbox = Inbox(WriteLimits())
        self.journal = StoreJournal(self.inbox)

    def take(
        self, sequence: int, *, log: str = LOG, after: int | None = None,
        floor: int = 0, rows: int = 1,
    ) -> bool:  # fmt: skip
        """Take a message; with `after` nothing is between them."""
        place = Place(log, sequence - 1 if after is None else after, sequence, floor)
        return self.take_at(place, rows)

    def take_at(self, place: Place, rows: int = 1) -> bool:
        """Take the message that stands there; returns whether it is acknowledged later."""
        sequence = place.sequence

        def handle() -> None:
            for _ in range(rows):
                row = (NOW, DEVICE, f"m{sequence}", float(sequence), None, "{}")
                self.inbox.add(DEVICE_METRICS, row)

        key = f"{place.log} {sequence}".encode().rjust(64)
        return self.journal.take(
            Receipt(key, False, place),
            handle,
            lambda: self.acknowledged.append(sequence),
        )

    def forget(self) -> None:
        """Begin anew, as another process."""
        self.inbox = Inbox(WriteLimits())
        self.journal = StoreJournal(self.inbox)

    def take_all(self, sequences: Iterable[int]) -> None:
        """Take messages that follow each other."""
        after = None
        for sequence in sequences:
            self.take(sequence, after=after)
            after = sequence

    async def write(self) -> Written:
        """Commit what was taken, and acknowledge it."""
        if not self.inbox:
            return Written()
        batch = self.inbox.cut()
        written = await self.writer.write(self.connection, batch)
        self.journal.made_durable(batch)
        return written

    async def stored(self) -> list[int]:
        """Return the numbers of all messages that are stored, by any."""
        found = await self.connection.fetch(
            "SELECT metric_value::int FROM device_metrics ORDER BY 1"
        )
        return [row[0] for row in found]

    async def offsets(self, log: str = LOG) -> str:
        """Return what is noted of a log."""
        found: str = await self.connection.fetchval(
            "SELECT stored::text FROM maestra_offsets WHERE log = $1", log
        )
        return found


@asynccontextmanager
async def reader(database: StoreSettings, name: str) -> AsyncGenerator[Reader]:
    connection = await connect_writer(database)
    server = await detect(connection)
    await migrate(connection, STORE_CATALOGUE, server.tier)
    yield Reader(name, connection)
    await connection.close()
