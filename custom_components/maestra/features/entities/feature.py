"""What Maestra entities and devices bring to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...core.store.entity_rows import ENTITY_ROWS
from ...hub.feature import Feature
from .actions import ENTITY_ACTIONS
from .conditions import ENTITY_CONDITIONS
from .device_actions import DEVICE_ACTIONS
from .devices import (
    MaestraDeviceConnectivity,
    MaestraDeviceEvent,
    MaestraHubSensor,
    MaestraLastSeenSensor,
    MaestraMetricSensor,
)
from .firmware import MaestraFirmwareUpdate
from .light import MaestraLight
from .live import ENTITY_COMMANDS
from .manager import EntitiesManager
from .options import GENERAL_OPTIONS
from .persistence import async_remove_storage
from .presentation import DEVICE, FIRMWARE, HUB, LIGHT, METRIC, SIZE, VARIABLE
from .repairs import (
    BLOCKED_DEVICE_TALKING,
    DEVICE_WAITING,
    UNKNOWN_ENTITIES_FLOOD,
    BlockedDeviceFlow,
    UnknownEntitiesFlow,
    WaitingDeviceFlow,
)
from .suggestions import ENTITY_UNDESCRIBED, SuggestionFlow
from .tree import TREE_COMMANDS
from .triggers import ENTITY_TRIGGERS
from .variables import (
    MaestraBinarySensor,
    MaestraButton,
    MaestraNumber,
    MaestraSelect,
    MaestraSensor,
    MaestraSizeSensor,
    MaestraSwitch,
    MaestraText,
)

FEATURE: Final = Feature(
    key="entities",
    make=EntitiesManager,
    entities={
        Platform.BINARY_SENSOR: {
            VARIABLE: MaestraBinarySensor,
            DEVICE: MaestraDeviceConnectivity,
        },
        Platform.BUTTON: {VARIABLE: MaestraButton},
        Platform.EVENT: {DEVICE: MaestraDeviceEvent},
        Platform.LIGHT: {LIGHT: MaestraLight},
        Platform.NUMBER: {VARIABLE: MaestraNumber},
        Platform.SELECT: {VARIABLE: MaestraSelect},
        Platform.SENSOR: {
            VARIABLE: MaestraSensor,
            SIZE: MaestraSizeSensor,
            METRIC: MaestraMetricSensor,
            DEVICE: MaestraLastSeenSensor,
            HUB: MaestraHubSensor,
        },
        Platform.SWITCH: {VARIABLE: MaestraSwitch},
        Platform.TEXT: {VARIABLE: MaestraText},
        Platform.UPDATE: {FIRMWARE: MaestraFirmwareUpdate},
    },
    options=GENERAL_OPTIONS,
    actions=(*ENTITY_ACTIONS, *DEVICE_ACTIONS),
    triggers=ENTITY_TRIGGERS,
    conditions=ENTITY_CONDITIONS,
    repairs={
        DEVICE_WAITING: WaitingDeviceFlow,
        BLOCKED_DEVICE_TALKING: BlockedDeviceFlow,
        UNKNOWN_ENTITIES_FLOOD: UnknownEntitiesFlow,
        ENTITY_UNDESCRIBED: SuggestionFlow,
    },
    commands=lambda records: (*ENTITY_COMMANDS, *TREE_COMMANDS),
    records=ENTITY_ROWS,
    remove=async_remove_storage,
)
