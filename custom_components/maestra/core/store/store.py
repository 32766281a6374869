"""One database: rows go in, whatever happens; questions are answered while it is there."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import enum
from pathlib import Path
import random
import time
from typing import Final

import asyncpg

from ..bus import Counters, Unsubscribe, call_each, enlist, get_logger
from ..domain.errors import MaestraError
from ..domain.journal import Journal
from .claims import OnReused
from .connection import (
    CONTENDED,
    Readers,
    ServerInfo,
    connect,
    connect_writer,
    deadline,
    fence,
    inspect,
)
from .errors import (
    DRIVER_ERRORS,
    StoreError,
    StoreNotConnected,
    StoreTimeout,
    StoreWriterTaken,
    store_error,
)
from .maintenance import MaintenanceScheduler
from .pipeline import Delivery, Pipeline
from .schema.migrate import migrate, rehearse
from .settings import Lifetimes, StoreSettings, WriteLimits
from .table_sizes import TableSizes
from .tables import Record
from .topic import Catalogue
from .writer import Writer

_LOGGER = get_logger(__name__)

STABLE: Final = 60.0
"""Seconds after which a connection counts as good, and the next attempts begin quickly again."""
WRITE_CONNECTIONS: Final = 2
"""Connections that write."""
MIGRATE_TIMEOUT: Final = 3600.0
PROVE_TIMEOUT: Final = 15.0
FLUSH_TIMEOUT: Final = 60.0
CONTENDED_FOR: Final = 900.0
"""Seconds for which another that wants to write under our name counts: it tries every five minutes, at least."""
DRAIN_TIMEOUT: Final = 5.0


async def prove(settings: StoreSettings, catalogue: Catalogue | None) -> ServerInfo:
    """Connect once and see whether we can work there, and keep `catalogue`; makes no tables. Raises StoreError by kind."""
    connection = await connect(settings)
    try:
        async with asyncio.timeout(PROVE_TIMEOUT):
            server = await inspect(connection, settings)
            if catalogue is not None:
                await rehearse(
                    connection, catalogue, server.tier, address=settings.address
                )
            return server
    except DRIVER_ERRORS as error:
        raise store_error(error, settings) from error
    finally:
        connection.terminate()


class StoreState(enum.StrEnum):
    """What a store is doing."""

    CONNECTING = "connecting"
    RECORDING = "recording"
    CATCHING_UP = "catching_up"
    """Writing what waited on disk."""
    SPOOLING = "spooling"
    """The database is away: rows wait on disk."""
    PAUSED = "paused"
    STOPPED = "stopped"


class Store:
    """Records rows into one database and reads them back.

    `record` can be called at any time. While `run` runs, rows are written; what is left when it ends
    is on disk, in `spool_folder`, for the next one.
    """

    def __init__(
        self,
        settings: StoreSettings,
        spool_folder: Path | None,
        *,
        catalogue: Catalogue,
        writer: str,
        limits: WriteLimits = WriteLimits(),
        lifetimes: Lifetimes | None = Lifetimes(),
        on_reused: OnReused = lambda _: None,
    ) -> None:
        """Connect nothing yet. `catalogue` is what there is to keep; `writer` is ours alone among all that write to this database, and never changes.

        Without `spool_folder` nothing waits on disk; without `lifetimes` another one says how long data is kept, and sees to it.
        """
        self.settings = settings
        self.catalogue = catalogue
        self.server: ServerInfo | None = None
        self.error: StoreError | None = None
        self._limits = limits
        self._writer = Writer(writer, catalogue.tables.values())
        self._pipeline = Pipeline(spool_folder, catalogue.tables, limits, self._notify)
        self._pipeline.on_reused = on_reused
        self._delivery = Delivery(self._pipeline, self._writer)
        self._readers = Readers(settings)
        self._maintains = lifetimes is not None
        self._maintenance = MaintenanceScheduler(
            self._readers, catalogue, lifetimes or Lifetimes()
        )
        self.table_sizes = TableSizes(self._readers, catalogue)
        self.record: Record = self._pipeline.record
        """Take one row, without waiting. It is in memory until it is in the database or on disk."""
        self.reading = self._readers.reading
        self.working = self._readers.working
        self._connections: list[asyncpg.Connection] = []
        self._is_running = False
        # Cancelled while its connection is cut off, a task may see the driver's error instead.
        self._ending = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self._contended_at: float | None = None

    @property
    def is_contended(self) -> bool:
        """Whether another one wants to write under our name: a copy of us, or what we are a copy of."""
        return isinstance(self.error, StoreWriterTaken) or (
            self._contended_at is not None
            and time.monotonic() - self._contended_at < CONTENDED_FOR
        )

    @property
    def state(self) -> StoreState:
        """What the store is doing."""
        pipeline = self._pipeline
        if not self._is_running:
            return StoreState.STOPPED
        if pipeline.is_paused:
            return StoreState.PAUSED
        if not self.is_connected:
            return StoreState.SPOOLING if self.error else StoreState.CONNECTING
        if not pipeline.nothing_spooled.is_set():
            return StoreState.CATCHING_UP
        return StoreState.RECORDING

    @property
    def is_connected(self) -> bool:
        """Whether questions can be asked."""
        return self._readers.is_open

    @property
    def journal(self) -> Journal:
        """What knows when a message's rows are durable."""
        return self._pipeline.journal

    @property
    def counters(self) -> Counters:
        """Counts of rows_written, rows_repeated, rows_rejected, rows_dropped, rows_spooled, batches."""
        return self._pipeline.counters

    @property
    def queue_depth(self) -> int:
        """Rows in memory."""
        return len(self._pipeline.inbox)

    @property
    def spool_bytes(self) -> int:
        """Bytes on disk."""
        return self._pipeline.spool.bytes

    @property
    def spool_rows(self) -> int:
        """Rows on disk."""
        return self._pipeline.spool.rows

    @property
    def spool_fill(self) -> float:
        """How full the disk's part for rows is, from 0 to 1."""
        return self._pipeline.spool.fill

    @property
    def lag(self) -> float:
        """Age of the oldest row that is not in the database, in seconds."""
        return self._pipeline.lag

    @property
    def rows_per_second(self) -> float:
        """Rows committed a second, lately."""
        return self._pipeline.rows_per_second

    @property
    def database_size(self) -> int | None:
        """Bytes, as of a few minutes ago."""
        return self._maintenance.database_size

    @property
    def lifetimes(self) -> Lifetimes:
        """How long data is kept; takes effect soon after it is set."""
        return self._maintenance.lifetimes

    @lifetimes.setter
    def lifetimes(self, lifetimes: Lifetimes) -> None:
        self._maintenance.lifetimes = lifetimes

    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        """Call `listener` whenever the state, the error or the server changes, until the returned function is called."""
        return enlist(self._listeners, listener)

    def pause(self) -> None:
        """Leave the database alone; rows go to the disk."""
        self._pipeline.resumed.clear()
        self._notify()

    def resume(self) -> None:
        """Go on writing to the database."""
        self._pipeline.resumed.set()
        self._notify()

    async def flush(self, timeout: float = FLUSH_TIMEOUT) -> None:
        """Wait until all that was recorded up to now is in the database; raises StoreNotConnected, StoreTimeout."""
        if not self.is_connected or self._pipeline.is_paused:
            raise StoreNotConnected
        try:
            async with asyncio.timeout(timeout):
                await self._pipeline.committed()
        except TimeoutError:
            raise StoreTimeout(seconds=timeout) from None

    async def run(self) -> None:
        """Write until cancelled; then drain for a few seconds, and leave the rest on disk."""
        self._is_running = True
        await self._pipeline.open()
        self._notify()
        work = [self._pipeline.spill(), self._stay_connected()]
        if self._maintains:
            work.append(self._maintenance.run(self._pipeline.resumed, self._ending))
        tasks = [asyncio.create_task(each) for each in work]
        try:
            # None of them ends by itself, unless there is a mistake in it.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            with suppress(MaestraError):
                await self.flush(DRAIN_TIMEOUT)
            self._ending.set()
            for task in tasks:
                task.cancel()
            # Cancelled in the middle of a statement the driver would wait for the server.
            await self._hang_up()
            await asyncio.wait(tasks)
            await self._pipeline.drain()
            self._is_running = False
            self._ending.clear()
            self._notify()

    async def _stay_connected(self) -> None:
        failures = 0
        loop = asyncio.get_running_loop()
        while not self._ending.is_set():
            began = loop.time()
            try:
                await self._serve()
            except Exception as error:  # noqa: BLE001  whatever it is, rows go on being kept
                if self._ending.is_set():
                    return
                self._went_down(store_error(error, self.settings))
            if loop.time() - began > STABLE:
                failures = 0
            await asyncio.sleep(self._delay(failures))
            failures += 1

    async def _serve(self) -> None:
        """Connect and deliver until that fails."""
        try:
            server = await self._prepare(await self._connect())
            while len(self._connections) < WRITE_CONNECTIONS:
                await self._connect()
            await self._readers.open()
            self._came_up(server)
            await self._delivery.run(self._connections)
        finally:
            await self._hang_up()

    async def _connect(self) -> asyncpg.Connection:
        connection = await connect_writer(self.settings)
        self._connections.append(connection)
        return connection

    async def _prepare(self, connection: asyncpg.Connection) -> ServerInfo:
        """Bring the tables up to date, and learn what is in them."""
        with deadline(connection, MIGRATE_TIMEOUT):
            server = await inspect(connection, self.settings)
            await fence(connection, self.settings, self._writer.name)
            await connection.add_listener(CONTENDED, self._contended)
            await migrate(
                connection, self.catalogue, server.tier, address=self.settings.address
            )
            stored = await self._writer.begin(connection)
        self._pipeline.journal.learn(stored, all_known=True)
        return server

    def _contended(
        self, _connection: object, _pid: int, _channel: str, writer: object
    ) -> None:
        if writer == self._writer.name:
            self._contended_at = time.monotonic()
            self._notify()

    async def _hang_up(self) -> None:
        for connection in self._connections:
            connection.terminate()
        self._connections.clear()
        await self._readers.close()

    def _came_up(self, server: ServerInfo) -> None:
        if self.error is not None:
            _LOGGER.info("Connected to the database at %s again", self.settings.address)
        self.error, self.server = None, server
        self._maintenance.begin(server.tier)
        self._notify()

    def _went_down(self, error: StoreError) -> None:
        known, self.error = self.error, error
        if type(known) is not type(error):
            _LOGGER.warning(
                "%s; rows wait until it is back",
                error,
                # A mistake of ours, or one that nobody has thought of.
                exc_info=error.__cause__ if type(error) is StoreError else None,
            )
        self._notify()

    def _delay(self, failures: int) -> float:
        """Return the seconds to wait before the next attempt."""
        longest = self._limits.retry_most
        delay: float = min(longest, self._limits.retry_first * 2 ** min(failures, 32))
        return delay * random.uniform(0.8, 1.0)

    def _notify(self) -> None:
        call_each(self._listeners)
