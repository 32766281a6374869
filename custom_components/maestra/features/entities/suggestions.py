"""Entities that look like something else than what they are: a repair for each of the first, which asks what it is."""

from typing import Any, Final

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.core import callback

from ...core.bus import Unsubscribe, together
from ...core.domain.entity import Entity
from ...core.domain.events import EntityCreated, EntityDeleted, EntityUpdated
from ...core.domain.variables import VariableType
from ...hub.current import find_hub
from ...hub.flows import errors_of
from ...hub.hub import Hub
from ...hub.issues import DeviceIssues, RepairFlow, facts
from .description import ATTR_VARIABLES, VARIABLES_SCHEMA, Description
from .presentation import BRIGHTNESS_NAMES, COLOR_NAMES

ENTITY_UNDESCRIBED: Final = "entity_undescribed"
LIGHT: Final = "light"
# What a client makes by saying something of it.
UNDESCRIBED: Final = "device"


def looks_like(entity: Entity) -> str | None:
    """Return the type that an entity looks like that nobody has described, None where that is what it is."""
    if entity.type.name != UNDESCRIBED or not entity.infers:
        return None
    variables = entity.variables
    if any(not variable.inferred for variable in variables.values()):
        return None
    is_dimmed = any(
        name in variables and variables[name].type is VariableType.NUMBER
        for name in BRIGHTNESS_NAMES
    )
    is_colored = any(
        name in variables and variables[name].type is VariableType.COLOR
        for name in COLOR_NAMES
    )
    return LIGHT if is_dimmed or is_colored else None


class EntitySuggestions:
    """An issue for each of the first entities that look like something else; the others follow as these are answered."""

    def __init__(self, hub: Hub) -> None:
        """Raise nothing yet."""
        self._issues = DeviceIssues(hub.hass, hub.entry.entry_id, ENTITY_UNDESCRIBED)
        self._domain = hub.domain
        self._shown: dict[str, dict[str, str]] = {}

    @callback
    def start(self) -> Unsubscribe:
        """Raise issues until the returned function is called, which takes them back too."""
        bus = self._domain.bus
        for entity in self._domain.entities:
            self._look_at(entity)
        self._issues.show(self._shown)
        return together(
            self._issues.clear,
            bus.subscribe(EntityCreated, self._changed),
            bus.subscribe(EntityUpdated, self._changed),
            bus.subscribe(EntityDeleted, self._deleted),
        )

    def _changed(self, event: EntityCreated | EntityUpdated) -> None:
        if self._look_at(event.entity):
            self._issues.show(self._shown)

    def _deleted(self, event: EntityDeleted) -> None:
        if self._shown.pop(event.entity.id, None) is not None:
            self._issues.show(self._shown)

    def _look_at(self, entity: Entity) -> bool:
        """Note what an entity looks like; return whether that is news."""
        is_shown = entity.id in self._shown
        if (looks_like(entity) is not None) is is_shown:
            return False
        if is_shown:
            del self._shown[entity.id]
        else:
            self._shown[entity.id] = facts(name=entity.name, slug=entity.slug)
        return True


class SuggestionFlow(RepairFlow):
    """Asks what an entity is."""

    _description: Description

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, or leave it as it is."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["what", "ignore"],
            description_placeholders=self._placeholders,
        )

    async def async_step_what(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask what it is, what it is called, and where."""
        if (hub := find_hub(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if (entity := hub.domain.entities.get(self._hardware_id)) is None:
            return self.async_create_entry(data={})
        problem = None
        if user_input is None:
            self._description = Description(hub, entity, looks_like(entity))
        elif (problem := self._description.take_what(user_input)) is None:
            return await self.async_step_variables()
        return self.async_show_form(
            step_id="what",
            data_schema=self.add_suggested_values_to_schema(
                self._description.what_schema(), self._description.what
            ),
            errors=errors_of(problem),
            description_placeholders=self._description.placeholders,
        )

    async def async_step_variables(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask for its variables, then make it so."""
        if find_hub(self.hass) is None:
            return self.async_abort(reason="not_loaded")
        problem, rows = None, self._description.rows
        if user_input is not None:
            rows = user_input[ATTR_VARIABLES]
            if (problem := self._description.save(rows)) is None:
                if self._description.is_unchanged:
                    return await self.async_step_ignore()
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="variables",
            data_schema=self.add_suggested_values_to_schema(
                VARIABLES_SCHEMA, {ATTR_VARIABLES: rows}
            ),
            errors=errors_of(problem),
            description_placeholders={"reason": problem.said if problem else ""},
        )
