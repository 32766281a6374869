"""The names of cards: those of Home Assistant's tags, which their hashes are the ids of."""

from typing import Final

from homeassistant.components import tag
from homeassistant.components.tag.const import DOMAIN as TAG
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

# So much of a hash tells the cards of a house apart.
SHORT: Final = 6


def usual_name(credential_hash: str) -> str:
    """Return what a card is called as long as nobody gives it a name."""
    return f"Card {credential_hash[:SHORT]}"


def card_name(hass: HomeAssistant, credential_hash: str | None) -> str | None:
    """Return what a card is called; None where there is none."""
    if credential_hash is None:
        return None
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(TAG, TAG, credential_hash)
    entry = registry.async_get(entity_id) if entity_id else None
    return (entry and entry.name) or usual_name(credential_hash)


async def async_scan_card(
    hass: HomeAssistant, credential_hash: str, device_id: str | None
) -> None:
    """Let Home Assistant know that a card was read; a new one gets a name that people can read."""
    registry = er.async_get(hass)
    if registry.async_get_entity_id(TAG, TAG, credential_hash) is None:
        name = usual_name(credential_hash)
        entry = registry.async_get_or_create(
            TAG, TAG, credential_hash, object_id_base=name, original_name=name
        )
        registry.async_update_entity(entry.entity_id, name=name)
    await tag.async_scan_tag(hass, credential_hash, device_id)
