"""Shows, and what their content is like: layers, priorities, durations, tickers (stream-production.md §1, §2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .layers import Layer
from .templates import ContentTemplate

ALERT: Final = "alert"
SUB_TRAIN: Final = "sub_train"
MANUAL_OVERRIDE: Final = "manual_override"
TAKEOVER: Final = "takeover"
CAPTION: Final = "caption"
EVENTS_TIMELINE: Final = "events_timeline"
LATEST_EVENT: Final = "latest_event"
DEFAULT_SHOW: Final = "default"
TICKER_INTERVAL: Final = 15.0
"""Seconds that each content of a ticker is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentKind:
    """How content of one type is queued: more important than what has less `priority`, for `duration` seconds.

    What is extendable begins its time anew, and counts, when the like comes while it is there.
    """

    priority: int
    duration: float
    is_extendable: bool = False


OTHER_CONTENT: Final = ContentKind(priority=10, duration=15)
CONTENT_KINDS: Final[Mapping[str, ContentKind]] = {
    ALERT: ContentKind(priority=100, duration=10),
    MANUAL_OVERRIDE: ContentKind(priority=100, duration=30),
    SUB_TRAIN: ContentKind(priority=50, duration=300, is_extendable=True),
    EVENTS_TIMELINE: ContentKind(priority=50, duration=15),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A show: on which layer each type of its content is, and what its ticker goes through.

    It is on when the stream's category has one of these ids, or a name with all words of one of `words`.
    """

    key: str
    name: str
    layers: Mapping[str, Layer] = field(default_factory=dict)
    ticker: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    words: tuple[frozenset[str], ...] = ()


def _layers(foreground: str, midground: str, background: str) -> dict[str, Layer]:
    return {
        kind: layer
        for layer, kinds in zip(Layer, (foreground, midground, background), strict=True)
        for kind in kinds.split()
    }


_SHOWS: Final = (
    Show(
        key="variety",
        name="Variety",
        layers=_layers(
            "raid_alert host_alert alert",
            "sub_train cheer_celebration follow_celebration",
            "emote_stats recent_follows stream_goals daily_stats",
        ),
        ticker=("emote_stats", "recent_follows", "stream_goals", "daily_stats"),
        categories=frozenset({"509658"}),
        words=(frozenset({"just", "chatting"}),),
    ),
    Show(
        key="ironmon",
        name="IronMON",
        layers=_layers(
            "death_alert elite_four_alert shiny_encounter alert",
            "level_up gym_badge sub_train cheer_celebration",
            "ironmon_run_stats ironmon_deaths recent_follows emote_stats",
        ),
        ticker=("ironmon_run_stats", "ironmon_progression"),
        categories=frozenset({"13332", "490100"}),
        words=(frozenset({"pokemon", "fire"}), frozenset({"pokémon", "fire"})),
    ),
    Show(
        key="coding",
        name="Coding",
        layers=_layers(
            "build_failure deployment_alert alert",
            "commit_celebration pr_merged sub_train",
            "recent_follows emote_stats",
        ),
        ticker=("commit_stats", "build_status", "emote_stats", "recent_follows"),
        categories=frozenset({"1469308723", "509660"}),
        words=(frozenset({"software"}), frozenset({"development"})),
    ),
    Show(
        key=DEFAULT_SHOW,
        name="Default",
        layers=_layers("alert", "sub_train", "emote_stats recent_follows daily_stats"),
    ),
)
SHOWS: Final[Mapping[str, Show]] = {show.key: show for show in _SHOWS}
USUAL_SHOW: Final = "variety"
"""The one that is on until another is chosen, and for a category that belongs to none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionSettings:
    """What a production can show: its shows by key, what their content is like, and how long a ticker stays."""

    shows: Mapping[str, Show] = field(default_factory=lambda: SHOWS)
    kinds: Mapping[str, ContentKind] = field(default_factory=lambda: CONTENT_KINDS)
    templates: Mapping[str, ContentTemplate] = field(default_factory=dict)
    """The words of users, by type of content."""
    ticker_interval: float = TICKER_INTERVAL

    @property
    def usual_show(self) -> str:
        """The show to begin with."""
        return USUAL_SHOW if USUAL_SHOW in self.shows else next(iter(self.shows))

    def kind(self, content_type: str, usual: str | None = None) -> ContentKind:
        """Return how a type of content is queued: as itself, or else as the `usual` type."""
        found = self.kinds.get(content_type)
        if found is None and usual is not None:
            found = self.kinds.get(usual)
        return found or OTHER_CONTENT

    def layer(self, show: str, content_type: str) -> Layer | None:
        """Return the layer of a type of content in a show; None where neither it nor the default show has one."""
        rows = (self.shows.get(show), self.shows.get(DEFAULT_SHOW))
        return next(
            (
                row.layers[content_type]
                for row in rows
                if row and content_type in row.layers
            ),
            None,
        )

    def show_of(self, category_id: str, category_name: str) -> str:
        """Return the show of a stream's category, by its id first, then by the words of its name."""
        for show in self.shows.values():
            if category_id in show.categories:
                return show.key
        name = category_name.casefold()
        for show in self.shows.values():
            if _fits(name, show.words):
                return show.key
        return self.usual_show


def _fits(name: str, words: Iterable[frozenset[str]]) -> bool:
    return any(all(word in name for word in each) for each in words if each)
