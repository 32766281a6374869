"""Our texts in Home Assistant's own language, for what it keeps or hands on as it is told."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN


@callback
def localized(hass: HomeAssistant, category: str, key: str, otherwise: str) -> str:
    """Return the text of a key within a category of the translations, or something else where there is none."""
    texts = async_get_cached_translations(hass, hass.config.language, category, DOMAIN)
    return texts.get(f"component.{DOMAIN}.{category}.{key}", otherwise)
