"""The committed cards are what their sources build, are small, and their logic holds."""

import gzip
import json
import os
from pathlib import Path
import re
import subprocess

import pytest

from scripts.devenv.cards import BUILD, SOURCES, TEST

BUILT = Path(__file__).parents[2] / "custom_components" / "maestra" / "frontend"
# Compressed, as browsers load them.
MAX_ENTRY = 15_000
MAX_ALL = 180_000


def node(*words: str | Path) -> str:
    """Run a script as `scripts/cards` and `scripts/lint` do; returns its output."""
    done = subprocess.run(
        [os.environ["MAESTRA_NODE"], *words],
        cwd=SOURCES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_committed_is_what_the_sources_build(tmp_path: Path) -> None:
    """Else: run `scripts/cards` and commit what it builds."""
    node(*BUILD, tmp_path)

    found = {path.name: path.read_bytes() for path in BUILT.iterdir()}
    assert found == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_they_are_small() -> None:
    sizes = {
        path.name: len(gzip.compress(path.read_bytes())) for path in BUILT.iterdir()
    }
    (entry,) = (size for name, size in sizes.items() if name.startswith("maestra-"))
    assert entry < MAX_ENTRY
    assert sum(sizes.values()) < MAX_ALL


def test_they_load_nothing_from_elsewhere() -> None:
    """An address in them is a name (of a namespace) or a link that somebody follows."""
    names = r"http://www\.w3\.org/|https://github\.com/maestra-home/"
    for path in BUILT.iterdir():
        text = path.read_text("utf-8")
        assert not re.findall(rf"https?://(?!{names[7:]})", re.sub(names, "", text))


def test_their_logic() -> None:
    node(*TEST)


@pytest.mark.parametrize(
    "folder",
    sorted(path.parent for path in SOURCES.glob("src/**/strings.en.json")),
    ids=lambda folder: folder.name,
)
def test_every_language_has_every_text(folder: Path) -> None:
    """In the order of the English ones, with the same placeholders."""
    english = json.loads((folder / "strings.en.json").read_text("utf-8"))
    others = sorted(set(folder.glob("strings.*.json")) - {folder / "strings.en.json"})
    assert [path.name for path in others] == ["strings.de.json"]
    for path in others:
        texts = json.loads(path.read_text("utf-8"))
        assert list(texts) == list(english)
        for key, text in texts.items():
            assert text.strip()
            assert set(re.findall(r"\{\w+\}", text)) == set(
                re.findall(r"\{\w+\}", english[key])
            ), key


def test_no_text_is_left_over() -> None:
    """Each is asked for by its key, or by one that is put together as `form_…`."""
    for path in SOURCES.glob("src/**/strings.en.json"):
        code = "".join(file.read_text("utf-8") for file in path.parent.rglob("*.ts"))
        for key in json.loads(path.read_text("utf-8")):
            prefix, _, rest = key.partition("_")
            assert f'"{key}"' in code or (
                f"`{prefix}_${{" in code or f"}}_{rest}`" in code
            ), key
