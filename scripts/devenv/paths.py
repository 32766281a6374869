"""Where things live: the working copy, its `.devenv/` folder and the user's download cache."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEVENV = ROOT / ".devenv"
VENV = DEVENV / "venv"
VENV_PYTHON = VENV / "bin" / "python"


def cache() -> Path:
    """Return the user's download cache, shared by all working copies.

    A user without a home folder (containers, `nobody`) gets one inside `.devenv/`.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    candidate = Path(base) if base else Path("~/.cache").expanduser()
    try:
        folder = candidate / "maestra-devenv"
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = DEVENV / "cache"
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def everyone_can_enter(folder: Path) -> bool:
    """Tell whether any user of the machine can reach what lies in `folder`."""
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


def open_folder() -> Path:
    """Return the folder for servers that refuse to run as root, and for their data.

    Such a server runs as an unprivileged user, who must be able to walk to its prefix.
    That is `.devenv/` itself, unless root has cloned into a private place (`/root`,
    `mktemp -d`): then it is a folder in the machine's temporary area that outlives
    reboots, one for each working copy, with a link to it in `.devenv/`.
    """
    DEVENV.mkdir(exist_ok=True)
    if os.geteuid() != 0 or everyone_can_enter(DEVENV):
        return DEVENV
    digest = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    folder = Path("/var/tmp") / f"maestra-devenv-{digest}"  # noqa: S108
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != 0:
        # Names in a shared temporary area can be taken by others: never trust such a folder.
        raise PermissionError(
            f"{folder} does not belong to root; remove it and try again"
        )
    folder.chmod(0o755)
    link = DEVENV / "open"
    if not link.is_symlink():
        link.symlink_to(folder)
    return folder
