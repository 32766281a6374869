"""What Assist and language models are given."""

from typing import Final

from ...hub.feature import Feature
from .intents import INTENTS
from .manager import VoiceManager
from .tools import async_get_tools

FEATURE: Final = Feature(
    key="voice", make=VoiceManager, intents=INTENTS, tools=async_get_tools
)
