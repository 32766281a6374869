"""The public repository has one address, which everything that leads there has."""

import json
from pathlib import Path
import re
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parent.parent
MANIFEST = json.loads(
    (ROOT / "custom_components" / "maestra" / "manifest.json").read_text()
)
REPOSITORY = MANIFEST["documentation"]
OWNER, NAME = urlsplit(REPOSITORY).path.strip("/").split("/")
PLACES = (
    "README.md",
    "CHANGELOG.md",
    ".github/**/*.yml",
    "blueprints/**/*.yaml",
    "custom_components/maestra/**/*.py",
    "custom_components/maestra/frontend/*.js",
    "custom_components/maestra/translations/*.json",
    "dashboards/cards/src/**/*.ts",
    "docs/*.md",
    "esphome/**/*",
    "scripts/**/*.json",
)
ADDRESS = re.compile(
    r"(?:github|githubusercontent)\.com/([\w.-]+/maestra[\w-]*)\b|github://([\w.-]+/maestra[\w-]*)"
)
FILES = sorted(
    {path for place in PLACES for path in ROOT.glob(place) if path.is_file()}
)


def test_there_is_one_address() -> None:
    """To change it, change the manifest, and what this test names (docs/publishing.md)."""
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in FILES
        for match in ADDRESS.finditer(path.read_text("utf-8", errors="replace"))
        if (name := match[1] or match[2]) != f"{OWNER}/{NAME}"
    }
    assert found == set()
    assert MANIFEST["issue_tracker"] == f"{REPOSITORY}/issues"


def test_badges_lead_to_the_repository_and_the_integration() -> None:
    page = (ROOT / "README.md").read_text()
    links = re.findall(r"\((https://my\.home-assistant\.io/redirect/[^)]*)\)", page)
    asked = {
        urlsplit(it).path.split("/")[2]: parse_qs(urlsplit(it).query) for it in links
    }
    assert asked == {
        "hacs_repository": {
            "owner": [OWNER],
            "repository": [NAME],
            "category": ["integration"],
        },
        "config_flow_start": {"domain": [MANIFEST["domain"]]},
    }


def test_the_changelog_has_this_version() -> None:
    versions = re.findall(
        r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert versions[0] == MANIFEST["version"]


@pytest.mark.parametrize("word", ["Maestra", "QS", "F2"])
@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md"])
def test_strangers_are_told_what_the_words_mean(page: str, word: str) -> None:
    assert re.search(rf"\*\*{word}\*\* is ", (ROOT / page).read_text())
