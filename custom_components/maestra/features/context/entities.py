"""Entities of a context: what its latest record tells."""

from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import Platform
from homeassistant.helpers.typing import StateType

from ...core.domain.json_values import JsonObject
from ...entity import MaestraEntity
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .manager import ContextManager
from .presentation import CONTEXT_SENSORS, ContextSensorDescription
from .stream_context import StreamContext


class MaestraContextSensor(MaestraEntity, SensorEntity):
    """Something about the latest record, unknown until there is one."""

    platform_domain = Platform.SENSOR
    entity_description: ContextSensorDescription
    descriptions = CONTEXT_SENSORS

    def __init__(
        self, hub: Hub, owner: StreamContext, presentation: Presentation
    ) -> None:
        """Know the context by its id: other settings make it another object."""
        super().__init__(hub, owner.id, presentation)
        self._attr_translation_key = f"context_{presentation.key}"
        self._context_id = owner.id

    @property
    @override
    def native_value(self) -> StateType:
        """The value."""
        context = self._hub.manager(ContextManager).get(self._context_id)
        latest = context.latest if context else None
        return self.entity_description.value_fn(latest) if latest else None

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """What goes with it."""
        context = self._hub.manager(ContextManager).get(self._context_id)
        latest = context.latest if context else None
        return self.entity_description.attributes_fn(latest) if latest else {}
