"""Repair issues: what only a person can put right, raised once and taken back when it is over."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .alarms import Alarm
from .bus import together
from .const import CONF_CREATE_UNKNOWN, DOMAIN
from .device_approval import DEVICE_WAITING, WaitingDeviceFlow
from .device_issues import DeviceRepairFlow
from .domain import Domain
from .domain.errors import UnknownDevice
from .domain.events import BlockedDeviceHeard, DeviceUnblocked, UnknownEntityRefused
from .f2_approval import F2_CONTROLLER_HEARD, HeardControllerFlow
from .issue_texts import (
    ENTRY_ID,
    HARDWARE_ID,
    LEARN_MORE_URL,
    MAX_ISSUES,
    device_issue_id,
    shown_text,
)

if TYPE_CHECKING:
    from .link import Link
    from .runtime import MaestraConfigEntry

BROKER_UNREACHABLE: Final = "broker_unreachable"
ISS_UNREACHABLE: Final = "iss_unreachable"
LISTENER_FAILED: Final = "listener_failed"
AUTHORITY_FAILED: Final = "authority_failed"
AUTHORITY_EXPIRES: Final = "authority_expires"
BROKER_FILES_EXPIRE: Final = "broker_files_expire"
BROKER_FILES_OLD: Final = "broker_files_old"
DEVICE_CERTIFICATES_EXPIRE: Final = "device_certificates_expire"
NATS_UNREACHABLE: Final = "nats_unreachable"
OSC_TARGET_SILENT: Final = "osc_target_silent"
STORE_UNREACHABLE: Final = "store_unreachable"
STORE_SPOOL_FULL: Final = "store_spool_full"
STORE_SCHEMA_TOO_NEW: Final = "store_schema_too_new"
UNKNOWN_ENTITIES_FLOOD: Final = "unknown_entities_flood"
BLOCKED_DEVICE_TALKING: Final = "blocked_device_talking"

FLOOD_OVER_AFTER: Final = timedelta(minutes=10)
BLOCKED_QUIET_AFTER: Final = timedelta(hours=1)
FLOOD_KEY: Final = (UNKNOWN_ENTITIES_FLOOD, "")


type IssueData = dict[str, str | int | float | None]


@callback
def async_set_link_issue(
    hass: HomeAssistant, kind: str, link: Link, *, is_there: bool, **facts: str
) -> None:
    """Tell the user what is wrong with an outside service, or take that back. `facts` are for the text."""
    issue_id = f"{kind}_{link.id}"
    if not is_there:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        learn_more_url=LEARN_MORE_URL,
        severity=ir.IssueSeverity.ERROR,
        translation_key=kind,
        translation_placeholders={
            link.subject: link.title,
            **{name: shown_text(fact, 200) for name, fact in facts.items()},
        },
    )


class RepairMonitor:
    """Watches the domain for clients that go on doing what they should not."""

    def __init__(
        self, hass: HomeAssistant, entry: MaestraConfigEntry, domain: Domain
    ) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._entry_id = entry.entry_id
        self._domain = domain
        self._alarms: dict[tuple[str, str], Alarm] = {}

    @callback
    def start(self) -> Callable[[], None]:
        """Watch until the returned function is called, which takes the issues back too."""
        bus = self._domain.bus
        return together(
            self._stop_alarms,
            bus.subscribe(UnknownEntityRefused, self._unknown_entity),
            bus.subscribe(BlockedDeviceHeard, self._blocked_device),
            bus.subscribe(DeviceUnblocked, self._unblocked_device),
        )

    def _stop_alarms(self) -> None:
        for alarm in list(self._alarms.values()):
            alarm.stop()

    def _unknown_entity(self, event: UnknownEntityRefused) -> None:
        if not event.is_flood:
            return
        # This runs for every message of a flood.
        if (alarm := self._alarms.get(FLOOD_KEY)) is None:
            alarm = self._add_alarm(
                FLOOD_KEY,
                UNKNOWN_ENTITIES_FLOOD,
                FLOOD_OVER_AFTER,
                {"example": shown_text(event.slug)},
            )
        alarm.sound()

    def _blocked_device(self, event: BlockedDeviceHeard) -> None:
        key = (BLOCKED_DEVICE_TALKING, event.hardware_id)
        if (alarm := self._alarms.get(key)) is None:
            if len(self._alarms) >= MAX_ISSUES:
                return
            alarm = self._add_alarm(
                key,
                device_issue_id(BLOCKED_DEVICE_TALKING, event.hardware_id),
                BLOCKED_QUIET_AFTER,
                {"device": shown_text(event.hardware_id)},
            )
        alarm.sound()

    def _unblocked_device(self, event: DeviceUnblocked) -> None:
        if alarm := self._alarms.get((BLOCKED_DEVICE_TALKING, event.hardware_id)):
            alarm.stop()

    def _add_alarm(
        self,
        key: tuple[str, str],
        issue_id: str,
        quiet: timedelta,
        placeholders: dict[str, str],
    ) -> Alarm:
        kind, hardware_id = key
        create = partial(
            ir.async_create_issue,
            self._hass,
            DOMAIN,
            issue_id,
            data={ENTRY_ID: self._entry_id, HARDWARE_ID: hardware_id},
            is_fixable=True,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=kind,
            translation_placeholders=placeholders,
        )
        alarm = self._alarms[key] = Alarm(
            self._hass, issue_id, quiet, create, lambda: self._alarms.pop(key)
        )
        return alarm


class UnknownEntitiesFlow(RepairsFlow):
    """Turns the creation of unknown entities off."""

    def __init__(
        self, entry: ConfigEntry, placeholders: Mapping[str, str] | None
    ) -> None:
        """Keep whose options to change."""
        self._entry = entry
        self._placeholders = placeholders

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, then change the option."""
        if user_input is None:
            return self.async_show_form(
                step_id="confirm", description_placeholders=self._placeholders
            )
        self.hass.config_entries.async_update_entry(
            self._entry, options={**self._entry.options, CONF_CREATE_UNKNOWN: False}
        )
        return self.async_create_entry(data={})


