"""The hub's options: a menu of the steps that features bring."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.core import callback

from .flows import FormData, Problem, errors_of

type RunStep = Callable[
    [HubOptionsFlow, dict[str, Any] | None], Awaitable[ConfigFlowResult]
]


@dataclass(frozen=True, kw_only=True)
class OptionsStep:
    """One entry of the menu. `run` is called as Home Assistant calls `async_step_<key>`, and so are steps that follow."""

    key: str
    run: RunStep
    following: Mapping[str, RunStep] = field(default_factory=dict)


class HubOptionsFlow(OptionsFlow):
    """Changes what the hub does, while it runs."""

    def __init__(self, steps: Mapping[str, OptionsStep]) -> None:
        """Offer these steps, in their order."""
        self._steps = list(steps)
        self.subject: Any = None
        """What the steps that follow one are about."""
        for key, step in steps.items():
            for name, run in {key: step.run, **step.following}.items():
                setattr(self, f"async_step_{name}", partial(run, self))

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(step_id="init", menu_options=self._steps)

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
            errors=errors_of(problem),
            description_placeholders={"wrong": problem.said if problem else ""},
        )
