"""The offer of the blueprints, as Home Assistant's repairs show it."""

from homeassistant.components.repairs import RepairsFlowResult

from ...hub.current import find_hub
from ...hub.issues import RepairFlow
from .manager import BlueprintsManager


class BlueprintsFlow(RepairFlow):
    """Installs the blueprints, or does not ask again."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask which of the two."""
        return self.async_show_menu(step_id="init", menu_options=["install", "ignore"])

    async def async_step_install(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Install them."""
        if (hub := find_hub(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        await hub.manager(BlueprintsManager).async_install()
        return self.async_create_entry(data={})
