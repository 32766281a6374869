"""QS telemetry in Home Assistant: its settings from the options, and what outlives a restart."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
import re
import shutil
from typing import Any, Final, override

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ...const import (
    CONF_DEVICES,
    CONF_GROUP,
    CONF_MISMATCH,
    CONF_QS,
    CONF_ZONE,
    DEFAULT_ZONE,
    DOMAIN,
    QS_ID,
)
from ...core.bus import Unsubscribe, get_logger, together
from ...core.qs.events import DeadLettered, TelemetryReceived
from ...core.qs.registry import Mismatch, QsRegistry, QsSettings
from ...core.qs.source import QsSource
from ...core.qs.window import Window, WindowFile
from ...hub.feature import Carrier
from ...hub.hub import Hub
from ...hub.manager import Manager
from ...hub.redaction import SAMPLE_SIZE, redact
from .repairs import ReusedIds
from .sync import QsEntitySync

_LOGGER = get_logger(__name__)

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


class QsManager(Manager):
    """Keeps what the QS sources of all brokers share, and shows it."""

    def __init__(self, hub: Hub) -> None:
        """Touch nothing yet."""
        self._hass = hub.hass
        self._entry = hub.entry
        self._domain = hub.domain
        self._links = hub.links
        self._store: Store[dict[str, Any]] = _store(hub.hass)
        self._is_dirty = False
        self._repairs = ReusedIds(hub.hass, hub.domain)
        self.registry = QsRegistry(
            hub.domain.bus, Window(WindowFile(_folder(hub.hass) / "window"))
        )
        self._sync = QsEntitySync(hub, self.registry)

    @override
    async def async_load(self) -> None:
        """Bring back what was known before the restart."""
        if saved := await self._store.async_load():
            self.registry.restore(saved)
        await self.registry.open()
        await self.async_apply()

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Save and show what comes in from now on until the returned function is called."""
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
            self._sync.start(),
        )

    @override
    @callback
    def started(self) -> None:
        """Show the devices: the sources are there by now."""
        self._sync.refresh()

    @override
    @callback
    def applied(self) -> None:
        """Show other devices where options or brokers are others."""
        self._sync.refresh()

    @override
    async def async_save(self) -> None:
        """Save what is known of the devices."""
        if self._is_dirty:
            self._is_dirty = False
            await self._store.async_save(self.registry.snapshot())

    @override
    async def async_stop(self) -> None:
        """Leave nothing open."""
        await self.registry.close()

    @override
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
        if settings != self.registry.settings:
            self.registry.settings = settings

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The devices that are shown, and what stands for all of them."""
        return self._sync.owners

    @override
    @callback
    def forget(self, owner_id: str) -> bool:
        """Forget a device. One that still talks comes back."""
        if node := self._sync.node(owner_id):
            self.registry.nodes.forget(node.device_id)
            self.mark_changed()
            self._sync.withdraw(owner_id)
        return True

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return what is known of QS devices, without what a dead letter holds: it may be anything."""
        return {"qs": self._described()}

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return what is known of one device, or of all of them together."""
        if node := self._sync.node(owner_id):
            return {"node": redact(node.as_dict())}
        return {"qs": self._described()} if owner_id == QS_ID else None

    def make_source(self, carrier: Carrier) -> QsSource:
        """Return the source of one broker."""
        return QsSource(carrier.id, carrier.transport, self._domain, self.registry)

    @callback
    def mark_changed(self) -> None:
        """Save within the next minute."""
        self._is_dirty = True

    def _mark(self, _event: object) -> None:
        self._is_dirty = True

    def _described(self) -> dict[str, Any]:
        registry = self.registry
        letters, nodes = list(registry.dead_letters), list(registry.nodes)
        return {
            "nodes": len(nodes),
            "known_events": len(registry.window),
            "dead_letters": registry.dead_letters.total,
            "latest_errors": [letter.error for letter in letters[:SAMPLE_SIZE]],
            "sources": {
                source.key: source.counters.as_dict()
                for source in self._links.dialects(QsSource)
            },
            "devices": [redact(node.as_dict()) for node in nodes[:SAMPLE_SIZE]],
        }

    async def _async_interval(self, _now: datetime) -> None:
        await self.async_save()

    async def _async_final_write(self, _event: Event) -> None:
        await self.async_save()
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
