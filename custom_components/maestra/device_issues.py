"""Repair issues about hardware that is known by its id, and the flows that repair them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from homeassistant.components.repairs import RepairsFlow
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .issue_texts import (
    ENTRY_ID,
    HARDWARE_ID,
    LEARN_MORE_URL,
    MAX_ISSUES,
    device_issue_id,
)

if TYPE_CHECKING:
    from .runtime import MaestraConfigEntry


class DeviceIssues:
    """One issue of a kind for each of the first that it concerns; the others follow as these are answered."""

    def __init__(self, hass: HomeAssistant, entry_id: str, kind: str) -> None:
        """Raise nothing yet. `kind` is the key of the issue's texts."""
        self._hass = hass
        self._entry_id = entry_id
        self._kind = kind
        self._raised: set[str] = set()

    @callback
    def show(self, concerned: Mapping[str, Mapping[str, str]]) -> None:
        """Bring the issues in line with whom they concern: hardware ids, each with what the text says of it."""
        for hardware_id in self._raised - concerned.keys():
            self._raised.remove(hardware_id)
            ir.async_delete_issue(
                self._hass, DOMAIN, device_issue_id(self._kind, hardware_id)
            )
        for hardware_id, placeholders in concerned.items():
            if len(self._raised) >= MAX_ISSUES:
                break
            if hardware_id not in self._raised:
                self._raised.add(hardware_id)
                self._raise(hardware_id, dict(placeholders))

    @callback
    def clear(self) -> None:
        """Take all of them back."""
        self.show({})

    def _raise(self, hardware_id: str, placeholders: dict[str, str]) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            device_issue_id(self._kind, hardware_id),
            data={ENTRY_ID: self._entry_id, HARDWARE_ID: hardware_id},
            is_fixable=True,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=self._kind,
            translation_placeholders=placeholders,
        )


class DeviceRepairFlow(RepairsFlow):
    """Repairs an issue about one piece of hardware."""

    def __init__(
        self,
        entry: MaestraConfigEntry,
        hardware_id: str,
        placeholders: Mapping[str, str] | None,
    ) -> None:
        """Keep which it is about, and what its text says of it."""
        self._entry = entry
        self._hardware_id = hardware_id
        self._placeholders = placeholders
