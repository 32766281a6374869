"""The cards' module among those that Home Assistant's pages load."""

from typing import override

from homeassistant.components.frontend import (
    DOMAIN as FRONTEND,
    add_extra_js_url,
    remove_extra_js_url,
)
from homeassistant.core import HomeAssistant

from ...hub.hub import Hub
from ...hub.manager import Manager
from .files import ENTRY


class FrontendManager(Manager):
    """Lets pages load the cards, in storage and in YAML mode, with nothing left in the user's resources."""

    def __init__(self, hub: Hub) -> None:
        """Register nothing yet."""
        self._hass = hub.hass

    @override
    async def async_load(self) -> None:
        """Register the module; Home Assistant may run without its frontend.

        It stays while the hub is reloaded or switched off: a page gets no module that comes
        after it, and the cards say themselves that there is no hub.
        """
        if FRONTEND in self._hass.config.components:
            add_extra_js_url(self._hass, ENTRY)


async def async_remove_cards(hass: HomeAssistant) -> None:
    """Let pages that are opened from now on load nothing of ours."""
    if FRONTEND in hass.config.components:
        remove_extra_js_url(hass, ENTRY)
