"""The experiences of the show, as `maestra.save_experience` takes them."""

from typing import Final

from .catalogue import HAZER_BOARD, MOODY_BOARD, Json
from .cues import CUE_LISTS

EXPERIENCES: Final[tuple[Json, ...]] = (
    {
        "name": "Evening",
        "description": "What the show needs. One of its boards is never in the mood.",
        "cue_lists": [cues["name"] for cues in CUE_LISTS],
        "groups": {"boards": [HAZER_BOARD, MOODY_BOARD]},
        "configurations": {"boards": {"metrics_interval": 10}},
    },
)
