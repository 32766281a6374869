"""Entities of a cue list: which cue is on and which is next, the buttons of a desk, and each cue as a scene."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.scene import Scene
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.typing import StateType

from ...const import TargetKind
from ...core.cues.errors import UnknownCue
from ...core.cues.player import CuePlayer
from ...core.domain.source import HOME_ASSISTANT
from ...entity import MaestraEntity, MaestraEventEntity
from ...hub.errors import translated
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .presentation import (
    CUE_BUTTONS,
    CUE_SENSORS,
    ENDED,
    FAILED,
    PANIC,
    STARTED,
    CueButtonDescription,
    CuePresentation,
    CueSensorDescription,
)


class MaestraCueListEntity(MaestraEntity):
    """Something about a cue list."""

    _attr_supported_features = TargetKind.CUE_LIST

    def __init__(self, hub: Hub, owner: CuePlayer, presentation: Presentation) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner.id, presentation)
        self._player = owner
        self._attr_translation_key = presentation.key


class MaestraCueSelect(MaestraCueListEntity, SelectEntity):
    """The cue that went last; choosing one lets it go."""

    platform_domain = Platform.SELECT

    @property
    @override
    def options(self) -> list[str]:
        """The cues by number and name."""
        return [cue.title for cue in self._player.cues.cues]

    @property
    @override
    def current_option(self) -> str | None:
        """The one that went last, None where none did."""
        return self._player.current.title if self._player.current else None

    @override
    @translated
    async def async_select_option(self, option: str) -> None:
        """Let a cue go."""
        for cue in self._player.cues.cues:
            if cue.title == option:
                self._player.go_to(cue.number, HOME_ASSISTANT)
                return
        raise UnknownCue(cue_list=self._player.cues.name, cue=option)


class MaestraCueSwitch(MaestraCueListEntity, SwitchEntity):
    """Whether a cue is on its way, or the next goes by itself; off is a pause."""

    platform_domain = Platform.SWITCH

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is."""
        return self._player.is_running

    @override
    @translated
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Go on where it is paused, else go."""
        if self._player.is_paused:
            self._player.resume()
        elif not self._player.is_running:
            self._player.go(HOME_ASSISTANT)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stand still."""
        self._player.pause()


class MaestraCueButton(MaestraCueListEntity, ButtonEntity):
    """Go, back, stop and panic."""

    platform_domain = Platform.BUTTON
    entity_description: CueButtonDescription
    descriptions = CUE_BUTTONS

    @override
    @translated
    async def async_press(self) -> None:
        """Do it."""
        self.entity_description.press_fn(self._player)


class MaestraCueSensor(MaestraCueListEntity, SensorEntity):
    """Which cues are on and next, and since and until when."""

    platform_domain = Platform.SENSOR
    entity_description: CueSensorDescription
    descriptions = CUE_SENSORS

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """The value."""
        return self.entity_description.value_fn(self._player)


class MaestraCueEvent(MaestraEventEntity):
    """What happens to a cue list."""

    is_logged = True
    _attr_supported_features = TargetKind.CUE_LIST

    def __init__(self, hub: Hub, owner: CuePlayer, presentation: Presentation) -> None:
        """Know what may happen."""
        super().__init__(hub, owner.id, presentation)
        self._attr_translation_key = presentation.key
        self._attr_event_types = [STARTED, ENDED, FAILED, PANIC]

    @override
    def _detail(self, attributes: Mapping[str, Any]) -> str:
        return str(attributes.get("cue", ""))


class MaestraCueScene(MaestraEntity, Scene):
    """One cue, as what Home Assistant's own actions, dashboards and voice know how to use."""

    platform_domain = Platform.SCENE
    _attr_translation_key = "cue"
    _attr_supported_features = TargetKind.CUE_LIST

    def __init__(
        self, hub: Hub, owner: CuePlayer, presentation: CuePresentation
    ) -> None:
        """Name the entity after the cue."""
        super().__init__(hub, owner.id, presentation)
        self._player = owner
        self._number = presentation.number
        self._name_it(presentation)

    @override
    @callback
    def present(self, presentation: CuePresentation) -> None:
        """Take another name."""
        super().present(presentation)
        self._name_it(presentation)

    def _name_it(self, presentation: CuePresentation) -> None:
        self._attr_translation_placeholders = {"cue": presentation.title}

    @override
    @translated
    async def async_activate(self, **kwargs: Any) -> None:
        """Let the cue go."""
        self._player.go_to(self._number, HOME_ASSISTANT)
