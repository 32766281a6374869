"""What is known of F2 controllers: how they are set up, and what was heard of them on all brokers together."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from ...core.domain.errors import MaestraError, NotConnected
from ...core.f2.fleet import Component, Controller
from ...core.f2.grammar import ComponentPath, Kind, UnknownF2Controller
from ...core.f2.numbers import Numbers
from ...core.f2.source import F2Source
from ...core.f2.templates import SensorTemplates
from ...hub.hub import Hub
from ...hub.links import Links
from .setup import F2Setup

# A sensor sends a frame every 30 seconds (f2.md §2).
SILENCE: Final = timedelta(seconds=90)


class F2Controllers:
    """Controllers by MAC, with the templates and numbers that all sources share."""

    def __init__(self, links: Links) -> None:
        """Know nothing yet."""
        self.templates = SensorTemplates()
        self.numbers = Numbers()
        self.setups: dict[str, F2Setup] = {}
        self._links = links
        self._begin = dt_util.utcnow()

    @property
    def sources(self) -> list[F2Source]:
        """The sources of all brokers that carry this dialect."""
        return self._links.dialects(F2Source)

    def source_of(self, mac: str) -> F2Source:
        """Return where a controller was heard last; raises UnknownF2Controller, NotConnected."""
        knowing = [source for source in self.sources if mac in source.controllers]
        if not knowing:
            if mac in self.setups:
                raise NotConnected(gateway="F2")
            raise UnknownF2Controller(controller=mac)
        long_ago = datetime.min.replace(tzinfo=UTC)
        return max(
            knowing, key=lambda each: each.controllers[mac].last_seen or long_ago
        )

    def controller(self, mac: str) -> Controller | None:
        """Return what is known of a controller; None as long as no broker is there to hear it on."""
        try:
            return self.source_of(mac).controllers[mac]
        except MaestraError:
            return None

    def component(self, mac: str, path: ComponentPath) -> Component | None:
        """Return what is known of a component."""
        controller = self.controller(mac)
        return controller.component(path) if controller else None

    def unknown(self) -> Mapping[str, Controller]:
        """Return the controllers that were heard and that nobody has set up, by MAC."""
        return {
            mac: controller
            for source in self.sources
            for mac, controller in source.controllers.items()
            if mac not in self.setups
        }

    def is_reachable(self, mac: str) -> bool:
        """Whether the broker that a controller is on is there."""
        try:
            link_id = self.source_of(mac).key
        except MaestraError:
            return False
        return self._links.is_reachable(link_id)

    def is_heard(self, mac: str) -> bool | None:
        """Whether a controller speaks. Only a sensor's silence tells something: without one it does, or nobody knows."""
        controller = self.controller(mac)
        heard_at = controller.last_seen if controller else None
        kinds = {wired.path.kind for wired in self.setups[mac].wiring}
        if Kind.SENSOR in kinds and self.is_silent(heard_at):
            return False
        return None if heard_at is None else True

    def is_online(self, mac: str) -> bool | None:
        """Whether a controller is there. Without a sensor, silence says nothing: then it is, once it was heard."""
        return self.is_heard(mac) if self.is_reachable(mac) else False

    def is_silent(self, heard_at: datetime | None) -> bool:
        """Whether a sensor that was last heard at this time should have been heard again."""
        return dt_util.utcnow() - max(heard_at or self._begin, self._begin) > SILENCE


def controllers_of(hub: Hub) -> F2Controllers:
    """Return what is known of controllers; the manager provides it as long as the hub is loaded."""
    controllers = hub.service(F2Controllers)
    assert controllers is not None
    return controllers
