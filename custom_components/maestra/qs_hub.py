"""QS telemetry in Home Assistant: its settings from the options, and what outlives a restart."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
import logging
from pathlib import Path
import re
import shutil
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .bus import Unsubscribe, together
from .const import (
    CONF_DEVICES,
    CONF_GROUP,
    CONF_MISMATCH,
    CONF_QS,
    CONF_ZONE,
    DEFAULT_ZONE,
    DOMAIN,
)
from .domain import Domain
from .domain.telemetry import DeadLettered, TelemetryReceived
from .qs_repairs import ReusedIds
from .sources.qs.desk import QsDesk
from .sources.qs.settings import Mismatch, QsSettings
from .sources.qs.window import Window
from .sources.qs.window_file import WindowFile

if TYPE_CHECKING:
    from .runtime import MaestraConfigEntry

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.qs"
FOLDER: Final = ".storage/maestra_qs"
SAVE_INTERVAL: Final = timedelta(seconds=60)

DEFAULTS: Final[Mapping[str, Any]] = {
    CONF_ZONE: DEFAULT_ZONE,
    CONF_MISMATCH: Mismatch.WARN.value,
    CONF_DEVICES: [],
    CONF_GROUP: "",
}
_OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-]\d{2}:?\d{2})")


class QsHub:
    """Keeps the desk of all QS sources."""

    def __init__(
        self, hass: HomeAssistant, entry: MaestraConfigEntry, domain: Domain
    ) -> None:
        """Touch nothing yet."""
        self._hass = hass
        self._entry = entry
        self._domain = domain
        self._store: Store[dict[str, Any]] = _store(hass)
        self._is_dirty = False
        self._repairs = ReusedIds(hass, domain)
        self.desk = QsDesk(domain.bus, Window(WindowFile(_folder(hass) / "window")))

    async def async_load(self) -> None:
        """Bring back what was known before the restart."""
        if saved := await self._store.async_load():
            self.desk.restore(saved)
        await self.desk.open()
        await self.async_apply()

    @callback
    def start(self) -> Unsubscribe:
        """Save from now on until the returned function is called."""
        bus = self._domain.bus
        return together(
            bus.subscribe(TelemetryReceived, self._mark),
            bus.subscribe(DeadLettered, self._mark),
            self._repairs.start(),
            async_track_time_interval(
                self._hass, self._async_interval, SAVE_INTERVAL, cancel_on_shutdown=True
            ),
            self._hass.bus.async_listen(
                EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
            ),
        )

    async def async_stop(self) -> None:
        """Save, and leave nothing open."""
        await self._async_save()
        await self.desk.close()

    async def async_apply(self) -> None:
        """Take over changed options."""
        options = {**DEFAULTS, **self._entry.options.get(CONF_QS, {})}
        zone = await async_zone(options[CONF_ZONE])
        if zone is None:
            _LOGGER.error(
                "The time zone %s of QS devices is not known, UTC is taken for it",
                options[CONF_ZONE],
            )
        settings = QsSettings(
            zone=zone or dt_util.UTC,
            mismatch=Mismatch(options[CONF_MISMATCH]),
            group=options[CONF_GROUP],
            shown=frozenset(options[CONF_DEVICES]),
        )
        if settings != self.desk.settings:
            self.desk.settings = settings

    @callback
    def mark_changed(self) -> None:
        """Save within the next minute."""
        self._is_dirty = True

    def _mark(self, _event: object) -> None:
        self._is_dirty = True

    async def _async_save(self) -> None:
        if self._is_dirty:
            self._is_dirty = False
            await self._store.async_save(self.desk.snapshot())

    async def _async_interval(self, _now: datetime) -> None:
        await self._async_save()

    async def _async_final_write(self, _event: Event) -> None:
        await self.async_stop()


async def async_zone(name: str) -> tzinfo | None:
    """Return a time zone by its name or its fixed offset, such as -08:00; None for what is none."""
    if match := _OFFSET.fullmatch(name.strip()):
        try:
            return datetime.strptime(match[1].replace(":", ""), "%z").tzinfo
        except ValueError:
            return None
    try:
        return await dt_util.async_get_time_zone(name.strip())
    except ValueError:
        # No name, but a path.
        return None


async def async_remove_qs(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    await asyncio.gather(
        _store(hass).async_remove(),
        hass.async_add_executor_job(_remove_window, _folder(hass)),
    )


def _remove_window(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(FOLDER))


def _store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    # A snapshot shares nothing that changes: the JSON is made in a thread.
    return Store(
        hass, STORAGE_VERSION, STORAGE_KEY, private=True, serialize_in_event_loop=False
    )
