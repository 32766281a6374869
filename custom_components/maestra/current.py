"""The Maestra that runs in this Home Assistant, if any."""

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

from .bus import Unsubscribe
from .const import DOMAIN
from .runtime import MaestraConfigEntry, MaestraRuntime


def find_runtime(hass: HomeAssistant) -> MaestraRuntime | None:
    """Return the loaded entry's runtime, None while there is none."""
    loaded: list[MaestraConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return loaded[0].runtime_data if loaded else None


def get_runtime(hass: HomeAssistant) -> MaestraRuntime:
    """Return the loaded entry's runtime, or raise ServiceValidationError."""
    if (runtime := find_runtime(hass)) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="not_loaded"
        )
    return runtime


@callback
def async_follow_runtime(
    hass: HomeAssistant, attach: Callable[[MaestraRuntime], Unsubscribe]
) -> CALLBACK_TYPE:
    """Attach to the runtime now, or once it is there, and again after every reload.

    What `attach` returns is called before the next runtime is attached to, when the
    entry is unloaded, and by the function returned here, which ends it all.
    """
    detach: Unsubscribe | None = None

    @callback
    def follow() -> None:
        nonlocal detach
        if detach is not None:
            detach()
        runtime = find_runtime(hass)
        detach = None if runtime is None else attach(runtime)

    @callback
    def entry_changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        # A change that leaves the entry loaded (title, options, subentries) leaves the runtime in its place.
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
