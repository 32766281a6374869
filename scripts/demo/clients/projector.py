"""A projector: its lamp warms up and cools down."""

from collections.abc import Coroutine, Iterable
from typing import Any, Final, override

from scripts.demo.catalogue import Json
from scripts.demo.client import Client, main
from scripts.demo.motion import ticks

REPORT_S: Final = 2
COLD_C: Final = 24.0
FULL_C: Final = 82.0
"""What the lamp comes to at full brightness."""
STEP: Final = 0.08
"""How much of the way to its final temperature the lamp goes between two reports."""


class Projector(Client):
    """Plays the projector of the catalogue."""

    name = "projector"

    def __init__(self) -> None:
        """Begin with a cold lamp."""
        super().__init__()
        self._lamp_c = COLD_C

    @override
    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return (self._glow(),)

    @override
    async def on_set(self, slug: str) -> None:
        """Follow: a change of power or brightness shows in the temperature at once."""
        await self.update(slug, self._warmed())

    async def _glow(self) -> None:
        async for _ in ticks(REPORT_S):
            await self.update("projector", self._warmed())

    def _warmed(self) -> dict[str, Json]:
        lamp = self.inputs["projector"]
        final = COLD_C + (FULL_C - COLD_C) * lamp["on"] * lamp["brightness"] / 100
        self._lamp_c += (final - self._lamp_c) * STEP
        return {"lamp_temperature": round(self._lamp_c, 1)}


if __name__ == "__main__":
    main(Projector())
