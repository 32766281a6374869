"""What is kept of texts from the network."""

from custom_components.maestra.core.bus import LONGEST, cached_by_text


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
