"""What contexts of streams bring to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...const import SUBENTRY_STREAM_CONTEXT
from ...core.production.context_rows import CONTEXT_ROWS
from ...hub.feature import Feature
from .actions import CONTEXT_ACTIONS
from .entities import MaestraContextSensor
from .flow import StreamContextFlow
from .manager import ContextManager
from .presentation import CONTEXT
from .reports import context_parts

FEATURE: Final = Feature(
    key="context",
    phoenix=context_parts,
    make=ContextManager,
    entities={Platform.SENSOR: {CONTEXT: MaestraContextSensor}},
    subentries={SUBENTRY_STREAM_CONTEXT: StreamContextFlow},
    actions=CONTEXT_ACTIONS,
    records=CONTEXT_ROWS,
)
