"""Older history into the store: one import at a time, in the background."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
import time
from typing import Any, Final, Self

import asyncpg

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store as SavedData
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...core.bus import get_logger
from ...core.domain.errors import MaestraError
from ...core.store.connection import connect
from ...core.store.errors import DRIVER_ERRORS, StoreUnreachable, store_error
from ...core.store.imports import (
    TABLE_KINDS,
    ImportSourceUnusable,
    Progress,
    Source,
    TableSource,
    entity_patterns,
    forget_import,
    import_history,
    import_name,
)
from ...core.store.settings import StoreSettings
from ...core.store.store import Store, StoreState
from ...hub.issues import ENTRY_ID, LEARN_MORE_URL, facts
from .recorder_import import RECORDED_STATES, RECORDED_STATISTICS, RecorderSource

_LOGGER = get_logger(__name__)

FROM_HOME_ASSISTANT: Final = "home_assistant"
IMPORT_SOURCES: Final = (FROM_HOME_ASSISTANT, *TABLE_KINDS)

NOTIFICATION_ID: Final = "maestra_import"
SHOW_EVERY: Final = 5.0
"""Seconds from one change of the notification to the next."""
# A database that went away is waited for: seconds, from the first try to the last ones.
RETRY_WAITS: Final = (1.0, 5.0, 15.0, *(60.0,) * 30)


IMPORT_INTERRUPTED: Final = "import_interrupted"
STORAGE_KEY: Final = f"{DOMAIN}.import"
_LEFT_OUT: Final = {
    "no_id": "without an entity",
    "invalid_id": "with an entity id that Home Assistant does not take",
    "no_state": "without a state",
    "duplicate": "of a moment that had another",
    "future": "of later than now",
}


class ImportRunning(MaestraError):
    """There is one import at a time."""

    code = "import_running"
    message = "An import from {source} is running: {written} states so far"


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """What to import. `entities` are ids with * and ? as wildcards, none for all."""

    source: str
    end: datetime
    start: datetime | None = None
    entities: Sequence[str] = ()
    database: str | None = None
    """On the same server; None for the store's own."""
    schema: str = "public"
    statistics: bool = True
    """Whether the recorder's long-term statistics fill the time before its states."""
    restart: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        start = self.start and self.start.isoformat()
        return {**asdict(self), "start": start, "end": self.end.isoformat()}

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Self:
        """Return what was saved."""
        start = saved["start"] and datetime.fromisoformat(saved["start"])
        end = datetime.fromisoformat(saved["end"])
        return cls(**{**saved, "start": start, "end": end})

    def name(self, source: Source) -> str:
        """Return the name under which the position is kept: others have a position of their own."""
        return import_name(
            source.name,
            database=self.database,
            schema=self.schema,
            entities=sorted(self.entities),
            start=self.start,
        )


