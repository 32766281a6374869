"""What the logbook says of events: their types in the user's words, and what is known of them."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.event import ATTR_EVENT_TYPE
from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, callback

from .const import ATTR_DETAIL, ATTR_TEXTS, DOMAIN, EVENT_HAPPENED
from .hub.labels import humanize
from .hub.texts import localized


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[
        [str, str, Callable[[Event[Any]], dict[str, Any]]], None
    ],
) -> None:
    """Describe what is on the bus for the logbook."""

    @callback
    def describe(event: Event[Any]) -> dict[str, Any]:
        data = event.data
        entity_id, kind = data[ATTR_ENTITY_ID], data[ATTR_EVENT_TYPE]
        state = hass.states.get(entity_id)
        word = localized(
            hass,
            "entity",
            f"event.{data[ATTR_TEXTS]}.state_attributes.event_type.state.{kind}",
            humanize(kind),
        )
        detail = data[ATTR_DETAIL]
        return {
            LOGBOOK_ENTRY_ENTITY_ID: entity_id,
            LOGBOOK_ENTRY_NAME: state.name if state else entity_id,
            LOGBOOK_ENTRY_MESSAGE: f"{word}: {detail}" if detail else word,
        }

    async_describe_event(DOMAIN, EVENT_HAPPENED, describe)
