"""What the telemetry of the ISS brings to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...const import SUBENTRY_ISS_TELEMETRY
from ...core.iss.rows import ISS_ROWS
from ...hub.feature import Feature
from .entities import MaestraIssPositionSensor, MaestraIssSensor, MaestraIssTracker
from .flow import IssTelemetryFlow
from .link import ISS_LINK_ENTITIES, IssLink
from .live import ISS_COMMANDS
from .manager import ISS_CHANNEL, ISS_POSITION, IssManager

FEATURE: Final = Feature(
    key="iss",
    make=IssManager,
    entities={
        Platform.DEVICE_TRACKER: {ISS_POSITION: MaestraIssTracker},
        Platform.SENSOR: {
            ISS_CHANNEL: MaestraIssSensor,
            ISS_POSITION: MaestraIssPositionSensor,
        },
    },
    subentries={SUBENTRY_ISS_TELEMETRY: IssTelemetryFlow},
    links={SUBENTRY_ISS_TELEMETRY: IssLink},
    link_entities={SUBENTRY_ISS_TELEMETRY: ISS_LINK_ENTITIES},
    records=ISS_ROWS,
    commands=lambda records: ISS_COMMANDS,
)
