"""How a fade goes from its start to its end: the share of the way for the share of the time, both from 0 to 1."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final


class Curve(StrEnum):
    """The curves, by the names that animation and lighting consoles have for them."""

    LINEAR = "linear"
    EASE_IN = "ease_in"
    EASE_OUT = "ease_out"
    S_CURVE = "s_curve"
    HOLD = "hold"
    """Stays, and jumps at the end."""


WAYS: Final[dict[Curve, Callable[[float], float]]] = {
    Curve.LINEAR: lambda time: time,
    Curve.EASE_IN: lambda time: time * time,
    Curve.EASE_OUT: lambda time: time * (2 - time),
    Curve.S_CURVE: lambda time: time * time * (3 - 2 * time),
    Curve.HOLD: lambda time: float(time >= 1),
}
"""None of them goes back, or beyond its ends."""
