"""Settings of the OSC listener and of OSC targets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Self

from ..domain.errors import InvalidField
from ..domain.json_values import JsonValue
from ..domain.names import MAX_VARIABLE_NAME_LENGTH, checked_name, checked_slug
from ..transport.access import Access
from .codec import MAX_ADDRESS_LENGTH

IN_PORT: Final = 57_120
OUT_PORT: Final = 57_121
OPERATIONS: Final = ("update", "set")
MAX_MAPS: Final = 1_000
MAX_MAPPED_KEYS: Final = 100
# One fader moved by hand sends hundreds of messages a second, a tracking system thousands.
DEFAULT_ACCESS: Final = Access(rate=20_000, burst=40_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class OscMap:
    """What an address outside ours sets: one key with all arguments, or a key for each (maestra.md §3.1)."""

    osc_address: str
    entity_slug: str
    state_key: str | None = None
    state_keys: tuple[str, ...] = ()
    operation: str = "update"

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read an entry of the reference's file: `{osc_address, entity_slug, state_key | state_keys, operation}`.

        Raises InvalidField.
        """
        address, operation = data.get("osc_address"), data.get("operation") or "update"
        if (
            not isinstance(address, str)
            or not address.startswith("/")
            or len(address) > MAX_ADDRESS_LENGTH
        ):
            raise InvalidField(field="osc_address", reason="must begin with /")
        if address.split("/")[1] == "entity":
            raise InvalidField(
                field="osc_address", reason="/entity has a meaning of its own"
            )
        if operation not in OPERATIONS:
            raise InvalidField(field="operation", reason="must be update or set")
        key, keys = data.get("state_key"), data.get("state_keys") or []
        if bool(key) == bool(keys) or not isinstance(keys, list):
            raise InvalidField(
                field="state_keys", reason="there must be state_key or state_keys"
            )
        if len(keys) > MAX_MAPPED_KEYS:
            raise InvalidField(
                field="state_keys", reason=f"more than {MAX_MAPPED_KEYS}"
            )
        slug = data.get("entity_slug")
        return cls(
            osc_address=address,
            entity_slug=checked_slug(
                slug if isinstance(slug, str) else "", "entity_slug"
            ),
            state_key=_checked_key(key, "state_key") if key else None,
            state_keys=tuple(_checked_key(each, "state_keys") for each in keys),
            operation=operation,
        )

    def to_wire(self) -> dict[str, JsonValue]:
        """Return the entry in the reference's form."""
        keys: dict[str, JsonValue] = (
            {"state_key": self.state_key}
            if self.state_key is not None
            else {"state_keys": list(self.state_keys)}
        )
        return {
            "osc_address": self.osc_address,
            "entity_slug": self.entity_slug,
            **keys,
            "operation": self.operation,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OscSettings:
    """A listener. `port` is UDP, `tcp_port` TCP (0: none), `oscquery_port` HTTP (None: none, 0: any free one)."""

    host: str = "0.0.0.0"
    port: int = IN_PORT
    access: Access = DEFAULT_ACCESS
    tcp_port: int = 0
    oscquery_port: int | None = None
    name: str = "Maestra"
    """As OSCQuery clients show it."""
    maps: tuple[OscMap, ...] = ()
    answers_errors: bool = True
    """Whether a message that is refused is answered with `/error <address> <code> <detail>`."""


class OutputMode(StrEnum):
    """How a target is told of a change."""

    KEYS = "keys"
    """A message for each changed key."""
    KEYS_AND_STATE = "keys_and_state"
    """As the reference: the keys, and the whole state as JSON."""
    TOUCHDESIGNER = "touchdesigner"
    """The event as JSON on `/maestra/entity/state/<slug>`."""
    MAX = "max"
    """The event as JSON on `/maestra/entity/state/<type>/<slug>`."""


class Protocol(StrEnum):
    """How packets reach a target."""

    UDP = "udp"
    TCP = "tcp"


class FramingKind(StrEnum):
    """How packets are told apart on a TCP connection."""

    LENGTH = "length"
    """The size before each (OSC 1.0)."""
    SLIP = "slip"
    """SLIP, END before and after each (OSC 1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAlive:
    """What a target wants to hear again and again, such as `/xremote` every 9 seconds."""

    address: str
    arguments: tuple[JsonValue, ...] = ()
    interval: timedelta = timedelta(seconds=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFilter:
    """Of which changes a target is told; an empty part lets everything through. `path` is an lquery."""

    entity_types: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OscTargetSettings:
    """One OSC program or device that is told of changes, and can be sent messages."""

    host: str
    port: int = OUT_PORT
    name: str = ""
    protocol: Protocol = Protocol.UDP
    framing: FramingKind = FramingKind.SLIP
    local_port: int = 0
    """Where its answers come to over UDP; 0 for any free one."""
    output: OutputMode = OutputMode.KEYS_AND_STATE
    filter: OutputFilter = field(default_factory=OutputFilter)
    keep_alive: KeepAlive | None = None
    expects_replies: bool = False
    """Whether it counts as connected only while something is heard of it."""
    silence: timedelta = timedelta(seconds=30)
    """After which it counts as gone."""
    skips_own_host: bool = True
    """Not to tell it what its own host sent to our listener. On this machine programs are told apart by their ports."""
    maps: tuple[OscMap, ...] = ()
    """What its messages set, beside our own addresses."""


def _checked_key(key: object, where: str) -> str:
    return checked_name(key, where, MAX_VARIABLE_NAME_LENGTH)
