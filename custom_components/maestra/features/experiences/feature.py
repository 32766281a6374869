"""What experiences bring to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...core.experiences.rows import EXPERIENCE_ROWS
from ...hub.feature import Feature
from .actions import EXPERIENCE_ACTIONS
from .entities import (
    MaestraExperienceButton,
    MaestraExperienceEvent,
    MaestraExperienceSelect,
    MaestraExperienceSensor,
)
from .manager import ExperiencesManager, async_remove_experiences
from .presentation import EXPERIENCE
from .triggers import EXPERIENCE_TRIGGERS

FEATURE: Final = Feature(
    key="experiences",
    make=ExperiencesManager,
    entities={
        Platform.BUTTON: {EXPERIENCE: MaestraExperienceButton},
        Platform.EVENT: {EXPERIENCE: MaestraExperienceEvent},
        Platform.SELECT: {EXPERIENCE: MaestraExperienceSelect},
        Platform.SENSOR: {EXPERIENCE: MaestraExperienceSensor},
    },
    actions=EXPERIENCE_ACTIONS,
    triggers=EXPERIENCE_TRIGGERS,
    records=EXPERIENCE_ROWS,
    remove=async_remove_experiences,
)
