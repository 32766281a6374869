"""Letting in the devices that ask for it: one repair issue each, with the three answers."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .bus import Unsubscribe, together
from .device_issues import DeviceIssues, DeviceRepairFlow
from .domain import Domain
from .domain.device import Device
from .domain.devices import Devices
from .domain.errors import DeviceNotPending, UnknownDevice
from .domain.events import DeviceAdded, DeviceDiscovered, DeviceRemoved
from .issue_texts import shown_text

if TYPE_CHECKING:
    from .runtime import MaestraConfigEntry

DEVICE_WAITING: Final = "device_waiting"


class DeviceApprovals:
    """An issue for each device that waits, of the first ones that came; the others follow as these are answered."""

    def __init__(
        self, hass: HomeAssistant, entry: MaestraConfigEntry, domain: Domain
    ) -> None:
        """Raise nothing yet."""
        self._issues = DeviceIssues(hass, entry.entry_id, DEVICE_WAITING)
        self._domain = domain

    @callback
    def start(self) -> Unsubscribe:
        """Raise issues until the returned function is called, which takes them back too."""
        bus = self._domain.bus
        self._look()
        return together(
            self._issues.clear,
            bus.subscribe(DeviceDiscovered, self._look),
            bus.subscribe(DeviceAdded, self._look),
            bus.subscribe(DeviceRemoved, self._look),
        )

    def _look(self, _event: object = None) -> None:
        """Bring the issues in line with who waits, the first that came before the others."""
        waiting = reversed(self._domain.devices.pending())
        self._issues.show(
            {device.hardware_id: _described(device) for device in waiting}
        )


def _described(device: Device) -> dict[str, str]:
    return {
        "name": shown_text(device.name),
        "device": shown_text(device.hardware_id),
        "type": shown_text(device.device_type),
        "address": shown_text(device.ip_address or "-"),
    }


class WaitingDeviceFlow(DeviceRepairFlow):
    """Lets a device in, turns it away, or blocks it."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask what to do."""
        return self.async_show_menu(
            menu_options=["approve", "reject", "block"],
            description_placeholders=self._placeholders,
        )

    async def async_step_approve(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Let it in."""
        return self._answer(Devices.approve)

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
        if self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        # Somebody may have answered it meanwhile.
        with suppress(UnknownDevice, DeviceNotPending):
            answer(self._entry.runtime_data.domain.devices, self._hardware_id)
        return self.async_create_entry(data={})
