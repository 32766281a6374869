"""What every text protocol says to change a state: an envelope or a bare object (maestra.md §2.1)."""

from dataclasses import dataclass
from typing import Any, Final

from ..domain import Domain
from ..domain.json_types import JsonObject
from ..domain.source import Source

MAX_SOURCE_LENGTH: Final = 100


@dataclass(slots=True, eq=False)
class StateCommand:
    """Merge or replace an entity's state. `source` is what the client says of itself."""

    slug: str
    state: JsonObject
    source: str
    replace: bool

    def run(self, domain: Domain, gateway: str) -> None:
        """Take the state over; raises as `Entities.report`."""
        domain.entities.report(
            self.slug,
            self.state,
            replace=self.replace,
            source=Source(self.source, gateway),
        )


@dataclass(slots=True, eq=False)
class Malformed:
    """A message that can't be read, with a short reason. `client` is the slug or hardware id it names, if any."""

    reason: str
    client: str | None = None


def read_state(
    slug: str, body: Any, *, replace: bool, default_source: str
) -> StateCommand | Malformed:
    """Read the body of an `update` or `set`."""
    if not isinstance(body, dict):
        return Malformed("payload is not a JSON object", slug)
    state = body.get("state")
    # `{"state": 5, "m": 3}` is a bare object that happens to have a key `state`.
    if not isinstance(state, dict):
        return StateCommand(slug, body, default_source, replace)
    named = body.get("source")
    if not isinstance(named, str) or not 0 < len(named) <= MAX_SOURCE_LENGTH:
        named = default_source
    return StateCommand(slug, state, named, replace)
