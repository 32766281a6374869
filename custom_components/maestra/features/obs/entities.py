"""Entities of an OBS: choices, switches, numbers, buttons, and its picture."""

from contextlib import suppress
from typing import Any, override

from aiohttp import web

from homeassistant.components.button import ButtonEntity
from homeassistant.components.camera import Camera, async_get_still_stream
from homeassistant.components.camera.const import CameraEntityFeature
from homeassistant.components.number import NumberEntity, NumberMode
from homeassistant.components.select import SelectEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.exceptions import HomeAssistantError

from ...const import OBS_AUDIO_SUFFIX, OBS_SCENES_SUFFIX
from ...core.domain.json_values import JsonObject
from ...core.obs.browser_sources import REFRESH
from ...core.obs.pictures import JPEG
from ...core.obs.state import ObsInput, ObsItem, ObsState, Output
from ...entity import MaestraEntity
from ...hub.errors import translated
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .link import ObsLink
from .presentation import (
    OBS_BUTTONS,
    OBS_SELECTS,
    OBS_SWITCHES,
    RECONNECT,
    ObsSelectDescription,
    ObsSwitchDescription,
    Request,
)

MIN_DURATION, MAX_DURATION = 50, 20_000
"""Milliseconds, as OBS takes them."""
MIN_VOLUME, MAX_VOLUME = -100.0, 26.0
"""dB, as OBS takes them."""


class MaestraObsEntity(MaestraEntity):
    """Something about an OBS. `owner` is the link's id: the link behind it may be replaced."""

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner, presentation)
        self._link_id = owner.removesuffix(OBS_AUDIO_SUFFIX).removesuffix(
            OBS_SCENES_SUFFIX
        )
        self._attr_translation_key = f"obs_{presentation.key}"

    @property
    def _link(self) -> ObsLink | None:
        link = self._hub.links.get(self._link_id)
        return link if isinstance(link, ObsLink) else None

    @property
    def _state(self) -> ObsState | None:
        """What is known of OBS, None while it is away."""
        link = self._link
        return link.gateway.state if link and link.connected else None

    @translated
    async def _async_ask(self, request: Request) -> None:
        if (link := self._link) is not None:
            await link.gateway.call(*request)


class MaestraObsSelect(MaestraObsEntity, SelectEntity):
    """A choice in OBS."""

    platform_domain = Platform.SELECT
    entity_description: ObsSelectDescription
    descriptions = OBS_SELECTS

    @property
    @override
    def available(self) -> bool:
        """Whether there is a choice."""
        state = self._state
        return bool(state and self.entity_description.current_fn(state))

    @property
    @override
    def options(self) -> list[str]:
        """What can be chosen."""
        state = self._state
        return list(self.entity_description.options_fn(state)) if state else []

    @property
    @override
    def current_option(self) -> str | None:
        """What is chosen."""
        state = self._state
        current = self.entity_description.current_fn(state) if state else None
        return current if current in self.options else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose."""
        await self._async_ask(self.entity_description.request_fn(option))


class MaestraObsSwitch(MaestraObsEntity, SwitchEntity):
    """Something in OBS that is on or off."""

    platform_domain = Platform.SWITCH
    entity_description: ObsSwitchDescription
    descriptions = OBS_SWITCHES

    @property
    @override
    def available(self) -> bool:
        """Whether this OBS has it, now."""
        return self.is_on is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on."""
        state = self._state
        return self.entity_description.is_on_fn(state) if state else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self._async_ask(self.entity_description.turn_on)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self._async_ask(self.entity_description.turn_off)


class MaestraObsButton(MaestraObsEntity, ButtonEntity):
    """Something that OBS can do, or coming back to it."""

    platform_domain = Platform.BUTTON

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Take the description of its key."""
        super().__init__(hub, owner, presentation)
        self._description = OBS_BUTTONS.get(presentation.key)
        if self._description is None:
            self._attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def available(self) -> bool:
        """Whether it can be done now: coming back only to an OBS that is not there."""
        if self._description is None:
            link = self._link
            return link is not None and not link.connected
        state = self._state
        return state is not None and self._description.is_available_fn(state)

    @override
    async def async_press(self) -> None:
        """Do it."""
        if self._description is not None:
            await self._async_ask(self._description.request)
        elif (link := self._link) is not None:
            assert self.presentation.key == RECONNECT
            link.gateway.ask_again()


class MaestraObsDuration(MaestraObsEntity, NumberEntity):
    """How long the transition takes."""

    platform_domain = Platform.NUMBER
    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.BOX
    _attr_native_min_value = MIN_DURATION
    _attr_native_max_value = MAX_DURATION
    _attr_native_step = 1
    _attr_native_unit_of_measurement = UnitOfTime.MILLISECONDS

    @property
    @override
    def available(self) -> bool:
        """Whether it can be chosen: a cut takes no time."""
        return self.native_value is not None

    @property
    @override
    def native_value(self) -> int | None:
        """Milliseconds."""
        state = self._state
        return state.transition_duration if state else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Choose."""
        await self._async_ask(
            (
                "SetCurrentSceneTransitionDuration",
                {"transitionDuration": int(value)},
            )
        )


