"""OSC address patterns (OSC 1.0, and `//` of 1.1)."""

from collections.abc import Callable
import re
from typing import Final

from ..bus import cached_by_text
from ..domain.errors import InvalidField

MAX_PATTERN_LENGTH: Final = 256
_PIECE: Final = re.compile(
    r"(?P<deep>//)|(?P<any>\*+)|(?P<one>\?)|\[(?P<set>!?[^\[\]{}/]+)\]|\{(?P<words>[^\[\]{}/*?]*)\}|(?P<text>(?:(?!//)[^*?\[\]{}])+)"
)

# A step takes the positions in an address that are possible so far, and returns those after it. With all of them
# at once there is nothing to go back to: no pattern takes longer than its length times the address's.
type Step = Callable[[str, set[int]], set[int]]


@cached_by_text(8_192)
def address_matches(pattern: str, address: str) -> bool:
    """Tell whether an address is one of those that a pattern stands for; raises InvalidField."""
    positions = {0}
    for step in compile_pattern(pattern):
        positions = step(address, positions)
        if not positions:
            return False
    return len(address) in positions


@cached_by_text(512)
def compile_pattern(pattern: str) -> tuple[Step, ...]:
    """Compile a pattern: `?` and `*` within a part, `[a-z]`, `[!a-z]`, `{one,other}`, and `//` for any parts between.

    Raises InvalidField.
    """
    if not pattern.startswith("/") or len(pattern) > MAX_PATTERN_LENGTH:
        raise InvalidField(
            field="address",
            reason=f"must begin with / and have at most {MAX_PATTERN_LENGTH} characters",
        )
    steps: list[Step] = []
    index = 0
    while index < len(pattern):
        found = _PIECE.match(pattern, index)
        if found is None:
            raise InvalidField(
                field="address", reason=f"has no match for the bracket at {index}"
            )
        kind = found.lastgroup
        assert kind is not None
        steps.append(_STEPS[kind](found[kind]))
        index = found.end()
    return tuple(steps)


def _text(text: str) -> Step:
    return lambda address, positions: {
        position + len(text)
        for position in positions
        if address.startswith(text, position)
    }


def _words(choice: str) -> Step:
    steps = [_text(word) for word in choice.split(",")]
    return lambda address, positions: set().union(
        *(step(address, positions) for step in steps)
    )


def _set(characters: str) -> Step:
    is_excluded = characters.startswith("!")
    meant = _characters(characters.removeprefix("!"))
    return lambda address, positions: {
        position + 1
        for position in positions
        if position < len(address)
        and address[position] != "/"
        and (address[position] in meant) != is_excluded
    }


def _characters(text: str) -> frozenset[str]:
    """Return the characters of a set; a minus that is first or last is meant itself."""
    ranges = re.findall(r"(.)-(.)|(.)", text, re.DOTALL)
    return frozenset(
        character
        for low, high, single in ranges
        for character in (
            single or (chr(code) for code in range(ord(low), ord(high) + 1))
        )
    )


def _one(_: str) -> Step:
    return lambda address, positions: {
        position + 1
        for position in positions
        if position < len(address) and address[position] != "/"
    }


def _any(_: str) -> Step:
    def step(address: str, positions: set[int]) -> set[int]:
        reached: set[int] = set()
        for position in positions:
            while position not in reached:
                reached.add(position)
                if position < len(address) and address[position] != "/":
                    position += 1
        return reached

    return step


def _deep(_: str) -> Step:
    def step(address: str, positions: set[int]) -> set[int]:
        first = min(
            (
                position
                for position in positions
                if address[position : position + 1] == "/"
            ),
            default=len(address),
        )
        return {
            position + 1
            for position in range(first, len(address))
            if address[position] == "/"
        }

    return step


_STEPS: Final[dict[str, Callable[[str], Step]]] = {
    "deep": _deep,
    "any": _any,
    "one": _one,
    "set": _set,
    "words": _words,
    "text": _text,
}
