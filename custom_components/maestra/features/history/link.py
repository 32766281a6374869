"""The running connection to the database, and what Home Assistant records in it."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
import shutil
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import Event, HomeAssistant, callback

from ...core.bus import Unsubscribe
from ...core.store.errors import StoreLoginRefused, StoreSchemaTooNew
from ...core.store.export import Grown
from ...core.store.settings import WriteLimits
from ...core.store.store import Store
from ...hub.hub import Hub
from ...hub.issues import async_set_link_issue
from ...hub.link import Link, ServiceLink
from .flow import store_settings
from .importer import HistoryImporter
from .recording import HaRecording
from .recording_filter import RecordingFilter, lifetimes_from_options

STORE_SCHEMA_TOO_NEW: Final = "store_schema_too_new"
STORE_SPOOL_FILLING: Final = "store_spool_filling"
STORE_SPOOL_FULL: Final = "store_spool_full"
SECOND_INSTANCE: Final = "second_instance"

FILLING_FROM: Final = 0.5
"""How full the disk's part for rows is when that is told, and from then on as long as it is not:"""
FILLING_UNTIL: Final = 0.4

SPOOL_FOLDER: Final = ".storage/maestra_spool"


class StoreLink(ServiceLink):
    """The database, what feeds it, and what is told of it."""

    issue = "store_unreachable"
    subject = "store"
    section = "store"
    is_gateway = False
    refusal = StoreLoginRefused
    limits: ClassVar = WriteLimits()

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub.hass, hub.entry, subentry, self._show_change)
        options = hub.entry.options
        self.store = Store(
            store_settings(subentry.data),
            _spools(hub.hass) / subentry.subentry_id,
            catalogue=hub.records,
            writer=subentry.subentry_id,
            limits=self.limits,
            lifetimes=lifetimes_from_options(options),
            on_reused=self._publish,
        )
        self.importer = HistoryImporter(hub.hass, hub.entry, self.store)
        self._hub = hub
        self._domain = hub.domain
        self._recorder = hub.records.recorder(
            hub.domain, self.store.record, subentry.subentry_id
        )
        self._ha_recording = HaRecording(
            hub.hass, self.store, RecordingFilter.from_options(options)
        )
        self._is_filling = False
        self._reported_dropped = 0
        self._exports: dict[asyncio.Task[Any], int] = {}

    @property
    @override
    def connected(self) -> bool:
        """Whether the database is there."""
        return self.store.is_connected

    @callback
    def apply_options(self) -> None:
        """Take over how long is kept what, and what is recorded."""
        options = self._entry.options
        self.store.lifetimes = lifetimes_from_options(options)
        self._ha_recording.apply(RecordingFilter.from_options(options))

    @callback
    @override
    def refresh(self) -> None:
        """Tell of rows that wait on disk while they become many, and of those that were lost while there is no space for more."""
        super().refresh()
        store = self.store
        was_filling, fill = self._is_filling, store.spool_fill
        self._is_filling = fill >= (FILLING_UNTIL if was_filling else FILLING_FROM)
        if was_filling or self._is_filling:
            self._set_issue(
                STORE_SPOOL_FILLING, is_there=self._is_filling, percent=f"{fill:.0%}"
            )
        self._tell_contended()
        dropped = store.counters["rows_dropped"]
        if dropped > self._reported_dropped:
            self._reported_dropped = dropped
            self._set_issue(STORE_SPOOL_FULL, is_there=True, rows=str(dropped))
        elif self.connected and not store.spool_rows:
            self._set_issue(STORE_SPOOL_FULL, is_there=False)

    @property
    def exported(self) -> int | None:
        """How many bytes the exports have that are written at the moment; None where there are none."""
        return sum(self._exports.values()) if self._exports else None

    async def exporting[T](
        self, export: Callable[[Grown], Coroutine[Any, Any, T]]
    ) -> T | None:
        """Wait for an export; None where Home Assistant, or this, stops meanwhile: it ends at once then."""

        def grown(size: int) -> None:
            if task in self._exports:
                self._exports[task] = size

        task = self._hass.async_create_background_task(export(grown), "maestra export")
        self._exports[task] = 0
        try:
            return await task
        except BaseException:
            # Cut off, it may end with any error of the driver.
            if task in self._exports:
                raise
            return None
        finally:
            task.cancel()
            self._exports.pop(task, None)

    @callback
    def _interrupt_exports(self, _event: Event | None = None) -> None:
        while self._exports:
            self._exports.popitem()[0].cancel()

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Return how the database is, and what is on its way to it."""
        store = self.store
        return {
            **self._described(),
            "state": store.state.value,
            "server": asdict(store.server) if store.server else None,
            "counters": store.counters.as_dict(),
            "rows_per_second": store.rows_per_second,
            "queue_depth": store.queue_depth,
            "spool_rows": store.spool_rows,
            "spool_bytes": store.spool_bytes,
            "spool_fill": store.spool_fill,
            "lag": store.lag,
            "size": store.database_size,
        }

    @override
    async def removed(self) -> None:
        """Delete what waits on disk for it, and for what has gone before."""
        await async_remove_spools(self._hass, keep=self._entry.subentries)
        await self.importer.forget()

    @override
    async def stop(self) -> None:
        """Stop recording, and bring what is left into the database or on disk."""
        async with AsyncExitStack() as steps:
            for kind in (
                STORE_SPOOL_FILLING,
                STORE_SPOOL_FULL,
                STORE_SCHEMA_TOO_NEW,
                SECOND_INSTANCE,
            ):
                steps.callback(self._set_issue, kind, is_there=False)
            steps.push_async_callback(super().stop)
            steps.push_async_callback(self.importer.stop)
            steps.callback(self._interrupt_exports)

    @override
    def _begin(self) -> list[Unsubscribe]:
        offering = self._entry.async_create_background_task(
            self._hass, self.importer.offer(), "maestra interrupted import"
        )
        return [
            lambda: _cancel(offering),
            self._hub.provide(Store, self.store),
            self._hass.bus.async_listen(
                EVENT_HOMEASSISTANT_STOP, self._interrupt_exports
            ),
            self.store.on_change(self._store_changed),
            self._keep_journal(),
            self._recorder.start(),
            self._ha_recording.start(),
            self._hass.bus.async_listen(
                EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
            ),
        ]

    def _keep_journal(self) -> Unsubscribe:
        # From now on a message is acknowledged when its rows are durable.
        self._domain.store_journal = self.store.journal

        def stop() -> None:
            self._domain.store_journal = None

        return stop

    @override
    def _start_task(self) -> asyncio.Task[None]:
        # Home Assistant cancels background tasks before anything else stops. What is recorded
        # while the others do still has to be written: this task ends with the final write.
        return self._hass.loop.create_task(self._run(), name=f"maestra {self.title}")

    @override
    async def _serve(self) -> None:
        await self.store.run()

    async def _async_final_write(self, _event: Event) -> None:
        await self.stop()

    @callback
    def _store_changed(self) -> None:
        error = self.store.error
        if (server := self.store.server) is not None:
            self.model = "TimescaleDB" if server.timescaledb else "PostgreSQL"
            self.sw_version = (
                f"{server.timescaledb} (PostgreSQL {server.postgresql})"
                if server.timescaledb
                else server.postgresql
            )
        self._set_issue(
            STORE_SCHEMA_TOO_NEW,
            is_there=isinstance(error, StoreSchemaTooNew),
            reason=str(error),
        )
        self._tell_contended()
        self._connection_is(self.connected, error)

    def _tell_contended(self) -> None:
        self._set_issue(SECOND_INSTANCE, is_there=self.store.is_contended)

    @callback
    def _show_change(self, _link: Link) -> None:
        # Nothing else depends on it, and under load it may change often.
        self._hub.links.register(self)
        self._hub.writer.mark_all(self._hub.presenter.of(self.id))

    def _publish(self, events: Sequence[object]) -> None:
        for event in events:
            self._domain.bus.publish(event)

    def _set_issue(self, kind: str, *, is_there: bool, **facts: str) -> None:
        async_set_link_issue(self._hass, kind, self, is_there=is_there, **facts)


async def async_remove_spools(
    hass: HomeAssistant, *, keep: Collection[str] = ()
) -> None:
    """Delete the rows that wait on disk for any database but these."""
    await hass.async_add_executor_job(_remove_spools, _spools(hass), keep)


def _remove_spools(folder: Path, keep: Collection[str]) -> None:
    for spool in folder.glob("*"):
        if spool.name not in keep:
            shutil.rmtree(spool, ignore_errors=True)


def _spools(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(SPOOL_FOLDER))


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
