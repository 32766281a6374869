"""`scripts/bench`: every part runs, and has its place in the page."""

import asyncio
import json
from pathlib import Path
import sys

import pytest

from scripts.benchmarks.__main__ import PAGE, PARTS
from scripts.devenv.paths import ROOT
from scripts.report import Table, publish


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("part", PARTS)
async def test_every_part_works(part: str, tmp_path: Path) -> None:
    """With next to no load: each figure is there."""
    file = tmp_path / "figures.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.benchmarks", part, "--smoke", "--json", file),
        cwd=ROOT,
    )
    assert await process.wait() == 0
    figures = json.loads(file.read_text("utf-8"))[part]
    assert figures["rows"]
    assert all(len(row) > 1 for row in figures["rows"])


@pytest.mark.parametrize("part", PARTS)
def test_every_part_has_its_place_in_the_page(part: str) -> None:
    text = PAGE.read_text("utf-8")
    assert text.count(f"<!-- {part} -->\n") == text.count(f"<!-- /{part} -->\n") == 1


def test_a_table_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n<!-- a -->\nold\n<!-- /a -->\n\nEnd\n", "utf-8")
    table = Table("Apples", ("kind", "each"), ("a note",))
    table.add("red", 1234)
    for _ in range(2):
        publish(page, "a", table.as_markdown())
    assert page.read_text("utf-8") == (
        "# Title\n\n<!-- a -->\n\n**Apples**\n\n| kind | each |\n|---|---|\n| red | 1 234 |\n\n- a note\n\n<!-- /a -->\n\nEnd\n"
    )


def test_a_page_without_the_place_is_not_touched(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n", "utf-8")
    with pytest.raises(ValueError, match="has no place for a"):
        publish(page, "a", "text")
    assert page.read_text("utf-8") == "# Title\n"
