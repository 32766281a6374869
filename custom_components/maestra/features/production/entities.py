"""Entities of a production: what is on, what waits, which show it is; and of an overlay: how many pages show it."""

from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory, Platform
from homeassistant.helpers.typing import StateType

from ...const import TargetKind
from ...core.domain.json_values import JsonObject
from ...core.production.production import Production
from ...entity import MaestraEntity
from ...hub.errors import translated
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .manager import ProductionManager
from .overlays import Overlay
from .presentation import PRODUCTION_SENSORS, ProductionSensorDescription


class MaestraProductionEntity(MaestraEntity):
    """Something about a production."""

    _attr_supported_features = TargetKind.PRODUCTION

    def __init__(self, hub: Hub, owner: Production, presentation: Presentation) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner.id, presentation)
        self._production = owner
        self._attr_translation_key = f"production_{presentation.key}"


class MaestraProductionLive(MaestraProductionEntity, BinarySensorEntity):
    """Whether the stream is live, as far as its events tell."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.RUNNING

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is."""
        return self._production.is_live


class MaestraProductionSelect(MaestraProductionEntity, SelectEntity):
    """The show that is on."""

    platform_domain = Platform.SELECT

    @property
    @override
    def options(self) -> list[str]:
        """The names of all shows."""
        return [show.name for show in self._production.settings.shows.values()]

    @property
    @override
    def current_option(self) -> str:
        """The name of the one that is on."""
        return self._production.show.name

    @override
    @translated
    async def async_select_option(self, option: str) -> None:
        """Put a show on."""
        self._production.set_show(option)


class MaestraProductionSwitch(MaestraProductionEntity, SwitchEntity):
    """Whether the queue begins nothing new."""

    platform_domain = Platform.SWITCH

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is paused."""
        return self._production.queue.is_paused

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let nothing new begin."""
        self._production.pause(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Go on."""
        self._production.pause(False)


class MaestraProductionSensor(MaestraProductionEntity, SensorEntity):
    """What is on, what waits, and what each layer does."""

    platform_domain = Platform.SENSOR
    entity_description: ProductionSensorDescription
    descriptions = PRODUCTION_SENSORS

    @property
    @override
    def native_value(self) -> StateType:
        """The value."""
        return self.entity_description.value_fn(self._production)

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """What goes with it."""
        return self.entity_description.attributes_fn(self._production)


class MaestraOverlayPages(MaestraEntity, SensorEntity):
    """How many browser sources show an overlay."""

    platform_domain = Platform.SENSOR
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "overlay_pages"

    def __init__(self, hub: Hub, owner: Overlay, presentation: Presentation) -> None:
        """Know the overlay by its id: another address makes it another object."""
        super().__init__(hub, owner.id, presentation)
        self._overlay_id = owner.id

    @property
    @override
    def native_value(self) -> int:
        """How many."""
        overlays = self._hub.manager(ProductionManager).overlays
        overlay = overlays.get(self._overlay_id)
        return len(overlay.pages) if overlay else 0