class HistoryImporter:
    """Imports into one store. What was interrupted goes on when it is asked for again."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], store: Store
    ) -> None:
        """Import nothing yet."""
        self.progress = Progress()
        self._hass = hass
        self._entry = entry
        self._store = store
        self._running: ImportRequest | None = None
        self._task: asyncio.Task[Progress] | None = None
        self._shown_at = 0.0
        self._connections: list[asyncpg.Connection] = []
        self._unfinished = _unfinished(hass)
        self._patterns: dict[str, str] = {}

    @property
    def unmatched(self) -> list[str]:
        """Of the entities that were asked for, those that the source has none of; each as it was written."""
        return [self._patterns[pattern] for pattern in self.progress.unmatched or ()]

    @property
    def source(self) -> str | None:
        """Where the import at the moment reads from; None where there is none."""
        return self._running.source if self._running else None

    async def start(self, request: ImportRequest) -> asyncio.Task[Progress]:
        """Look whether the source can be read, and let the import of what is older than now begin.

        Raises ImportRunning, ImportSourceUnusable, StoreNotConnected, StoreTimeout, StoreError.
        """
        if self._running is not None:
            raise ImportRunning(
                source=self._running.source, written=self.progress.written
            )
        request = replace(request, end=min(request.end, dt_util.utcnow()))
        self._running, self.progress = request, Progress()
        self._patterns = {
            pattern: entity
            for entity in request.entities
            for pattern in entity_patterns([entity])
        }
        self._shown_at = 0.0
        try:
            # What is recorded live and has not arrived yet could not be told from what is missing.
            await self._store.flush()
            async with self._opened(request) as (connection, sources):
                if request.restart:
                    for source in sources:
                        await forget_import(connection, request.name(source))
            await self._unfinished.async_save(request.as_dict())
        except BaseException:
            self._running = None
            raise
        ir.async_delete_issue(self._hass, DOMAIN, IMPORT_INTERRUPTED)
        self._task = self._entry.async_create_background_task(
            self._hass, self._run(request), "maestra import"
        )
        self._task.add_done_callback(self._done)
        return self._task

    async def offer(self) -> None:
        """Tell of an import that was interrupted, by whatever ended Home Assistant."""
        if self._running is None and (saved := await self._unfinished.async_load()):
            self._tell_interrupted(saved["source"], "Home Assistant or Maestra stopped")

    async def go_on(self) -> None:
        """Begin again where an import was interrupted, if one was; raises what `start` raises."""
        if saved := await self._unfinished.async_load():
            request = replace(ImportRequest.from_dict(saved), restart=False)
            _ = await self.start(request)

    async def forget(self) -> None:
        """Leave an import that was interrupted as it is; what is imported stays."""
        if self._running is None:
            await async_remove_unfinished(self._hass)

    async def stop(self) -> None:
        """Stop behind the last whole slice."""
        if self._task is not None:
            # Cancelled in the middle of a statement the driver would wait for the server.
            for connection in self._connections:
                connection.terminate()
            self._task.cancel()
            await asyncio.wait([self._task])

    @callback
    def _done(self, task: asyncio.Task[Progress]) -> None:
        assert self._running
        source = self._running.source
        self._running = self._task = None
        if task.cancelled():
            persistent_notification.async_dismiss(self._hass, NOTIFICATION_ID)
        elif error := task.exception():
            _LOGGER.error("The import has stopped: %s", error, exc_info=error)
            persistent_notification.async_dismiss(self._hass, NOTIFICATION_ID)
            self._tell_interrupted(source, str(error))
        else:
            _LOGGER.info(
                "The import is complete: %d of %d states were new",
                self.progress.written,
                self.progress.read,
            )
            self._show(f"It is complete. {self._counts()}")

    def _tell_interrupted(self, source: str, reason: str) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            IMPORT_INTERRUPTED,
            data={ENTRY_ID: self._entry.entry_id},
            is_fixable=True,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=IMPORT_INTERRUPTED,
            translation_placeholders=facts(200, source=source, reason=reason),
        )

    async def _run(self, request: ImportRequest) -> Progress:
        progress = await self._persevere(request)
        await self._unfinished.async_remove()
        return progress

    async def _persevere(self, request: ImportRequest) -> Progress:
        """Import, over interruptions of the database."""
        _LOGGER.info("The import from %s begins", request.source)
        waits = iter(RETRY_WAITS)
        while True:
            before = self.progress
            try:
                return await self._import(request)
            except StoreUnreachable as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    # Said by a connection that was closed for it.
                    raise asyncio.CancelledError from error
                if self.progress != before:
                    waits = iter(RETRY_WAITS)
                if (wait := next(waits, None)) is None:
                    raise
                left_out = dict(self.progress.left_out)
                left_out.pop("future", None)
                self.progress = replace(self.progress, left_out=left_out)
                _LOGGER.warning("The import waits for the database: %s", error)
                await asyncio.sleep(wait)

    async def _import(self, request: ImportRequest) -> Progress:
        async with self._opened(request) as (connection, sources):
            for source in sources:
                # The rest is counted anew by each source, and after each interruption.
                before = replace(self.progress, total=self.progress.read)
                try:
                    self.progress = before + await import_history(
                        connection,
                        request.name(source),
                        source,
                        partial(self._moved, before),
                        start=self._start(request),
                    )
                except DRIVER_ERRORS as error:
                    raise store_error(error, self._store.settings) from error
        return self.progress

    def _start(self, request: ImportRequest) -> datetime | None:
        """Return from when on states are wanted: what is older than their lifetime would be removed again."""
        lifetime = self._store.lifetimes.states
        oldest = dt_util.utcnow() - lifetime if lifetime else None
        starts = [start for start in (request.start, oldest) if start is not None]
        return max(starts, default=None)

    @asynccontextmanager
    async def _opened(
        self, request: ImportRequest
    ) -> AsyncIterator[tuple[asyncpg.Connection, list[Source]]]:
        settings = self._store.settings
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self._connected(settings))
            reader = connection
            database = request.database or settings.database
            if database != settings.database:
                reader = await stack.enter_async_context(
                    self._connected(replace(settings, database=database))
                )
            yield connection, await self._sources(request, reader)

    @asynccontextmanager
    async def _connected(
        self, settings: StoreSettings
    ) -> AsyncIterator[asyncpg.Connection]:
        connection = await connect(settings)
        self._connections.append(connection)
        try:
            yield connection
        finally:
            self._connections.remove(connection)
            connection.terminate()

    async def _sources(
        self, request: ImportRequest, reader: asyncpg.Connection
    ) -> list[Source]:
        patterns = entity_patterns(request.entities) or None
        if request.source == FROM_HOME_ASSISTANT:
            if "recorder" not in self._hass.config.components:
                raise ImportSourceUnusable(
                    source=request.source, reason="the recorder does not run"
                )
            tables = (RECORDED_STATES, RECORDED_STATISTICS)[: 1 + request.statistics]
            return [
                RecorderSource(self._hass, table, end=request.end, patterns=patterns)
                for table in tables
            ]
        source = TableSource(
            TABLE_KINDS[request.source], reader, end=request.end, patterns=patterns
        )
        try:
            await source.open(request.schema)
        except DRIVER_ERRORS as error:
            raise store_error(error, self._store.settings) from error
        return [source]

    async def _moved(self, before: Progress, progress: Progress) -> None:
        self.progress = before + progress
        if (now := time.monotonic()) >= self._shown_at + SHOW_EVERY:
            self._shown_at = now
            self._show(
                f"It has come to {self.progress.position:%Y-%m-%d %H:%M} UTC. {self._counts()}"
            )
        await self._wait_while_paused()

    async def _wait_while_paused(self) -> None:
        """Let a backup have the database for itself."""
        changed = asyncio.Event()
        forget = self._store.on_change(changed.set)
        try:
            while self._store.state is StoreState.PAUSED:
                await changed.wait()
                changed.clear()
        finally:
            forget()

    def _counts(self) -> str:
        progress = self.progress
        parts = [f"{progress.written} of {progress.read} states were new."]
        if progress.total > progress.read:
            parts.append(f"About {progress.total} are there.")
        if progress.left_out:
            reasons = [
                f"{count} {_LEFT_OUT[reason]}"
                for reason, count in progress.left_out.items()
            ]
            parts.append(f"Left out: {', '.join(reasons)}.")
        if unmatched := self.unmatched:
            parts.append(f"No entity fits {', '.join(unmatched)}.")
        return " ".join(parts)

    @callback
    def _show(self, message: str) -> None:
        persistent_notification.async_create(
            self._hass, message, "Maestra: import of history", NOTIFICATION_ID
        )


def _unfinished(hass: HomeAssistant) -> SavedData[dict[str, Any]]:
    """Return where the request of an import is, until it is complete."""
    return SavedData(hass, 1, STORAGE_KEY)


async def async_remove_unfinished(hass: HomeAssistant) -> None:
    """Forget an import that was interrupted."""
    await _unfinished(hass).async_remove()
    ir.async_delete_issue(hass, DOMAIN, IMPORT_INTERRUPTED)
