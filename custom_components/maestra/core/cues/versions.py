"""Earlier versions of cue lists, and what is different in two of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from ..domain.clock import wire_time
from ..domain.errors import InvalidField
from ..domain.fields import saved_moment
from ..domain.json_values import JsonObject, JsonValue
from .cue_list import CueList

KEPT_VERSIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """A version of a list that another took the place of, at `replaced_at`."""

    number: int
    replaced_at: datetime
    cues: CueList

    @classmethod
    def from_wire(cls, data: Any) -> Self:
        """Read what was saved; raises InvalidField."""
        if not isinstance(data, dict) or not isinstance(data.get("number"), int):
            raise InvalidField(field="version", reason="must be a numbered object")
        return cls(
            number=data["number"],
            replaced_at=saved_moment(data, "replaced_at"),
            cues=CueList.from_wire(data.get("list")),
        )

    def to_wire(self) -> JsonObject:
        """Return what `from_wire` reads."""
        return {
            "number": self.number,
            "replaced_at": wire_time(self.replaced_at),
            "list": self.cues.to_wire(),
        }


def difference(former: CueList, latter: CueList) -> JsonObject:
    """Return what is different in the latter: numbers of cues `added`, `removed` and in another `order`, and of those `changed` the keys.

    `settings` are the keys of the list itself that are others. What has no difference is left out.
    """
    before, after = _by_number(former), _by_number(latter)
    common: list[JsonValue] = [number for number in after if number in before]
    order: list[JsonValue] = [number for number in before if number in after]
    found: JsonObject = {
        "added": [number for number in after if number not in before],
        "removed": [number for number in before if number not in after],
        "changed": {
            number: keys
            for number in after
            if number in before and (keys := _different(before[number], after[number]))
        },
        "order": common if common != order else [],
        "settings": _different(_settings(former), _settings(latter)),
    }
    return {key: value for key, value in found.items() if value}


def _by_number(cues: CueList) -> dict[str, JsonObject]:
    return {cue.number: cue.to_wire() for cue in cues.cues}


def _settings(cues: CueList) -> JsonObject:
    return {key: value for key, value in cues.to_wire().items() if key != "cues"}


def _different(former: JsonObject, latter: JsonObject) -> list[JsonValue]:
    return [key for key in former | latter if former.get(key) != latter.get(key)]
