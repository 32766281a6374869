"""The sensors of the building: slow curves, reported every few seconds."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Final, override

from scripts.demo.catalogue import Json
from scripts.demo.client import Client, main
from scripts.demo.motion import ticks, wave

type Curve = Callable[[float], Json]


def _curve(period_s: float, low: float, high: float, digits: int | None = 1) -> Curve:
    return lambda now: round(wave(now, period_s, low, high), digits)


def _present(period_s: float) -> Curve:
    return lambda now: wave(now, period_s, -1, 1) > 0.3


# Entity -> how often it reports, in seconds, and what.
SENSORS: Final[Mapping[str, tuple[float, Mapping[str, Curve]]]] = {
    "stage-climate": (
        5,
        {"temperature": _curve(420, 22, 29), "humidity": _curve(600, 35, 48)},
    ),
    "auditorium-climate": (
        5,
        {
            "temperature": _curve(900, 20, 24.5),
            "humidity": _curve(700, 42, 58),
            "co2": _curve(800, 520, 1350, None),
        },
    ),
    "auditorium-sound": (2, {"sound_level": _curve(14, 38, 96)}),
    "auditorium-presence": (3, {"presence": _present(180)}),
    "foyer-climate": (
        4,
        {
            "temperature": _curve(600, 18, 22),
            "humidity": _curve(500, 40, 55),
            "co2": _curve(650, 430, 900, None),
        },
    ),
    "foyer-presence": (3, {"presence": _present(60)}),
}


class Building(Client):
    """Plays the sensors of the catalogue."""

    name = "building"

    @override
    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return [self._report(slug, *sensor) for slug, sensor in SENSORS.items()]

    async def _report(
        self, slug: str, interval_s: float, curves: Mapping[str, Curve]
    ) -> None:
        async for now in ticks(interval_s):
            await self.update(slug, {key: curve(now) for key, curve in curves.items()})


if __name__ == "__main__":
    main(Building())
