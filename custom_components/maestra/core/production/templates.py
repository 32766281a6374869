"""Templates of users: the words that overlays show for a type of content, with places for its data. They are text, never markup."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import re
from typing import Any, Final

from ..domain.errors import InvalidField
from ..domain.json_values import JsonObject

MAX_TEMPLATE_LENGTH: Final = 500
MAX_FILLED_LENGTH: Final = 2_000
_PLACE: Final = re.compile(r"\{([A-Za-z0-9_]{1,64})\}")


class Look(StrEnum):
    """How the words of a template are shown."""

    PANEL = "panel"
    """In a box."""
    BANNER = "banner"
    """As a bar over the whole width."""
    LARGE = "large"
    """Large, without a box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentTemplate:
    """A headline and a text; `{person}` stands for that part of the data, and for nothing where it has none."""

    title: str
    text: str = ""
    look: Look = Look.PANEL

    def filled(self, data: Mapping[str, Any]) -> JsonObject:
        """Return the words for this data."""
        return {
            "title": _filled(self.title, data),
            "text": _filled(self.text, data),
            "look": self.look.value,
        }


def checked_template(title: str, text: str, look: str) -> ContentTemplate:
    """Return a template; raises InvalidField."""
    for name, words in (("title", title), ("text", text)):
        if len(words) > MAX_TEMPLATE_LENGTH:
            raise InvalidField(
                field=name, reason=f"longer than {MAX_TEMPLATE_LENGTH} characters"
            )
    if not title.strip() and not text.strip():
        raise InvalidField(field="title", reason="must say something")
    if look not in Look:
        raise InvalidField(field="look", reason=f"must be one of {', '.join(Look)}")
    return ContentTemplate(title=title.strip(), text=text.strip(), look=Look(look))


def _filled(words: str, data: Mapping[str, Any]) -> str:
    def value(place: re.Match[str]) -> str:
        found = data.get(place[1])
        return str(found) if isinstance(found, str | int | float) else ""

    # What is put in is not looked at again: a name may be {message}.
    return _PLACE.sub(value, words)[:MAX_FILLED_LENGTH]
