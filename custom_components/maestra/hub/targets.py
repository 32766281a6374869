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
    Platform,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
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

from ..const import DOMAIN, TargetKind
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
# What is named one by one; areas, floors and labels hold much else besides.
_NAMED: Final = (ATTR_ENTITY_ID, ATTR_DEVICE_ID)
# Their features are Home Assistant's own.
_KINDS: Final = {
    Platform.CAMERA: TargetKind.OTHER,
    Platform.LIGHT: TargetKind.ENTITY,
    Platform.LOCK: TargetKind.OTHER,
    Platform.SIREN: TargetKind.OTHER,
    Platform.UPDATE: TargetKind.OTHER,
}


def check_target(
    hass: HomeAssistant, target: Mapping[str, Any], fits: TargetKind
) -> None:
    """Refuse an entity or device that is named, and behind which is nothing of these kinds; raises ServiceValidationError.

    What Home Assistant does not know, or not yet, may still come.
    """
    registry = er.async_get(hass)
    for key, name in named_targets(target):
        if key == ATTR_DEVICE_ID:
            device = dr.async_get(hass).async_get(name)
            entries = er.async_entries_for_device(
                registry, name, include_disabled_entities=True
            )
            kinds = [_kind_of(entry) for entry in entries]
            if device is None or (not kinds and _ids_of(device)):
                continue
        else:
            kinds = _kinds_of(hass, name)
            if not kinds:
                continue
        if not any(kind & fits for kind in kinds):
            raise wrong_target(hass, key, name)


def named_targets(target: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Return the entities and devices that a target names one by one, each with its key."""
    for key in _NAMED:
        names = target.get(key) or ()
        for name in [names] if isinstance(names, str) else names:
            yield key, name


def is_known_target(hass: HomeAssistant, key: str, name: str) -> bool:
    """Whether Home Assistant has this entity or device at all."""
    if key == ATTR_DEVICE_ID:
        return dr.async_get(hass).async_get(name) is not None
    return hass.states.get(name) is not None or (
        er.async_get(hass).async_get(name) is not None
    )


def wrong_target(hass: HomeAssistant, key: str, name: str) -> ServiceValidationError:
    """Return the translated error for an entity or device that something does not fit."""
    if key == ATTR_DEVICE_ID and (device := dr.async_get(hass).async_get(name)):
        name = device.name_by_user or device.name or name
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="wrong_target",
        translation_placeholders={"target": name},
    )


def _kinds_of(hass: HomeAssistant, entity_id: str) -> list[TargetKind]:
    """Return what stands behind an entity, or behind those of a group; nothing for one that is not known."""
    selected = async_extract_referenced_entity_ids(
        hass, TargetSelection({ATTR_ENTITY_ID: [entity_id]})
    )
    registry = er.async_get(hass)
    found = []
    for member in selected.referenced:
        if entry := registry.async_get(member):
            found.append(_kind_of(entry))
        elif hass.states.get(member):
            found.append(TargetKind(0))
    return found


def _kind_of(entry: er.RegistryEntry) -> TargetKind:
    if entry.platform != DOMAIN:
        return TargetKind(0)
    # An entity that was registered before it had features may be anything.
    usual = TargetKind(entry.supported_features) or ~TargetKind(0)
    return _KINDS.get(Platform(entry.domain), usual)


def _ids_of(device: dr.AnyDeviceEntry) -> set[str]:
    return {
        identifier[1] for identifier in device.identifiers if identifier[0] == DOMAIN
    }


def owner_of(hass: HomeAssistant, name: str) -> str:
    """Return the Maestra id of a Home Assistant device, anything else as it is.

    So a form may offer devices where YAML names things in Maestra's own words.
    """
    device = dr.async_get(hass).async_get(name)
    return next(iter(_ids_of(device)), name) if device else name


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
        id_
        for device_id in device_ids
        if (device := devices.async_get(device_id))
        for id_ in _ids_of(device)
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
        self._is_everything = False

    def __contains__(self, key: object) -> bool:
        """Whether the target selects this Maestra id; the hub stands for every one."""
        if self._ids is None:
            self._ids = target_ids(self._hass, self._target)
            self._is_everything = any(
                entry.entry_id in self._ids
                for entry in self._hass.config_entries.async_entries(DOMAIN)
            )
        return self._is_everything or key in self._ids

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
