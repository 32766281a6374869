"""The C++ of the components: headers that need no ESPHome, and its form."""

from pathlib import Path
import subprocess

import pytest

from scripts.nodes import COMPONENTS, build_program, esphome_folder
from tests.kits.esphome import INSTALLING, needs_compiler

HERE = Path(__file__).parent

pytestmark = [pytest.mark.xdist_group("esphome"), INSTALLING]


@needs_compiler
def test_the_headers() -> None:
    program = build_program(HERE / "headers.cpp")

    result = subprocess.run([program], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_it_is_formatted_as_esphome_s_own() -> None:
    sources = [
        *COMPONENTS.rglob("*.h"),
        *COMPONENTS.rglob("*.cpp"),
        HERE / "headers.cpp",
    ]

    result = subprocess.run(
        [esphome_folder() / "clang-format", "--style=file", "--dry-run", "-Werror", *sources],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    assert (result.returncode, result.stderr) == (0, "")
