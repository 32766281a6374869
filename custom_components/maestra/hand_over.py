"""Files with private keys, to be fetched within minutes: they are kept in memory only, and are gone afterwards."""

from datetime import timedelta
import secrets
from time import monotonic
from typing import Final, NamedTuple

from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback

LIFETIME: Final = timedelta(minutes=15)
MAX_FILES: Final = 50
URL: Final = "/api/maestra_hand_over/{key}"


class Handed(NamedTuple):
    """One file that waits to be fetched."""

    name: str
    content: bytes
    until: float


class HandOver:
    """Keeps files for those who have their signed address."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Keep nothing yet."""
        self._hass = hass
        self._files: dict[str, Handed] = {}

    @callback
    def put(self, name: str, content: bytes) -> str:
        """Keep a file for a while, and return its address below Home Assistant's."""
        self.forget_old()
        while len(self._files) >= MAX_FILES:
            del self._files[next(iter(self._files))]
        key = secrets.token_urlsafe(24)
        until = monotonic() + LIFETIME.total_seconds()
        self._files[key] = Handed(name, content, until)
        return async_sign_path(
            self._hass, URL.format(key=key), LIFETIME, use_content_user=True
        )

    @callback
    def find(self, key: str) -> Handed | None:
        """Return a file, None once it is gone."""
        self.forget_old()
        return self._files.get(key)

    @callback
    def forget_old(self) -> None:
        """Forget what nobody has fetched in time."""
        now = monotonic()
        for key, handed in list(self._files.items()):
            if handed.until <= now:
                del self._files[key]
