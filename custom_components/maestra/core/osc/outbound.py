"""Outgoing OSC messages: changes of the domain to addresses. No I/O (maestra.md §3.2)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from ..bus import cached_by_text
from ..domain.coercion import coerce
from ..domain.errors import InvalidField, MaestraError
from ..domain.events import Relayed, StateChanged
from ..domain.json_values import JsonValue
from ..domain.paths import path_matches
from ..transport.commands import content
from ..transport.event_encoder import EventEncoder
from .codec import OscMessage, encode, is_plain_part
from .settings import OutputFilter, OutputMode

TO_OSC: Final = "maestra.to_osc."
MAX_TARGET_LENGTH: Final = 255


class ToOsc(NamedTuple):
    """A message that somebody inside has for OSC; `target` is `host`, `host:port` or a target's name, None for all."""

    address: str
    packet: bytes
    target: str | None


def render(
    change: StateChanged, mode: OutputMode, output: OutputFilter, encoder: EventEncoder
) -> Iterator[OscMessage]:
    """Return the messages about a change, each address once; none where the filter keeps it back."""
    entity = change.entity
    if (
        (output.entity_types and entity.type.name not in output.entity_types)
        or (output.slugs and entity.slug not in output.slugs)
        or (output.path and not _is_below(output.path, entity.path))
    ):
        return
    keys = [key for key in change.changed_keys if not output.keys or key in output.keys]
    if keys:
        yield from _MODES[mode](change, keys, encoder)


def read_to_osc(relayed: Relayed) -> ToOsc | None:
    """Read what is said on `maestra.to_osc.<token>`, None for another subject; raises InvalidField."""
    token = relayed.subject.removeprefix(TO_OSC)
    if token == relayed.subject or "." in token:
        return None
    body: Any = content(relayed.data)
    if not isinstance(body, dict):
        raise InvalidField(field="body", reason="must be an object with an address")
    address, values, target = (
        body.get("address"),
        body.get("values", []),
        body.get("target"),
    )
    if not isinstance(values, list):
        raise InvalidField(field="values", reason="must be a list")
    if target is not None and not (
        isinstance(target, str) and len(target) <= MAX_TARGET_LENGTH
    ):
        raise InvalidField(
            field="target", reason="must be host:port or the name of a target"
        )
    # `encode` refuses what is no address.
    return ToOsc(str(address), encode(str(address), values), target or None)


def split_target(text: str, default_port: int) -> tuple[str, int] | None:
    """Read `host`, `host:port` or `[IPv6]:port`; None where it is neither."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        host, port = text, str(default_port)
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65_536):
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)


def simple(value: JsonValue) -> JsonValue:
    """Return a value of a state as OSC clients expect it: true and false as 1 and 0, null as 0, a structure as JSON."""
    match value:
        case None:
            return 0
        case bool():
            return int(value)
        case dict() | list():
            return orjson.dumps(value).decode()
    return value


def _keys(
    change: StateChanged, keys: list[str], _encoder: EventEncoder
) -> Iterator[OscMessage]:
    entity = change.entity
    variables = entity.variables
    for key in keys:
        address = f"/entity/state/{entity.type.name}/{entity.slug}/{_part(key)}"
        # The reference is silent about a key that is gone, and its clients keep the last value.
        value = None
        if key in change.current:
            value = change.current[key]
            # Clients with types may have said something else: an address has one type.
            if key in variables:
                value = coerce(variables[key], value)
            value = simple(value)
        yield OscMessage(address, (value,))


def _keys_and_state(
    change: StateChanged, keys: list[str], encoder: EventEncoder
) -> Iterator[OscMessage]:
    entity = change.entity
    yield from _keys(change, keys, encoder)
    yield OscMessage(
        f"/entity/state/{entity.type.name}/{entity.slug}",
        (orjson.dumps(change.current).decode(),),
    )


def _touchdesigner(
    change: StateChanged, _keys: list[str], encoder: EventEncoder
) -> Iterator[OscMessage]:
    yield OscMessage(
        f"/maestra/entity/state/{change.entity.slug}", (_event(change, encoder),)
    )


def _max(
    change: StateChanged, _keys: list[str], encoder: EventEncoder
) -> Iterator[OscMessage]:
    entity = change.entity
    yield OscMessage(
        f"/maestra/entity/state/{entity.type.name}/{entity.slug}",
        (_event(change, encoder),),
    )


def _event(change: StateChanged, encoder: EventEncoder) -> str:
    return encoder.encode(change)[0].payload.decode()


_MODES: Final[
    Mapping[
        OutputMode,
        Callable[[StateChanged, list[str], EventEncoder], Iterator[OscMessage]],
    ]
] = {
    OutputMode.KEYS: _keys,
    OutputMode.KEYS_AND_STATE: _keys_and_state,
    OutputMode.TOUCHDESIGNER: _touchdesigner,
    OutputMode.MAX: _max,
}


@cached_by_text(4_096)
def _part(key: str) -> str:
    """Write a key that a client chose as one part of an address: what some clients can't read there as `_`."""
    if is_plain_part(key):
        return key
    return (
        "".join(
            character if is_plain_part(character) else "_" for character in key[:100]
        )
        or "_"
    )


@cached_by_text(4_096)
def _is_below(pattern: str, path: str) -> bool:
    try:
        return path_matches(pattern, path)
    except MaestraError:
        return False
