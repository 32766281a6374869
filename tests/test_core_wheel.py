"""The library as a distribution of its own: built, installed where there is no Home Assistant, and tested there."""

from importlib.metadata import distributions
import json
import os
from pathlib import Path
import sys
import tomllib
from typing import Any, Final

import pytest

from scripts.devenv.paths import ROOT
from scripts.devenv.process import run
from scripts.devenv.python import MANIFEST
from scripts.devenv.uv import uv_settings

# One environment for all of these, on one worker.
pytestmark = [pytest.mark.xdist_group("core wheel"), pytest.mark.timeout(900)]

TEST_TOOLS: Final = (
    "aiomqtt",
    "hypothesis",
    "pytest",
    "pytest-asyncio",
    "pytest-freezer",
    "pytest-socket",
    "pytest-timeout",
    "pytest-xdist",
)
TOPICS: Final = ("bus", "domain", "mqtt", "osc", "store", "transport")
NOT_AGAIN: Final = (
    "test_direct.py",
    "test_export.py",
    "test_history.py",
    "test_imports.py",
    "test_kill.py",
    "test_maintenance.py",
    "test_older_brokers.py",
    "test_prove.py",
    "test_store.py",
)
"""Tests that run long or need more than the library does."""
DATABASES: Final = "not community and not apache"
"""Of three databases the one that is there soonest."""
SETTINGS: Final = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
log_level = INFO
"""
IMPORT_ALL: Final = """
import importlib, importlib.util, maestra_core, pkgutil
assert importlib.util.find_spec("homeassistant") is None
for module in pkgutil.walk_packages(maestra_core.__path__, "maestra_core."):
    print(importlib.import_module(module.name).__name__)
"""
IMPORT_TESTS: Final = """
import importlib, pkgutil, sys
sys.modules["homeassistant"] = None
import tests.core
for module in pkgutil.walk_packages(tests.core.__path__, "tests.core."):
    importlib.import_module(module.name)
"""
TIME_IMPORT: Final = """
import time
start = time.process_time()
import maestra_core.domain
print(time.process_time() - start)
"""


def described() -> dict[str, Any]:
    """Return what pyproject.toml says of the distribution."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: dict[str, Any] = project["project"]
    return found


def uv(*words: str | Path) -> None:
    run([os.environ["MAESTRA_UV"], *words], env=uv_settings())


class Installed:
    """An environment with the library, its requirements and what its tests need."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._python = folder / "venv" / "bin" / "python"
        wheels, pins = folder / "wheels", folder / "pins.txt"
        uv("build", "--wheel", "--python", sys.executable, "--out-dir", wheels, ROOT)
        uv("venv", "--python", sys.executable, folder / "venv")
        (wheel,) = wheels.glob("*.whl")
        # The versions that everything else is tested with.
        versions = {found.name: found.version for found in distributions()}
        pins.write_text("".join(f"{name}=={versions[name]}\n" for name in versions))
        uv("pip", "install", "--python", self._python, "--compile-bytecode", "-c", pins,
           wheel, *TEST_TOOLS)  # fmt: skip

    def run(self, *words: str | Path) -> str:
        """Run its Python where nothing but the installed packages can be imported; returns the output."""
        return run([self._python, *words], cwd=self._folder, env={"PYTHONPATH": ""})

    def copy(self, pattern: str) -> None:
        """Copy files of the repository next to it, with the library's own name in their imports."""
        for file in ROOT.glob(pattern):
            if file.is_file() and file.suffix != ".pyc" and file.name not in NOT_AGAIN:
                target = self._folder / file.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                text = file.read_text()
                target.write_text(
                    text.replace("custom_components.maestra.core", "maestra_core")
                )

    def write(self, name: str, content: str) -> None:
        """Write a file next to it."""
        (self._folder / name).write_text(content)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The library where there is no Home Assistant."""
    return Installed(tmp_path_factory.mktemp("wheel"))


def test_every_module_can_be_imported(installed: Installed) -> None:
    core = ROOT / "custom_components" / "maestra" / "core"
    names = {
        ".".join(("maestra_core", *path.relative_to(core).with_suffix("").parts))
        for path in core.rglob("*.py")
    }
    imported = set(installed.run("-c", IMPORT_ALL).split())
    assert imported | {"maestra_core"} == {
        name.removesuffix(".__init__") for name in names
    }


def test_the_domain_is_there_at_once(installed: Installed) -> None:
    took = [float(installed.run("-c", TIME_IMPORT)) for _ in range(3)]
    assert min(took) < 0.5


def test_a_worker_can_be_started(installed: Installed) -> None:
    assert installed.run("-m", "maestra_core.worker", "--help").startswith(
        "usage: maestra-worker"
    )


def test_its_tests_pass(installed: Installed) -> None:
    """Domain, wires and store do the same without Home Assistant around them."""
    for pattern in (
        "tests/__init__.py",
        "tests/core/__init__.py",
        "tests/core/conftest.py",
        *(f"tests/core/{topic}/**/*" for topic in TOPICS),
        "tests/kits/**/*",
        "scripts/*.py",
        "scripts/stack/**/*.py",
    ):
        installed.copy(pattern)
    installed.write("pytest.ini", SETTINGS)
    installed.run(
        "-m", "pytest", "-q", "-x", "-n", "2", "-k", DATABASES,
        "--hypothesis-profile", "few examples", "tests/core",
    )  # fmt: skip


def test_its_tests_load_without_home_assistant() -> None:
    """All of them: `scripts/test --core` runs them there."""
    run([sys.executable, "-c", IMPORT_TESTS], cwd=ROOT)


def test_requirements_are_those_of_the_integration() -> None:
    """What Home Assistant does not bring is pinned once in the manifest, and to the same here."""
    manifest = json.loads(MANIFEST.read_text())
    pinned = [line for line in described()["dependencies"] if "==" in line]
    assert pinned == manifest["requirements"]
    assert described()["version"] == manifest["version"]
