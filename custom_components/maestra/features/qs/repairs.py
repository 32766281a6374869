"""The repair issue of QS devices that use an id for two events."""

from datetime import timedelta
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ...const import DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain import Domain
from ...core.qs.events import TelemetryIdReused
from ...hub.issues import LEARN_MORE_URL, MAX_ISSUES, Alarm, device_issue_id, facts

QS_IDS_REUSED: Final = "qs_ids_reused"
QUIET_AFTER: Final = timedelta(hours=24)


class ReusedIds:
    """Tells the user of each device whose ids are not unique, until it has been well for a day."""

    def __init__(self, hass: HomeAssistant, domain: Domain) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._bus = domain.bus
        self._alarms: dict[str, Alarm] = {}

    @callback
    def start(self) -> Unsubscribe:
        """Watch until the returned function is called, which takes the issues back too."""
        return together(
            self._stop_alarms, self._bus.subscribe(TelemetryIdReused, self._reused)
        )

    def _reused(self, event: TelemetryIdReused) -> None:
        alarm = self._alarms.get(event.device_id)
        if alarm is None:
            if len(self._alarms) >= MAX_ISSUES:
                return
            alarm = self._add_alarm(event)
        alarm.sound()

    def _add_alarm(self, event: TelemetryIdReused) -> Alarm:
        device_id = event.device_id
        issue_id = device_issue_id(QS_IDS_REUSED, device_id)
        create = partial(
            ir.async_create_issue,
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=QS_IDS_REUSED,
            translation_placeholders=facts(device=device_id, example=event.event_id),
        )
        alarm = self._alarms[device_id] = Alarm(
            self._hass,
            issue_id,
            QUIET_AFTER,
            create,
            lambda: self._alarms.pop(device_id),
        )
        return alarm

    def _stop_alarms(self) -> None:
        for alarm in list(self._alarms.values()):
            alarm.stop()
