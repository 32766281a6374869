"""What the hub's options say about recording: which of Home Assistant's entities, and for how long."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
import fnmatch
import re
from typing import Any, Final, Self

from homeassistant.const import CONF_DOMAINS, CONF_ENTITIES, CONF_EXCLUDE, CONF_INCLUDE

from ...const import (
    CONF_ALL,
    CONF_AREAS,
    CONF_COMPRESS_AFTER,
    CONF_GLOBS,
    CONF_KEEP_DAILY,
    CONF_KEEP_EVENT_IDS,
    CONF_KEEP_EVENTS,
    CONF_KEEP_HOURLY,
    CONF_KEEP_METRICS,
    CONF_KEEP_STATES,
    CONF_LABELS,
    CONF_RECORD,
)
from ...core.store.settings import Lifetimes

# Option, in days -> what it sets of Lifetimes.
LIFETIME_OPTIONS: Final[Mapping[str, str]] = {
    CONF_KEEP_METRICS: "metrics",
    CONF_KEEP_HOURLY: "hourly",
    CONF_KEEP_DAILY: "daily",
    CONF_KEEP_EVENTS: "events",
    CONF_KEEP_EVENT_IDS: "event_ids",
    CONF_KEEP_STATES: "states",
    CONF_COMPRESS_AFTER: "compress_after",
}


class Choice:
    """Entities named one by one, by globs, by labels and areas, or by domains."""

    def __init__(self, names: Mapping[str, Collection[str]]) -> None:
        """Take the lists as they stand in the options; any may be missing."""
        self._entities = frozenset(names.get(CONF_ENTITIES, ()))
        self._labels = frozenset(names.get(CONF_LABELS, ()))
        self._areas = frozenset(names.get(CONF_AREAS, ()))
        self._domains = frozenset(names.get(CONF_DOMAINS, ()))
        globs = "|".join(map(fnmatch.translate, names.get(CONF_GLOBS, ())))
        self._globs = re.compile(globs) if globs else None

    def closeness(
        self, entity_id: str, area_id: str | None, label_ids: Iterable[str]
    ) -> int:
        """Return how closely the choice names an entity: 0 for not at all, 4 for by its id."""
        if entity_id in self._entities:
            return 4
        if self._globs is not None and self._globs.match(entity_id):
            return 3
        if area_id in self._areas or not self._labels.isdisjoint(label_ids):
            return 2
        return int(entity_id.partition(".")[0] in self._domains)


class RecordingFilter:
    """Decides which of Home Assistant's entities are recorded.

    What names an entity most closely wins: its id, then a glob, then a label or its area,
    then its domain, then the switch for all. Where both name it as closely, it is left out.
    """

    def __init__(self, *, record_all: bool, include: Choice, exclude: Choice) -> None:
        """Decide by these choices."""
        self._all = record_all
        self._include = include
        self._exclude = exclude

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read the hub's options; by default nothing is recorded."""
        record = options.get(CONF_RECORD, {})
        return cls(
            record_all=record.get(CONF_ALL, False),
            include=Choice(record.get(CONF_INCLUDE, {})),
            exclude=Choice(record.get(CONF_EXCLUDE, {})),
        )

    def wants(
        self,
        entity_id: str,
        *,
        area_id: str | None = None,
        label_ids: Collection[str] = (),
    ) -> bool:
        """Whether an entity is recorded. Area and labels are its own and those it has from its device."""
        included = self._include.closeness(entity_id, area_id, label_ids)
        excluded = self._exclude.closeness(entity_id, area_id, label_ids)
        return included > excluded or (self._all and not excluded)


def days_from_options(options: Mapping[str, Any]) -> dict[str, int]:
    """Return each lifetime in days as the form shows it: 0 for ever, or never."""
    usual = Lifetimes()
    return {
        option: options.get(option, _days(getattr(usual, kind)))
        for option, kind in LIFETIME_OPTIONS.items()
    }


def lifetimes_from_options(options: Mapping[str, Any]) -> Lifetimes:
    """Return how long each kind of data is kept, and when it is compressed."""
    days = days_from_options(options)
    return Lifetimes(
        **{
            kind: timedelta(days=days[option]) if days[option] else None
            for option, kind in LIFETIME_OPTIONS.items()
        }
    )


def _days(lifetime: timedelta | None) -> int:
    return lifetime.days if lifetime else 0
