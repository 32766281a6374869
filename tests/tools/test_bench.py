"""`scripts/bench`: every part runs, and has its place in the page."""

import json
from pathlib import Path

import pytest
import pytest_socket

from scripts.benchmarks.__main__ import PAGE, PARTS, main
from scripts.benchmarks.processes import FOLDER, SOCKET
from scripts.report import Table, publish

from ..kits.esphome import INSTALLING
from ..kits.process import HOST


@INSTALLING
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("part", PARTS)
def test_every_part_works(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With next to no load: each figure is there."""
    for name in (FOLDER, SOCKET):
        monkeypatch.setenv(name, "set by the part")
    # They are asked on sockets of the file system.
    pytest_socket.socket_allow_hosts([HOST], allow_unix_socket=True)
    file = tmp_path / "figures.json"
    # In this process, which has imported everything.
    assert main([part, "--smoke", "--json", str(file)]) == 0
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
