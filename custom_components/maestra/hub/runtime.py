"""One config entry's object graph: the domain, the features' managers, and the links, in the order of their lives."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import CONF_STATE_WRITES, DEFAULT_STATE_WRITES, REFRESH_INTERVAL
from ..core.bus import Bus, Unsubscribe, get_logger
from ..core.domain import Domain
from ..core.domain.json_values import JsonObject
from ..core.phoenix.channels import PhoenixParts, joined_parts
from ..core.transport.event_encoder import EventEncoder
from .devices import HubDevices
from .heap import Heap
from .link import ServiceLink
from .links import Links
from .listeners import Listeners
from .manager import Manager
from .presenter import Presenter
from .registry import FeatureRegistry
from .state_writer import StateWriter

_LOGGER = get_logger(__name__)

type MaestraConfigEntry = ConfigEntry[MaestraRuntime]


class MaestraRuntime:
    """What a loaded hub is made of (`Hub` says what features see of it)."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], registry: FeatureRegistry
    ) -> None:
        """Build the parts; nothing runs yet."""
        self.hass = hass
        self.entry = entry
        self.domain = Domain(Bus())
        self.encoder = EventEncoder()
        self.writer = StateWriter(hass, _state_writes(entry))
        self.presenter = Presenter(hass, entry, self.writer, self, registry.entities)
        self.devices = HubDevices(hass, entry.entry_id)
        self.links = Links(
            entry, self.presenter, self.writer, self.devices, registry.link_entities
        )
        self.dialects = registry.dialects
        self.records = registry.records
        self._registry = registry
        self._heap = Heap(hass)
        self._services: dict[type, object] = {}
        self._listeners = Listeners(self, registry.listeners.values())
        self._unsubscribes: list[Unsubscribe] = []
        self._changing = asyncio.Lock()
        self.managers: dict[type[Manager], Manager] = {}
        for feature in registry.features:
            if feature.make is not None:
                manager = feature.make(self)
                self.managers[type(manager)] = manager

    # What features see.

    def manager[M: Manager](self, kind: type[M]) -> M:
        """Return the manager of this class; raises KeyError where no feature has one."""
        return cast(M, self.managers[kind])

    def provide[S](self, kind: type[S], service: S) -> Unsubscribe:
        """Offer a service of the core to other features until the returned function is called."""
        self._services[kind] = service

        def withdraw() -> None:
            # Another one may have taken its place by now.
            if self._services.get(kind) is service:
                del self._services[kind]

        return withdraw

    def service[S](self, kind: type[S]) -> S | None:
        """Return what a feature provides under this class, None while there is none."""
        return cast(S | None, self._services.get(kind))

    def endpoints(self, host: str) -> JsonObject:
        """Return where clients reach everything, as seen by who calls this machine `host`."""
        found: JsonObject = {}
        for feature in self._registry.features:
            found |= feature.endpoints(self, host)
        return found

    def phoenix_parts(self) -> PhoenixParts:
        """Return what clients of Phoenix channels find of all features."""
        return joined_parts(
            feature.phoenix(self) for feature in self._registry.features
        )

    # Its life.

    async def async_load(self) -> None:
        """Bring back what was known before the restart."""
        for manager in self.managers.values():
            await manager.async_load()

    async def async_start(self) -> None:
        """Show what is known and connect. The platforms are attached by now."""
        # Changed options wait until all is shown.
        async with self._changing:
            self._heap.begin()
            for manager in self.managers.values():
                if (unsubscribe := manager.start()) is not None:
                    self._unsubscribes.append(unsubscribe)
            self._unsubscribes.append(
                async_track_time_interval(
                    self.hass, self._refresh, REFRESH_INTERVAL, cancel_on_shutdown=True
                )
            )
            self._start_links()
            for manager in self.managers.values():
                await manager.async_started()
            self.presenter.remove_stale(self._is_expected)
            self.devices.remove_stale(frozenset(self._owners()), self._is_expected)

    async def async_stop(self) -> None:
        """Save, disconnect, save what came meanwhile, and leave nothing behind; what fails keeps nothing else from it."""
        async with self._changing:
            for manager in self.managers.values():
                await _attempt(manager, manager.async_save)
            await self.links.stop_all()
            unsubscribes, self._unsubscribes = self._unsubscribes, []
            for unsubscribe in reversed(unsubscribes):
                await _attempt(self, unsubscribe)
            await _attempt(self.presenter, self.presenter.stop)
            await _attempt(self.writer, self.writer.stop)
            for manager in reversed(self.managers.values()):
                await _attempt(manager, manager.async_save)
                await _attempt(manager, manager.async_stop)
            self._heap.thaw()

    async def async_apply(self) -> None:
        """Take over changed options and subentries while everything else goes on."""
        # A link takes its time to stop: the next change, or the end, waits for it.
        async with self._changing:
            if not self._unsubscribes:
                return
            self.writer.budget.rate = _state_writes(self.entry)
            for manager in self.managers.values():
                await _attempt(manager, manager.async_apply)
            await self.links.apply()
            await self._listeners.apply()
            self._start_links()
            for manager in self.managers.values():
                manager.applied()
            self.writer.mark_all(self.presenter)

    @callback
    def forget(self, owner_ids: Iterable[str]) -> bool:
        """Remove what stands behind a registry device; False for what is still at work.

        The hub and its links are removed where they were added.
        """
        return all(
            owner_id != self.entry.entry_id
            and self.links.get(owner_id) is None
            and all(manager.forget(owner_id) for manager in self.managers.values())
            for owner_id in owner_ids
        )

    def _start_links(self) -> None:
        self.links.start_services(self._registry.links, self._make_link)
        self._listeners.start()

    def _make_link(self, kind: str, subentry: ConfigSubentry) -> ServiceLink:
        return self._registry.links[kind](self, subentry)

    def _owners(self) -> Iterator[str]:
        yield from (link.id for link in self.links)
        for manager in self.managers.values():
            yield from manager.owners

    def _is_expected(self, owner_id: str) -> bool:
        return any(manager.expects(owner_id) for manager in self.managers.values())

    @callback
    def _refresh(self, _now: datetime) -> None:
        """Do what no event starts: find silent devices, show what was counted."""
        for manager in self.managers.values():
            manager.refresh()
        self.links.refresh()
        self._heap.refresh()


def _state_writes(entry: ConfigEntry[Any]) -> float:
    return float(entry.options.get(CONF_STATE_WRITES, DEFAULT_STATE_WRITES))


async def _attempt(
    part: object, step: Callable[[], Awaitable[None]] | Callable[[], None]
) -> None:
    """Take one step of many; that it fails is logged, and keeps nobody from the others."""
    try:
        if (waiting := step()) is not None:
            await waiting
    except Exception:
        name = getattr(step, "__name__", "a step")
        _LOGGER.exception("%s: %s has failed", type(part).__name__, name)
