"""What is made of a record of a stream: the structure of an analysis, its check, and word lists for where there is no model (stream-production.md §8)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import re
from typing import Any, Final

from ..domain.errors import InvalidField
from ..domain.json_values import JsonObject
from ..domain.variables import is_number
from .correlation import top

MAX_ITEMS: Final = 10
"""Entries of a list that are kept."""
MAX_ITEM_LENGTH: Final = 100
MAX_TEXT_LENGTH: Final = 2_000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Sentiment(StrEnum):
    """The mood of what was said and written."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    MIXED = "mixed"


class AnalysisSource(StrEnum):
    """What has made an analysis."""

    AI = "ai"
    WORDS = "words"
    SUBMITTED = "submitted"


SHARES: Final = ("energy_level", "engagement_depth", "community_sync")
"""From 0 to 1, in `patterns`."""
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "energy_trajectory": ("ramping_up", "winding_down", "steady_state", "volatile"),
    "engagement_trend": ("deepening", "surfacing", "stable", "fluctuating"),
    "community_trend": ("synchronizing", "diverging", "stable", "chaotic"),
    "content_evolution": ("focused", "exploring", "transitioning", "scattered"),
    "overall_momentum": ("building", "declining", "sustained", "shifting"),
}
"""In `dynamics`."""
TRAJECTORIES: Final = ("improving", "declining", "stable", "swinging")
POSITIVE: Final = frozenset(
    [
        "great",
        "awesome",
        "good",
        "nice",
        "happy",
        "fun",
        "love",
        "excellent",
        "amazing",
        "toll",
        "super",
        "gut",
        "schön",
        "glücklich",
        "spaß",
        "liebe",
        "hervorragend",
        "großartig",
    ]
)
NEGATIVE: Final = frozenset(
    [
        "bad",
        "terrible",
        "hate",
        "awful",
        "sad",
        "angry",
        "frustrated",
        "worst",
        "schlecht",
        "schrecklich",
        "hasse",
        "furchtbar",
        "traurig",
        "wütend",
        "frustriert",
        "schlimmste",
    ]
)
_WORD: Final = re.compile(r"[^\W\d_]{5,30}")
_ANY_WORD: Final = re.compile(r"[^\W\d_]+")
_EMPTY_WORDS: Final = frozenset(
    [
        "about",
        "after",
        "again",
        "because",
        "before",
        "being",
        "could",
        "doing",
        "every",
        "first",
        "going",
        "hello",
        "looks",
        "maybe",
        "never",
        "other",
        "really",
        "right",
        "should",
        "since",
        "something",
        "still",
        "thank",
        "thanks",
        "their",
        "there",
        "these",
        "thing",
        "things",
        "think",
        "those",
        "through",
        "today",
        "under",
        "until",
        "wants",
        "where",
        "which",
        "while",
        "would",
        "aber",
        "alles",
        "andere",
        "bitte",
        "danach",
        "danke",
        "diese",
        "dieser",
        "dieses",
        "durch",
        "einen",
        "einer",
        "eines",
        "etwas",
        "haben",
        "heute",
        "immer",
        "jetzt",
        "keine",
        "machen",
        "nicht",
        "nichts",
        "sollte",
        "viele",
        "wenn",
        "werden",
        "wieder",
        "wirklich",
        "würde",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What is made of a record. All text in it is cleaned and bounded."""

    sentiment: Sentiment = Sentiment.NEUTRAL
    topics: tuple[str, ...] = ()
    source: AnalysisSource = AnalysisSource.WORDS
    trajectory: str | None = None
    context: str = ""
    suggestions: tuple[str, ...] = ()
    momentum: str = ""
    patterns: JsonObject = field(default_factory=dict)
    dynamics: JsonObject = field(default_factory=dict)

    def to_wire(self) -> JsonObject:
        """Return it with the names of §8."""
        return {
            "sentiment": self.sentiment,
            "sentimentTrajectory": self.trajectory,
            "topics": [*self.topics],
            "context": self.context,
            "suggestedActions": [*self.suggestions],
            "streamMomentum": self.momentum,
            "patterns": self.patterns,
            "dynamics": self.dynamics,
            "source": self.source,
        }


def read_analysis(answer: Any) -> Analysis:
    """Check what a model has answered; raises InvalidField.

    What has a fixed set of values, or a range, must have one of these; texts and lists are cut off.
    """
    if not isinstance(answer, Mapping):
        raise InvalidField(field="analysis", reason="must be an object")
    patterns, dynamics = _part(answer, "patterns"), _part(answer, "dynamics")
    return Analysis(
        source=AnalysisSource.AI,
        sentiment=Sentiment(_choice(answer, "sentiment", [*Sentiment])),
        trajectory=_choice(answer, "sentimentTrajectory", TRAJECTORIES),
        topics=_texts(answer, "topics"),
        context=_text(answer, "context"),
        suggestions=_texts(answer, "suggestedActions"),
        momentum=_text(answer, "streamMomentum"),
        patterns={
            **{key: _share(patterns, key) for key in SHARES},
            **_impressions(patterns),
        },
        dynamics={
            key: _choice(dynamics, key, choices) for key, choices in CHOICES.items()
        },
    )


def submitted_analysis(told: Mapping[str, Any]) -> Analysis:
    """Check what another program has made of a stream, of which it may leave out anything; raises InvalidField."""
    patterns = _part(told, "patterns")
    return Analysis(
        source=AnalysisSource.SUBMITTED,
        sentiment=Sentiment(
            _choice({"sentiment": Sentiment.NEUTRAL, **told}, "sentiment", [*Sentiment])
        ),
        topics=_texts(told, "topics"),
        patterns={
            **{key: _share(patterns, key) for key in SHARES if key in patterns},
            **_impressions(patterns),
        },
    )


def _impressions(patterns: Mapping[str, Any]) -> JsonObject:
    """Return what patterns have beside shares."""
    moods = _part(patterns, "mood_indicators")
    return {
        "content_focus": [*_texts(patterns, "content_focus")],
        "mood_indicators": {
            _clean(str(name), MAX_ITEM_LENGTH): _share(moods, name)
            for name in [*moods][:MAX_ITEMS]
        },
        "temporal_flow": _text(patterns, "temporal_flow"),
    }


def analysis_by_words(texts: Iterable[str]) -> Analysis:
    """Return what word lists make of texts."""
    words = [word.casefold() for text in texts for word in _ANY_WORD.findall(text)]
    good = sum(word in POSITIVE for word in words)
    bad = sum(word in NEGATIVE for word in words)
    if good == bad:
        sentiment = Sentiment.MIXED if good else Sentiment.NEUTRAL
    else:
        sentiment = Sentiment.POSITIVE if good > bad else Sentiment.NEGATIVE
    told = (
        word for word in words if _WORD.fullmatch(word) and word not in _EMPTY_WORDS
    )
    return Analysis(sentiment=sentiment, topics=tuple(top(told, MAX_ITEMS)))


def _part(answer: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = answer.get(key, {})
    if not isinstance(part, Mapping):
        raise InvalidField(field=key, reason="must be an object")
    return part


def _choice(answer: Mapping[str, Any], key: str, choices: Iterable[str]) -> str:
    value = answer.get(key)
    if value not in [*choices]:
        raise InvalidField(field=key, reason=f"must be one of {', '.join(choices)}")
    return str(value)


def _share(answer: Mapping[str, Any], key: str) -> float:
    value = answer.get(key)
    if not is_number(value):
        raise InvalidField(field=key, reason="must be a number")
    if not 0 <= value <= 1:
        raise InvalidField(field=key, reason="must be 0 to 1")
    return round(float(value), 3)


def _text(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key, "")
    if not isinstance(value, str):
        raise InvalidField(field=key, reason="must be text")
    return _clean(value, MAX_TEXT_LENGTH)


def _texts(answer: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = answer.get(key, [])
    if not isinstance(value, list) or not all(isinstance(it, str) for it in value):
        raise InvalidField(field=key, reason="must be a list of texts")
    found = (_clean(entry, MAX_ITEM_LENGTH) for entry in value[:MAX_ITEMS])
    return tuple(filter(None, found))


def _clean(text: str, longest: int) -> str:
    return _CONTROL.sub(" ", text).strip()[:longest]
