"""Python 3.14 and the virtual environment with Home Assistant, its test kit and our checks."""

import hashlib
import json
from pathlib import Path
import shutil

from .paths import DEVENV, ROOT, VENV, VENV_PYTHON
from .process import SetupError, run, say, step
from .tools import provide
from .uv import uv

MINIMUM = (3, 14, 2)
"""What Home Assistant 2026.10 asks for."""
HERE = Path(__file__).parent
RUNTIME_REQUIREMENTS = HERE / "requirements.txt"
TEST_REQUIREMENTS = ROOT / "requirements_test.txt"
MANIFEST = ROOT / "custom_components" / "maestra" / "manifest.json"
HACS = ROOT / "hacs.json"


def ensure_venv() -> Path:
    """Create or refresh `.devenv/venv`; returns its Python. Quick when nothing changed."""
    stamp = VENV / ".stamp"
    if (
        stamp.exists()
        and VENV_PYTHON.exists()
        and stamp.read_text("utf-8") == _fingerprint()
    ):
        return VENV_PYTHON
    DEVENV.mkdir(exist_ok=True)
    with step("Python environment"):
        python = find_python()
        if not _fits(VENV_PYTHON):
            shutil.rmtree(VENV, ignore_errors=True)
            uv("venv", "--python", python, VENV)
        stamp.unlink(missing_ok=True)
        _install()
        stamp.write_text(_fingerprint(), "utf-8")
    return VENV_PYTHON


def ensure_home_assistant(wanted: str) -> Path:
    """Create or refresh an environment with another Home Assistant; returns its program.

    `wanted` is a version, `oldest` for the one that hacs.json promises, or `newest` for the latest release.
    """
    folder = DEVENV / "home-assistant" / wanted
    python = folder / "bin" / "python"
    with step(f"Home Assistant, {wanted}"):
        if not _fits(python):
            shutil.rmtree(folder, ignore_errors=True)
            uv("venv", "--python", find_python(), folder)
        uv("pip", "install", "--python", python, "--upgrade", requirement(wanted))
        # Of its own release are the versions that its constraints name.
        uv("pip", "install", "--python", python, "--compile-bytecode", "-c", _constraints(folder),
            *_runtime_names(), *_manifest_requirements())  # fmt: skip
    return folder / "bin" / "hass"


def requirement(wanted: str) -> str:
    """Return what to install for `oldest`, `newest` or a version of Home Assistant."""
    if wanted == "newest":
        return "homeassistant"
    if wanted == "oldest":
        wanted = json.loads(HACS.read_text("utf-8"))["homeassistant"]
    return f"homeassistant=={wanted}"


def find_python() -> Path:
    """Return a Python that Home Assistant accepts: installed, from uv, or from Debian."""
    for name in ("python3.14", "python3"):
        found = shutil.which(name)
        if found and _fits(Path(found)):
            return Path(found)
    try:
        # One try and a short patience: without access to uv's downloads Debian is next.
        uv(
            "python",
            "install",
            "--no-bin",
            "3.14",
            UV_HTTP_TIMEOUT="5",
            UV_HTTP_RETRIES="0",
        )
        found = uv("python", "find", "--managed-python", "3.14").strip()
        if _fits(Path(found)):
            return Path(found)
    except SetupError:
        say("uv cannot get Python 3.14 here; using Debian's packages")
    python = provide("python")
    if not _fits(python):
        raise SetupError(f"{python} is older than {'.'.join(map(str, MINIMUM))}")
    return python


def _fits(python: Path) -> bool:
    """Tell whether `python` runs and is new enough, with the parts Home Assistant needs."""
    code = f"import ctypes, sqlite3, ssl, sys; sys.exit(not {MINIMUM} <= sys.version_info[:3] < (3, 15))"
    try:
        run([python, "-c", code])
    except (SetupError, OSError):
        return False
    return True


def _install() -> None:
    """Install under Home Assistant's own constraints, which come with Home Assistant."""
    manifest = _manifest_requirements()
    with step("Home Assistant"):
        pinned = next(
            line
            for line in RUNTIME_REQUIREMENTS.read_text("utf-8").splitlines()
            if line.startswith("homeassistant==")
        )
        uv("pip", "install", "--python", VENV_PYTHON, pinned)
    constraints = _constraints(VENV)
    with step("its requirements, tests and checks"):
        uv("pip", "install", "--python", VENV_PYTHON, "--compile-bytecode", "-c", constraints,
            "-r", RUNTIME_REQUIREMENTS, "-r", TEST_REQUIREMENTS, *manifest)  # fmt: skip


def _constraints(venv: Path) -> Path:
    return next(
        venv.glob("lib/python*/site-packages/homeassistant/package_constraints.txt")
    )


def _runtime_names() -> list[str]:
    """Return what Home Assistant imports at start, without versions."""
    lines = RUNTIME_REQUIREMENTS.read_text("utf-8").splitlines()
    names = [line.partition("==")[0] for line in lines if line and line[0] != "#"]
    return [name for name in names if name != "homeassistant"]


def _manifest_requirements() -> list[str]:
    """Return what the integration's manifest asks for."""
    if not MANIFEST.exists():
        return []
    return list(json.loads(MANIFEST.read_text("utf-8")).get("requirements", []))


def _fingerprint() -> str:
    """Identify everything that decides what is in the environment."""
    digest = hashlib.sha256(str(VENV).encode())
    for file in (RUNTIME_REQUIREMENTS, TEST_REQUIREMENTS, Path(__file__)):
        digest.update(file.read_bytes())
    digest.update(repr(_manifest_requirements()).encode())
    return digest.hexdigest()
