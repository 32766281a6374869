"""What QS telemetry brings to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...const import DIALECT_QS
from ...core.qs.registry import EVENTS_FILTER
from ...core.qs.rows import QS_ROWS
from ...core.qs.source import QsSource
from ...core.transport.transport import Subscription
from ...hub.feature import Carrier, Feature
from ...hub.hub import Hub
from .actions import QS_ACTIONS
from .commands import QS_COMMANDS
from .entities import (
    MaestraDeadLetterEvent,
    MaestraNodeSensor,
    MaestraQsSensor,
    MaestraReadingSensor,
)
from .live import QS_LIVE_COMMANDS
from .manager import QsManager, async_remove_qs
from .options import QS_OPTIONS
from .sync import NODE, QS, READING
from .triggers import QS_TRIGGERS


def _source(hub: Hub, carrier: Carrier) -> QsSource:
    return hub.manager(QsManager).make_source(carrier)


FEATURE: Final = Feature(
    key="qs",
    make=QsManager,
    entities={
        Platform.EVENT: {QS: MaestraDeadLetterEvent},
        Platform.SENSOR: {
            NODE: MaestraNodeSensor,
            QS: MaestraQsSensor,
            READING: MaestraReadingSensor,
        },
    },
    dialects={DIALECT_QS: _source},
    filters={DIALECT_QS: lambda _data: (Subscription(EVENTS_FILTER, 1),)},
    options=QS_OPTIONS,
    actions=QS_ACTIONS,
    triggers=QS_TRIGGERS,
    commands=lambda _records: (*QS_COMMANDS, *QS_LIVE_COMMANDS),
    records=QS_ROWS,
    remove=async_remove_qs,
)
