"""The triggers that features have."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.trigger import Trigger

from . import features
from .hub.registry import registry_of


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return registry_of(features.FEATURES).triggers