class MaestraObsAudioEntity(MaestraObsEntity):
    """Something about an input with sound."""

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Name the entity by its input."""
        super().__init__(hub, owner, presentation)
        (self._input,) = presentation.shows
        self._attr_translation_key = presentation.kind
        self._attr_translation_placeholders = {"input": self._input}

    @property
    def _sound(self) -> ObsInput | None:
        state = self._state
        return state.inputs.get(self._input) if state else None


class MaestraObsMute(MaestraObsAudioEntity, SwitchEntity):
    """Whether an input is muted."""

    platform_domain = Platform.SWITCH

    @property
    @override
    def available(self) -> bool:
        """Whether it is there, with sound."""
        return self.is_on is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is muted."""
        sound = self._sound
        return sound.muted if sound else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Mute it."""
        await self._async_mute(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let it be heard."""
        await self._async_mute(False)

    async def _async_mute(self, is_muted: bool) -> None:
        data: JsonObject = {"inputName": self._input, "inputMuted": is_muted}
        await self._async_ask(("SetInputMute", data))


class MaestraObsVolume(MaestraObsAudioEntity, NumberEntity):
    """How loud an input is."""

    platform_domain = Platform.NUMBER
    _attr_mode = NumberMode.SLIDER
    _attr_native_min_value = MIN_VOLUME
    _attr_native_max_value = MAX_VOLUME
    _attr_native_step = 0.1
    _attr_native_unit_of_measurement = "dB"

    @property
    @override
    def available(self) -> bool:
        """Whether it is there, with sound."""
        return self.native_value is not None

    @property
    @override
    def native_value(self) -> float | None:
        """DB, -100 for silence."""
        sound = self._sound
        return sound.volume if sound else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Choose."""
        data: JsonObject = {"inputName": self._input, "inputVolumeDb": value}
        await self._async_ask(("SetInputVolume", data))


class MaestraObsCamera(MaestraObsEntity, Camera):
    """What is live, as a picture when somebody looks."""

    platform_domain = Platform.CAMERA
    _attr_frame_interval = 1.0
    _attr_supported_features: CameraEntityFeature = CameraEntityFeature(0)

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Take no picture yet."""
        super().__init__(hub, owner, presentation)
        Camera.__init__(self)
        self.content_type = JPEG

    @property
    @override
    def available(self) -> bool:
        """Whether there is something to see."""
        state = self._state
        return state is not None and state.program is not None

    @property
    @override
    def is_streaming(self) -> bool:
        """Whether others see it."""
        return self._is_on(Output.STREAM)

    @property
    @override
    def is_recording(self) -> bool:
        """Whether it is recorded."""
        return self._is_on(Output.RECORD)

    def _is_on(self, output: Output) -> bool:
        state = self._state
        return state is not None and state.is_on(output) is True

    @override
    @translated
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        """Take a picture, of the width that is wanted; its height follows from the scene."""
        link = self._link
        return await link.pictures.take(width) if link else None

    @override
    async def handle_async_still_stream(
        self, request: web.Request, interval: float
    ) -> web.StreamResponse:
        """Show one picture after the other, until OBS goes: that is the end, and no fault."""

        async def take() -> bytes | None:
            with suppress(HomeAssistantError):
                return await self.async_camera_image()
            return None

        return await async_get_still_stream(request, take, self.content_type, interval)


class MaestraObsItem(MaestraObsEntity, SwitchEntity):
    """Whether a source is to be seen in a scene."""

    platform_domain = Platform.SWITCH

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Name the entity by scene and source."""
        super().__init__(hub, owner, presentation)
        self._scene, self._source, number = presentation.shows
        self._number = int(number)
        named = self._source if self._number == 1 else f"{self._source} {number}"
        self._attr_translation_key = presentation.kind
        self._attr_translation_placeholders = {"scene": self._scene, "source": named}

    def _find(self) -> tuple[int, ObsItem] | None:
        state = self._state
        items = state.items.get(self._scene, {}) if state else {}
        found = [
            each for each in sorted(items.items()) if each[1].source == self._source
        ]
        return found[self._number - 1] if len(found) >= self._number else None

    @property
    @override
    def available(self) -> bool:
        """Whether it is there."""
        return self._find() is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is to be seen."""
        found = self._find()
        return found[1].is_visible if found else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Show it."""
        await self._async_show(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Hide it."""
        await self._async_show(False)

    async def _async_show(self, is_visible: bool) -> None:
        if (found := self._find()) is not None:
            data: JsonObject = {
                "sceneName": self._scene,
                "sceneItemId": found[0],
                "sceneItemEnabled": is_visible,
            }
            await self._async_ask(("SetSceneItemEnabled", data))


class MaestraObsPage(MaestraObsEntity, ButtonEntity):
    """Loads the web page of a browser source anew."""

    platform_domain = Platform.BUTTON

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Name the entity by its source."""
        super().__init__(hub, owner, presentation)
        (self._input,) = presentation.shows
        self._attr_translation_key = presentation.kind
        self._attr_translation_placeholders = {"input": self._input}

    @property
    @override
    def available(self) -> bool:
        """Whether it is there."""
        state = self._state
        return state is not None and self._input in state.pages

    @override
    async def async_press(self) -> None:
        """Do it."""
        data: JsonObject = {"inputName": self._input, "propertyName": REFRESH}
        await self._async_ask(("PressInputPropertiesButton", data))
