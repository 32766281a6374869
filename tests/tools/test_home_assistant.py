"""Which releases of Home Assistant the smoke test of `scripts/develop` is run with."""

import json

import pytest
import yaml

from scripts.devenv.paths import ROOT
from scripts.devenv.python import RUNTIME_REQUIREMENTS, TEST_REQUIREMENTS, requirement

PROMISED = json.loads((ROOT / "hacs.json").read_text())["homeassistant"]


@pytest.mark.parametrize(
    ("wanted", "installed"),
    [
        ("oldest", f"homeassistant=={PROMISED}"),
        ("newest", "homeassistant"),
        ("2026.10.1", "homeassistant==2026.10.1"),
    ],
)
def test_what_is_asked_for_is_installed(wanted: str, installed: str) -> None:
    assert requirement(wanted) == installed


def test_ci_starts_the_oldest_that_is_promised_and_the_newest() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/validate.yml").read_text())
    job = workflow["jobs"]["home_assistant"]
    assert job["strategy"]["matrix"] == {"version": ["oldest", "newest"]}
    assert job["env"] == {"MAESTRA_HOME_ASSISTANT": "${{ matrix.version }}"}
    assert any(
        "tests/tools/test_develop.py" in it.get("run", "") for it in job["steps"]
    )


def test_the_pinned_one_is_that_of_the_test_kit() -> None:
    pinned = next(
        line.partition("==")[2]
        for line in RUNTIME_REQUIREMENTS.read_text().splitlines()
        if line.startswith("homeassistant==")
    )
    assert f"Home Assistant {pinned}" in TEST_REQUIREMENTS.read_text()
