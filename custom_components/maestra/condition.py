"""Conditions on devices, entities and streams. Home Assistant's condition interface, which still moves, is used here only."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Final, Unpack, cast, override

import probatio

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConditionErrorMessage
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType, VolDictType

from .actions.action import JSON_OBJECT, json_value
from .const import DOMAIN
from .current import find_runtime
from .domain.device import Device
from .domain.dotted import contains, value_at
from .domain.entity import Entity
from .domain.errors import MaestraError
from .domain.stream import Stream
from .runtime import MaestraRuntime
from .stream_triggers import CONF_NAME, CONF_PUBLISHER, CONF_STREAM_TYPE, STREAM_OPTIONS
from .targets import NAMES, find_devices, find_entities, target_ids

CONF_DEVICE: Final = "device"
CONF_KEY: Final = "key"
CONF_SLUG: Final = "slug"
CONF_STATE: Final = "state"
CONF_VALUE: Final = "value"

_BEHAVIOR: Final[VolDictType] = {
    probatio.Optional(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): probatio.In(
        [BEHAVIOR_ANY, BEHAVIOR_ALL]
    )
}


def _something_named(config: ConfigType) -> ConfigType:
    """Require that a condition asks about something."""
    options = config[CONF_OPTIONS]
    if not (
        config.get(CONF_TARGET) or options.get(CONF_SLUG) or options.get(CONF_DEVICE)
    ):
        raise probatio.Invalid("a target, a slug or a device is needed")
    return config


def _something_wanted(options: ConfigType) -> ConfigType:
    """Require a state to compare with: an object, or a key and its value."""
    is_pair = CONF_KEY in options and CONF_VALUE in options
    if is_pair is (CONF_STATE in options) or (CONF_KEY in options) is not (
        CONF_VALUE in options
    ):
        raise probatio.Invalid("either state, or key and value are needed")
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


class MaestraCondition(Condition):
    """A question about one or several things: whether it holds for any, or for all, of them."""

    _schema: ClassVar[probatio.Schema]

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate options and target."""
        return cast(ConfigType, cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep the question."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._target = config.target or {}

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Answer; False while Maestra does not run, ConditionError when what is named is not known."""
        if (runtime := find_runtime(self._hass)) is None:
            return False
        try:
            answers = list(self._answers(runtime, target_ids(self._hass, self._target)))
        except MaestraError as error:
            raise ConditionErrorMessage(DOMAIN, str(error)) from error
        if self._options[ATTR_BEHAVIOR] == BEHAVIOR_ALL:
            return bool(answers) and all(answers)
        return any(answers)

    @abstractmethod
    def _answers(self, runtime: MaestraRuntime, targeted: set[str]) -> Iterable[bool]:
        """Answer for each thing that is named or targeted; raises MaestraError."""


class IsOnline(MaestraCondition):
    """Whether devices, and what stands behind entities, can be reached."""

    _schema = _schema(
        {
            **_BEHAVIOR,
            probatio.Optional(CONF_DEVICE, default=list): NAMES,
            probatio.Optional(CONF_SLUG, default=list): NAMES,
        }
    )

    @override
    def _answers(self, runtime: MaestraRuntime, targeted: set[str]) -> Iterable[bool]:
        domain, options = runtime.domain, self._options
        for device in find_devices(domain, options[CONF_DEVICE], targeted):
            yield _is_device_online(runtime, device)
        for entity in find_entities(domain, options[CONF_SLUG], targeted):
            yield _is_entity_online(runtime, entity)


class IsState(MaestraCondition):
    """Whether entities have certain values in their state."""

    _schema = _schema(
        probatio.All(
            {
                **_BEHAVIOR,
                probatio.Optional(CONF_SLUG, default=list): NAMES,
                probatio.Optional(CONF_STATE): JSON_OBJECT,
                probatio.Optional(CONF_KEY): cv.string,
                probatio.Optional(CONF_VALUE): json_value,
            },
            _something_wanted,
        )
    )

    @override
    def _answers(self, runtime: MaestraRuntime, targeted: set[str]) -> Iterable[bool]:
        options = self._options
        for entity in find_entities(runtime.domain, options[CONF_SLUG], targeted):
            if CONF_STATE in options:
                yield contains(entity.state, options[CONF_STATE])
            else:
                found = value_at(entity.state, options[CONF_KEY])
                yield contains(found, options[CONF_VALUE])


def _is_device_online(runtime: MaestraRuntime, device: Device) -> bool:
    return device.is_online and runtime.is_reachable(device.gateway)


def _is_entity_online(runtime: MaestraRuntime, entity: Entity) -> bool:
    device = runtime.device_of(entity)
    return (device is None or device.is_online) and runtime.is_reachable(entity.gateway)


class IsStreamActive(MaestraCondition):
    """Whether streams are advertised: those that are named, or all that are there or have been."""

    # A stream that is named need not be known: what has never come is not there.
    _schema = probatio.Schema(
        {
            probatio.Required(CONF_OPTIONS, default=dict): {
                **_BEHAVIOR,
                **STREAM_OPTIONS,
            }
        }
    )

    @override
    def _answers(self, runtime: MaestraRuntime, targeted: set[str]) -> Iterable[bool]:
        active = {it.name for it in runtime.domain.streams if self._matches(it)}
        if names := self._options[CONF_NAME]:
            return [name in active for name in names]
        ended = [
            view
            for view in runtime.streams
            if not view.is_active and self._matches(view.stream)
        ]
        return [*(True for _ in active), *(False for _ in ended)]

    def _matches(self, stream: Stream) -> bool:
        types, publishers = (
            self._options[option] for option in (CONF_STREAM_TYPE, CONF_PUBLISHER)
        )
        return (not types or stream.stream_type in types) and (
            not publishers or stream.publisher_id in publishers
        )


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_online": IsOnline,
    "is_state": IsState,
    "is_stream_active": IsStreamActive,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return CONDITIONS
