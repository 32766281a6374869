"""The C++ of the components: headers that need no ESPHome."""

from pathlib import Path
import subprocess

import pytest

from scripts.nodes import build_program
from tests.kits.esphome import INSTALLING, needs_compiler

HERE = Path(__file__).parent
SOURCES = sorted(HERE.glob("*.cpp"))

pytestmark = [pytest.mark.xdist_group("esphome"), INSTALLING]


@needs_compiler
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.stem))
def test_the_headers(source: Path) -> None:
    program = build_program(source)

    result = subprocess.run([program], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout + result.stderr) == (0, "")
