"""Incoming OSC messages: addresses to changes of the domain (maestra.md §3.1)."""

from collections.abc import Callable, Iterable, Mapping
import re
from typing import Final

from ..bus import cached_by_text
from ..domain import Domain
from ..domain.clock import naive_wire_time, utcnow
from ..domain.coercion import coerce
from ..domain.errors import MaestraError
from ..domain.events import OscReceived, Relayed
from ..domain.json_values import InvalidJson, JsonObject, JsonValue, loads
from ..domain.source import Source
from ..transport.commands import Malformed, StateCommand, read_state
from ..transport.subjects import MAX_SUBJECT_LENGTH, subject_of_topic
from .codec import OscMessage
from .settings import OPERATIONS, OscMap

SOURCE: Final = "osc"
FROM_OSC: Final = "maestra.osc."
AUTHORIZE: Final = "/maestra/auth"
"""Carries a secret: it is never passed on."""

_SLUG: Final = re.compile(r"[A-Za-z0-9_-]+")

type AddressMap = Mapping[str, tuple[OscMap, ...]]
type Refuse = Callable[[str, str, str], None]
"""Told the address of a message that is refused, the code and the detail."""


def address_map(entries: Iterable[OscMap]) -> AddressMap:
    """Return the entries by address; one address may set several entities."""
    found: dict[str, tuple[OscMap, ...]] = {}
    for entry in entries:
        found[entry.osc_address] = (*found.get(entry.osc_address, ()), entry)
    return found


def read_commands(
    message: OscMessage, maps: AddressMap
) -> tuple[StateCommand, ...] | Malformed:
    """Return what a message changes, none where it is not for us. `maps` counts outside our own addresses only."""
    if meant := _meant(message.address):
        read, operation, slug, keys = meant
        return read(operation, slug, keys, message.arguments)
    return tuple(
        StateCommand(entry.entity_slug, state, SOURCE, entry.operation == "set")
        for entry in maps.get(message.address, ())
        if (state := _mapped(entry, message.arguments))
    )


type _Read = Callable[
    [str, str, list[str], tuple[JsonValue, ...]],
    tuple[StateCommand, ...] | Malformed,
]


type _Meaning = tuple[_Read, str, str, list[str]]


@cached_by_text(4_096)
def _meant(address: str) -> _Meaning | None:
    """Return what reads the arguments of one of our own addresses, and the operation, slug and keys in it."""
    match address.split("/"):
        case ["", "entity", operation, slug, *keys] if operation in OPERATIONS:
            return _written, operation, slug, keys
        case ["", "entity", *_]:
            return (lambda *_: ()), "", "", []
        case ["", "maestra", "entity", "state", operation, slug] if (
            operation in OPERATIONS
        ):
            return _enveloped, operation, slug, []
    return None


class Inbound:
    """Takes messages into the domain, and tells everybody inside who listens to OSC, or to commands."""

    def __init__(self, key: str, domain: Domain, maps: Iterable[OscMap] = ()) -> None:
        """`key` is the gateway part of every Source that comes in here."""
        self.maps: AddressMap = address_map(maps)
        self._key = key
        self._domain = domain

    def take(self, message: OscMessage, peer: str, refuse: Refuse) -> bool:
        """Bring one message into the domain; False where something of it was refused, which `refuse` is told."""
        source = _source(self._key, peer)
        self._publish(message, source)
        commands = read_commands(message, self.maps)
        if isinstance(commands, Malformed):
            refuse(message.address, "malformed", commands.reason)
            return False
        is_accepted = True
        for command in commands:
            try:
                self._domain.entities.report(
                    command.slug,
                    self._coerced(command),
                    replace=command.replace,
                    source=source._replace(name=command.source)
                    if command.source != SOURCE
                    else source,
                )
            except MaestraError as error:
                refuse(message.address, error.code, str(error))
                is_accepted = False
            else:
                self._publish_command(command, source)
        return is_accepted

    def _coerced(self, command: StateCommand) -> JsonObject:
        """Return a command's state with each value as the type of its variable: many clients have numbers only."""
        entity = self._domain.entities.get(command.slug)
        if entity is None:
            return command.state
        variables = entity.variables
        return {
            key: coerce(variables[key], value) if key in variables else value
            for key, value in command.state.items()
        }

    def _publish(self, message: OscMessage, source: Source) -> None:
        bus = self._domain.bus
        if bus.has_listeners(OscReceived):
            bus.publish(
                OscReceived(
                    message.address, message.arguments, source.peer or "", self._key
                )
            )
        if bus.has_listeners(Relayed):
            subject = FROM_OSC + subject_of_topic(message.address[1:])
            if len(subject) <= MAX_SUBJECT_LENGTH:
                bus.publish(Relayed(subject, _envelope(message), source))

    def _publish_command(self, command: StateCommand, source: Source) -> None:
        bus = self._domain.bus
        if bus.has_listeners(Relayed):
            bus.publish(Relayed(command.subject, command.body, source))


def _envelope(message: OscMessage) -> JsonObject:
    return {
        "timestamp": naive_wire_time(utcnow()),
        "source": SOURCE,
        "address": message.address,
        "values": list(message.arguments),
    }


@cached_by_text(4_096)
def _source(key: str, peer: str) -> Source:
    return Source(SOURCE, key, peer)


def _written(
    operation: str, slug: str, keys: list[str], arguments: tuple[JsonValue, ...]
) -> tuple[StateCommand, ...] | Malformed:
    """Read our own addresses: a key in the address, pairs of key and value, or an object as JSON."""
    if not _SLUG.fullmatch(slug):
        return Malformed("no slug of an entity", slug)
    state = _nested(keys, arguments) if keys else _whole(arguments)
    if isinstance(state, str):
        return Malformed(state, slug)
    return (StateCommand(slug, state, SOURCE, operation == "set"),)


def _nested(keys: list[str], arguments: tuple[JsonValue, ...]) -> JsonObject | str:
    if not all(keys):
        return "a key is empty"
    value = _value(arguments)
    for key in reversed(keys):
        value = {key: value}
    assert isinstance(value, dict)
    return value


def _whole(arguments: tuple[JsonValue, ...]) -> JsonObject | str:
    """Return the state that arguments without a key in the address make, or why they make none."""
    if len(arguments) == 1 and isinstance(arguments[0], str):
        state = _json(arguments[0])
        return state if isinstance(state, dict) else "the text is no JSON object"
    if arguments and len(arguments) % 2 == 0 and isinstance(arguments[0], str):
        return {
            str(key): value
            for key, value in zip(arguments[::2], arguments[1::2], strict=True)
        }
    return "neither keys with values nor a JSON object"


def _enveloped(
    operation: str, slug: str, _: list[str], arguments: tuple[JsonValue, ...]
) -> tuple[StateCommand, ...] | Malformed:
    """Read what the Max and TouchDesigner documents describe: `{state, source}` as JSON."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        return Malformed("the argument is not one JSON text", slug)
    command = read_state(
        slug,
        _json(arguments[0]),
        replace=operation == "set",
        default_source=SOURCE,
    )
    return command if isinstance(command, Malformed) else (command,)


def _mapped(entry: OscMap, arguments: tuple[JsonValue, ...]) -> JsonObject:
    if entry.state_key is None:
        return dict(zip(entry.state_keys, arguments, strict=False))
    return {entry.state_key: _value(arguments)} if arguments else {}


def _value(arguments: tuple[JsonValue, ...]) -> JsonValue:
    return arguments[0] if len(arguments) == 1 else list(arguments)


def _json(text: str) -> JsonValue:
    try:
        return loads(text)
    except InvalidJson:
        return None
