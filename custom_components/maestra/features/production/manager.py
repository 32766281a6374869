"""Productions in Home Assistant: their subentries, timers, entities, overlays, and what outlives a restart."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ...const import (
    CONF_LAYERS,
    CONF_PRODUCTION,
    CONF_TOKEN,
    DOMAIN,
    SUBENTRY_OVERLAY,
    SUBENTRY_PRODUCTION,
)
from ...core.bus import Unsubscribe, get_logger, together
from ...core.domain.errors import InvalidField
from ...core.domain.transcript import Transcribed
from ...core.production.events import (
    LayerChanged,
    LiveSeen,
    ProductionChanged,
    StreamHappening,
    StreamReported,
)
from ...core.production.layers import Layer
from ...core.production.production import Production, caption_seconds
from ...core.production.stream_events import StreamEvent
from ...hub.hub import Hub
from ...hub.manager import Manager, subentries_by_id
from ...hub.redaction import described_subentry
from ...hub.saver import Saver, SnapshotStore, snapshot_store
from .event_feed import EventFeed, batch_for_pages
from .overlays import Overlay, Overlays
from .presentation import OVERLAY_PRESENTATIONS, PRODUCTION_PRESENTATIONS
from .setup import production_settings

_LOGGER = get_logger(__name__)

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.production"


class ProductionManager(Manager):
    """Keeps productions and overlays in line with their subentries, and shows them."""

    def __init__(self, hub: Hub) -> None:
        """Touch nothing yet."""
        self.overlays = Overlays()
        self._hass = hub.hass
        self._entry = hub.entry
        self._bus = hub.domain.bus
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._saver = Saver(hub.hass, hub.entry, _store(hub.hass), self._snapshot)
        self._productions: dict[str, Production] = {}
        self._feeds: dict[str, EventFeed] = {}
        self._names: dict[str, str] = {}
        self._timers: dict[str, tuple[float, Callable[[], None]]] = {}
        self._saved: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Production]:
        """Iterate over a copy of the productions."""
        return iter(list(self._productions.values()))

    def get(self, id_: str) -> Production | None:
        """Return a production by the id of its subentry, if it is there."""
        return self._productions.get(id_)

    def feed(self, id_: str) -> EventFeed | None:
        """Return what tells the events of a production, if it is there."""
        return self._feeds.get(id_)

    def name_of(self, production: Production) -> str:
        """Return what the user calls a production."""
        return self._names[production.id]

    @override
    async def async_load(self) -> None:
        """Bring back what was shown, and what was waiting."""
        self._saved = await self._saver.async_load()

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Show what is saved, and go on, until the returned function is called."""
        stop = together(
            self._stop,
            self._bus.subscribe(ProductionChanged, self._changed),
            self._bus.subscribe(LayerChanged, self._layer_changed),
            self._bus.subscribe(StreamReported, self._reported),
            self._bus.subscribe(StreamHappening, self._happened),
            self._bus.subscribe(LiveSeen, self._live_seen),
            self._bus.subscribe(Transcribed, self._said),
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._closing),
            self._saver.start(),
        )
        self._apply()
        return stop

    @override
    @callback
    def applied(self) -> None:
        """Take over the subentries."""
        self._apply()

    @override
    async def async_save(self) -> None:
        """Save what has changed."""
        await self._saver.async_save()

    @override
    async def async_stop(self) -> None:
        """Leave no task behind."""
        await self._saver.async_stop()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The ids of productions and overlays, which are those of their devices."""
        return [*self._productions, *(overlay.id for overlay in self.overlays)]

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return how productions and overlays are; nothing of what they show."""
        return {
            "productions": {
                id_: {
                    "show": production.show.key,
                    "queue": len(production.queue),
                    "is_paused": production.queue.is_paused,
                    "is_live": production.is_live,
                    "layers": {
                        layer: production.layers.state(layer) for layer in Layer
                    },
                    "queue_counters": production.queue.counters.as_dict(),
                    "counters": production.counters.as_dict(),
                    "feed": self._feeds[id_].counters.as_dict(),
                }
                for id_, production in self._productions.items()
            },
            "overlays": {
                "counters": self.overlays.counters.as_dict(),
                "pages": {overlay.id: len(overlay.pages) for overlay in self.overlays},
            },
        }

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return what the subentry of a production or an overlay says."""
        if owner_id not in self.owners:
            return None
        return {"subentry": described_subentry(self._entry.subentries[owner_id])}

    @callback
    def pages_changed(self, overlay: Overlay) -> None:
        """Show that a page has come or gone."""
        self._writer.mark_all(self._presenter.of(overlay.id))

    # Subentries.

    def _apply(self) -> None:
        """Let each subentry have what it describes, and none another. What did not change goes on as it is."""
        productions = subentries_by_id(self._entry, SUBENTRY_PRODUCTION)
        for id_ in self._productions.keys() - productions.keys():
            del self._productions[id_]
            self._feeds.pop(id_).stop()
            self._saved.pop(id_, None)
            self._cancel_timer(id_)
            self._withdraw(id_)
            self._saver.soon()
        for id_, subentry in productions.items():
            self._put(id_, subentry)
        overlays = {
            id_: Overlay(
                id=id_,
                name=subentry.title,
                token=subentry.data[CONF_TOKEN],
                production=subentry.data[CONF_PRODUCTION],
                layers=tuple(
                    layer for layer in Layer if layer in subentry.data[CONF_LAYERS]
                ),
            )
            for id_, subentry in subentries_by_id(self._entry, SUBENTRY_OVERLAY).items()
        }
        for overlay in self.overlays:
            if overlay.id not in overlays:
                self._withdraw(overlay.id)
        self.overlays.apply(overlays)
        for overlay in self.overlays:
            self._show_overlay(overlay)

    def _put(self, id_: str, subentry: ConfigSubentry) -> None:
        try:
            settings = production_settings(subentry.data)
        except InvalidField as error:
            _LOGGER.error("Production %s can't work: %s", subentry.title, error)
            return
        self._names[id_] = subentry.title
        self._devices.put(
            id_,
            subentry_id=id_,
            name=subentry.title,
            model="Stream production",
            is_service=True,
        )
        if (known := self._productions.get(id_)) is not None:
            if known.settings != settings:
                known.apply(settings)
                # Its templates may be others.
                for layer in Layer:
                    self.overlays.mark(id_, layer)
        else:
            self._start_production(id_, Production(id_, settings, self._bus))
        self._presenter.show(
            id_, self._productions[id_], PRODUCTION_PRESENTATIONS, subentry_id=id_
        )

    def _start_production(self, id_: str, production: Production) -> None:
        self._productions[id_] = production
        self._feeds[id_] = feed = EventFeed(self._hass)
        feed.follow(partial(self._tell_pages, id_))
        broken = production.restore(self._saved.get(id_))
        if broken:
            _LOGGER.warning(
                "%s saved items of production %s can't be read, and are left out",
                broken,
                self._names[id_],
            )
        production.start()

    def _show_overlay(self, overlay: Overlay) -> None:
        self._devices.put(
            overlay.id,
            subentry_id=overlay.id,
            name=overlay.name,
            model="Overlay",
            above=overlay.production,
            is_service=True,
        )
        self._presenter.show(
            overlay.id, overlay, OVERLAY_PRESENTATIONS, subentry_id=overlay.id
        )

    def _withdraw(self, owner_id: str) -> None:
        self._presenter.withdraw(owner_id)
        self._devices.remove(owner_id)

    # What happens in productions.

    def _changed(self, event: ProductionChanged) -> None:
        self._plan(event.production)
        self._writer.mark_all(self._presenter.of(event.production))
        self._saver.soon()

    def _layer_changed(self, event: LayerChanged) -> None:
        self.overlays.mark(event.production, event.layer)

    def _live_seen(self, seen: LiveSeen) -> None:
        for production in self:
            if seen.production in (None, production.id):
                production.see_live(seen.source, seen.is_live)

    def _reported(self, report: StreamReported) -> None:
        for production in self:
            if report.production in (None, production.id):
                production.take(report.event)

    def _happened(self, happening: StreamHappening) -> None:
        if (feed := self._feeds.get(happening.production)) is not None:
            feed.take(happening)

    def _tell_pages(self, id_: str, batch: list[StreamEvent]) -> None:
        if self.overlays.has_pages(id_) and (text := batch_for_pages(batch)):
            self.overlays.tell(id_, text)

    def _said(self, event: Transcribed) -> None:
        production = self._productions.get(event.production or "")
        if production is not None and event.is_live:
            text = event.transcript.text
            production.show_caption(text, caption_seconds(text))

    # Time.

    def _plan(self, id_: str) -> None:
        production = self._productions.get(id_)
        due = production.due if production else None
        known = self._timers.get(id_)
        if known is not None and known[0] == due:
            return
        self._cancel_timer(id_)
        if due is None:
            return

        @callback
        def advance(_now: datetime) -> None:
            del self._timers[id_]
            if (production := self._productions.get(id_)) is not None:
                production.advance()

        delay = max(due - self._hass.loop.time(), 0.0)
        job = HassJob(advance, cancel_on_shutdown=True)
        self._timers[id_] = due, async_call_later(self._hass, delay, job)

    def _cancel_timer(self, id_: str) -> None:
        if (timer := self._timers.pop(id_, None)) is not None:
            timer[1]()

    # What is kept.

    def _snapshot(self) -> dict[str, Any]:
        return {
            id_: production.snapshot() for id_, production in self._productions.items()
        }

    @callback
    def _closing(self, _event: Event) -> None:
        # Home Assistant waits for all who are still connected.
        self.overlays.close_all()

    @callback
    def _stop(self) -> None:
        self.overlays.close_all()
        for id_ in list(self._timers):
            self._cancel_timer(id_)
        for feed in self._feeds.values():
            feed.stop()


async def async_remove_productions(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    await _store(hass).async_remove()


def _store(hass: HomeAssistant) -> SnapshotStore:
    return snapshot_store(hass, STORAGE_VERSION, STORAGE_KEY)
