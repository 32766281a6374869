"""Outputs that are true or false, and whether devices, links and streams are there."""

from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import MaestraDeviceEntity, MaestraLinkEntity, MaestraVariableEntity
from .f2_controller_entities import MaestraF2Connectivity
from .f2_entities import MaestraF2Contact
from .presentation import Kind
from .runtime import MaestraConfigEntry
from .stream_entities import MaestraStreamActive

PARALLEL_UPDATES: Final = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MaestraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Let the presenter add binary sensors."""
    entry.runtime_data.presenter.attach(
        Platform.BINARY_SENSOR,
        async_add_entities,
        {
            Kind.VARIABLE: MaestraBinarySensor,
            Kind.DEVICE: MaestraDeviceConnectivity,
            Kind.LINK: MaestraLinkConnectivity,
            Kind.STREAM: MaestraStreamActive,
            Kind.F2_COMPONENT: MaestraF2Contact,
            Kind.F2_CONTROLLER: MaestraF2Connectivity,
        },
    )


class MaestraBinarySensor(MaestraVariableEntity, BinarySensorEntity):
    """A boolean that the thing reports."""

    platform_domain = Platform.BINARY_SENSOR

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is true; None when the state holds something else."""
        value = self.raw_value
        return value if isinstance(value, bool) else None


class MaestraDeviceConnectivity(MaestraDeviceEntity, BinarySensorEntity):
    """Whether a device was heard lately."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def available(self) -> bool:
        """Always: that a device is away is what this tells."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Whether the device is online and can be heard."""
        return super().available


class MaestraLinkConnectivity(MaestraLinkEntity, BinarySensorEntity):
    """Whether a link is up."""

    platform_domain = Platform.BINARY_SENSOR
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def is_on(self) -> bool:
        """Whether what it leads to is there."""
        link = self._link
        return link is not None and link.connected
