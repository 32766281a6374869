"""Cue lists as files, forms and actions write them: checked once, never changed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from ..domain.errors import InvalidField
from ..domain.fields import checked_choice, checked_names, checked_object, checked_text
from ..domain.json_values import MAX_KEYS, JsonObject, JsonValue, check_size
from ..domain.names import checked_name
from ..domain.variables import is_number
from .at import At
from .curves import Curve

MAX_CUES: Final = 1_000
MAX_STATES: Final = 2_000
"""Entities that a cue changes, at most."""
MAX_ACTIVATED: Final = 50
MAX_NUMBER_LENGTH: Final = 20
MAX_MESSAGES: Final = 20
MAX_ARGUMENTS: Final = 32
LONGEST: Final = 86_400
"""Seconds of any time of a cue, at most."""


class ContinueMode(StrEnum):
    """What comes after a cue by itself, as QLab names it."""

    NONE = "none"
    """The list waits for the next go."""
    AUTO_CONTINUE = "auto_continue"
    """The next cue goes `post_wait` seconds after this one went."""
    AUTO_FOLLOW = "auto_follow"
    """The next cue goes `post_wait` seconds after this one is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OscOut:
    """An OSC message that goes with a cue: `to` is the name of a target, such as a console."""

    to: str
    address: str
    arguments: tuple[JsonValue, ...] = ()

    @classmethod
    def from_wire(cls, data: Any) -> Self:
        """Read one; raises InvalidField."""
        data = _object(data, "osc")
        address = checked_name(data.get("address"), "address")
        if not address.startswith("/") or " " in address:
            raise InvalidField(
                field="address", reason="must begin with / and have no blanks"
            )
        arguments = data.get("arguments") or []
        if (
            not isinstance(arguments, list)
            or len(arguments) > MAX_ARGUMENTS
            or not all(isinstance(it, str | int | float | bool) for it in arguments)
        ):
            raise InvalidField(
                field="arguments",
                reason=f"must be a list of at most {MAX_ARGUMENTS} texts, numbers and truth values",
            )
        check_size(arguments, field="arguments")
        return cls(
            to=checked_name(data.get("to"), "to"),
            address=address,
            arguments=tuple(arguments),
        )

    def to_wire(self) -> JsonObject:
        """Return what `from_wire` reads."""
        return {
            "to": self.to,
            "address": self.address,
            "arguments": list(self.arguments),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One cue: where values go, over how many seconds, and what else is switched on.

    `number` is text, as consoles have 1, 1.5 and 12A. `activates` are names of things outside, such as scenes.
    """

    number: str
    name: str = ""
    states: Mapping[str, JsonObject]
    activates: tuple[str, ...] = ()
    osc: tuple[OscOut, ...] = ()
    pre_wait: float = 0
    transition: float = 0
    curve: Curve = Curve.LINEAR
    continue_mode: ContinueMode = ContinueMode.NONE
    post_wait: float = 0
    at: At | None = None
    """When it goes by itself while it stands by."""
    notes: str = ""

    @property
    def title(self) -> str:
        """Number and name."""
        return f"{self.number} {self.name}".strip()

    @property
    def duration(self) -> float:
        """Seconds from go until it is complete."""
        return self.pre_wait + self.transition

    @property
    def until_next(self) -> float | None:
        """Seconds from go until the next goes by itself, None where it does not."""
        match self.continue_mode:
            case ContinueMode.AUTO_CONTINUE:
                return self.post_wait
            case ContinueMode.AUTO_FOLLOW:
                return self.duration + self.post_wait
            case _:
                return None

    @classmethod
    def from_wire(cls, data: Any, index: int = 0) -> Self:
        """Read one; raises InvalidField. Without a number it has that of its place."""
        data = _object(data, "cue")
        number = data.get("number", index + 1)
        return cls(
            number=checked_name(
                _digits(number) if is_number(number) else number,
                "number",
                MAX_NUMBER_LENGTH,
            ),
            name=_text(data, "name"),
            states=_states(data.get("states"), "states"),
            activates=checked_names(data.get("activates"), "activates", MAX_ACTIVATED),
            osc=_messages(data.get("osc")),
            curve=_choice(Curve, data, "curve", Curve.LINEAR),
            continue_mode=_choice(
                ContinueMode, data, "continue_mode", ContinueMode.NONE
            ),
            at=At.from_wire(data["at"]) if data.get("at") else None,
            notes=checked_text(data.get("notes"), "notes") or "",
            **{key: _seconds(data, key) for key in _TIMES},
        )

    def to_wire(self) -> JsonObject:
        """Return what `from_wire` reads; what says nothing is left out."""
        written: JsonObject = {
            "number": self.number,
            "name": self.name,
            "states": dict(self.states),
            "activates": list(self.activates),
            "osc": [message.to_wire() for message in self.osc],
            **{key: getattr(self, key) for key in _TIMES},
            "curve": "" if self.curve is Curve.LINEAR else self.curve.value,
            "continue_mode": ""
            if self.continue_mode is ContinueMode.NONE
            else self.continue_mode.value,
            "at": self.at.text if self.at else "",
            "notes": self.notes,
        }
        return {key: value for key, value in written.items() if value}


_TIMES: Final = ("pre_wait", "transition", "post_wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class CueList:
    """Cues in their order. `min_interval` are the seconds that must be between two goes, `safe` is where values go in a panic.

    Its fades have `priority` over those with a lower one.
    """

    name: str
    cues: tuple[Cue, ...] = ()
    min_interval: float = 0
    priority: int = 0
    safe: Mapping[str, JsonObject]

    def index(self, number: str) -> int | None:
        """Return the place of a cue, None where there is none of this number."""
        for index, cue in enumerate(self.cues):
            if cue.number == number:
                return index
        return None

    @classmethod
    def from_wire(cls, data: Any) -> Self:
        """Read one; raises InvalidField."""
        data = _object(data, "cue list")
        cues = data.get("cues", [])
        if not isinstance(cues, list) or len(cues) > MAX_CUES:
            raise InvalidField(
                field="cues", reason=f"must be a list of at most {MAX_CUES}"
            )
        read = tuple(Cue.from_wire(cue, index) for index, cue in enumerate(cues))
        numbers = Counter(cue.number for cue in read)
        if twice := next((one for one, times in numbers.items() if times > 1), None):
            raise InvalidField(field="number", reason=f"{twice} is there twice")
        priority = data.get("priority") or 0
        if not isinstance(priority, int) or not -100 <= priority <= 100:
            raise InvalidField(field="priority", reason="must be -100 to 100")
        return cls(
            name=checked_name(data.get("name")),
            cues=read,
            min_interval=_seconds(data, "min_interval"),
            priority=priority,
            safe=_states(data.get("safe"), "safe"),
        )

    def to_wire(self) -> JsonObject:
        """Return what `from_wire` reads."""
        return {
            "name": self.name,
            "min_interval": self.min_interval,
            "priority": self.priority,
            "safe": dict(self.safe),
            "cues": [cue.to_wire() for cue in self.cues],
        }


def _digits(number: float) -> str:
    """Return a number as people write it, 2.0 as 2; two numbers have two texts."""
    return str(int(number)) if number == int(number) else repr(number)


def _object(value: Any, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise InvalidField(field=what, reason="must be an object")
    return value


def _text(data: JsonObject, key: str) -> str:
    value = data.get(key)
    return checked_name(value, key) if value else ""


def _states(value: Any, field: str) -> dict[str, JsonObject]:
    states = checked_object(value, field, MAX_STATES)
    return {
        checked_name(key, field): checked_object(state, field, MAX_KEYS)
        for key, state in states.items()
    }


def _messages(value: Any) -> tuple[OscOut, ...]:
    if not isinstance(value, list | None) or len(value or ()) > MAX_MESSAGES:
        raise InvalidField(
            field="osc", reason=f"must be a list of at most {MAX_MESSAGES} messages"
        )
    return tuple(map(OscOut.from_wire, value or ()))


def _choice[E: StrEnum](kind: type[E], data: JsonObject, key: str, default: E) -> E:
    return checked_choice(kind, data, key) if data.get(key) else default


def _seconds(data: JsonObject, key: str) -> float:
    value = data.get(key) or 0
    if not is_number(value) or not 0 <= value <= LONGEST:
        raise InvalidField(field=key, reason=f"must be 0 to {LONGEST} seconds")
    return value
