"""The loaded hub of this Home Assistant, if there is one."""

from collections.abc import Callable

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..const import DOMAIN
from ..core.bus import Unsubscribe
from .hub import Hub, MaestraConfigEntry


def find_hub(hass: HomeAssistant) -> Hub | None:
    """Return the loaded hub, None while there is none."""
    loaded: list[MaestraConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return loaded[0].runtime_data if loaded else None


def get_hub(hass: HomeAssistant) -> Hub:
    """Return the loaded hub, or raise ServiceValidationError."""
    if (hub := find_hub(hass)) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="not_loaded"
        )
    return hub


@callback
def async_follow_hub(
    hass: HomeAssistant, attach: Callable[[Hub], Unsubscribe]
) -> CALLBACK_TYPE:
    """Attach to the hub now, or once it is there, and again after every reload.

    What `attach` returns is called before the next hub is attached to, when the
    entry is unloaded, and by the function returned here, which ends it all.
    """
    detach: Unsubscribe | None = None

    @callback
    def follow() -> None:
        nonlocal detach
        if detach is not None:
            detach()
        hub = find_hub(hass)
        detach = None if hub is None else attach(hub)

    @callback
    def entry_changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        # A change that leaves the entry loaded (title, options, subentries) leaves the hub in its place.
        is_loaded = entry.state is ConfigEntryState.LOADED
        if entry.domain == DOMAIN and is_loaded is (detach is None):
            follow()

    @callback
    def stop() -> None:
        disconnect()
        if detach is not None:
            detach()

    disconnect = async_dispatcher_connect(
        hass, SIGNAL_CONFIG_ENTRY_CHANGED, entry_changed
    )
    follow()
    return stop
