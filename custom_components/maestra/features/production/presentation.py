"""What is shown of a production and of an overlay, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import Platform
from homeassistant.helpers.typing import StateType

from ...const import NONE
from ...core.domain.clock import optional_wire_time
from ...core.domain.json_values import JsonObject
from ...core.production.layers import Layer, LayerState
from ...core.production.production import Production
from ...hub.presentation import Presentation

PRODUCTION: Final = "production"
OVERLAY: Final = "overlay"
LIVE: Final = "live"
PAUSED: Final = "paused"
SHOW: Final = "show"
PAGES: Final = "pages"


@dataclass(frozen=True, kw_only=True)
class ProductionSensorDescription(SensorEntityDescription):
    """How something about a production looks as a sensor."""

    value_fn: Callable[[Production], StateType]
    attributes_fn: Callable[[Production], JsonObject] = lambda production: {}


def _current_type(production: Production) -> str:
    content = production.current
    return content.type if content else NONE


def _current(production: Production) -> JsonObject:
    # What it says is not for the recorder: it may be long, and is the words of strangers.
    content = production.current
    if content is None:
        return {}
    return {
        "item_id": content.id,
        "started_at": optional_wire_time(content.started_at),
        "expires_at": optional_wire_time(content.expires_at),
    }


def _layer_sensor(layer: Layer) -> ProductionSensorDescription:
    def content_type(production: Production) -> JsonObject:
        content = production.layers.content(layer)
        return {"type": content.type if content else None}

    return ProductionSensorDescription(
        key=layer,
        device_class=SensorDeviceClass.ENUM,
        options=list(LayerState),
        value_fn=lambda production: production.layers.state(layer),
        attributes_fn=content_type,
    )


PRODUCTION_SENSORS: Final[Mapping[str, ProductionSensorDescription]] = {
    description.key: description
    for description in (
        ProductionSensorDescription(
            key="queue_length",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda production: len(production.queue),
        ),
        ProductionSensorDescription(
            key="current_item", value_fn=_current_type, attributes_fn=_current
        ),
        *map(_layer_sensor, Layer),
    )
}
PRODUCTION_PRESENTATIONS: Final = (
    Presentation(platform=Platform.BINARY_SENSOR, kind=PRODUCTION, key=LIVE),
    Presentation(platform=Platform.SELECT, kind=PRODUCTION, key=SHOW),
    Presentation(platform=Platform.SWITCH, kind=PRODUCTION, key=PAUSED),
    *(
        Presentation(platform=Platform.SENSOR, kind=PRODUCTION, key=key)
        for key in PRODUCTION_SENSORS
    ),
)
OVERLAY_PRESENTATIONS: Final = (
    Presentation(platform=Platform.SENSOR, kind=OVERLAY, key=PAGES),
)
