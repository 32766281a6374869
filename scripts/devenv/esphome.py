"""ESPHome, in a virtual environment of its own: it pins other versions than Home Assistant."""

from pathlib import Path

from .paths import VENV_PYTHON
from .uv import uv

PACKAGES = ("esphome==2026.10.0", "clang-format==13.0.1")
"""With it what its C++ is formatted by."""
TIDY = "clang-tidy==22.1.8"
"""What looks for faults in the C++."""


def make(prefix: Path) -> None:
    """Install it; what it compiles with is the machine's own."""
    _make(prefix, *PACKAGES)


def make_tidy(prefix: Path) -> None:
    """Install clang-tidy."""
    _make(prefix, TIDY)


def _make(prefix: Path, *packages: str) -> None:
    uv("venv", "--python", VENV_PYTHON, prefix)
    uv("pip", "install", "--python", prefix / "bin" / "python", "--compile-bytecode", *packages)  # fmt: skip
