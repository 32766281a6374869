"""Changes that have a time, as they are saved: they outlive a restart."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from ..bus import get_logger
from ..domain.clock import utcnow, wire_time
from ..domain.errors import InvalidField, MaestraError
from ..domain.fields import checked_choice, checked_object, saved_moment
from ..domain.json_values import MAX_KEYS, JsonObject
from ..domain.source import HOME_ASSISTANT
from ..domain.variables import is_number
from .at import MISSED_AFTER
from .curves import Curve
from .fader import MAX_MOVES, Fade, Fader

_LOGGER = get_logger(__name__)
_KEY: Final = "changes"


def scheduled(fader: Fader) -> JsonObject:
    """Return what waits for its time."""
    return {
        _KEY: [
            {
                "at": wire_time(fade.at),
                "states": dict(fade.states),
                "over": fade.over,
                "curve": fade.curve.value,
                "priority": fade.priority,
                "correlation_id": fade.correlation_id,
            }
            for fade in fader.scheduled
            if fade.at is not None
        ]
    }


def reschedule(fader: Fader, saved: Mapping[str, Any]) -> None:
    """Let what `scheduled` gave wait again; what was due meanwhile is done now, for the rest of its time. What can't be read, or is long over, is left out."""
    changes = saved.get(_KEY)
    for data in changes if isinstance(changes, list) else ():
        try:
            fade = _read(data)
            if fade is not None:
                fader.start(fade)
        except MaestraError as error:
            _LOGGER.error("A change that was scheduled can't be made: %s", error)


def _read(data: Any) -> Fade | None:
    if not isinstance(data, dict):
        raise InvalidField(field="change", reason="must be an object")
    at, now = saved_moment(data, "at"), utcnow()
    if at < now - MISSED_AFTER:
        _LOGGER.warning("A change was due at %s, and is left out", wire_time(at))
        return None
    over, priority = data.get("over"), data.get("priority")
    if not is_number(over) or not isinstance(priority, int):
        raise InvalidField(field="over", reason="must be a number")
    late = max(timedelta(0), now - at).total_seconds()
    states = checked_object(data.get("states"), "states", MAX_MOVES)
    return Fade(
        states={key: checked_object(it, key, MAX_KEYS) for key, it in states.items()},
        source=HOME_ASSISTANT,
        over=max(0.0, over - late),
        curve=checked_choice(Curve, data, "curve"),
        priority=priority,
        correlation_id=str(data.get("correlation_id")),
        at=at,
    )
