"""Subscriptions of WebSocket clients: subject patterns and filters. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
import enum
from typing import Any, Final

from ..bus import cached_by_text
from ..domain.entity import Entity
from ..domain.events import StateChanged
from ..transport.subjects import is_pattern, subject_of_topic, token

MAX_TEXTS: Final = 256
SUBJECT_KEYS: Final = (
    *("subject", "subjects", "pattern", "patterns"),
    *("topic", "topics", "channel", "channels"),
)
SLUG_KEYS: Final = ("entity_slug", "slug")
EVERYTHING: Final = "maestra.>"


class Unreadable(ValueError):
    """A pattern or filter can't be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Lets through what concerns some entities only; an empty field lets all through.

    `keys` are top-level state keys, of which at least one must have changed.
    `paths` are entities of the hierarchy, with all that is below them.
    """

    entity_types: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()

    def admits(self, event: object) -> bool:
        """Whether an event is wanted; what is not about an entity never is."""
        entity = getattr(event, "entity", None)
        if not isinstance(entity, Entity) or not self.admits_entity(entity):
            return False
        if not self.keys:
            return True
        return isinstance(event, StateChanged) and not self.keys.isdisjoint(
            event.changed_keys
        )

    def admits_entity(self, entity: Entity) -> bool:
        """Whether an entity is wanted, whatever changes in it."""
        return (
            (not self.entity_types or entity.type.name in self.entity_types)
            and (not self.slugs or entity.slug in self.slugs)
            and (not self.paths or not self.paths.isdisjoint(_heads(entity.path)))
        )


class Form(enum.Enum):
    """What the frame of a state change looks like (maestra.md §4)."""

    MESSAGE = enum.auto()
    """A `message` as any other: the event is its `data`."""
    EVENT = enum.auto()
    """The bare event."""
    BOTH = enum.auto()
    """The event that is a message too, for clients that read either."""


@dataclass(frozen=True, slots=True, eq=False)
class Subscription:
    """A pattern, and what of it is wanted in which form."""

    pattern: str
    filter: Filter | None = None
    form: Form = Form.BOTH


DEFAULT: Final = Subscription(EVERYTHING, form=Form.MESSAGE)
"""What a client hears that never said what it wants."""


def read_patterns(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the patterns that a frame names, each once; none where it names none. Raises Unreadable."""
    named = [pattern_of(text) for text in _texts_of(body, SUBJECT_KEYS)]
    slugs = _texts_of(body, SLUG_KEYS)
    named += [f"maestra.entity.state.*.{token(slug)}" for slug in slugs]
    for pattern in named:
        if not is_pattern(pattern):
            raise Unreadable(f"not a subject: {pattern[:100]}")
    return tuple(dict.fromkeys(named))


def pattern_of(text: str) -> str:
    """Return a subject pattern as it is, and an MQTT topic filter as the pattern of its subjects."""
    if "/" not in text and text not in _WILDCARDS:
        return text
    return ".".join(
        _WILDCARDS.get(level) or subject_of_topic(level) for level in text.split("/")
    )


def read_filter(body: Any) -> Filter | None:
    """Return a filter, None for an empty one. Raises Unreadable."""
    if body is None:
        return None
    if not isinstance(body, dict):
        raise Unreadable("filter: must be an object")
    if unknown := body.keys() - _FILTER_FIELDS.keys():
        raise Unreadable(f"filter: unknown key {min(unknown)[:100]}")
    fields: dict[str, frozenset[str]] = {}
    for key, field in _FILTER_FIELDS.items():
        if texts := frozenset(_texts(body.get(key), f"filter.{key}")):
            fields[field] = fields.get(field, frozenset()) | texts
    return Filter(**fields) if fields else None


_WILDCARDS: Final = {"+": "*", "#": ">"}
_FILTER_FIELDS: Final = {
    "entity_type": "entity_types",
    "entity_types": "entity_types",
    "slug": "slugs",
    "slugs": "slugs",
    "entity_slug": "slugs",
    "key": "keys",
    "keys": "keys",
    "path": "paths",
    "paths": "paths",
}


def _texts_of(body: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    texts = [text for key in keys for text in _texts(body.get(key), key)]
    if len(texts) > MAX_TEXTS:
        raise Unreadable(f"more than {MAX_TEXTS} subjects")
    return texts


def _texts(value: Any, name: str) -> Iterator[str]:
    """Read one text or an array of them; nothing for null."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    if len(values) > MAX_TEXTS:
        raise Unreadable(f"{name}: more than {MAX_TEXTS} texts")
    for text in values:
        if not isinstance(text, str) or not text:
            raise Unreadable(f"{name}: must be text or an array of texts")
        yield text


@cached_by_text(4_096)
def _heads(path: str) -> frozenset[str]:
    """Return a path and those of the entities above it."""
    labels = path.split(".")
    return frozenset(".".join(labels[:count]) for count in range(1, len(labels) + 1))