class BlockedDeviceFlow(DeviceRepairFlow):
    """Lets a blocked device ask again, or keeps it blocked without further notice."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask which of the two."""
        return self.async_show_menu(
            menu_options=["unblock", "ignore"],
            description_placeholders=self._placeholders,
        )

    async def async_step_unblock(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Unblock it."""
        if self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        # Somebody may have unblocked it meanwhile.
        with suppress(UnknownDevice):
            self._entry.runtime_data.domain.devices.unblock(self._hardware_id)
        return self.async_create_entry(data={})

    async def async_step_ignore(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave it blocked."""
        # Aborted, since Home Assistant deletes the issue of a finished flow, and the wish with it.
        ir.async_ignore_issue(self.hass, DOMAIN, self.issue_id, True)
        return self.async_abort(reason="issue_ignored")


DEVICE_FLOWS: Final = {
    BLOCKED_DEVICE_TALKING: BlockedDeviceFlow,
    DEVICE_WAITING: WaitingDeviceFlow,
    F2_CONTROLLER_HEARD: HeardControllerFlow,
}


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: IssueData | None
) -> RepairsFlow:
    """Return the flow that repairs an issue."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    placeholders = issue.translation_placeholders if issue else None
    entry = hass.config_entries.async_get_entry(str((data or {}).get(ENTRY_ID)))
    if entry is None:
        return ConfirmRepairFlow()
    hardware_id = str((data or {}).get(HARDWARE_ID))
    if issue and (flow := DEVICE_FLOWS.get(issue.translation_key or "")):
        return flow(entry, hardware_id, placeholders)
    return UnknownEntitiesFlow(entry, placeholders)
