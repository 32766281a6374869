"""Controllers as they are known: wired by people, or only heard."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from ...domain.telemetry import F2Reading
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
