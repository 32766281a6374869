"""The hub's options, as a user opens them and fills them in."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

MENU = [
    "general",
    "describe",
    "cue_lists",
    "recording",
    "history",
    "fleet_api",
    "websocket",
    "osc",
    "osc_maps",
    "f2_templates",
    "qs",
    "audio",
    "phoenix",
]


async def open_form(hass: HomeAssistant, hub: MockConfigEntry, step: str) -> Any:
    """Open the options and choose what to change."""
    menu = await hass.config_entries.options.async_init(hub.entry_id)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == MENU
    form = await fill_in(hass, menu, {"next_step_id": step})
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == step
    return form


async def fill_in(hass: HomeAssistant, flow: Any, form: dict[str, Any]) -> Any:
    return await hass.config_entries.options.async_configure(flow["flow_id"], form)


def shown(form: Any) -> dict[str, Any]:
    """Return what the top level of a form is filled in with."""
    return {
        str(marker): marker.description["suggested_value"]
        for marker in form["data_schema"].schema
        if marker.description
    }


def shown_in(form: Any, section: str) -> dict[str, Any]:
    """Return what a section of a form is filled in with."""
    schema = form["data_schema"].schema[section].schema.schema
    return {
        str(marker): marker.description["suggested_value"]
        for marker in schema
        if marker.description
    }
