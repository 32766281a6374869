"""The set-up runs on what Debian 12 ships: Python 3.11.2."""

import ast
from pathlib import Path
import subprocess

import pytest

from scripts.devenv.paths import ROOT

from .test_npm import package

FILES = sorted((ROOT / "scripts" / "devenv").glob("*.py"))
OLDEST = (3, 11)
SYSTEM = Path("/usr/bin/python3")
"""The machine's own; on Debian 12 it is that one."""
UNPACK = """
import sys
from pathlib import Path
from scripts.devenv import __main__, commands
from scripts.devenv.npm import Package
Package(name=sys.argv[1], version=sys.argv[2], sha512=sys.argv[3]).unpack(Path(sys.argv[4]))
"""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_its_grammar_is_old_enough(file: Path) -> None:
    ast.parse(file.read_text("utf-8"), feature_version=OLDEST)


@pytest.mark.skipif(not SYSTEM.exists(), reason="the machine has no Python of its own")
def test_the_system_s_own_python_loads_all_and_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    it = package(tmp_path / "cache", "package/index.js")
    subprocess.run(
        [SYSTEM, "-c", UNPACK, it.name, it.version, it.sha512, tmp_path / "there"],
        check=True,
        env={
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert (tmp_path / "there" / "package" / "index.js").is_file()
