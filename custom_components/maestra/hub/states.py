"""A state of Home Assistant as it is stored: its number, and its attributes as JSON."""

from math import isfinite
from typing import Final

from homeassistant.const import MATCH_ALL, STATE_OFF, STATE_ON, EntityStateAttribute
from homeassistant.core import State
from homeassistant.helpers.json import json_bytes_strip_null

MAX_ATTRIBUTES: Final = 16_384
"""Bytes of JSON; Home Assistant's own recorder stores no more either."""

# As Home Assistant's own recorder has it.
_NEVER_RECORDED: Final[frozenset[str]] = frozenset(
    {
        EntityStateAttribute.ATTRIBUTION,
        EntityStateAttribute.RESTORED,
        EntityStateAttribute.SUPPORTED_FEATURES,
    }
)
# What stays of an entity that wants none of its attributes recorded.
_ALWAYS_RECORDED: Final[frozenset[str]] = frozenset(
    {
        EntityStateAttribute.DEVICE_CLASS,
        EntityStateAttribute.FRIENDLY_NAME,
        EntityStateAttribute.UNIT_OF_MEASUREMENT,
        "state_class",
    }
)
_SWITCHED: Final = {STATE_ON: 1.0, STATE_OFF: 0.0}


def state_number(state: str) -> float | None:
    """Return a state as a finite number, on and off as 1 and 0, None for any other."""
    if (switched := _SWITCHED.get(state)) is not None:
        return switched
    try:
        value = float(state)
    except ValueError:
        return None
    # Python also reads 1_000 as a number.
    return value if isfinite(value) and "_" not in state else None


def state_attributes(state: State) -> str | None:
    """Return the attributes that are to be recorded as JSON; None where there can be none."""
    left_out = _NEVER_RECORDED
    if state.state_info is not None:
        unrecorded = state.state_info["unrecorded_attributes"]
        if MATCH_ALL in unrecorded:
            unrecorded = frozenset(state.attributes) - _ALWAYS_RECORDED
        left_out |= unrecorded
    wanted = {
        name: value for name, value in state.attributes.items() if name not in left_out
    }
    try:
        packed = json_bytes_strip_null(wanted)
    except TypeError, ValueError:
        return None
    return packed.decode() if len(packed) <= MAX_ATTRIBUTES else "{}"
