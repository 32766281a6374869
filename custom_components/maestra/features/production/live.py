"""Productions for cards: the queue, the layers, the show."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from homeassistant.auth.models import User

from ...core.bus import Unsubscribe, together
from ...core.domain.json_values import JsonObject
from ...core.production.events import LayerChanged, ProductionChanged
from ...core.production.layers import Layer
from ...hub.hub import Hub
from ...hub.live import Live, live_command
from ...hub.permissions import Needs, may
from .manager import ProductionManager


class LiveProductions:
    """The productions by id."""

    def __init__(self, hub: Hub, user: User, _msg: dict[str, Any]) -> None:
        """Know what the user may do."""
        self._hub = hub
        self._manager = hub.manager(ProductionManager)
        self._can_control = may(user, Needs.CONTROL)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids."""
        return (production.id for production in self._manager)

    def show(self, key: str) -> JsonObject | None:
        """Return a production with its queue, the most important first, and what its layers show."""
        if (production := self._manager.get(key)) is None:
            return None
        return {
            "id": key,
            "name": self._manager.name_of(production),
            "device_id": self._hub.devices.id_of(key),
            "is_live": production.is_live,
            "is_paused": production.queue.is_paused,
            "show": production.show.key,
            "shows": [
                {"key": show.key, "name": show.name}
                for show in production.settings.shows.values()
            ],
            "takeover": production.takeover.id if production.takeover else None,
            "queue": [item.to_wire() for item in production.queue],
            "layers": {layer: production.layer_to_wire(layer) for layer in Layer},
            "timeline": [*production.timeline],
            "can_control": self._can_control,
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with each production that is not as it was."""
        bus = self._hub.domain.bus

        def is_other(event: ProductionChanged | LayerChanged) -> None:
            changed(event.production)

        return together(
            bus.subscribe(ProductionChanged, is_other),
            bus.subscribe(LayerChanged, is_other),
        )


PRODUCTION_COMMANDS: Final = (
    live_command(Live(command="productions", needs=Needs.READ, view=LiveProductions)),
)
"""WebSocket commands."""
