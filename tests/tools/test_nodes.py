"""Programs of ESPHome nodes: built once for all working copies."""

from pathlib import Path

import pytest

from scripts import nodes
from scripts.devenv.process import run
from tests.kits.esphome import needs_compiler

SAYS = '#include <cstdio>\n#include "said.h"\nint main() { std::puts(SAID); }\n'


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of two files, in a working copy that has built nothing, of a user who has not either."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(nodes, "ROOT", tmp_path)
    (tmp_path / "said.h").write_text('#define SAID "one"\n')
    source = tmp_path / "program.cpp"
    source.write_text(SAYS)
    return source


def in_working_copy(name: str, source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build it there; returns the program."""
    monkeypatch.setattr(nodes, "COMPONENTS", source.parent / "components")
    monkeypatch.setattr(nodes, "KEPT", source.parent / name)
    nodes.KEPT.mkdir(exist_ok=True)
    return nodes.build_program(source)


@needs_compiler
def test_what_one_working_copy_has_built_the_others_take(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = in_working_copy("first", source, monkeypatch)
    with monkeypatch.context() as without_compiler:
        without_compiler.setattr(nodes, "run", None)
        taken = in_working_copy("second", source, monkeypatch)
    assert taken != built
    assert taken.read_bytes() == built.read_bytes()
    assert run([taken]) == "one\n"
    (source.parent / "said.h").write_text('#define SAID "two"\n')
    assert run([in_working_copy("second", source, monkeypatch)]) == "two\n"
    # What is of other sources is not kept there, but for all.
    assert len(list((source.parent / "second" / "program").iterdir())) == 1
    assert len(list(source.parent.glob("cache/*/esphome/program/*"))) == 2


@needs_compiler
def test_no_more_are_kept_than_are_worked_on(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(nodes.SHARED_VERSIONS + 2):
        (source.parent / "said.h").write_text(f'#define SAID "{number}"\n')
        in_working_copy("first", source, monkeypatch)
    kept = list(source.parent.glob("cache/*/esphome/program/*"))
    assert len(kept) == nodes.SHARED_VERSIONS


def test_what_a_node_includes_is_of_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "ROOT", tmp_path)
    monkeypatch.setattr(nodes, "SOURCES", tmp_path / "esphome")
    monkeypatch.setattr(nodes, "toolchain", lambda: "")
    node = tmp_path / "tests" / "node.yaml"
    node.parent.mkdir()
    node.write_text("packages:\n  shared: !include shared.yaml\n")
    shared = node.with_name("shared.yaml")
    shared.write_text("packages:\n  ours: !include ../esphome/ours.yaml\n")
    ours = tmp_path / "esphome" / "ours.yaml"
    ours.parent.mkdir()
    ours.write_text("limit: 1\n")
    before = nodes.node_program(node)
    assert nodes.node_program(node) == before
    for file in (node, shared, ours):
        file.write_text(file.read_text() + "# more\n")
        assert nodes.node_program(node) != before, file.name
        before = nodes.node_program(node)
