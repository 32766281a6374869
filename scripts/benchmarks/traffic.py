"""The messages that are sent: a show in which every entity's fader moves all the time."""

from collections.abc import Callable, Mapping
from typing import Final

PREFIX: Final = "maestra"
CORE_PREFIX: Final = "homeass"
BARE_PREFIX: Final = "discard"
TELLING_PREFIX: Final = "telling"
"""One for each reader, so that all can share a broker; of one length, so that packets are alike."""
_PREFIXES: Final = (PREFIX, CORE_PREFIX, BARE_PREFIX, TELLING_PREFIX)
assert len({len(prefix) for prefix in _PREFIXES}) == 1
EVENTS: Final = 3
"""That the protocol has for each change."""

MOVING: Final = "value"
"""The variable that changes with every message."""
CHOSEN: Final = "mode"
CHOICES: Final = ("auto", "manual", "off")
"""What people change: no message does."""
VARIABLES: Final = (MOVING, "level", "active", CHOSEN, "label")
"""What each entity has."""


def slug(number: int) -> str:
    """Return the name of an entity."""
    return f"bench-{number:05d}"


def topic(prefix: str, number: int) -> str:
    """Return where a client reports an entity's state."""
    return f"{prefix}/entity/state/update/{slug(number)}"


def show(turn: int, value: str) -> str:
    """Return a message in the forms that clients use: of ten, six bare, three wrapped, one with several keys."""
    match turn % 10:
        case 0 | 2 | 4 | 5 | 6 | 8:
            return f'{{"value": {value}}}'
        case 1 | 3 | 7:
            return f'{{"state": {{"value": {value}}}, "source": "touchdesigner"}}'
        case _:
            active = "true" if turn // 10 % 2 else "false"
            return (
                f'{{"state": {{"value": {value}, "level": {turn // 10 % 100}, '
                f'"active": {active}}}, "source": "qlab"}}'
            )


def plain(_turn: int, value: str) -> str:
    """Return the bare number: what costs a Home Assistant MQTT sensor least."""
    return value


MIXES: Final[Mapping[str, Callable[[int, str], str]]] = {"show": show, "plain": plain}
