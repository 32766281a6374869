"""Python 3.14 and the virtual environment with Home Assistant, its test kit and our checks."""

import hashlib
import json
import os
from pathlib import Path
import shutil

from .paths import DEVENV, ROOT, VENV, VENV_PYTHON, cache
from .process import SetupError, run, say, step
from .tools import bootstrap, provide

MINIMUM = (3, 14, 2)
"""What Home Assistant 2026.10 asks for."""
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
HERE = Path(__file__).parent
RUNTIME_REQUIREMENTS = HERE / "requirements.txt"
TEST_REQUIREMENTS = ROOT / "requirements_test.txt"
MANIFEST = ROOT / "custom_components" / "maestra" / "manifest.json"


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
            _uv("venv", "--python", python, VENV)
        stamp.unlink(missing_ok=True)
        _install()
        stamp.write_text(_fingerprint(), "utf-8")
    return VENV_PYTHON


def find_python() -> Path:
    """Return a Python that Home Assistant accepts: installed, from uv, or from Debian."""
    for name in ("python3.14", "python3"):
        found = shutil.which(name)
        if found and _fits(Path(found)):
            return Path(found)
    try:
        # One try and a short patience: without access to uv's downloads Debian is next.
        _uv(
            "python",
            "install",
            "--no-bin",
            "3.14",
            UV_HTTP_TIMEOUT="5",
            UV_HTTP_RETRIES="0",
        )
        found = _uv("python", "find", "--managed-python", "3.14").strip()
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
        _uv("pip", "install", "--python", VENV_PYTHON, pinned)
    constraints = next(
        VENV.glob("lib/python*/site-packages/homeassistant/package_constraints.txt")
    )
    with step("its requirements, tests and checks"):
        _uv("pip", "install", "--python", VENV_PYTHON, "--compile-bytecode", "-c", constraints,
            "-r", RUNTIME_REQUIREMENTS, "-r", TEST_REQUIREMENTS, *manifest)  # fmt: skip


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


def _uv(*words: str | Path, **env: str) -> str:
    return run([bootstrap() / "uv", *words], env={**uv_settings(), **env})
