"""A lighting desk: washes drift through the colours, spots chase, and what a person sets stays for a while."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
import colorsys
from itertools import cycle
from typing import Any, Final, override

from scripts.demo.catalogue import Json
from scripts.demo.client import Client, main
from scripts.demo.motion import ticks, wave

type Look = Callable[[float, float], dict[str, Json]]
"""How a light looks at a time, at its place (0 to 1) in the group."""

TICK_S: Final = 0.25
"""Each group changes one light at a time."""
DRIFT_S: Final = 90
CHASE_S: Final = 12
HAND_S: Final = 30
"""How long a light that was set by somebody else is left alone."""


class LightingDesk(Client):
    """Plays the lights of the catalogue."""

    name = "lighting_desk"

    def __init__(self) -> None:
        """Begin with all lights in the chase."""
        super().__init__()
        self._by_hand_until: dict[str, float] = {}
        self._unsettled: set[str] = set()

    @override
    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return self._chase("washes", _drifting), self._chase("spots", _chasing)

    @override
    async def announce(self) -> None:
        for slug in self.props:
            await self._tell(slug, self.inputs[slug])

    @override
    async def on_set(self, slug: str) -> None:
        """Follow: the light does what it was told, and leaves the chase."""
        self._by_hand_until[slug] = asyncio.get_running_loop().time() + HAND_S
        self._unsettled.add(slug)
        await self._tell(slug, {})

    async def _chase(self, group: str, look: Look) -> None:
        slugs = [slug for slug, prop in self.props.items() if prop.parent == group]
        turns = cycle(enumerate(slugs))
        async for now in ticks(TICK_S):
            place, slug = next(turns)
            state = self.inputs[slug]
            if now >= self._by_hand_until.get(slug, 0):
                self._by_hand_until.pop(slug, None)
                change = look(now, place / len(slugs)) if state["on"] else {}
                state |= change
                await self._tell(slug, change)
            elif slug in self._unsettled:
                # A step of the chase that was under way may have overwritten what was set.
                await self._tell(slug, state)
            self._unsettled.discard(slug)

    async def _tell(self, slug: str, change: dict[str, Json]) -> None:
        state = self.inputs[slug]
        output = state["brightness"] if state["on"] else 0
        control = "Hand" if slug in self._by_hand_until else "Chase"
        await self.update(slug, {**change, "output": output, "control": control})


def _drifting(now: float, phase: float) -> dict[str, Json]:
    red, green, blue = colorsys.hsv_to_rgb((now / DRIFT_S + phase) % 1, 0.9, 1)
    color = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
    return {"color": color, "brightness": round(wave(now, DRIFT_S / 2, 50, 80, phase))}


def _chasing(now: float, phase: float) -> dict[str, Json]:
    return {"brightness": round(wave(now, CHASE_S, 10, 100, phase))}


if __name__ == "__main__":
    main(LightingDesk())
