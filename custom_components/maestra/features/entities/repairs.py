"""Repair issues about entities and devices, and the flows that repair them; letting in devices that wait for approval."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, Final

import probatio

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import AreaSelector

from ...const import CONF_CREATE_UNKNOWN, DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain import Domain
from ...core.domain.device import Device
from ...core.domain.devices import Devices
from ...core.domain.errors import DeviceNotPending, InvalidField, UnknownDevice
from ...core.domain.events import (
    BlockedDeviceHeard,
    DeviceAdded,
    DeviceDiscovered,
    DeviceRemoved,
    DeviceUnblocked,
    NewcomerRefused,
)
from ...core.domain.newcomers import Newcomer
from ...hub.actions import ATTR_AREA
from ...hub.current import find_hub
from ...hub.flows import TEXT, filled
from ...hub.issues import (
    ENTRY_ID,
    HARDWARE_ID,
    LEARN_MORE_URL,
    MAX_ISSUES,
    Alarm,
    DeviceIssues,
    RepairFlow,
    device_issue_id,
    facts,
)

APPROVE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TEXT,
        probatio.Optional(ATTR_AREA): AreaSelector(),
    }
)

DEVICE_WAITING: Final = "device_waiting"
UNKNOWN_ENTITIES_FLOOD: Final = "unknown_entities_flood"
BLOCKED_DEVICE_TALKING: Final = "blocked_device_talking"
FLOOD_OVER_AFTER: Final = timedelta(minutes=10)
BLOCKED_QUIET_AFTER: Final = timedelta(hours=1)
NEWCOMERS_FLOOD: Final = "newcomers_flood"


class DeviceApprovals:
    """An issue for each device that waits, of the first ones that came; the others follow as these are answered."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], domain: Domain
    ) -> None:
        """Raise nothing yet."""
        self._issues = DeviceIssues(hass, entry.entry_id, DEVICE_WAITING)
        self._domain = domain

    @callback
    def start(self) -> Unsubscribe:
        """Raise issues until the returned function is called, which takes them back too."""
        bus = self._domain.bus
        self._refresh()
        return together(
            self._issues.clear,
            bus.subscribe(DeviceDiscovered, self._refresh),
            bus.subscribe(DeviceAdded, self._refresh),
            bus.subscribe(DeviceRemoved, self._refresh),
        )

    def _refresh(self, _event: object = None) -> None:
        """Bring the issues in line with who waits, the first that came before the others."""
        waiting = reversed(self._domain.devices.pending())
        self._issues.show(
            {device.hardware_id: _described(device) for device in waiting}
        )


def _described(device: Device) -> dict[str, str]:
    return facts(
        name=device.name,
        device=device.hardware_id,
        type=device.device_type,
        address=device.came_from or device.ip_address or "-",
    )


class WaitingDeviceFlow(RepairFlow):
    """Lets a device in, turns it away, or blocks it: the one that is described, and no other that came in its place."""

    _device_id: str

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask what to do. Only who administers sees this, and so the code."""
        if (hub := find_hub(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        domain = hub.domain
        if (device := domain.devices.get(self._hardware_id)) is None:
            return self.async_create_entry(data={})
        self._device_id = device.id
        return self.async_show_menu(
            step_id="init",
            menu_options=["approve", "reject", "block"],
            description_placeholders={
                **_described(device),
                **facts(code=domain.provisioning.claim_code(device)),
            },
        )

    async def async_step_approve(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask what it is called and where it is, then let it in."""
        if (hub := find_hub(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if (device := hub.domain.devices.get(self._device_id)) is None:
            return self.async_create_entry(data={})
        shown, errors = user_input, {}
        if user_input is None:
            area_id = hub.devices.known_area(device.place)
            shown = filled({CONF_NAME: device.name, ATTR_AREA: area_id})
        else:
            name = user_input[CONF_NAME].strip() or device.name
            try:
                result = self._answer(partial(Devices.approve, name=name))
            except InvalidField:
                errors[CONF_NAME] = "invalid_name"
            else:
                if area_id := user_input.get(ATTR_AREA):
                    hub.devices.place(self._device_id, area_id)
                return result
        return self.async_show_form(
            step_id="approve",
            data_schema=self.add_suggested_values_to_schema(APPROVE_SCHEMA, shown),
            errors=errors,
        )

    async def async_step_reject(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Turn it away; it may ask again."""
        return self._answer(Devices.reject)

    async def async_step_block(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Turn it away for good."""
        return self._answer(Devices.block)

    def _answer(self, answer: Callable[[Devices, str], object]) -> RepairsFlowResult:
        if (hub := find_hub(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        # Somebody may have answered it meanwhile.
        with suppress(UnknownDevice, DeviceNotPending):
            answer(hub.domain.devices, self._device_id)
        return self.async_create_entry(data={})


class RepairMonitor:
    """Watches the domain for clients that go on doing what they should not."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], domain: Domain
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
            bus.subscribe(NewcomerRefused, self._newcomer),
            bus.subscribe(BlockedDeviceHeard, self._blocked_device),
            bus.subscribe(DeviceUnblocked, self._unblocked_device),
        )

    def _stop_alarms(self) -> None:
        for alarm in list(self._alarms.values()):
            alarm.stop()

    def _newcomer(self, event: NewcomerRefused) -> None:
        # This runs for every message of a flood.
        is_fixable = event.kind is Newcomer.ENTITY
        kind = UNKNOWN_ENTITIES_FLOOD if is_fixable else NEWCOMERS_FLOOD
        if (alarm := self._alarms.get((kind, ""))) is None:
            alarm = self._add_alarm(
                (kind, ""),
                kind,
                FLOOD_OVER_AFTER,
                facts(example=event.name),
                is_fixable=is_fixable,
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
                facts(device=event.hardware_id),
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
        *,
        is_fixable: bool = True,
    ) -> Alarm:
        kind, hardware_id = key
        create = partial(
            ir.async_create_issue,
            self._hass,
            DOMAIN,
            issue_id,
            data={ENTRY_ID: self._entry_id, HARDWARE_ID: hardware_id},
            is_fixable=is_fixable,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=kind,
            translation_placeholders=placeholders,
        )
        alarm = self._alarms[key] = Alarm(
            self._hass, issue_id, quiet, create, lambda: self._alarms.pop(key)
        )
        return alarm


class UnknownEntitiesFlow(RepairFlow):
    """Turns the creation of unknown entities off."""

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


class BlockedDeviceFlow(RepairFlow):
    """Lets a blocked device ask again, or keeps it blocked without further notice."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask which of the two."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["unblock", "ignore"],
            description_placeholders=self._placeholders,
        )

    async def async_step_unblock(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Unblock it."""
        if (hub := find_hub(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        # Somebody may have unblocked it meanwhile.
        with suppress(UnknownDevice):
            hub.domain.devices.unblock(self._hardware_id)
        return self.async_create_entry(data={})
