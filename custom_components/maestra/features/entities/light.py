"""Lights, formed by the power, brightness and colour variables of an entity."""

from collections.abc import Iterable
from math import isfinite
from typing import Any, Final, override

from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import (
    ATTR_BRIGHTNESS,
    ATTR_RGB_COLOR,
    ColorMode,
    LightEntityFeature,
)
from homeassistant.const import Platform

from ...core.domain.color import Rgb, format_color, parse_color
from ...core.domain.json_values import JsonObject
from ...core.domain.variables import Variable, VariableType
from ...core.store.entity_tables import ENTITY
from ...core.store.series import Series
from .presentation import BRIGHTNESS_NAMES
from .variables import MaestraVariableEntity, as_number

MAX_BRIGHTNESS: Final = 255
# A number without bounds counts in percent, as a range does (maestra.md §1.10).
DEFAULT_FULL: Final = 100.0
# A span this narrow is a fraction.
FINE_SPAN: Final = 10
BLACK: Final = (0, 0, 0)
WHITE: Final = (255, 255, 255)


class MaestraLight(MaestraVariableEntity, LightEntity):
    """A light of up to three variables; what it lacks is told by what it has.

    Without a power variable it is on when it is bright, or when its colour is not black.
    """

    platform_domain = Platform.LIGHT
    _attr_supported_features: LightEntityFeature = LightEntityFeature(0)

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it gives light; None when its state says nothing of it."""
        if self._power:
            power = self._entity.state.get(self._power.name)
            return power if isinstance(power, bool) else None
        if self._dimmer:
            level = self._level(self._dimmer)
            return None if level is None else level > 0
        color = self.rgb_color
        return None if color is None else color != BLACK

    @property
    @override
    def series(self) -> Series:
        """The values of the variable that makes the better curve."""
        names = [variable.name for variable in self.presentation.variables]
        level = next((name for name in BRIGHTNESS_NAMES if name in names), names[0])
        return ENTITY.series(self._entity.id, level)

    @property
    @override
    def brightness(self) -> int | None:
        """The brightness, 0 to 255."""
        if self._dimmer is None:
            return max(self.rgb_color) if self.rgb_color else None
        level = self._level(self._dimmer)
        return None if level is None else round(level * MAX_BRIGHTNESS)

    @property
    @override
    def rgb_color(self) -> Rgb | None:
        """Red, green and blue, 0 to 255."""
        color = self._color and self._entity.state.get(self._color.name)
        return parse_color(color) if isinstance(color, str) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on, in the brightness and colour asked for."""
        patch: JsonObject = {}
        if self._power:
            patch[self._power.name] = True
        brightness, rgb = kwargs.get(ATTR_BRIGHTNESS), kwargs.get(ATTR_RGB_COLOR)
        if self._dimmer:
            if brightness is None and self._is_dark(self._level(self._dimmer)):
                brightness = MAX_BRIGHTNESS
            if brightness is not None:
                patch[self._dimmer.name] = self._scaled(
                    self._dimmer, brightness / MAX_BRIGHTNESS
                )
        else:
            # The colour is all there is: it carries the brightness.
            if rgb is None and (
                brightness is not None or self._is_dark(self.brightness)
            ):
                rgb = self.rgb_color or WHITE
                brightness = MAX_BRIGHTNESS if brightness is None else brightness
            if rgb is not None and brightness is not None:
                rgb = _at_brightness(rgb, brightness)
        if self._color and rgb is not None:
            patch[self._color.name] = self._written(self._color, rgb)
        await self._async_update(patch)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off, by power where there is one, else by darkness."""
        if self._power:
            await self._async_update({self._power.name: False})
        elif self._dimmer:
            await self._async_update({self._dimmer.name: self._scaled(self._dimmer, 0)})
        elif self._color:
            await self._async_update(
                {self._color.name: self._written(self._color, BLACK)}
            )

    @override
    def _describe(self) -> None:
        parts = self.presentation.variables
        self._power = _of_type(parts, VariableType.BOOLEAN)
        self._dimmer = _of_type(parts, VariableType.NUMBER, VariableType.RANGE)
        self._color = _of_type(parts, VariableType.COLOR)
        if self._color:
            self._attr_color_mode = ColorMode.RGB
        else:
            self._attr_color_mode = ColorMode.BRIGHTNESS
        self._attr_supported_color_modes = {self._attr_color_mode}

    def _is_dark(self, level: float | None) -> bool:
        """Whether switching on needs more than power: "on" must mean some light."""
        return level == 0 or (level is None and self._power is None)

    @staticmethod
    def _written(color: Variable, rgb: Rgb) -> str:
        return format_color(rgb, str(color.config.get("format", "hex")))

    def _bounds(self, dimmer: Variable) -> tuple[float, float]:
        low, high = dimmer.bounds
        return (low if isfinite(low) else 0.0), (
            high if isfinite(high) else DEFAULT_FULL
        )

    def _level(self, dimmer: Variable) -> float | None:
        """The brightness, 0 to 1."""
        value = as_number(self._entity.state.get(dimmer.name))
        low, high = self._bounds(dimmer)
        if value is None or high <= low:
            return None
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def _scaled(self, dimmer: Variable, level: float) -> float:
        """A brightness, 0 to 1, in the variable's own bounds, as exact as they ask for."""
        low, high = self._bounds(dimmer)
        value = round(low + level * (high - low), 4 if high - low <= FINE_SPAN else 1)
        return int(value) if value.is_integer() else value


def _at_brightness(rgb: Rgb, brightness: int) -> Rgb:
    """Return the same hue with this brightness (0 to 255); black has no hue and becomes white."""
    red, green, blue = rgb if any(rgb) else WHITE
    scale = brightness / max(red, green, blue)
    return round(red * scale), round(green * scale), round(blue * scale)


def _of_type(parts: Iterable[Variable], *types: VariableType) -> Variable | None:
    return next((part for part in parts if part.type in types), None)
