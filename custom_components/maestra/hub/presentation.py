"""What is to be shown as one Home Assistant entity."""

from dataclasses import dataclass

from homeassistant.const import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """One Home Assistant entity to be shown; features add what their entities have to know.

    `kind` and `platform` choose its class (`Feature.entities`), `key` is unique within its owner, and part of the
    unique id. `shows` names the values behind it, by which it is found when one of them changes.
    Two presentations that are equal need no new entity.
    """

    platform: Platform
    kind: str
    key: str
    shows: tuple[str, ...] = ()
    is_main: bool = False

    def fits(self, other: Presentation) -> bool:
        """Whether an entity that shows this can show the other one instead: same class, same name."""
        return self.kind == other.kind and self.is_main == other.is_main
