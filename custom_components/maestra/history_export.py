"""Recorded history into files in Home Assistant's media folder."""

from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from .const import DOMAIN
from .store.export import Export, Exported, ExportFailed, ExportFormat, export
from .store.store import Store

EXPORT_TIMEOUT: Final = 3600.0
"""Seconds; the server gives up then."""
# It weighs as much as the rest of Home Assistant's libraries together: installed with the first such file.
PARQUET_REQUIREMENTS: Final = ["pyarrow==26.0.1"]


async def async_export(
    hass: HomeAssistant, store: Store, what: Export, form: ExportFormat, name: str
) -> tuple[Path, Exported]:
    """Write a file of this name (without its extension), in the place of one that is there.

    Raises ExportFailed, StoreNotConnected, StoreTimeout.
    """
    if form is ExportFormat.PARQUET:
        try:
            await async_process_requirements(
                hass, DOMAIN, PARQUET_REQUIREMENTS, is_built_in=False
            )
        except RequirementsNotFound as error:
            raise ExportFailed(
                reason=f"{PARQUET_REQUIREMENTS[0]} can't be installed"
            ) from error
    path = export_folder(hass) / f"{name}.{form}"
    async with store.reading(EXPORT_TIMEOUT) as connection:
        return path, await export(connection, what, form, path)


def export_folder(hass: HomeAssistant) -> Path:
    """Return our folder below Home Assistant's first media folder: /media in a container, else media in its configuration."""
    folders = hass.config.media_dirs
    usual = next(iter(folders.values()), hass.config.path("media"))
    return Path(folders.get("local", usual)) / DOMAIN
