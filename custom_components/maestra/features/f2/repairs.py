"""F2 controllers that were heard and that nobody has set up: one repair issue each, which sets them up."""

from typing import Final

import probatio

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.device_registry import format_mac

from ...const import SUBENTRY_F2_CONTROLLER
from ...core.bus import Unsubscribe, together
from ...core.f2.events import F2ControllerChanged, F2ControllerDiscovered
from ...core.f2.fleet import Controller
from ...hub.current import find_hub
from ...hub.flows import TEXT, free_name, usual_name
from ...hub.hub import Hub
from ...hub.issues import DeviceIssues, RepairFlow, facts
from .controllers import F2Controllers, controllers_of
from .setup import f2_subentry, with_heard

F2_CONTROLLER_HEARD: Final = "f2_controller_heard"


class F2Approvals:
    """An issue for each of the first controllers that were heard; the others follow as these are answered."""

    def __init__(self, hub: Hub, controllers: F2Controllers) -> None:
        """Raise nothing yet."""
        self._issues = DeviceIssues(hub.hass, hub.entry.entry_id, F2_CONTROLLER_HEARD)
        self._bus = hub.domain.bus
        self._controllers = controllers

    @callback
    def start(self) -> Unsubscribe:
        """Raise issues until the returned function is called, which takes them back too."""
        return together(
            self._issues.clear,
            self._bus.subscribe(F2ControllerDiscovered, self.refresh),
            self._bus.subscribe(F2ControllerChanged, self.refresh),
        )

    @callback
    def refresh(self, _event: object = None) -> None:
        """Bring the issues in line with who was heard."""
        self._issues.show(
            {mac: facts(mac=format_mac(mac)) for mac in self._controllers.unknown()}
        )


class HeardControllerFlow(RepairFlow):
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
        if (hub := find_hub(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        controller = controllers_of(hub).unknown().get(self._hardware_id)
        if controller is None:
            # Added meanwhile, or forgotten in favour of others.
            return self.async_create_entry(data={})
        usual = free_name(
            self._entry,
            SUBENTRY_F2_CONTROLLER,
            usual_name(self.hass, SUBENTRY_F2_CONTROLLER),
        )
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=probatio.Schema(
                    {probatio.Required(CONF_NAME, default=usual): TEXT}
                ),
                description_placeholders=facts(
                    200,
                    mac=format_mac(self._hardware_id),
                    components=_components(controller),
                ),
            )
        name = user_input[CONF_NAME].strip() or usual
        self.hass.config_entries.async_add_subentry(
            self._entry,
            f2_subentry(
                self._hardware_id, name, with_heard(controller.wiring, controller)
            ),
        )
        return self.async_create_entry(data={})


def _components(controller: Controller) -> str:
    return ", ".join(sorted(controller.components)) or "-"
