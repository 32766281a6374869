"""A card that asks for history."""

from collections.abc import Awaitable, Callable
from typing import Any

from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

type Ask = Callable[..., Awaitable[Any]]
"""Sends a command with its series; returns the series of the answer, or the error."""


async def card(hass: HomeAssistant, connect: WebSocketGenerator) -> Ask:
    """Return a connected card."""
    await async_setup_component(hass, DOMAIN, {})
    client = await connect(hass)

    async def ask(command: str, *series: Any, **data: Any) -> Any:
        await client.send_json_auto_id(
            {"type": f"{DOMAIN}/{command}", "series": list(series), **data}
        )
        message = await client.receive_json()
        return message["result"]["series"] if message["success"] else message["error"]

    return ask
