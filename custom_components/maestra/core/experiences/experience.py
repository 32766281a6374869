"""Experiences as forms, files and the store have them: a draft, and versions that never change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from ..domain.clock import utcnow, wire_time
from ..domain.errors import InvalidField
from ..domain.fields import (
    checked_choice,
    checked_names,
    checked_object,
    checked_text,
    optional_name,
    saved_moment,
)
from ..domain.json_values import MAX_KEYS, JsonObject
from ..domain.names import checked_name
from .errors import ExperienceUnpublished, UnknownExperienceVersion

MAX_CUE_LISTS: Final = 100
MAX_AUTOMATIONS: Final = 500
MAX_CONFIGURATIONS: Final = 1_000
MAX_GROUPS: Final = 100
MAX_MEMBERS: Final = 5_000
KEPT_VERSIONS: Final = 20
PREFIX: Final = "experience:"
"""What the ids of experiences have before a UUID: it tells them from those of everything else."""


class ExperienceStatus(StrEnum):
    """How far an experience is."""

    DRAFT = "draft"
    """It was never published, or was changed since."""
    PUBLISHED = "published"
    ARCHIVED = "archived"
    """It is kept, and not deployed any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is deployed as one.

    `cue_lists` are names or ids. `automations` are switched on or off, by their names outside. `configurations` are those
    of devices, by hardware id or id, or by the name of a group for all its members. `groups` are the members of device
    groups, by hardware id or id.
    """

    cue_lists: tuple[str, ...] = ()
    automations: Mapping[str, bool] = field(default_factory=dict)
    configurations: Mapping[str, JsonObject] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_wire(cls, data: Any) -> Self:
        """Read one; raises InvalidField."""
        if not isinstance(data, dict):
            raise InvalidField(field="experience", reason="must be an object")
        return cls(
            cue_lists=checked_names(data.get("cue_lists"), "cue_lists", MAX_CUE_LISTS),
            automations=_each(data, "automations", MAX_AUTOMATIONS, _switch),
            configurations=_each(
                data,
                "configurations",
                MAX_CONFIGURATIONS,
                lambda value: checked_object(value, "configurations"),
            ),
            groups=_each(
                data,
                "groups",
                MAX_GROUPS,
                lambda value: checked_names(value, "groups", MAX_MEMBERS),
            ),
        )

    def to_wire(self) -> JsonObject:
        """Return what `from_wire` reads."""
        return {
            "cue_lists": list(self.cue_lists),
            "automations": dict(self.automations),
            "configurations": dict(self.configurations),
            "groups": {name: list(members) for name, members in self.groups.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What was published: it stays as it is. `cue_lists` are the lists themselves as they were then, by name."""

    number: int
    content: Content
    cue_lists: Mapping[str, JsonObject]
    published_at: datetime
    published_by: str | None = None

    @classmethod
    def from_wire(cls, data: Any) -> Self:
        """Read one; raises InvalidField."""
        if not isinstance(data, dict) or not isinstance(data.get("number"), int):
            raise InvalidField(field="version", reason="must be a numbered object")
        return cls(
            number=data["number"],
            content=Content.from_wire(data.get("content")),
            cue_lists=_each(data, "cue_lists", MAX_CUE_LISTS, _cue_list),
            published_at=saved_moment(data, "published_at"),
            published_by=optional_name(data.get("published_by"), "published_by"),
        )

    def to_wire(self) -> JsonObject:
        """Return what `from_wire` reads."""
        return {
            "number": self.number,
            "content": self.content.to_wire(),
            "cue_lists": dict(self.cue_lists),
            "published_at": wire_time(self.published_at),
            "published_by": self.published_by,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Experience:
    """An experience: what is worked at, and what was published of it, oldest first."""

    id: str
    name: str
    description: str | None = None
    draft: Content
    status: ExperienceStatus = ExperienceStatus.DRAFT
    versions: tuple[Version, ...] = ()
    created_at: datetime
    updated_at: datetime
    created_by: str | None = None

    @property
    def uuid(self) -> str:
        """What clients know it by."""
        return self.id.removeprefix(PREFIX)

    @property
    def newest(self) -> Version | None:
        """What was published last."""
        return self.versions[-1] if self.versions else None

    @property
    def number(self) -> int:
        """The number of the version that is worked at, or was published where nothing has changed since."""
        newest = self.newest.number if self.newest else 0
        return newest + (self.status is ExperienceStatus.DRAFT)

    def version(self, number: int | None = None) -> Version:
        """Return a version, the newest unless told which; raises ExperienceUnpublished, UnknownExperienceVersion."""
        if number is None:
            if self.newest is None:
                raise ExperienceUnpublished(experience=self.name)
            return self.newest
        if (found := self.find(number)) is None:
            raise UnknownExperienceVersion(experience=self.name, version=number)
        return found

    def find(self, number: int) -> Version | None:
        """Return a version, None where it is not kept."""
        return next((it for it in self.versions if it.number == number), None)

    def publish(
        self, cue_lists: Mapping[str, JsonObject], published_by: str | None
    ) -> Version:
        """Make a version of what is worked at."""
        number = self.newest.number + 1 if self.newest else 1
        published = Version(
            number=number,
            # By their names: those are what is deployed again.
            content=replace(self.draft, cue_lists=tuple(cue_lists)),
            cue_lists=cue_lists,
            published_at=utcnow(),
            published_by=published_by,
        )
        self.versions = (*self.versions, published)[-KEPT_VERSIONS:]
        self.status = ExperienceStatus.PUBLISHED
        self.updated_at = published.published_at
        return published

    def to_wire(self) -> JsonObject:
        """Return it as clients see it (maestra.md §7): `flow_definition` is what it has."""
        return {
            "id": self.uuid,
            "name": self.name,
            "description": self.description,
            "flow_definition": self.draft.to_wire(),
            "version": self.number,
            "status": self.status.value,
            "versions": [version.number for version in self.versions],
            "created_at": wire_time(self.created_at),
            "updated_at": wire_time(self.updated_at),
            "created_by": self.created_by,
        }

    def to_saved(self) -> JsonObject:
        """Return all of it, as `from_saved` reads it."""
        return {
            "name": self.name,
            "description": self.description,
            "draft": self.draft.to_wire(),
            "status": self.status.value,
            "versions": [version.to_wire() for version in self.versions],
            "created_at": wire_time(self.created_at),
            "updated_at": wire_time(self.updated_at),
            "created_by": self.created_by,
        }

    @classmethod
    def from_saved(cls, id_: str, saved: Mapping[str, Any]) -> Self:
        """Read what was saved; raises InvalidField."""
        versions = saved.get("versions")
        if not isinstance(versions, list):
            raise InvalidField(field="versions", reason="must be a list")
        return cls(
            id=id_,
            name=checked_name(saved.get("name")),
            description=checked_text(saved.get("description")),
            draft=Content.from_wire(saved.get("draft")),
            status=checked_choice(ExperienceStatus, saved, "status"),
            versions=tuple(map(Version.from_wire, versions)),
            created_at=saved_moment(saved, "created_at"),
            updated_at=saved_moment(saved, "updated_at"),
            created_by=optional_name(saved.get("created_by"), "created_by"),
        )


def _each[T](
    data: Mapping[str, Any], key: str, most: int, read: Callable[[Any], T]
) -> dict[str, T]:
    found = data.get(key) or {}
    if not isinstance(found, dict) or len(found) > most:
        raise InvalidField(
            field=key, reason=f"must be an object of at most {most} keys"
        )
    return {checked_name(name, key): read(value) for name, value in found.items()}


_ON_OFF: Final[Mapping[Any, bool]] = {
    True: True,
    False: False,
    "on": True,
    "off": False,
}


def _switch(value: Any) -> bool:
    if not isinstance(value, bool | str) or value not in _ON_OFF:
        raise InvalidField(field="automations", reason="must be on or off")
    return _ON_OFF[value]


def _cue_list(value: Any) -> JsonObject:
    return checked_object(value, "cue_lists", MAX_KEYS)
