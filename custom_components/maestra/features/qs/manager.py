"""QS telemetry in Home Assistant: its settings from the options, and where what outlives a restart is."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
import re
import shutil
from typing import Any, Final, override

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
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
from ...core.journal.journal import StateJournal
from ...core.qs.events import FormerFileRead
from ...core.qs.kept import kept_of
from ...core.qs.live import LiveReadings
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
        self._is_former = False
        self._repairs = ReusedIds(hub.hass, hub.domain)
        self.registry = QsRegistry(
            hub.domain.bus, Window(WindowFile(_folder(hub.hass) / "window"))
        )
        if journal := hub.service(StateJournal):
            journal.keep(kept_of(self.registry))
        self._sync = QsEntitySync(hub, self.registry)

    @override
    async def async_load(self) -> None:
        """Bring back what was known before the restart."""
        if saved := await self._store.async_load():
            self._is_former = True
            # It may be there still, though it was taken over.
            if not (len(self.registry.nodes) or self.registry.dead_letters.total):
                self.registry.restore_file(saved)
        await self.registry.open()
        await self.async_apply()

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Show what comes in from now on until the returned function is called."""
        if self._is_former:
            self._put_in_journal()
        return together(
            self._repairs.start(),
            self._hass.bus.async_listen(
                EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
            ),
            self._sync.start(),
            LiveReadings(self._domain, self.registry).start(),
        )

    @override
    async def async_started(self) -> None:
        """Show the devices: the sources are there by now."""
        self._sync.refresh()

    @override
    @callback
    def applied(self) -> None:
        """Show other devices where options or brokers are others."""
        self._sync.refresh()

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

    def key_of(self, device_id: str) -> str | None:
        """Return what a device is known by in Home Assistant, None for one that is not shown."""
        return self._sync.key_of(device_id)

    @override
    @callback
    def forget(self, owner_id: str) -> bool:
        """Forget a device. One that still talks comes back."""
        if node := self._sync.node(owner_id):
            self.registry.forget(node.device_id)
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

    async def _async_final_write(self, _event: Event) -> None:
        await self.async_stop()

    def _put_in_journal(self) -> None:
        """Keep in the journal what was in a file of its own, which is deleted then."""
        self._is_former = False
        bus, journal = self._domain.bus, self._domain.state_journal
        if journal is not None and not journal.when_durable(
            lambda: bus.publish(FormerFileRead()), self._remove_former
        ):
            self._remove_former()

    @callback
    def _remove_former(self) -> None:
        _ = self._entry.async_create_task(
            self._hass, self._store.async_remove(), "maestra qs file"
        )


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
    """Return the file in which earlier versions kept what is in the journal now."""
    return Store(hass, STORAGE_VERSION, STORAGE_KEY, private=True)
