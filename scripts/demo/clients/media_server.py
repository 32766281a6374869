"""A media server, such as TouchDesigner: plays a scene, moves a camera, counts its frames."""

from collections.abc import Coroutine, Iterable
from typing import Any, Final, override

from scripts.demo.client import Client, main
from scripts.demo.motion import ticks, wave

SLUG: Final = "media-server"
CAMERA_S: Final = 0.5
FRAMES_S: Final = 2
LOADS: Final = {"Prelude": 1, "Storm": 14, "Sunrise": 4, "Finale": 22}
"""How many frames a second each scene costs at its worst."""


class MediaServer(Client):
    """Plays the media server of the catalogue."""

    name = "media_server"

    @override
    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return self._camera(), self._frames()

    @override
    async def on_set(self, slug: str) -> None:
        """Follow: another scene, or none, has another frame rate."""
        await self.update(slug, {"fps": self._fps(0)})

    async def _camera(self) -> None:
        async for now in ticks(CAMERA_S):
            if self.inputs[SLUG]["playing"]:
                position = {
                    "x": round(wave(now, 40, -3, 3), 2),
                    "y": round(wave(now, 25, 1, 2.5), 2),
                    "z": round(wave(now, 40, 2, 6, 0.25), 2),
                }
                await self.update(SLUG, {"position": position})

    async def _frames(self) -> None:
        async for now in ticks(FRAMES_S):
            await self.update(SLUG, {"fps": self._fps(now)})

    def _fps(self, now: float) -> float:
        media = self.inputs[SLUG]
        if not media["playing"]:
            return 0.0
        return round(60 - wave(now, 17, 0, LOADS.get(media["scene"], 0)), 1)


if __name__ == "__main__":
    main(MediaServer())
