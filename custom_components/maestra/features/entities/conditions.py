"""Conditions on devices and entities."""

from collections.abc import Iterable
from typing import Any, Final, override

import probatio

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import Condition
from homeassistant.helpers.typing import ConfigType

from ...const import TargetKind
from ...core.domain.json_values import contains, value_at
from ...hub.actions import JSON_OBJECT, json_value
from ...hub.conditions import BEHAVIOR_FIELD, MaestraCondition
from ...hub.hub import Hub
from ...hub.targets import NAMES, find_devices, find_entities
from ...hub.values import BOUNDS_FIELDS, Bounds
from .online import is_device_online, is_entity_online

CONF_DEVICE: Final = "device"
CONF_KEY: Final = "key"
CONF_SLUG: Final = "slug"
CONF_STATE: Final = "state"
CONF_VALUE: Final = "value"


def _something_named(config: ConfigType) -> ConfigType:
    """Require that a condition asks about something."""
    options = config[CONF_OPTIONS]
    if not (
        config.get(CONF_TARGET) or options.get(CONF_SLUG) or options.get(CONF_DEVICE)
    ):
        raise probatio.Invalid("a target, a slug or a device is needed")
    return config


def _something_wanted(options: ConfigType) -> ConfigType:
    """Require a state to compare with: an object, or a key with its value or bounds."""
    is_limited = CONF_VALUE in options or bool(Bounds.of(options))
    has_key = CONF_KEY in options
    if has_key is not is_limited or has_key is (CONF_STATE in options):
        raise probatio.Invalid("either state, or key and value or bounds are needed")
    return options


def _schema(options: Any) -> probatio.Schema:
    return probatio.Schema(
        probatio.All(
            {
                probatio.Optional(CONF_TARGET): cv.TARGET_FIELDS,
                probatio.Required(CONF_OPTIONS, default=dict): options,
            },
            _something_named,
        )
    )


class IsOnline(MaestraCondition):
    """Whether devices, and what stands behind entities, can be reached."""

    fits = TargetKind.ENTITY | TargetKind.DEVICE
    _schema = _schema(
        {
            **BEHAVIOR_FIELD,
            probatio.Optional(CONF_DEVICE, default=list): NAMES,
            probatio.Optional(CONF_SLUG, default=list): NAMES,
        }
    )

    @override
    def _answers(self, hub: Hub, targeted: set[str]) -> Iterable[bool]:
        domain, options = hub.domain, self._options
        for device in find_devices(domain, options[CONF_DEVICE], targeted):
            yield is_device_online(hub, device)
        for entity in find_entities(domain, options[CONF_SLUG], targeted):
            yield is_entity_online(hub, entity)


class IsState(MaestraCondition):
    """Whether entities have certain values in their state."""

    fits = TargetKind.ENTITY
    _schema = _schema(
        probatio.All(
            {
                **BEHAVIOR_FIELD,
                probatio.Optional(CONF_SLUG, default=list): NAMES,
                probatio.Optional(CONF_STATE): JSON_OBJECT,
                probatio.Optional(CONF_KEY): cv.string,
                probatio.Optional(CONF_VALUE): json_value,
                **BOUNDS_FIELDS,
            },
            _something_wanted,
        )
    )

    @override
    def _answers(self, hub: Hub, targeted: set[str]) -> Iterable[bool]:
        options, bounds = self._options, Bounds.of(self._options)
        for entity in find_entities(hub.domain, options[CONF_SLUG], targeted):
            if CONF_STATE in options:
                yield contains(entity.state, options[CONF_STATE])
            else:
                found = value_at(entity.state, options[CONF_KEY])
                yield found in bounds and (
                    CONF_VALUE not in options or contains(found, options[CONF_VALUE])
                )


ENTITY_CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_online": IsOnline,
    "is_state": IsState,
}
