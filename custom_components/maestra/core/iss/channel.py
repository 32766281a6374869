"""What one channel of the feed is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .legends import Legend

# What a unit measures, by Home Assistant's names of device classes; others have none beyond doubt.
MEASURES: Final[Mapping[str, str]] = {
    "A": "current",
    "V": "voltage",
    "cm": "distance",
    "kPa": "pressure",
    "kg": "weight",
    "km": "distance",
    "m": "distance",
    "m/s": "speed",
    "mmHg": "pressure",
    "ms": "duration",
    "s": "duration",
    "°C": "temperature",
}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its public code, who on the ground looks after it, and how to read it.

    `unit` is that of what the feed sends, empty for a plain number. `is_inferred` says that nobody has
    written the unit down. `legend` tells what whole numbers stand for, None for a measurement.
    """

    id: str
    discipline: str
    label: str
    unit: str = ""
    is_inferred: bool = False
    legend: Legend | None = None

    @property
    def team(self) -> str:
        """The discipline that a channel is shown with: the first of several."""
        return self.discipline.partition("/")[0]

    @property
    def measure(self) -> str | None:
        """What is measured (`temperature`), where the unit leaves no doubt."""
        return MEASURES.get(self.unit)

    def meaning(self, value: float) -> str | None:
        """Return what an integer code stands for; None for another number, or without a legend."""
        if self.legend is None or value != int(value):
            return None
        return self.legend.get(int(value))
