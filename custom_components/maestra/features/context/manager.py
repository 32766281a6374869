"""Contexts in line with their subentries: what they hear, when they are recorded, and what is shown of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from ...const import CONF_INTERVAL, SUBENTRY_STREAM_CONTEXT
from ...core.bus import Unsubscribe, together
from ...core.domain.transcript import Transcribed
from ...core.production.events import ContextRecorded, StreamHappening
from ...hub.hub import Hub
from ...hub.manager import Manager, subentries_by_id
from .presentation import CONTEXT_PRESENTATIONS
from .stream_context import StreamContext


class ContextManager(Manager):
    """Holds the contexts by the id of their subentries."""

    def __init__(self, hub: Hub) -> None:
        """Hold none."""
        self._hass = hub.hass
        self._entry = hub.entry
        self._bus = hub.domain.bus
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._contexts: dict[str, StreamContext] = {}
        self._timers: dict[str, Callable[[], None]] = {}

    def __iter__(self) -> Iterator[StreamContext]:
        """Iterate over a copy of the contexts."""
        return iter(list(self._contexts.values()))

    def get(self, id_: str) -> StreamContext | None:
        """Return a context by the id of its subentry, if it is there."""
        return self._contexts.get(id_)

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Hear what happens until the returned function is called."""
        stop = together(
            self._stop,
            self._bus.subscribe(StreamHappening, self._happened),
            self._bus.subscribe(Transcribed, self._said),
            self._bus.subscribe(ContextRecorded, self._recorded),
        )
        self._apply()
        return stop

    @override
    @callback
    def applied(self) -> None:
        """Take over the subentries."""
        self._apply()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The ids of the contexts, which are those of their devices."""
        return list(self._contexts)

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return how contexts are; nothing of what was said."""
        return {
            "contexts": {
                context.id: {
                    "counters": context.counters.as_dict(),
                    "heard": context.window.counters.as_dict(),
                    "kept": len(context.kept),
                }
                for context in self
            }
        }

    def _apply(self) -> None:
        subentries = subentries_by_id(self._entry, SUBENTRY_STREAM_CONTEXT)
        for id_ in self._contexts.keys() - subentries.keys():
            del self._contexts[id_]
            self._timers.pop(id_)()
            self._presenter.withdraw(id_)
            self._devices.remove(id_)
        for id_, subentry in subentries.items():
            known = self._contexts.get(id_)
            if known is None or known.data != subentry.data:
                self._put(id_, subentry.title, subentry.data)
            self._contexts[id_].name = subentry.title
            self._show(id_, subentry.title)

    def _put(self, id_: str, title: str, data: Mapping[str, Any]) -> None:
        if (timer := self._timers.pop(id_, None)) is not None:
            timer()
        known = self._contexts.get(id_)
        context = StreamContext(self._hass, self._bus, id_, title, data)
        if known is not None and known.production == context.production:
            # It goes on with what it has heard.
            context.window, context.kept = known.window, known.kept
            context.latest = known.latest
        self._contexts[id_] = context

        @callback
        def due(_now: datetime) -> None:
            # A model that takes longer than an interval gets all of it next time.
            if not context.is_recording:
                _ = self._entry.async_create_background_task(
                    self._hass, context.async_record(), f"maestra context {title}"
                )

        self._timers[id_] = async_track_time_interval(
            self._hass,
            due,
            timedelta(minutes=data[CONF_INTERVAL]),
            cancel_on_shutdown=True,
        )

    def _show(self, id_: str, title: str) -> None:
        self._devices.put(
            id_,
            subentry_id=id_,
            name=title,
            model="Stream context",
            above=self._contexts[id_].production,
            is_service=True,
        )
        self._presenter.show(
            id_, self._contexts[id_], CONTEXT_PRESENTATIONS, subentry_id=id_
        )

    def _happened(self, happening: StreamHappening) -> None:
        for context in self._contexts.values():
            if context.production == happening.production:
                context.window.happened(happening.event)

    def _said(self, event: Transcribed) -> None:
        transcript = event.transcript
        for context in self._contexts.values() if event.is_live else ():
            # What belongs to no production may belong to any.
            if event.production in (None, context.production):
                context.window.said(transcript.ended_at, transcript.text)

    def _recorded(self, event: ContextRecorded) -> None:
        for context in self._contexts.values():
            if context.latest is event.record:
                self._writer.mark_all(self._presenter.of(context.id))

    @callback
    def _stop(self) -> None:
        for timer in self._timers.values():
            timer()
        self._timers.clear()
