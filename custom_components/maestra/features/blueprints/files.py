"""The blueprints that come with the integration, beside those of the user."""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.util.file import write_utf8_file_atomic

BLUEPRINT_FOLDER: Final = "blueprints"
SHIPPED: Final = Path(__file__).parents[2] / BLUEPRINT_FOLDER
"""Copies of `blueprints/` in the repository, of which HACS brings only the integration's folder."""


class Standing(StrEnum):
    """What a blueprint in the user's folder is, beside ours."""

    MISSING = "missing"
    OUTDATED = "outdated"
    """As an earlier version has written it."""
    CURRENT = "current"
    REMOVED = "removed"
    """The user has deleted what was written."""
    CHANGED = "changed"
    """By the user, who may have it from elsewhere too."""


OFFERED: Final = (Standing.MISSING, Standing.OUTDATED)
INSTALLED: Final = (*OFFERED, Standing.REMOVED)
"""What is written when somebody asks for the blueprints."""


def look(config: Path, written: Mapping[str, str]) -> dict[str, Standing]:
    """Return the standing of each blueprint, by its path below the folder of blueprints.

    `written` are digests of what was written there, by the same paths. Raises OSError.
    """
    return {
        path.as_posix(): _standing(config / BLUEPRINT_FOLDER / path, path, written)
        for path in sorted(
            each.relative_to(SHIPPED) for each in SHIPPED.rglob("*.yaml")
        )
    }


def install(
    config: Path, written: Mapping[str, str]
) -> tuple[dict[str, Standing], dict[str, str]]:
    """Write what is not there, or of an earlier version; returns what each was before, and the new digests. Raises OSError."""
    standings = look(config, written)
    for path, standing in standings.items():
        if standing in INSTALLED:
            target = config / BLUEPRINT_FOLDER / path
            target.parent.mkdir(parents=True, exist_ok=True)
            write_utf8_file_atomic(str(target), (SHIPPED / path).read_text("utf-8"))
    return standings, {
        path: _digest(SHIPPED / path)
        for path, standing in standings.items()
        if standing is not Standing.CHANGED
    }


def _standing(found: Path, path: Path, written: Mapping[str, str]) -> Standing:
    before = written.get(path.as_posix())
    try:
        digest = _digest(found)
    except FileNotFoundError, NotADirectoryError:
        return Standing.MISSING if before is None else Standing.REMOVED
    if digest == _digest(SHIPPED / path):
        return Standing.CURRENT
    return Standing.OUTDATED if digest == before else Standing.CHANGED


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
