"""What fades and cue lists bring to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...hub.feature import Feature
from .actions import CUE_ACTIONS
from .conditions import CUE_CONDITIONS
from .entities import (
    MaestraCueButton,
    MaestraCueEvent,
    MaestraCueScene,
    MaestraCueSelect,
    MaestraCueSensor,
    MaestraCueSwitch,
)
from .live import CUE_COMMANDS
from .manager import CuesManager, async_remove_cues
from .options import CUE_OPTIONS
from .presentation import CUE, CUE_LIST
from .triggers import CUE_TRIGGERS

FEATURE: Final = Feature(
    key="cues",
    make=CuesManager,
    entities={
        Platform.BUTTON: {CUE_LIST: MaestraCueButton},
        Platform.EVENT: {CUE_LIST: MaestraCueEvent},
        Platform.SCENE: {CUE: MaestraCueScene},
        Platform.SELECT: {CUE_LIST: MaestraCueSelect},
        Platform.SENSOR: {CUE_LIST: MaestraCueSensor},
        Platform.SWITCH: {CUE_LIST: MaestraCueSwitch},
    },
    options=CUE_OPTIONS,
    actions=CUE_ACTIONS,
    triggers=CUE_TRIGGERS,
    conditions=CUE_CONDITIONS,
    commands=lambda records: CUE_COMMANDS,
    remove=async_remove_cues,
)
