"""Connections to the outside as entities: whether they are there, and what passes through them."""

from datetime import datetime
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorEntity
from homeassistant.const import EntityCategory, Platform
from homeassistant.helpers.typing import StateType

from ...entity import MaestraLinkEntity
from ...hub.hub import Hub
from ...hub.link_sensors import LinkSensorDescription, LinkSensorPresentation


class MaestraLinkConnectivity(MaestraLinkEntity, BinarySensorEntity):
    """Whether a link is connected."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is connected; it is not while it is replaced."""
        link = self._link
        return link is not None and link.connected


class MaestraLinkSensor(MaestraLinkEntity, SensorEntity):
    """What a link counts since it was started, or how it is."""

    platform_domain = Platform.SENSOR
    entity_description: LinkSensorDescription

    def __init__(
        self, hub: Hub, owner: str, presentation: LinkSensorPresentation
    ) -> None:
        """Take its description."""
        super().__init__(hub, owner, presentation)
        self.entity_description = presentation.description

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """The value; None while the link is replaced."""
        link = self._link
        return self.entity_description.value_fn(link) if link else None
