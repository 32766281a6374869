"""The controllers of one broker and their components: those that people have set up, and those that were only heard."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from .events import F2Reading
from .grammar import ComponentPath, Kind
from .wiring import Wired, Wiring


@dataclass(slots=True, kw_only=True, eq=False)
class Component:
    """One component of a controller, and what it said last.

    `is_on` is the state of what has one: a powered strike, an active siren, a door sensor or button or motion
    sensor that is closed, as the device says it (None: not heard yet). `reading` is a sensor's latest.
    `wired` is None for what was only heard.
    """

    path: ComponentPath
    wired: Wired | None = None
    is_on: bool | None = None
    changed_at: datetime | None = None
    """When `is_on` came to what it is, by our clock."""
    heard_at: datetime | None = None
    """When it last said anything, by our clock."""
    reading: F2Reading | None = None

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.path.kind

    @property
    def name(self) -> str:
        """What people call it; empty where they have not said."""
        return self.wired.name if self.wired else ""

    @property
    def template(self) -> str | None:
        """The id of a sensor's template."""
        return self.wired.template if self.wired else None


@dataclass(slots=True, kw_only=True, eq=False)
class Controller:
    """One F2 controller.

    `mac` is twelve lower-case digits. `zone` is that of its clock, None for the usual one. `is_known` says that
    somebody has set it up; else it was only heard. `components` are those of the wiring, and those that were heard,
    by their path as text (`J1/strike-1`). `drift` is how many seconds its clock is behind ours.
    """

    mac: str
    name: str = ""
    zone: tzinfo | None = None
    wiring: Wiring = field(default_factory=Wiring)
    is_known: bool = False
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    drift: float | None = None
    components: dict[str, Component] = field(default_factory=dict)

    @property
    def client(self) -> str:
        """How it calls itself: `f2-` and the MAC."""
        return f"f2-{self.mac}"

    def component(self, path: ComponentPath) -> Component | None:
        """Return one of its components, or None."""
        return self.components.get(str(path))


class Fleet:
    """Controllers by MAC. `on_discovered` and `on_changed` are told the MAC of one that is new, or another."""

    def __init__(
        self,
        max_discovered: int,
        on_discovered: Callable[[str], None],
        on_changed: Callable[[str], None],
    ) -> None:
        """Start empty; at most `max_discovered` of them are ones that nobody has set up."""
        self.controllers: dict[str, Controller] = {}
        self.forgotten = 0
        """How many that nobody has set up went to make room."""
        self._max_discovered = max_discovered
        self._on_discovered = on_discovered
        self._on_changed = on_changed

    def hear(self, mac: str, now: datetime) -> Controller:
        """Return who speaks, be it known or not."""
        controller = self.controllers.get(mac)
        if controller is None:
            self._make_room()
            controller = self.controllers[mac] = Controller(mac=mac, first_seen=now)
            self._on_discovered(mac)
        controller.first_seen = controller.first_seen or now
        controller.last_seen = now
        return controller

    def hear_component(
        self, controller: Controller, path: ComponentPath, now: datetime
    ) -> Component:
        """Return what of a controller speaks; what nobody has wired is inferred from that it does."""
        component = controller.component(path)
        if component is None:
            component = controller.components[str(path)] = Component(path=path)
            self._on_changed(controller.mac)
        component.heard_at = now
        return component

    def set_wiring(
        self, mac: str, wiring: Wiring, name: str, zone: tzinfo | None
    ) -> Controller:
        """Set a controller up, or anew. What was heard of its components stays."""
        controller = self.controllers.setdefault(mac, Controller(mac=mac))
        controller.name, controller.zone, controller.wiring = name, zone, wiring
        controller.is_known = True
        heard = controller.components
        controller.components = {}
        for wired in wiring:
            key = str(wired.path)
            component = heard.pop(key, None) or Component(path=wired.path)
            component.wired = wired
            controller.components[key] = component
        for key, component in heard.items():
            component.wired = None
            if component.heard_at is not None:
                controller.components[key] = component
        self._on_changed(mac)
        return controller

    def forget(self, mac: str) -> None:
        """Know nothing more of a controller: one that still speaks is discovered again."""
        if self.controllers.pop(mac, None) is not None:
            self._on_changed(mac)

    def _make_room(self) -> None:
        unknown = [each for each in self.controllers.values() if not each.is_known]
        if len(unknown) < self._max_discovered:
            return
        # Each of them was heard: that is how it got here.
        silent = min(
            unknown,
            key=lambda each: each.last_seen.timestamp() if each.last_seen else 0,
        )
        del self.controllers[silent.mac]
        self.forgotten += 1
        self._on_changed(silent.mac)
