"""Offers the blueprints once Home Assistant runs, and installs them when somebody wants that."""

from pathlib import Path
from typing import Final, override

from homeassistant.const import SERVICE_RELOAD
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.storage import Store

from ...const import DOMAIN
from ...core.bus import Unsubscribe, get_logger
from ...hub.actions import refusal
from ...hub.hub import Hub
from ...hub.issues import ENTRY_ID, HARDWARE_ID, LEARN_MORE_URL, take_back
from ...hub.manager import Manager
from .files import INSTALLED, OFFERED, Standing, install, look

_LOGGER = get_logger(__name__)

AUTOMATION: Final = "automation"
"""What uses blueprints; without it there is nothing to offer."""
BLUEPRINTS_OFFERED: Final = "blueprints_offered"


class BlueprintsManager(Manager):
    """Keeps in mind what was written, so that what the user has changed since is left alone."""

    def __init__(self, hub: Hub) -> None:
        """Touch nothing yet."""
        self._hass = hub.hass
        self._entry_id = hub.entry.entry_id
        self._config = Path(hub.hass.config.config_dir)
        self._store = _store(hub.hass)

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Offer what is new as soon as all else had its chance to start."""
        return async_at_started(self._hass, self._offer)

    async def _offer(self, _hass: HomeAssistant) -> None:
        if AUTOMATION not in self._hass.config.components:
            return
        written = await self._store.async_load() or {}
        try:
            found = await self._hass.async_add_executor_job(look, self._config, written)
        except OSError as error:
            _LOGGER.warning("Blueprints can't be read: %s", error)
            return
        if not any(standing in OFFERED for standing in found.values()):
            take_back(self._hass, BLUEPRINTS_OFFERED)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            BLUEPRINTS_OFFERED,
            data={ENTRY_ID: self._entry_id, HARDWARE_ID: ""},
            is_fixable=True,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=BLUEPRINTS_OFFERED,
        )

    async def async_install(self) -> dict[str, Standing]:
        """Write what is not there, or of an earlier version; returns what each was before. Raises HomeAssistantError."""
        written = await self._store.async_load() or {}
        try:
            found, written = await self._hass.async_add_executor_job(
                install, self._config, written
            )
        except OSError as error:
            raise refusal("blueprints_not_written", reason=str(error)) from error
        await self._store.async_save(written)
        take_back(self._hass, BLUEPRINTS_OFFERED)
        # It sees new files, and what uses them, only then.
        for domain in {
            path.partition("/")[0]
            for path, standing in found.items()
            if standing in INSTALLED
        }:
            if self._hass.services.has_service(domain, SERVICE_RELOAD):
                await self._hass.services.async_call(
                    domain, SERVICE_RELOAD, blocking=True
                )
        return found


async def async_remove_blueprints(hass: HomeAssistant) -> None:
    """Forget what was written. The files stay: automations are made of them."""
    ir.async_delete_issue(hass, DOMAIN, BLUEPRINTS_OFFERED)
    await _store(hass).async_remove()


def _store(hass: HomeAssistant) -> Store[dict[str, str]]:
    return Store(hass, 1, f"{DOMAIN}.blueprints")
