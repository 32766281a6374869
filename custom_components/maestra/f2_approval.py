"""F2 controllers that were heard and that nobody has set up: one repair issue each, which sets them up."""

from typing import TYPE_CHECKING, Final

import probatio

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.device_registry import format_mac

from .bus import Unsubscribe, together
from .device_issues import DeviceIssues, DeviceRepairFlow
from .domain.telemetry import F2ControllerChanged, F2ControllerDiscovered
from .f2_setup import f2_subentry, usual_name, with_heard
from .subentries.forms import TEXT

if TYPE_CHECKING:
    from .f2_house import F2House
    from .runtime import MaestraRuntime
    from .sources.f2.model import Controller

F2_CONTROLLER_HEARD: Final = "f2_controller_heard"


class F2Approvals:
    """An issue for each of the first controllers that were heard; the others follow as these are answered."""

    def __init__(self, runtime: MaestraRuntime, house: F2House) -> None:
        """Raise nothing yet."""
        self._issues = DeviceIssues(
            runtime.hass, runtime.entry.entry_id, F2_CONTROLLER_HEARD
        )
        self._bus = runtime.domain.bus
        self._house = house

    @callback
    def start(self) -> Unsubscribe:
        """Raise issues until the returned function is called, which takes them back too."""
        return together(
            self._issues.clear,
            self._bus.subscribe(F2ControllerDiscovered, self.look),
            self._bus.subscribe(F2ControllerChanged, self.look),
        )

    @callback
    def look(self, _event: object = None) -> None:
        """Bring the issues in line with who was heard."""
        self._issues.show(
            {mac: {"mac": format_mac(mac)} for mac in self._house.unknown()}
        )


class HeardControllerFlow(DeviceRepairFlow):
    """Sets a controller up with what was heard of it."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask for its name, then add it."""
        if self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        controller = self._entry.runtime_data.f2.unknown().get(self._hardware_id)
        if controller is None:
            # Added meanwhile, or forgotten in favour of others.
            return self.async_create_entry(data={})
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=probatio.Schema(
                    {
                        probatio.Required(
                            CONF_NAME, default=usual_name(self._hardware_id)
                        ): TEXT
                    }
                ),
                description_placeholders={
                    "mac": format_mac(self._hardware_id),
                    "components": _components(controller),
                },
            )
        name = user_input[CONF_NAME].strip() or usual_name(self._hardware_id)
        self.hass.config_entries.async_add_subentry(
            self._entry,
            f2_subentry(
                self._hardware_id, name, with_heard(controller.wiring, controller)
            ),
        )
        return self.async_create_entry(data={})


def _components(controller: Controller) -> str:
    return ", ".join(sorted(controller.components)) or "-"
