"""Turning on and off what belongs to others, as scenes and automations."""

import asyncio
from typing import Final

from homeassistant.const import ATTR_ENTITY_ID, SERVICE_TURN_OFF, SERVICE_TURN_ON
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, HomeAssistant

TURN_ON_TIMEOUT: Final = 60.0
"""Seconds that others may take."""


async def async_turn(
    hass: HomeAssistant, entity_id: str, *, on: bool = True
) -> str | None:
    """Turn an entity on or off; returns why that failed, None where it did not. What others raise is no failure of ours."""
    try:
        async with asyncio.timeout(TURN_ON_TIMEOUT):
            await hass.services.async_call(
                HOMEASSISTANT_DOMAIN,
                SERVICE_TURN_ON if on else SERVICE_TURN_OFF,
                {ATTR_ENTITY_ID: entity_id},
                blocking=True,
            )
    except Exception as error:  # noqa: BLE001  any integration's own
        return str(error) or type(error).__name__
    return None
