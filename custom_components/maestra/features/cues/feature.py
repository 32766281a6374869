"""What changes over a time bring to Home Assistant."""

from typing import Final

from ...hub.feature import Feature
from .actions import CUE_ACTIONS
from .manager import CuesManager

FEATURE: Final = Feature(key="cues", make=CuesManager, actions=CUE_ACTIONS)
