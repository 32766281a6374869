"""What the dashboard cards bring to Home Assistant: their files, the module that registers them, what dashboards are made of."""

from typing import Final

from ...hub.feature import Feature
from .commands import FRONTEND_COMMANDS
from .files import CardFilesView
from .manager import FrontendManager, async_remove_cards

FEATURE: Final = Feature(
    key="frontend",
    make=FrontendManager,
    commands=lambda records: FRONTEND_COMMANDS,
    views=(CardFilesView,),
    remove=async_remove_cards,
)
