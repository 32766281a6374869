"""Arrows point down: the contracts of `pyproject.toml`, what only a type checker reads included, name every module."""

from pathlib import Path
import subprocess
import sys
import tomllib

ROOT = Path(__file__).parent.parent


def test_the_contracts_are_kept() -> None:
    """The layers are exhaustive: a module, feature or topic that none of them names breaks its contract."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(linter), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_nothing_is_left_out_of_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    settings = project["tool"]["importlinter"]
    assert not settings.get("exclude_type_checking_imports")
    for contract in settings["contracts"]:
        assert "ignore_imports" not in contract
        assert contract["type"] != "layers" or contract["exhaustive"]


def test_home_assistant_finds_its_files_and_nothing_else_lies_at_the_root() -> None:
    package = ROOT / "custom_components" / "maestra"
    found = {path.stem for path in package.glob("*.py")}
    loaded = {
        "__init__",
        "backup",
        "condition",
        "config_flow",
        "diagnostics",
        "repairs",
        "system_health",
        "trigger",
        "binary_sensor",
        "device_tracker",
        "event",
        "light",
        "lock",
        "number",
        "select",
        "sensor",
        "siren",
        "switch",
        "text",
    }
    assert found == loaded | {"const", "entity", "integration"}
