"""What a client commands by saying it on a subject, whatever transport it came over (maestra.md §5)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from ..domain import Domain
from ..domain.errors import InvalidField
from ..domain.json_types import JsonValue
from ..domain.source import Source
from .state_command import Malformed, read_state

STATE: Final = "maestra.entity.state"
STREAM: Final = "maestra.stream"
WEBSOCKET: Final = "websocket"


def run_command(domain: Domain, subject: str, body: JsonValue, source: Source) -> bool:
    """Do what a subject commands; False where it commands nothing.

    `source` is taken where the body names none. Raises what the domain refuses.
    """
    prefix, _, name = subject.rpartition(".")
    command = COMMANDS.get(prefix)
    if command is None or not name:
        return False
    command(domain, name, content(body), source)
    return True


def content(body: JsonValue) -> JsonValue:
    """Return what a client said, without the envelope that a WebSocket gateway puts around it (maestra.md §4)."""
    if isinstance(body, dict) and body.get("source") == WEBSOCKET and "data" in body:
        return body["data"]
    return body


def _state(
    domain: Domain, slug: str, body: Any, source: Source, *, replace: bool
) -> None:
    command = read_state(slug, body, replace=replace, default_source=source.name or "")
    if isinstance(command, Malformed):
        raise InvalidField(field="state", reason=command.reason)
    command.run(domain, source.gateway or "")


def _stream_heard(domain: Domain, stream_id: str, body: Any, source: Source) -> None:
    domain.streams.heartbeat(stream_id, source=source)


def _session_heard(domain: Domain, session_id: str, body: Any, source: Source) -> None:
    domain.streams.session_heartbeat(session_id)


def _subscriber_heard(
    domain: Domain, subscriber_id: str, body: Any, source: Source
) -> None:
    domain.streams.subscriber_heartbeat(subscriber_id)


# The subject without its last token, which names what is meant.
COMMANDS: Final[Mapping[str, Callable[[Domain, str, Any, Source], object]]] = {
    f"{STATE}.update": partial(_state, replace=False),
    f"{STATE}.set": partial(_state, replace=True),
    f"{STREAM}.heartbeat": _stream_heard,
    f"{STREAM}.session.heartbeat": _session_heard,
    f"{STREAM}.subscriber.heartbeat": _subscriber_heard,
}
