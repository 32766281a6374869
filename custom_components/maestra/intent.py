"""The intents that features have."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent

from . import features


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Register the intents; they answer clearly even where no entry is loaded."""
    for feature in features.FEATURES:
        for handler in feature.intents:
            intent.async_register(hass, handler)
