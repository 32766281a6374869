"""Commands that clients give by publishing on a subject, whatever transport they came over (maestra.md §5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

from ..domain import Domain
from ..domain.errors import InvalidField
from ..domain.json_values import JsonObject, JsonValue
from ..domain.source import Source

STATE: Final = "maestra.entity.state"
STATE_COMMANDS: Final = (f"{STATE}.update.", f"{STATE}.set.")
STREAM: Final = "maestra.stream"
APPLIED: Final = "maestra.device.applied"
WEBSOCKET: Final = "websocket"
MAX_SOURCE_LENGTH: Final = 100


@dataclass(slots=True, eq=False)
class StateCommand:
    """Merge or replace an entity's state. `source` is what the client says of itself."""

    slug: str
    state: JsonObject
    source: str
    replace: bool

    @property
    def subject(self) -> str:
        """The subject on which the command is given."""
        return f"{STATE}.{'set' if self.replace else 'update'}.{self.slug}"

    @property
    def body(self) -> JsonObject:
        """What is said on the subject."""
        return {"state": self.state, "source": self.source}

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


def content(body: JsonValue) -> JsonValue:
    """Return what a client published, without the envelope that a WebSocket gateway puts around it (maestra.md §4)."""
    if isinstance(body, dict) and body.get("source") == WEBSOCKET and "data" in body:
        return body["data"]
    return body


def _change_state(
    domain: Domain, slug: str, body: Any, source: Source, *, replace: bool
) -> None:
    command = read_state(slug, body, replace=replace, default_source=source.name or "")
    if isinstance(command, Malformed):
        raise InvalidField(field="state", reason=command.reason)
    command.run(domain, source.gateway or "")


def _stream_heartbeat(
    domain: Domain, stream_id: str, body: Any, source: Source
) -> None:
    domain.streams.heartbeat(stream_id, source=source)


def _session_heartbeat(
    domain: Domain, session_id: str, body: Any, source: Source
) -> None:
    domain.streams.session_heartbeat(session_id)


def _subscriber_heartbeat(
    domain: Domain, subscriber_id: str, body: Any, source: Source
) -> None:
    domain.streams.subscriber_heartbeat(subscriber_id)


def note_applied(
    domain: Domain, hardware_id: str, body: Mapping[str, Any], source: Source
) -> None:
    """Note that a device has taken over a version of its configuration, or with `error` that it does not.

    Raises UnknownDevice, UnknownConfiguration, InvalidField.
    """
    device = domain.devices[hardware_id]
    version = body.get("version")
    if not isinstance(version, int):
        raise InvalidField(field="version", reason="must be a whole number")
    if (error := body.get("error")) is None:
        domain.configurations.applied(device, version)
    else:
        domain.configurations.refused(device, version, error)


def _applied(domain: Domain, name: str, body: Any, source: Source) -> None:
    if not isinstance(body, dict):
        raise InvalidField(field="version", reason="payload is not a JSON object")
    note_applied(domain, unquote(name), body, source)


# The subject without its last token, which names what is meant.
COMMANDS: Final[Mapping[str, Callable[[Domain, str, Any, Source], object]]] = {
    f"{STATE}.update": partial(_change_state, replace=False),
    f"{STATE}.set": partial(_change_state, replace=True),
    APPLIED: _applied,
    f"{STREAM}.heartbeat": _stream_heartbeat,
    f"{STREAM}.session.heartbeat": _session_heartbeat,
    f"{STREAM}.subscriber.heartbeat": _subscriber_heartbeat,
}


def is_command(subject: str) -> bool:
    """Whether what is said on a subject is a command."""
    prefix, _, name = subject.rpartition(".")
    return bool(name) and prefix in COMMANDS


def run_command(domain: Domain, subject: str, body: JsonValue, source: Source) -> bool:
    """Do what a subject commands; False where it commands nothing.

    `source` is taken where the body names none. Raises what the domain refuses.
    """
    if not is_command(subject):
        return domain.commands.run(subject, content(body), source)
    prefix, _, name = subject.rpartition(".")
    COMMANDS[prefix](domain, name, content(body), source)
    return True
