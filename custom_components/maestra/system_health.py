"""What Settings, System, Repairs shows of Maestra's health."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .hub.current import find_hub
from .hub.manager import Shown
from .hub.texts import localized


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Say who answers."""
    register.async_register_info(
        async_health_info, f"/config/integrations/integration/{DOMAIN}"
    )


async def async_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return counts; nothing while the hub is not loaded."""
    hub = find_hub(hass)
    found: dict[str, Any] = {}
    for manager in hub.managers.values() if hub else ():
        found |= manager.health()
    return {
        name: _words(hass, fact) if isinstance(fact, Shown) else fact
        for name, fact in found.items()
    }


def _words(hass: HomeAssistant, fact: Shown) -> str:
    """Return a state in the words of its sensor; the page shows what it is given."""
    return localized(
        hass, "entity", f"sensor.{fact.sensor}.state.{fact.value}", fact.value
    )
