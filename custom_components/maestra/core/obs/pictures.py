"""Pictures of what OBS shows: small, and seldom, as OBS draws each one anew."""

import asyncio
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable
from time import monotonic
from typing import Final

from .connection import ObsConnection
from .errors import ObsNoPicture

JPEG: Final = "image/jpeg"
STANDARD_WIDTH: Final = 640
MIN_WIDTH, MAX_WIDTH = 8, 1920
"""Pixels: OBS takes no smaller one, and needs half a second for a larger one."""
MAX_AGE: Final = 1.0
"""Seconds for which a picture is shown to whoever asks."""
MAX_LENGTH: Final = 8 * 2**20
"""Characters: many times as many as such a picture has."""
_PREFIXES: Final = ("data:image/jpg;base64,", "data:image/jpeg;base64,")


class PictureTaker:
    """Takes pictures of the scene that is live, one at a time; many who look at the same moment see the same one."""

    def __init__(
        self, connection: ObsConnection, clock: Callable[[], float] = monotonic
    ) -> None:
        """Have taken none."""
        self._connection = connection
        self._clock = clock
        self._lock = asyncio.Lock()
        self._latest: tuple[str, int, float, bytes] | None = None

    async def take(self, width: int | None = None) -> bytes:
        """Return a JPEG, as wide as OBS can be asked for, with the proportions of the scene.

        Raises ObsNotConnected, ObsRequestFailed (ObsBusy), ObsSilent, ObsNoPicture.
        """
        width = max(MIN_WIDTH, min(width or STANDARD_WIDTH, MAX_WIDTH))
        async with self._lock:
            scene = self._connection.state.program or ""
            now = self._clock()
            if self._latest and self._latest[:2] == (scene, width):
                _, _, taken, picture = self._latest
                if now - taken < MAX_AGE:
                    return picture
            answer = await self._connection.call(
                "GetSourceScreenshot",
                {"sourceName": scene, "imageFormat": "jpg", "imageWidth": width},
            )
            picture = read_picture(answer.get("imageData"))
            self._latest = scene, width, now, picture
        return picture


def read_picture(data: object) -> bytes:
    """Return the JPEG of a data address; raises ObsNoPicture."""
    text = data if isinstance(data, str) and len(data) <= MAX_LENGTH else ""
    for prefix in _PREFIXES:
        if text.startswith(prefix):
            try:
                picture = b64decode(text.removeprefix(prefix), validate=True)
            except NoBase64, ValueError:
                break
            if picture.startswith(b"\xff\xd8"):
                return picture
    raise ObsNoPicture
