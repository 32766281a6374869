"""What a model answers that does as it was told."""

from typing import Any, Final

GOOD: Final[dict[str, Any]] = {
    "sentiment": "positive",
    "sentimentTrajectory": "improving",
    "topics": ["haze", "lights"],
    "context": "The haze machine was shown, and chat liked it.",
    "suggestedActions": ["more haze"],
    "streamMomentum": "growing",
    "patterns": {
        "energy_level": 0.8,
        "engagement_depth": 0.5,
        "community_sync": 0.25,
        "content_focus": ["stage"],
        "mood_indicators": {"joy": 0.9},
        "temporal_flow": "steady",
    },
    "dynamics": {
        "energy_trajectory": "ramping_up",
        "engagement_trend": "deepening",
        "community_trend": "stable",
        "content_evolution": "focused",
        "overall_momentum": "building",
    },
}
