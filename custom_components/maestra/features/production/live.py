"""Productions for cards: the queue, the layers, the show."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import probatio

from homeassistant.auth.models import User
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.components.websocket_api.messages import event_message
from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain.json_values import JsonObject
from ...core.production.events import LayerChanged, ProductionChanged
from ...core.production.layers import Layer
from ...hub.current import async_follow_hub
from ...hub.hub import Hub
from ...hub.live import Live, live_command
from ...hub.permissions import Needs, check_user, may
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


@callback
@websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/stream_events",
        probatio.Required("production"): str,
    }
)
def follow_events(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Push `{"events": […]}`, flat and in their order, as they happen: those of 50 ms together, at most 100 at once.

    `{"events": null}` while the production is not there.
    """
    id_ = msg["id"]

    def send(events: list[JsonObject] | None) -> None:
        # Not when it is the card that goes.
        if id_ in connection.subscriptions:
            connection.send_message(event_message(id_, {"events": events}))

    @callback
    def attach(hub: Hub) -> Unsubscribe:
        feed = hub.manager(ProductionManager).feed(msg["production"])
        if feed is None or not may(connection.user, Needs.READ):
            send(None)
            return lambda: None
        stop = feed.follow(lambda batch: send([event.to_wire() for event in batch]))

        def detach() -> None:
            stop()
            send(None)

        return detach

    check_user(connection.user, Needs.READ)
    connection.send_result(id_)
    connection.subscriptions[id_] = lambda: None
    connection.subscriptions[id_] = async_follow_hub(hass, attach)


follow_events.needs = Needs.READ  # type: ignore[attr-defined]

PRODUCTION_COMMANDS: Final = (
    follow_events,
    live_command(Live(command="productions", needs=Needs.READ, view=LiveProductions)),
)
"""WebSocket commands."""
