"""The integers by which stored rows name sensors and datapoints."""

from collections.abc import Mapping
from typing import Any, Final

from ..domain.errors import TooMany

MAX_NUMBER: Final = 2**31 - 1
"""The columns are int4."""


class Numbering:
    """Numbers for names, each given once and never again."""

    def __init__(self, what: str) -> None:
        """Start empty; `what` is what people call the named things."""
        self._what = what
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._last = 0

    def __getitem__(self, name: str) -> int:
        """Return the number of a name, a new one if it has none; raises TooMany."""
        if (number := self._numbers.get(name)) is None:
            if self._last >= MAX_NUMBER:
                raise TooMany(limit=MAX_NUMBER, kind=self._what)
            number = self._last + 1
            self._take(name, number)
        return number

    def name(self, number: int) -> str | None:
        """Return whose number it is, or None."""
        return self._names.get(number)

    def claim(self, name: str, number: int) -> bool:
        """Give a name the number that it has elsewhere; False where either is taken."""
        if name in self._numbers or number in self._names:
            return self._numbers.get(name) == number
        if not 0 < number <= MAX_NUMBER:
            return False
        self._take(name, number)
        return True

    def as_dict(self) -> dict[str, int]:
        """Return all numbers by name."""
        return dict(self._numbers)

    def _take(self, name: str, number: int) -> None:
        self._numbers[name] = number
        self._names[number] = name
        self._last = max(self._last, number)


class Numbers:
    """The numbers of sensors (`<mac>/J1/sensor-3`) and of datapoints (`<template>/<datapoint>`).

    They stay the same for as long as `snapshot` is kept and given to `restore`.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.sensors = Numbering("sensors")
        self.datapoints = Numbering("datapoints")

    def sensor(self, mac: str, path: object) -> int:
        """Return the number of a sensor: the device_id of its rows."""
        return self.sensors[f"{mac}/{path}"]

    def datapoint(self, template: str, datapoint: str) -> int:
        """Return the number of a template's datapoint: the datapoint_id of its rows."""
        return self.datapoints[f"{template}/{datapoint}"]

    def snapshot(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            "sensors": self.sensors.as_dict(),
            "datapoints": self.datapoints.as_dict(),
        }

    def restore(self, saved: Mapping[str, Mapping[str, int]]) -> None:
        """Take over what `snapshot` gave."""
        for name, number in saved["sensors"].items():
            self.sensors.claim(name, number)
        for name, number in saved["datapoints"].items():
            self.datapoints.claim(name, number)
