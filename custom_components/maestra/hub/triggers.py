"""What all of Maestra's triggers have in common."""

from abc import abstractmethod
from collections.abc import Callable, Container
from datetime import timedelta
from typing import Any, ClassVar, cast, override

import probatio

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType, VolDictType

from ..const import TargetKind
from ..core.bus import Unsubscribe
from .current import async_follow_hub
from .hub import Hub
from .targets import TargetWatch, check_target

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

    Options and target are filters: what is left out matches everything. `fits` is what may be targeted, as in
    triggers.yaml.
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
        is_attached = True

        @callback
        def run_now(variables: dict[str, Any], what: str) -> None:
            if is_attached:
                _ = run_action(variables, what)

        @callback
        def run(variables: dict[str, Any], what: str) -> None:
            # In a turn of the loop of its own: an action that brings about what starts it would never let go of this one.
            self._hass.loop.call_soon(run_now, variables, what)

        stop_following = async_follow_hub(
            self._hass, lambda hub: self._attach(hub, run)
        )
        stop_watching = self._watch.start() if self._watch else None

        @callback
        def detach() -> None:
            nonlocal is_attached
            is_attached = False
            stop_following()
            if stop_watching is not None:
                stop_watching()

        return detach

    def _is_meant(self, named: Container[str], key: str, *names: str) -> bool:
        """Tell whether what has this key is targeted, or one of its names is among those `named`; without either everything is meant."""
        return (
            (not named and self._watch is None)
            or any(name in named for name in names)
            or key in self._target
        )

    @abstractmethod
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        """Listen to a hub's domain."""


class Delays:
    """Runs that wait until what started them has held for a while: by who it is about, and what of it."""

    def __init__(self, hass: HomeAssistant, wait: timedelta) -> None:
        """Wait for nothing yet; without a time to wait, everything runs at once."""
        self._hass = hass
        self._wait = wait
        self._waiting: dict[str, dict[str, CALLBACK_TYPE]] = {}

    @callback
    def start(self, owner: str, what: str, run: Callable[[], object]) -> None:
        """Run later, or now."""
        if not self._wait:
            run()
            return

        @callback
        def due(_now: object) -> None:
            self._forget(owner, what)
            run()

        self.cancel(owner, what)
        cancel = async_call_later(self._hass, self._wait, due)
        self._waiting.setdefault(owner, {})[what] = cancel

    @callback
    def cancel(self, owner: str, what: str) -> None:
        """Run no more what waits for this, if anything does."""
        if forget := self._forget(owner, what):
            forget()

    @callback
    def cancel_all(self, owner: str) -> None:
        """Run no more what waits for anything of an owner."""
        for forget in self._waiting.pop(owner, {}).values():
            forget()

    @callback
    def clear(self) -> None:
        """Run nothing any more."""
        for owner in list(self._waiting):
            self.cancel_all(owner)

    def _forget(self, owner: str, what: str) -> CALLBACK_TYPE | None:
        waiting = self._waiting.get(owner, {})
        found = waiting.pop(what, None)
        if not waiting:
            self._waiting.pop(owner, None)
        return found
