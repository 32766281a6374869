"""Entities of QS devices: sensors of their values and counts, and the event of dead letters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override
from uuid import NAMESPACE_URL, uuid5

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    MAX_LENGTH_STATE_STATE,
    EntityCategory,
    Platform,
    UnitOfTime,
)
from homeassistant.helpers.typing import StateType

from ...const import QS_ID, QS_PREFIX, TargetKind
from ...core.domain.json_values import JsonObject
from ...core.qs.nodes import Kind, Latest, Node
from ...core.qs.registry import QsRegistry
from ...entity import MaestraEntity, MaestraEventEntity, MaestraMeasuredSensor
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from ...hub.units import Look, look_of

REFUSED: Final = "refused"


def node_key(device_id: str) -> str:
    """Return what a device is known by in Home Assistant; its id may be anything."""
    return f"{QS_PREFIX}{uuid5(NAMESPACE_URL, device_id)}"


def reading_key(event_type: str, kind: Kind) -> str:
    """Return the key of a value's entity: numbers and texts of one type of event are two."""
    return f"{kind}.{event_type}"


@dataclass(frozen=True, kw_only=True)
class QsSensorDescription(SensorEntityDescription):
    """How a sensor reads its device, or what stands for all of them."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[Any], StateType | datetime]


NODE_SENSORS: Final[Mapping[str, QsSensorDescription]] = {
    description.key: description
    for description in (
        QsSensorDescription(
            key="last_seen",
            device_class=SensorDeviceClass.TIMESTAMP,
            # It changes with every message.
            entity_registry_enabled_default=False,
            value_fn=lambda node: node.last_seen,
        ),
        QsSensorDescription(
            key="clock_drift",
            device_class=SensorDeviceClass.DURATION,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_display_precision=1,
            value_fn=lambda node: None if node.drift is None else round(node.drift, 1),
        ),
        QsSensorDescription(
            key="accepted",
            translation_key="qs_accepted",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=lambda node: node.accepted,
        ),
        QsSensorDescription(
            key="duplicates",
            translation_key="qs_duplicates",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=lambda node: node.duplicates,
        ),
        QsSensorDescription(
            key="node_dead_letters",
            translation_key="qs_dead_letters",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=lambda node: node.dead_letters,
        ),
        QsSensorDescription(
            key="ids_reused",
            translation_key="qs_ids_reused",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_registry_enabled_default=False,
            value_fn=lambda node: node.ids_reused,
        ),
    )
}
QS_SENSORS: Final[Mapping[str, QsSensorDescription]] = {
    description.key: description
    for description in (
        QsSensorDescription(
            key="nodes",
            translation_key="qs_nodes",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda registry: len(registry.nodes),
        ),
        QsSensorDescription(
            key="dead_letters",
            translation_key="qs_dead_letters",
            state_class=SensorStateClass.TOTAL_INCREASING,
            value_fn=lambda registry: registry.dead_letters.total,
        ),
    )
}


class MaestraNodeSensor(MaestraEntity, SensorEntity):
    """How a QS device is. It is always available: that is what it is for."""

    platform_domain = Platform.SENSOR
    _attr_supported_features = TargetKind.QS_NODE
    entity_description: QsSensorDescription
    descriptions = NODE_SENSORS

    def __init__(self, hub: Hub, owner: Node, presentation: Presentation) -> None:
        """Know what it tells of."""
        super().__init__(hub, node_key(owner.device_id), presentation)
        self._node = owner
        if self.entity_description.translation_key is None:
            self._attr_translation_key = presentation.key

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """The value."""
        return self.entity_description.value_fn(self._node)


class MaestraReadingSensor(MaestraMeasuredSensor):
    """The latest value of one type of event."""

    _attr_supported_features = TargetKind.QS_NODE
    _unrecorded_attributes = frozenset({"measured_at"})

    def __init__(self, hub: Hub, owner: Node, presentation: Presentation) -> None:
        """Name the entity by the type of event."""
        super().__init__(hub, node_key(owner.device_id), presentation)
        self._node = owner
        self._event_type = presentation.shows[0]
        self._kind: Kind = (
            "text"
            if presentation.key == reading_key(self._event_type, "text")
            else "number"
        )
        self._label_it(
            self._event_type,
            self._measured().device_class,
            "metric" if self._kind == "number" else "text_value",
        )

    @property
    @override
    def available(self) -> bool:
        """Whether it can be heard."""
        return self._hub.links.is_reachable(None)

    @property
    def _latest(self) -> Latest | None:
        """The latest value of the kind that this entity shows."""
        return self._node.latest.get((self._event_type, self._kind))

    @property
    def _number(self) -> Latest | None:
        latest = self._latest
        return latest if latest and not isinstance(latest.value, str) else None

    @property
    @override
    def native_value(self) -> StateType:
        """The value; None where there is none of this kind."""
        latest = self._latest
        if latest is None:
            return None
        value = latest.value
        return value[:MAX_LENGTH_STATE_STATE] if isinstance(value, str) else value

    @override
    def _measured(self) -> Look:
        latest = self._number
        return look_of(self._event_type, latest.unit) if latest else Look()

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """When it was, as the device says."""
        latest = self._latest
        measured_at = latest.measured_at if latest else None
        return {"measured_at": measured_at.isoformat() if measured_at else None}


class MaestraQsSensor(MaestraEntity, SensorEntity):
    """A count of all QS devices together."""

    platform_domain = Platform.SENSOR
    _attr_supported_features = TargetKind.QS_NODE
    entity_description: QsSensorDescription
    descriptions = QS_SENSORS

    def __init__(self, hub: Hub, owner: QsRegistry, presentation: Presentation) -> None:
        """Know what it tells of."""
        super().__init__(hub, QS_ID, presentation)
        self._registry = owner

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """The count."""
        return self.entity_description.value_fn(self._registry)


class MaestraDeadLetterEvent(MaestraEventEntity):
    """The latest dead letter: a message, or a part of one, that could not be taken."""

    platform_domain = Platform.EVENT
    _attr_supported_features = TargetKind.QS_NODE
    _unrecorded_attributes = frozenset({"payload"})

    def __init__(self, hub: Hub, owner: QsRegistry, presentation: Presentation) -> None:
        """Know the one event type."""
        super().__init__(hub, QS_ID, presentation)
        self._attr_translation_key = presentation.key
        self._attr_event_types = [REFUSED]
