"""The running connection to the database, and what Home Assistant records in it."""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
import shutil
from typing import TYPE_CHECKING, ClassVar, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback

from .bus import Unsubscribe
from .domain import Domain
from .domain.telemetry import TelemetryIdReused
from .ha_recording import HaRecording
from .history_import import HistoryImporter
from .link import Link, ServiceLink
from .recording_filter import RecordingFilter, lifetimes_from_options
from .repairs import (
    STORE_SCHEMA_TOO_NEW,
    STORE_SPOOL_FULL,
    STORE_UNREACHABLE,
    async_set_link_issue,
)
from .store.claims import ReusedId
from .store.errors import StoreLoginRefused, StoreSchemaTooNew
from .store.recorder import Recorder
from .store.settings import WriteLimits
from .store.store import Store
from .subentries.timescale_store import store_settings

if TYPE_CHECKING:
    from .runtime import MaestraConfigEntry

SPOOL_FOLDER: Final = ".storage/maestra_spool"


class StoreLink(ServiceLink):
    """The database, what feeds it, and what is told of it."""

    issue = STORE_UNREACHABLE
    subject = "store"
    refusal = StoreLoginRefused
    limits: ClassVar = WriteLimits()

    def __init__(
        self,
        hass: HomeAssistant,
        entry: MaestraConfigEntry,
        subentry: ConfigSubentry,
        domain: Domain,
        on_change: Callable[[Link], None],
    ) -> None:
        """Build, but connect nothing."""
        super().__init__(hass, entry, subentry, on_change)
        self.store = Store(
            store_settings(subentry.data),
            _spools(hass) / subentry.subentry_id,
            writer=subentry.subentry_id,
            limits=self.limits,
            lifetimes=lifetimes_from_options(entry.options),
            on_reused=self._ids_reused,
        )
        self.importer = HistoryImporter(hass, entry, self.store)
        self._domain = domain
        self._recorder = Recorder(domain, self.store.record, subentry.subentry_id)
        self._ha_recording = HaRecording(
            hass, self.store, RecordingFilter.from_options(entry.options)
        )
        self._told_dropped = 0

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
    def look(self) -> None:
        """Tell of rows that were lost, as long as there is no space for more."""
        super().look()
        store = self.store
        dropped = store.counters["rows_dropped"]
        if dropped > self._told_dropped:
            self._told_dropped = dropped
            self._tell(STORE_SPOOL_FULL, is_there=True, rows=str(dropped))
        elif self.connected and not store.spool_rows:
            self._tell(STORE_SPOOL_FULL, is_there=False)

    @override
    async def stop(self) -> None:
        """Stop recording, and bring what is left into the database or on disk."""
        await self.importer.stop()
        await super().stop()
        for kind in (STORE_SPOOL_FULL, STORE_SCHEMA_TOO_NEW):
            self._tell(kind, is_there=False)

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
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
        self._domain.journal = self.store.journal

        def stop() -> None:
            self._domain.journal = None

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
        self._tell(
            STORE_SCHEMA_TOO_NEW,
            is_there=isinstance(error, StoreSchemaTooNew),
            reason=str(error),
        )
        self._connection_is(self.connected, error)

    def _ids_reused(self, ids: list[ReusedId]) -> None:
        for device_id, event_id in ids:
            self._domain.bus.publish(TelemetryIdReused(device_id, event_id))

    def _tell(self, kind: str, *, is_there: bool, **facts: str) -> None:
        async_set_link_issue(self._hass, kind, self, is_there=is_there, **facts)


async def async_remove_spools(hass: HomeAssistant, *, keep: Collection[str]) -> None:
    """Delete the rows that wait on disk for any database but these."""
    await hass.async_add_executor_job(_remove_spools, _spools(hass), keep)


def _remove_spools(folder: Path, keep: Collection[str]) -> None:
    for spool in folder.glob("*"):
        if spool.name not in keep:
            shutil.rmtree(spool, ignore_errors=True)


def _spools(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(SPOOL_FOLDER))
