"""ESPHome, in a virtual environment of its own: it pins other versions than Home Assistant."""

from pathlib import Path

from .paths import VENV_PYTHON
from .uv import uv

PACKAGES = ("esphome==2026.10.0", "clang-format==13.0.1")
"""With it what its C++ is formatted by."""


def make(prefix: Path) -> None:
    """Install it; what it compiles with is the machine's own."""
    uv("venv", "--python", VENV_PYTHON, prefix)
    uv("pip", "install", "--python", prefix / "bin" / "python", "--compile-bytecode", *PACKAGES)  # fmt: skip
