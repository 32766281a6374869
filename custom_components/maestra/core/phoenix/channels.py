"""What topics of the house bring to channels and REST: described here, served by the gateway."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal

import orjson

from ..bus import Unsubscribe
from ..domain.errors import InvalidField
from ..domain.json_values import JsonObject, JsonValue

type Payload = JsonObject | orjson.Fragment
"""What goes with an event: `encoded` where many are told the same."""
type Push = Callable[[str, Payload], None]
"""Tells who has joined of an event, with its payload."""
type Command = Callable[[str, JsonObject], JsonValue | Awaitable[JsonValue]]
"""Does what is asked for on a topic; returns the answer. Raises MaestraError."""
type Section = Callable[[], JsonValue | Awaitable[JsonValue]]
"""Returns a part of the telemetry that dashboards ask for."""
MAX_LIMIT: Final = 1_000
MAX_HOURS: Final = 24 * 366


def encoded(payload: JsonObject) -> orjson.Fragment:
    """Return a payload as all are told it, encoded once."""
    return orjson.Fragment(orjson.dumps(payload))


def _nothing(topic: str, push: Push) -> Unsubscribe:
    return lambda: None


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A part of what happens on topics; several may fit the same topic, and of the same command the last one counts.

    `joined` may push at once, and pushes what happens until the function that it returns is called. The answers to
    `bare` commands stand without the envelope.
    """

    fits: Callable[[str], bool]
    commands: Mapping[str, Command] = field(default_factory=dict)
    bare: frozenset[str] = frozenset()
    joined: Callable[[str, Push], Unsubscribe] = _nothing


@dataclass(frozen=True, slots=True)
class Query:
    """What a REST client asks for: the value of the path's parameter, of each parameter of the query, and what it sends."""

    values: Mapping[str, str]
    body: JsonObject = field(default_factory=dict)

    def text(self, name: str, longest: int = 200) -> str | None:
        """Return a text, None where it is left out or empty; raises InvalidField."""
        found = self.values.get(name, "").strip()
        if len(found) > longest:
            raise InvalidField(field=name, reason=f"longer than {longest} characters")
        return found or None

    def number(self, name: str, usual: float, most: float) -> float:
        """Return a positive number; raises InvalidField."""
        text = self.values.get(name)
        if text is None:
            return usual
        return positive(name, text, most)

    def limit(self, usual: int = 100) -> int:
        """Return how many are wanted; raises InvalidField."""
        return int(self.number("limit", usual, MAX_LIMIT))


@dataclass(frozen=True, kw_only=True)
class Report:
    """A path that tells something, or takes something in. `{value}` at its end is one segment, which the handler finds by that name."""

    path: str
    handler: Callable[[Query], JsonValue | Awaitable[JsonValue]]
    is_bare: bool = False
    """Whether its answer stands without the envelope."""
    method: Literal["GET", "POST"] = "GET"
    status: HTTPStatus = HTTPStatus.OK
    """Of an answer that tells of no error."""


@dataclass(frozen=True, kw_only=True)
class PhoenixParts:
    """What a topic of the house brings."""

    channels: tuple[Channel, ...] = ()
    reports: tuple[Report, ...] = ()
    telemetry: Mapping[str, Section] = field(default_factory=dict)
    """By the name of each section."""


def joined_parts(parts: Iterable[PhoenixParts]) -> PhoenixParts:
    """Return several as one."""
    found = tuple(parts)
    return PhoenixParts(
        channels=tuple(channel for part in found for channel in part.channels),
        reports=tuple(report for part in found for report in part.reports),
        telemetry={
            name: section for part in found for name, section in part.telemetry.items()
        },
    )


def positive(name: str, value: object, most: float) -> float:
    """Return a number above 0, however it is written; raises InvalidField."""
    try:
        is_number = isinstance(value, str | int | float) and value is not True
        number = float(value) if is_number else 0.0  # type: ignore[arg-type]  # it is one
    except ValueError, OverflowError:
        is_number, number = False, 0.0
    if not is_number:
        raise InvalidField(field=name, reason="must be a number")
    if not 0 < number <= most:
        raise InvalidField(field=name, reason=f"must be more than 0, {most:g} at most")
    return number
