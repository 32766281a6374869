"""The whole hierarchy for cards: each entity with its latest values, and which of them a path pattern means."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import probatio

from homeassistant.auth.models import User
from homeassistant.components.websocket_api.decorators import (
    async_response,
    websocket_command,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv

from ...const import DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain.entity import Entity
from ...core.domain.events import (
    EntityCreated,
    EntityDeleted,
    EntityUpdated,
    StateChanged,
)
from ...core.domain.hierarchy import matching
from ...core.domain.json_values import JsonObject
from ...core.domain.variables import Variable, VariableType, is_number
from ...hub.current import get_hub
from ...hub.hub import Hub
from ...hub.live import Live, live_command
from ...hub.permissions import Needs
from ...hub.websocket_api import answered
from .live import can_set, head, place
from .online import is_entity_online

PATH: Final = "path"
INTERVAL: Final = 0.25
"""Seconds between two pushes: they may be of thousands of entities."""
LONGEST_TEXT: Final = 80
"""Characters of a text that a row of the tree has room for."""
_VECTORS: Final = (VariableType.VECTOR2, VariableType.VECTOR3)

type Occurrence = EntityCreated | EntityUpdated | EntityDeleted | StateChanged


class LiveTree:
    """All entities by slug, with what fits into a row: what one needs to set them is told of one by one."""

    def __init__(self, hub: Hub, user: User, _msg: dict[str, Any]) -> None:
        """Know what the user may set."""
        self._hub = hub
        self._user = user

    def __iter__(self) -> Iterator[str]:
        """Iterate over the slugs."""
        return (entity.slug for entity in self._hub.domain.entities)

    def show(self, key: str) -> JsonObject | None:
        """Return an entity with its place and its values."""
        hub, entity = self._hub, self._hub.domain.entities.get(key)
        if entity is None or entity.slug != key:
            return None
        return {
            **place(hub, entity),
            "parent": entity.parent.slug if entity.parent else None,
            "type": entity.type.name,
            "is_online": is_entity_online(hub, entity),
            "can_set": can_set(hub, self._user, entity),
            "values": [
                _value(entity, variable) for variable in entity.variables.values()
            ],
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with each entity whose place or state is another."""
        hub = self._hub

        def entity_changed(event: Occurrence) -> None:
            changed(event.entity.slug)

        def all_changed() -> None:
            for slug in self:
                changed(slug)

        return together(
            hub.domain.bus.subscribe(EntityCreated, entity_changed),
            hub.domain.bus.subscribe(EntityUpdated, entity_changed),
            hub.domain.bus.subscribe(EntityDeleted, entity_changed),
            hub.domain.bus.subscribe(StateChanged, entity_changed),
            hub.links.follow(all_changed),
        )


def _value(entity: Entity, variable: Variable) -> JsonObject:
    """Return a variable's value, short; of what has many parts only how many."""
    value = entity.state.get(variable.name)
    shown = head(variable, value)
    if isinstance(value, str):
        return {**shown, "value": value[:LONGEST_TEXT]}
    if isinstance(value, dict) and variable.type in _VECTORS:
        axes: JsonObject = {
            axis: part for axis, part in value.items() if is_number(part)
        }
        return {**shown, "value": axes}
    if isinstance(value, list | dict):
        return {**shown, "value": None, "size": len(value)}
    return {**shown, "value": value}


@websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/find",
        probatio.Required(PATH): cv.string,
    }
)
@async_response
@answered(Needs.READ)
async def handle_find(hass: HomeAssistant, msg: dict[str, Any]) -> JsonObject:
    """Return the slugs of the entities whose path matches a pattern; raises InvalidField."""
    found = matching(msg[PATH], get_hub(hass).domain.entities)
    return {"slugs": [entity.slug for entity in found]}


TREE_COMMANDS: Final = (
    live_command(
        Live(command="tree", needs=Needs.READ, view=LiveTree, interval=INTERVAL)
    ),
    handle_find,
)
"""WebSocket commands."""
