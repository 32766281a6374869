"""Arrows point down, as the contracts of `pyproject.toml` say; what comes from outside has one way in, and one into the log."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
import subprocess
import sys
import tomllib

import pytest

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
        "application_credentials",
        "backup",
        "condition",
        "config_flow",
        "diagnostics",
        "intent",
        "llm",
        "repairs",
        "logbook",
        "system_health",
        "trigger",
        "binary_sensor",
        "button",
        "camera",
        "device_tracker",
        "event",
        "light",
        "lock",
        "number",
        "scene",
        "select",
        "sensor",
        "siren",
        "switch",
        "text",
        "update",
    }
    assert found == loaded | {"const", "entity", "integration"}


PACKAGE = ROOT / "custom_components" / "maestra"


def calls(*names: str) -> Iterator[str]:
    """Yield the modules that call one of these functions, each by its path."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                yield path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            # What comes from outside is read by `json_values.loads`; the others read what we wrote ourselves.
            ("orjson.loads", "json.loads", "json_loads", "json.load"),
            {
                "core/domain/json_values.py",
                # Each element of a message for itself, and with the same limits.
                "core/qs/codec.py",
                "core/journal/changes.py",
                "core/journal/journal.py",
                "core/store/analytics.py",
                "core/store/batch.py",
                # What Home Assistant has written.
                "features/history/recorder_import.py",
                "hub/actions.py",
            },
        ),
        # `get_logger` makes loggers whose lines can't be forged.
        (("logging.getLogger",), {"core/bus/log.py"}),
    ],
    ids=["JSON", "log"],
)
def test_there_is_one_way(names: tuple[str, ...], expected: set[str]) -> None:
    assert set(calls(*names)) == expected


KEEPS_ALL = re.compile(r"^@lru_cache\b.*\n(?:@.*\n)*def (\w+)", re.MULTILINE)
BOUNDED = {
    "_head",  # MAX_HEAD bytes of a packet
    "_number",  # raises for more than 12 characters, and what raises is not kept
    "compile_path_pattern",  # raises for more than MAX_PATTERN_LENGTH
    "contact_class",  # names of variables
    "look_of",  # names of variables, and their units
    "neighbourhood",  # the address of a connection
    "parsed_address",  # 1024 of them
    "subjects_of_topics",  # the topics of our own events
}
"""Functions whose cache may keep whatever it is asked, and why that is not much."""


def test_nothing_else_keeps_texts_of_any_length() -> None:
    """A cache of thousands, and subjects, topics or ids of 64 KiB, are half a gigabyte for anybody who sends them."""
    found = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in KEEPS_ALL.findall(path.read_text())
    }
    assert found - BOUNDED == set()
    assert found >= BOUNDED
