"""Buoys as entities."""

from typing import override

from custom_components.maestra.entity import MaestraEntity
from custom_components.maestra.hub.hub import Hub
from custom_components.maestra.hub.presentation import Presentation
from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import Platform

from .manager import BuoysManager


class WaterLevel(MaestraEntity, SensorEntity):
    """How high the water stands."""

    platform_domain = Platform.SENSOR
    _attr_name = "Level"

    def __init__(
        self, hub: Hub, owner: ConfigSubentry, presentation: Presentation
    ) -> None:
        super().__init__(hub, owner.subentry_id, presentation)
        self._buoy = owner.unique_id or ""

    @property
    @override
    def native_value(self) -> float | None:
        """The latest level."""
        return self._hub.manager(BuoysManager).levels.get(self._buoy)
