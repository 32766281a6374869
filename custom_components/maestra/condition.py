"""The conditions that features have."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import Condition

from . import features
from .hub.registry import registry_of


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by name."""
    return registry_of(features.FEATURES).conditions
