"""What the blueprints bring to Home Assistant: the offer to install them, and the action that does it."""

from typing import Final

from ...hub.feature import Feature
from .actions import BLUEPRINT_ACTIONS
from .manager import BLUEPRINTS_OFFERED, BlueprintsManager, async_remove_blueprints
from .repairs import BlueprintsFlow

FEATURE: Final = Feature(
    key="blueprints",
    make=BlueprintsManager,
    actions=BLUEPRINT_ACTIONS,
    repairs={BLUEPRINTS_OFFERED: BlueprintsFlow},
    remove=async_remove_blueprints,
)
