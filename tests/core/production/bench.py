"""A production with a clock of its own, and all that it says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.production.events import (
    AlertShown,
    ShowChanged,
    StreamHappening,
    TakeoverEnded,
    TakeoverStarted,
)
from custom_components.maestra.core.production.layers import Layer, LayerState
from custom_components.maestra.core.production.production import Production
from custom_components.maestra.core.production.shows import ProductionSettings
from custom_components.maestra.core.production.stream_events import read_event

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAID = (AlertShown, ShowChanged, StreamHappening, TakeoverEnded, TakeoverStarted)


class Bench:
    """One production. Time passes in `wait`, on both clocks."""

    def __init__(self, settings: ProductionSettings | None = None) -> None:
        self.settings = settings or ProductionSettings()
        self.seconds = 0.0
        self.wall = BEGIN
        self.said: list[Any] = []
        self.production = self._made()
        self.production.start()

    def _made(self) -> Production:
        bus = Bus()
        for kind in SAID:
            bus.subscribe(kind, self.said.append)
        return Production(
            "p", self.settings, bus, clock=lambda: self.seconds, wall=lambda: self.wall
        )

    def restart(self, *, after: float = 0, wrong_by: timedelta = timedelta(0)) -> None:
        """Be killed, and come back `after` seconds with a wall clock that may be wrong. Monotonic time begins anew."""
        saved = json.loads(json.dumps(self.production.snapshot()))
        self.wall += timedelta(seconds=after) + wrong_by
        self.seconds = 1_000.0
        self.said.clear()
        self.production = self._made()
        assert self.production.restore(saved) == 0
        self.production.start()

    def wait(self, seconds: float) -> None:
        """Let time pass, with all that is due in it."""
        end = self.seconds + seconds
        while (due := self.production.due) is not None and due <= end:
            self._pass(max(due, self.seconds))
            self.production.advance()
        self._pass(end)

    def _pass(self, until: float) -> None:
        self.wall += timedelta(seconds=until - self.seconds)
        self.seconds = until

    def alert(self, content_type: str = "alert", /, **options: Any) -> str:
        """Queue an alert; returns its id."""
        item = self.production.show_alert(content_type, **options)
        assert item
        return item.id

    def happens(self, kind: str, /, **fields: Any) -> bool:
        return self.production.take(read_event({"type": kind, **fields}, self.wall))

    def on(self, layer: Layer = Layer.FOREGROUND) -> str | None:
        """Return the id of what a layer shows."""
        content = self.production.layers.content(layer)
        return content.id if content else None

    def type_on(self, layer: Layer) -> str | None:
        content = self.production.layers.content(layer)
        return content.type if content else None

    @property
    def states(self) -> tuple[LayerState, ...]:
        return tuple(self.production.layers.state(layer) for layer in Layer)

    @property
    def waiting(self) -> list[str]:
        return [item.id for item in self.production.queue]

    def said_of[E](self, kind: Callable[..., E]) -> list[E]:
        return [event for event in self.said if type(event) is kind]
