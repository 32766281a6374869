"""What is shown of a context, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, Platform
from homeassistant.helpers.typing import StateType

from ...core.domain.json_values import JsonObject
from ...core.production.analysis import CHOICES, Sentiment
from ...core.production.context import ContextRecord
from ...core.production.correlation import Trend
from ...hub.presentation import Presentation

CONTEXT: Final = "context"


@dataclass(frozen=True, kw_only=True)
class ContextSensorDescription(SensorEntityDescription):
    """How something about the latest record looks as a sensor."""

    value_fn: Callable[[ContextRecord], StateType]
    attributes_fn: Callable[[ContextRecord], JsonObject] = lambda record: {}


def _energy(record: ContextRecord) -> StateType:
    level = record.analysis.patterns.get("energy_level")
    return round(level * 100) if isinstance(level, int | float) else None


def _momentum(record: ContextRecord) -> StateType:
    momentum = record.analysis.dynamics.get("overall_momentum")
    return None if momentum is None else str(momentum)


CONTEXT_SENSORS: Final[Mapping[str, ContextSensorDescription]] = {
    description.key: description
    for description in (
        ContextSensorDescription(
            key="sentiment",
            device_class=SensorDeviceClass.ENUM,
            options=[*Sentiment],
            value_fn=lambda record: record.analysis.sentiment,
            # What was said, and about what, is not for the recorder: it is the words of strangers.
            attributes_fn=lambda record: {
                "trajectory": record.analysis.trajectory,
                "analysed_by": record.analysis.source,
            },
        ),
        ContextSensorDescription(
            key="energy",
            native_unit_of_measurement=PERCENTAGE,
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=_energy,
        ),
        ContextSensorDescription(
            key="momentum",
            device_class=SensorDeviceClass.ENUM,
            options=[*CHOICES["overall_momentum"]],
            value_fn=_momentum,
        ),
        ContextSensorDescription(
            key="chat_velocity",
            native_unit_of_measurement="messages/min",
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=1,
            value_fn=lambda record: record.velocity,
            attributes_fn=lambda record: {"participants": record.participants},
        ),
        ContextSensorDescription(
            key="chat_trend",
            device_class=SensorDeviceClass.ENUM,
            options=[*Trend],
            value_fn=lambda record: record.trend,
        ),
    )
}
CONTEXT_PRESENTATIONS: Final = tuple(
    Presentation(platform=Platform.SENSOR, kind=CONTEXT, key=key)
    for key in CONTEXT_SENSORS
)
