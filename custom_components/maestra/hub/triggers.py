"""What all of Maestra's triggers have in common."""

from abc import abstractmethod
from collections.abc import Callable, Container
from typing import Any, ClassVar, cast, override

import probatio

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType, VolDictType

from ..core.bus import Unsubscribe
from .current import async_follow_hub
from .hub import Hub
from .targets import TargetWatch

# Starts the action with these variables; the text says what happened.
type Run = Callable[[dict[str, Any], str], object]


def schema(options: VolDictType) -> probatio.Schema:
    """Return the schema of a trigger that has a target and these options."""
    return probatio.Schema(
        {
            probatio.Optional(CONF_TARGET): cv.TARGET_FIELDS,
            probatio.Required(CONF_OPTIONS, default=dict): options,
        }
    )


def untargeted_schema(options: VolDictType) -> probatio.Schema:
    """Return the schema of a trigger on what has no place in Home Assistant that could be targeted."""
    return probatio.Schema({probatio.Required(CONF_OPTIONS, default=dict): options})


class MaestraTrigger(Trigger):
    """A trigger on events of the domain, through every reload of the integration.

    Options and target are filters: what is left out matches everything.
    """

    _schema: ClassVar[probatio.Schema]

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate options and target."""
        return cast(ConfigType, cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep the filters."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._watch = TargetWatch(hass, config.target) if config.target else None
        self._target: Container[str] = self._watch or frozenset()

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action for everything that matches until the returned function is called."""
        stop_following = async_follow_hub(
            self._hass, lambda hub: self._attach(hub, run_action)
        )
        stop_watching = self._watch.start() if self._watch else None

        @callback
        def detach() -> None:
            stop_following()
            if stop_watching is not None:
                stop_watching()

        return detach

    @abstractmethod
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        """Listen to a hub's domain."""
