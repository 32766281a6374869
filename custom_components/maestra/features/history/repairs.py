"""The repair of an import that was interrupted."""

from collections.abc import Awaitable, Callable

from homeassistant.components.repairs import RepairsFlowResult

from ...core.domain.errors import MaestraError
from ...hub.current import find_hub
from ...hub.issues import RepairFlow, facts
from .importer import HistoryImporter
from .link import StoreLink


class InterruptedImportFlow(RepairFlow):
    """Goes on with an import, or leaves it."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask which of the two."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["go_on", "leave"],
            description_placeholders=self._placeholders,
        )

    async def async_step_go_on(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Begin where it was interrupted."""
        return await self._answer(HistoryImporter.go_on)

    async def async_step_leave(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave it as it is."""
        return await self._answer(HistoryImporter.forget)

    async def _answer(
        self, answer: Callable[[HistoryImporter], Awaitable[None]]
    ) -> RepairsFlowResult:
        if (hub := find_hub(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if (link := hub.links.first(StoreLink)) is None:
            return self.async_abort(reason="no_store")
        try:
            await answer(link.importer)
        except MaestraError as error:
            return self.async_abort(
                reason="import_failed",
                description_placeholders=facts(200, reason=str(error)),
            )
        return self.async_create_entry(data={})
