"""From a `twitch_channel` subentry to what is heard of the channel, and where Twitch is."""

from collections.abc import Mapping
import os
from typing import Any, Final

from yarl import URL

from ...const import CONF_TOPICS
from ...core.twitch.connection import Endpoints, TwitchSettings
from ...hub.accounts import CONF_ACCOUNT_TOKEN

SIMULATOR: Final = "MAESTRA_TWITCH_SIMULATOR"
"""The variable of the environment that names a simulator, for the demo and tests. It must be on this machine."""
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def endpoints() -> Endpoints:
    """Return where Twitch is: a simulator on this machine, where the environment names one."""
    base = os.environ.get(SIMULATOR)
    if not base or (url := URL(base)).host not in _THIS_MACHINE:
        return Endpoints()
    return Endpoints(
        events=str(url.with_scheme("ws") / "ws"),
        api=str(url / "helix"),
        authorize=str(url / "oauth2" / "authorize"),
        token=str(url / "oauth2" / "token"),
    )


def twitch_settings(data: Mapping[str, Any]) -> TwitchSettings:
    """Return what is heard of the channel of a subentry."""
    scopes = data.get(CONF_ACCOUNT_TOKEN, {}).get("scope") or ()
    return TwitchSettings(
        topics=tuple(data[CONF_TOPICS]),
        scopes=frozenset(scopes.split() if isinstance(scopes, str) else scopes),
        endpoints=endpoints(),
    )
