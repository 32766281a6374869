"""What streams and their sessions bring to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...core.store.stream_rows import STREAM_ROWS
from ...hub.feature import Feature
from .actions import STREAM_ACTIONS
from .conditions import STREAM_CONDITIONS
from .entities import MaestraStreamActive, MaestraStreamEvent, MaestraStreamSessions
from .live import STREAM_COMMANDS
from .manager import STREAM, StreamsManager
from .triggers import STREAM_TRIGGERS

FEATURE: Final = Feature(
    key="streams",
    make=StreamsManager,
    entities={
        Platform.BINARY_SENSOR: {STREAM: MaestraStreamActive},
        Platform.EVENT: {STREAM: MaestraStreamEvent},
        Platform.SENSOR: {STREAM: MaestraStreamSessions},
    },
    actions=STREAM_ACTIONS,
    triggers=STREAM_TRIGGERS,
    conditions=STREAM_CONDITIONS,
    records=STREAM_ROWS,
    commands=lambda records: STREAM_COMMANDS,
)
