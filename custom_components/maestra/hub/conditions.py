"""What all of Maestra's conditions have in common."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Final, Unpack, cast, override

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

from ..const import DOMAIN, TargetKind
from ..core.domain.errors import MaestraError
from .current import find_hub
from .hub import Hub
from .targets import check_target, target_ids

BEHAVIOR_FIELD: Final[VolDictType] = {
    probatio.Optional(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): probatio.In(
        [BEHAVIOR_ANY, BEHAVIOR_ALL]
    )
}


def schema(options: VolDictType) -> probatio.Schema:
    """Return the schema of a condition that has a target, a behavior and these options."""
    return probatio.Schema(
        {
            probatio.Optional(CONF_TARGET): cv.TARGET_FIELDS,
            probatio.Required(CONF_OPTIONS, default=dict): {
                **BEHAVIOR_FIELD,
                **options,
            },
        }
    )


class MaestraCondition(Condition):
    """A question about one or several things: whether it holds for any, or for all, of them.

    `fits` is what may be targeted, as in conditions.yaml.
    """

    _schema: ClassVar[probatio.Schema]
    fits: ClassVar[TargetKind] = TargetKind(0)

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate options and target; raises Invalid, ServiceValidationError."""
        checked = cast(ConfigType, cls._schema(config))
        check_target(hass, checked.get(CONF_TARGET) or {}, cls.fits)
        return checked

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep the question."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._target = config.target or {}

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Answer; False while Maestra does not run, ConditionError when what is named is not known."""
        if (hub := find_hub(self._hass)) is None:
            return False
        try:
            answers = list(self._answers(hub, target_ids(self._hass, self._target)))
        except MaestraError as error:
            raise ConditionErrorMessage(DOMAIN, str(error)) from error
        if self._options[ATTR_BEHAVIOR] == BEHAVIOR_ALL:
            return bool(answers) and all(answers)
        return any(answers)

    @abstractmethod
    def _answers(self, hub: Hub, targeted: set[str]) -> Iterable[bool]:
        """Answer for each thing that is named or targeted; raises MaestraError."""
