"""What Home Assistant targets stand for in Maestra."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)

from ..const import DOMAIN
from ..core.bus import Unsubscribe, get_logger, together
from ..core.domain import Domain
from ..core.domain.device import Device
from ..core.domain.entity import Entity

_LOGGER = get_logger(__name__)

# One slug, name or hardware id, or several: how they are written in actions, triggers and conditions.
NAMES: Final = probatio.All(probatio.EnsureList(), [cv.string])

TARGET_KEYS = (
    ATTR_ENTITY_ID,
    ATTR_DEVICE_ID,
    ATTR_AREA_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
)


def target_ids(
    hass: HomeAssistant, target: Mapping[str, Any], *, log_missing: bool = False
) -> set[str]:
    """Return the Maestra ids behind the devices and entities that a target selects.

    Entity types and device groups are labels. What is not of Maestra is left out;
    `log_missing` warns of what Home Assistant does not know at all.
    """
    selection = TargetSelection(
        {key: target[key] for key in TARGET_KEYS if key in target}
    )
    selected = async_extract_referenced_entity_ids(
        hass, selection, primary_entities_only=False
    )
    entities, devices = er.async_get(hass), dr.async_get(hass)
    device_ids = set(selected.referenced_devices)
    missing = set()
    for entity_id in selected.referenced | selected.indirectly_referenced:
        registered = entities.async_get(entity_id)
        if registered and registered.device_id:
            device_ids.add(registered.device_id)
        elif registered is None and hass.states.get(entity_id) is None:
            missing.add(entity_id)
    if log_missing:
        selected.log_missing(missing, _LOGGER)
    return {
        identifier[1]
        for device_id in device_ids
        if (device := devices.async_get(device_id))
        for identifier in device.identifiers
        if identifier[0] == DOMAIN
    }


def find_entities(
    domain: Domain, slugs: Iterable[str], ids: Iterable[str]
) -> list[Entity]:
    """Return the entities named by slug or id, then those of `ids` that are entities, each once.

    Raises UnknownEntity for a slug that is not known.
    """
    targeted = [entity for key in ids if (entity := domain.entities.get(key))]
    targeted.sort(key=lambda entity: entity.slug)
    return list(dict.fromkeys([*(domain.entities[slug] for slug in slugs), *targeted]))


def find_devices(
    domain: Domain, keys: Iterable[str], ids: Iterable[str], groups: Iterable[str] = ()
) -> list[Device]:
    """Return the devices named by id or hardware id, the groups' members, and those of `ids` that are devices.

    Raises UnknownDevice, UnknownGroup.
    """
    members = [member for group in groups for member in domain.groups[group].members]
    targeted = [
        device for key in (*members, *ids) if (device := domain.devices.get(key))
    ]
    targeted.sort(key=lambda device: device.hardware_id)
    return list(dict.fromkeys([*(domain.devices[key] for key in keys), *targeted]))


class TargetWatch:
    """The Maestra ids of a target, found anew after Home Assistant's registries have changed."""

    def __init__(self, hass: HomeAssistant, target: Mapping[str, Any]) -> None:
        """Find nothing yet."""
        self._hass = hass
        self._target = target
        self._ids: set[str] | None = None

    def __contains__(self, key: object) -> bool:
        """Whether the target selects this Maestra id."""
        if self._ids is None:
            self._ids = target_ids(self._hass, self._target)
        return key in self._ids

    @callback
    def start(self) -> Unsubscribe:
        """Follow the registries until the returned function is called."""
        listen = self._hass.bus.async_listen
        return together(
            listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._forget),
            listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._forget),
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._forget),
        )

    @callback
    def _forget(self, _event: Event[Any]) -> None:
        self._ids = None


def registered_device_id(hass: HomeAssistant, entry_id: str, key: str) -> str | None:
    """Return the id of the Home Assistant device of a Maestra entity or device, None where it has none."""
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, key), entry_id)
    return device.id if device else None
