"""The repair of an import that was interrupted."""

from collections.abc import Awaitable, Callable

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState

from ...core.domain.errors import MaestraError
from ...hub.issues import RepairFlow
from .importer import HistoryImporter
from .link import StoreLink


class InterruptedImportFlow(RepairFlow):
    """Goes on with an import, or leaves it."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask which of the two."""
        return self.async_show_menu(
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
        if self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if (link := self._entry.runtime_data.links.first(StoreLink)) is None:
            return self.async_abort(reason="no_store")
        try:
            await answer(link.importer)
        except MaestraError as error:
            return self.async_abort(
                reason="import_failed", description_placeholders={"reason": str(error)}
            )
        return self.async_create_entry(data={})
