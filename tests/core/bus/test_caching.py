"""What is kept of texts from the network."""

from pathlib import Path
import re

import custom_components.maestra as package
from custom_components.maestra.core.bus import LONGEST, cached_by_text

FOLDER = Path(package.__file__).parent
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


def test_short_texts_are_kept_and_long_ones_are_not() -> None:
    asked: list[tuple[str, ...]] = []

    @cached_by_text(2)
    def look_up(first: str, second: str = "") -> str:
        asked.append((first, second))
        return first + second

    short, long = "a" * LONGEST, "a" * (LONGEST + 1)
    for _ in range(3):
        assert look_up(short) == short
        assert look_up(short, "b") == f"{short}b"
    assert len(asked) == 2
    for _ in range(3):
        assert look_up(long) == long
        assert look_up("a", long) == f"a{long}"
    assert len(asked) == 8


def test_nothing_else_keeps_texts_of_any_length() -> None:
    """A cache of thousands, and subjects, topics or ids of 64 KiB, are half a gigabyte for anybody who sends them."""
    found = {
        name
        for path in FOLDER.rglob("*.py")
        for name in KEEPS_ALL.findall(path.read_text())
    }
    assert found - BOUNDED == set()
    assert found >= BOUNDED
