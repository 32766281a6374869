"""How entities are now, for a client that begins to listen. No I/O."""

from collections.abc import Iterable, Iterator
from typing import Final

from ...domain import Domain
from ...domain.entity import Entity
from ...domain.events import StateChanged
from ...domain.source import SYSTEM
from ..announcements import Announcer
from ..subjects import subject_of_topic
from . import frames
from .audience import Told, matching
from .client import PAUSE
from .frames import Subscribe

PAUSE_EVERY: Final = 50  # entities


def snapshot(domain: Domain, wanted: Subscribe) -> Iterator[bytes]:
    """Yield a frame for each entity that the subscriptions match, as it is when the frame is asked for.

    It is a state change from nothing, in the form that the subscriptions ask for. `PAUSE`
    is yielded in between, and at the end a frame that says how many there were.
    """
    # Not the shared one: it holds the event that gateways tell at the moment.
    announcer = Announcer()
    count = 0
    for looked_at, entity in enumerate(_candidates(domain, wanted.patterns), 1):
        if domain.entities.get(entity.id) is entity:
            for frame in _frames(announcer, entity, wanted):
                count += 1
                yield frame
        if not looked_at % PAUSE_EVERY:
            yield PAUSE
    yield frames.snapshot_complete(wanted.patterns, count)


def _frames(announcer: Announcer, entity: Entity, wanted: Subscribe) -> Iterator[bytes]:
    subscriptions = [
        subscription
        for subscription in wanted.subscriptions
        if subscription.filter is None or subscription.filter.admits_entity(entity)
    ]
    if not subscriptions:
        return
    now = StateChanged(
        entity,
        {},
        entity.state,
        tuple(entity.state),
        SYSTEM,
        entity.state_updated_at,
        [],
    )
    for announcement in announcer.announce(now):
        subjects = tuple(subject_of_topic(topic) for topic in announcement.topics)
        told = Told(subjects, announcement.payload, now)
        for subscription in subscriptions:
            if subject := matching(subscription.pattern, subjects):
                yield told.frame(subject, envelope=subscription.envelope)
                break


def _candidates(domain: Domain, patterns: Iterable[str]) -> Iterable[Entity]:
    """Return the entities that patterns may mean: one each where all end in a slug, else all."""
    slugs = [_slug(pattern) for pattern in patterns]
    if None in slugs:
        return domain.entities
    found = (domain.entities.get(slug or "") for slug in dict.fromkeys(slugs))
    return [entity for entity in found if entity is not None]


def _slug(pattern: str) -> str | None:
    tokens = pattern.split(".")
    # maestra.entity.state.<type>.<slug>
    return tokens[4] if len(tokens) == 5 and tokens[4] not in ("*", ">") else None
