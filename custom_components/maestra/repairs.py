"""The flows that repair issues, as features have them."""

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from . import features
from .const import DOMAIN
from .hub.issues import ENTRY_ID, HARDWARE_ID
from .hub.registry import registry_of

type IssueData = dict[str, str | int | float | None]


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: IssueData | None
) -> RepairsFlow:
    """Return the flow that repairs an issue."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    known = data or {}
    entry = hass.config_entries.async_get_entry(str(known.get(ENTRY_ID)))
    make = (
        registry_of(features.FEATURES).repairs.get(issue.translation_key or "")
        if issue
        else None
    )
    if issue is None or entry is None or make is None:
        return ConfirmRepairFlow()
    return make(entry, str(known.get(HARDWARE_ID)), issue.translation_placeholders)
