"""Which values triggers and conditions mean, as their options say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import probatio

from homeassistant.const import CONF_ABOVE, CONF_BELOW
from homeassistant.helpers.typing import VolDictType

from ..core.domain.json_values import JsonValue, is_same
from ..core.domain.variables import is_number

BOUNDS_FIELDS: Final[VolDictType] = {
    probatio.Optional(CONF_ABOVE): probatio.Coerce(float),
    probatio.Optional(CONF_BELOW): probatio.Coerce(float),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What numbers are meant: above one, below another."""

    above: float | None
    below: float | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Read options with BOUNDS_FIELDS."""
        return cls(options.get(CONF_ABOVE), options.get(CONF_BELOW))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.above is not None or self.below is not None

    def __contains__(self, value: object) -> bool:
        """Whether a value is within; without bounds, every one is."""
        if not self:
            return True
        return (
            is_number(value)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )


def is_meant(value: JsonValue, wanted: Any) -> bool:
    """Whether a value is what is asked for; a form gives text for numbers and truth values."""
    if isinstance(value, bool) or value is None:
        return value is wanted or str(value).lower() == str(wanted).lower()
    if is_number(value):
        try:
            return bool(float(wanted) == value)
        except TypeError, ValueError:
            return False
    return is_same(value, wanted)
