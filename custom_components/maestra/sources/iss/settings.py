"""How the feed is reached, and what is wanted of it."""

from dataclasses import dataclass
from typing import Final

from yarl import URL

PUBLIC_FEED: Final = "https://push.lightstreamer.com"
ADAPTER_SET: Final = "ISSLIVE"
SILENCE: Final = 30.0
"""Seconds without the station's clock after which the signal counts as lost."""


@dataclass(frozen=True, kw_only=True)
class IssSettings:
    """The server, and the channels to ask for, each once. `silence` is in seconds."""

    url: str = PUBLIC_FEED
    channels: tuple[str, ...]
    adapter_set: str = ADAPTER_SET
    silence: float = SILENCE

    @property
    def socket(self) -> URL:
        """Where the server takes sessions."""
        url = URL(self.url)
        secure = url.scheme in {"https", "wss"}
        return url.with_scheme("wss" if secure else "ws").with_path("/lightstreamer")
