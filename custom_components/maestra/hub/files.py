"""Where actions write files that people take away, and what these may be called."""

from pathlib import Path
import re
from typing import Final

import probatio

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN

# Nothing that a file system reads as more than a name.
FILENAME: Final = probatio.All(
    cv.string,
    probatio.Match(
        re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()+-]{0,99}\Z"),
        msg="must be a name without a path, of letters, digits, spaces and ._()+-",
    ),
)


def export_folder(hass: HomeAssistant) -> Path:
    """Return our folder below Home Assistant's first media folder: /media in a container, else media in its configuration."""
    folders = hass.config.media_dirs
    usual = next(iter(folders.values()), hass.config.path("media"))
    return Path(folders.get("local", usual)) / DOMAIN
