"""What cards follow of certificates: whose they are, and when they end."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from homeassistant.auth.models import User
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from ...core.bus import Unsubscribe
from ...core.domain.clock import utcnow, wire_time
from ...core.domain.json_values import JsonObject
from ...core.domain.names import F2_NAME_PREFIX
from ...core.pki.register import renewal_time
from ...core.pki.service import CertificateService
from ...hub.hub import Hub
from ...hub.live import Live, differing, live_command
from ...hub.permissions import Needs

TICK: Final = timedelta(seconds=10)
MOST: Final = 1_000
"""Certificates that a card is told of: those that end first."""
AUTHORITY: Final = "authority"


class Ending(NamedTuple):
    """When the last valid certificate of somebody ends, and whether it is time for another."""

    at: datetime
    purpose: str
    is_due: bool


class LiveCertificates:
    """The last valid certificate of each owner by name (of a device its MAC), and the authority's own."""

    def __init__(self, hub: Hub, _user: User, _msg: dict[str, Any]) -> None:
        """Look at none yet."""
        self._hub = hub
        self._endings: dict[str, Ending] = {}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._endings)

    def show(self, key: str) -> JsonObject | None:
        """Return when a certificate ends. `is_due`: it is time for another."""
        if (ending := self._endings.get(key)) is None:
            return None
        return {
            "purpose": ending.purpose,
            "expires_at": wire_time(ending.at),
            "is_due": ending.is_due,
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with each name that has another certificate, none any more, or one that has become due."""

        @callback
        def look(_now: object) -> None:
            before, self._endings = self._endings, self._found()
            for key in differing(before, self._endings):
                changed(key)

        self._endings = self._found()
        return async_track_time_interval(self._hub.hass, look, TICK)

    def _found(self) -> dict[str, Ending]:
        if (service := self._hub.service(CertificateService)) is None:
            return {}
        authority, now = service.authority, utcnow()

        def ending(purpose: str, starts_at: datetime, ends_at: datetime) -> Ending:
            return Ending(ends_at, purpose, now >= renewal_time(starts_at, ends_at))

        found = {
            AUTHORITY: ending(
                AUTHORITY,
                authority.certificate.not_valid_before_utc,
                authority.expires_at,
            )
        }
        for issued in service.register.valid(now):
            name = issued.name.removeprefix(F2_NAME_PREFIX)
            known = found.get(name)
            if known is None or known.at < issued.expires_at:
                found[name] = ending(
                    issued.purpose.value, issued.starts_at, issued.expires_at
                )
        return dict(sorted(found.items(), key=lambda each: each[1].at)[:MOST])


CERTIFICATE_COMMANDS: Final = (
    live_command(Live(command="certificates", needs=Needs.READ, view=LiveCertificates)),
)
"""WebSocket commands."""
