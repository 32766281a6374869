"""Chromium for tests, without root: the npm package `@sparticuz/chromium`, a headless shell that brings what it needs."""

from pathlib import Path
import platform
import shutil

from .npm import Package
from .process import SetupError, run

SHELL = Package(
    name="@sparticuz/chromium",
    version="153.0.0",
    sha512="jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
)
FONTS = Package(
    name="dejavu-fonts-ttf",
    version="2.37.3",
    sha512="f1hd7jJbeQa1VWcw+K2KrTXS50zTMaHpVC4XIKJpNcDeYR5ajMtj/iLlQDYNvLOKamUB3ARVVCf79lNwNVztSQ==",
)
FACES = {
    "sans-serif": "DejaVu Sans",
    "serif": "DejaVu Serif",
    "monospace": "DejaVu Sans Mono",
}
UNPACK = Path(__file__).with_name("chromium.mjs")
VARIANTS = ("", "-Bold")


def has_build() -> bool:
    """Tell whether there is one for this machine."""
    return platform.machine() == "x86_64"


def build(prefix: Path, node: Path) -> None:
    """Make it in `prefix`: the program with its libraries and fonts, and nothing of the machine's but the C library."""
    if not has_build():
        raise SetupError(
            f"chromium is missing, and npm has none for {platform.machine()}. Please install: Chromium (chromium)"
        )
    for part in (SHELL, FONTS):
        part.unpack(prefix / "npm" / part.name)
    run([node, UNPACK, prefix / "npm" / SHELL.name / "package" / "bin", prefix])
    fonts = prefix / "fonts"
    fonts.mkdir()
    for face in FACES.values():
        for variant in VARIANTS:
            name = f"{face.replace(' ', '')}{variant}.ttf"
            shutil.copy(prefix / "npm" / FONTS.name / "package" / "ttf" / name, fonts)
    shutil.rmtree(prefix / "npm")
    (prefix / "fonts.conf").write_text(_fonts(prefix), "utf-8")
    program = prefix / "chromium"
    program.write_text(_start(prefix), "utf-8")
    program.chmod(0o755)


def _start(prefix: Path) -> str:
    """Return the script that starts it: with its own libraries and fonts, and hinted as the full Chromium does."""
    return f"""#!/bin/sh
LD_LIBRARY_PATH="{prefix}/lib" FONTCONFIG_FILE="{prefix}/fonts.conf" exec "{prefix}/headless_shell" \\
  --font-render-hinting=slight --enable-font-subpixel-positioning "$@"
"""


def _fonts(prefix: Path) -> str:
    """Return a font configuration without the machine's own, so that pictures are the same everywhere."""
    aliases = "".join(
        f"  <alias><family>{family}</family><prefer><family>{face}</family></prefer></alias>\n"
        for family, face in FACES.items()
    )
    return f"""<?xml version="1.0"?>
<fontconfig>
  <dir>{prefix}/fonts</dir>
  <cachedir>{prefix}/fonts-cache</cachedir>
{aliases}  <match target="pattern"><edit name="hintstyle" mode="append"><const>hintslight</const></edit></match>
</fontconfig>
"""
