"""Maestra: shows, studios, labs and buildings in Home Assistant.

What Home Assistant calls is in `integration`, and is loaded when it is asked for: `core`, which is a library,
is below this package and must be importable without Home Assistant.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .integration import (
        CONFIG_SCHEMA as CONFIG_SCHEMA,
        async_remove_config_entry_device as async_remove_config_entry_device,
        async_remove_entry as async_remove_entry,
        async_setup as async_setup,
        async_setup_entry as async_setup_entry,
        async_unload_entry as async_unload_entry,
    )

_CALLED: Final = frozenset(
    {
        "CONFIG_SCHEMA",
        "async_remove_config_entry_device",
        "async_remove_entry",
        "async_setup",
        "async_setup_entry",
        "async_unload_entry",
    }
)


def __getattr__(name: str) -> Any:
    """Return what Home Assistant looks for in an integration."""
    if name not in _CALLED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import integration  # noqa: PLC0415

    return getattr(integration, name)
