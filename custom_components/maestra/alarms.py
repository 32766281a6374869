"""A repair issue that lasts as long as its cause."""

from collections.abc import Callable
from datetime import datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .const import DOMAIN


class Alarm:
    """One issue that lasts from the first sound until it has been quiet for a while."""

    def __init__(
        self,
        hass: HomeAssistant,
        issue_id: str,
        quiet: timedelta,
        create: Callable[[], None],
        on_end: Callable[[], object],
    ) -> None:
        """Make a silent alarm. `create` makes the issue, `on_end` is called when it is over."""
        self._hass = hass
        self._issue_id = issue_id
        self._quiet = quiet
        self._create = create
        self._on_end = on_end
        self._heard = dt_util.utcnow()
        self._cancel: CALLBACK_TYPE | None = None

    def sound(self) -> None:
        """Note that it goes on."""
        self._heard = dt_util.utcnow()
        if self._cancel is None:
            self._create()
            self._wait(self._quiet)

    def stop(self) -> None:
        """End it. An issue that the user ignores stays: a new one would not be ignored."""
        if self._cancel is not None:
            self._cancel()
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, self._issue_id)
        if issue and issue.dismissed_version is None:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)
        self._on_end()

    def _wait(self, delay: timedelta) -> None:
        self._cancel = async_call_later(self._hass, delay, self._check)

    @callback
    def _check(self, now: datetime) -> None:
        self._cancel = None
        if (silence := now - self._heard) >= self._quiet:
            self.stop()
            return
        # It may have been repaired without effect.
        self._create()
        self._wait(self._quiet - silence)
