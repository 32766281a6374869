"""The hub's options: a menu of the steps that features bring."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.core import callback

from .flows import FormData, Problem

type RunStep = Callable[
    [HubOptionsFlow, dict[str, Any] | None], Awaitable[ConfigFlowResult]
]


@dataclass(frozen=True, kw_only=True)
class OptionsStep:
    """One entry of the menu. `run` is called as Home Assistant calls `async_step_<key>`."""

    key: str
    run: RunStep


class HubOptionsFlow(OptionsFlow):
    """Changes what the hub does, while it runs."""

    def __init__(self, steps: Mapping[str, OptionsStep]) -> None:
        """Offer these steps, in their order."""
        self._steps = list(steps)
        for key, step in steps.items():
            setattr(self, f"async_step_{key}", partial(step.run, self))

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(menu_options=self._steps)

    @callback
    def save(self, changed: Mapping[str, Any]) -> ConfigFlowResult:
        """Save options beside those that stay, and end."""
        return self.async_create_entry(data={**self.config_entry.options, **changed})

    @callback
    def show(
        self,
        step_id: str,
        schema: probatio.Schema,
        shown: FormData,
        problem: Problem | None = None,
    ) -> ConfigFlowResult:
        """Show a form with these values, and what is wrong with them."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors={problem.field: problem.key} if problem else {},
            description_placeholders={"wrong": problem.reason if problem else ""},
        )
