"""Patterns over hierarchy paths: PostgreSQL's lquery."""

from contextlib import suppress
import re

from hypothesis import example, given, strategies as st
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.paths import (
    compile_path_pattern,
    path_matches,
)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("hall", "hall", True),
        ("hall", "hall.stage", False),
        ("hall", "all", False),
        ("hall.stage", "hall.stage", True),
        ("stage", "hall.stage", False),
        # Any number of labels, none included.
        ("*", "hall", True),
        ("*", "hall.stage.wash", True),
        ("hall.*", "hall", True),
        ("hall.*", "hall.stage.wash", True),
        ("hall.*", "hallway.stage", False),
        ("*.wash", "wash", True),
        ("*.wash", "hall.stage.wash", True),
        ("*.wash", "hall.stage.wash.head", False),
        ("hall.*.wash", "hall.wash", True),
        ("hall.*.wash", "hall.a.b.wash", True),
        ("*.stage.*", "hall.stage.wash", True),
        ("*.stage.*", "hall.wash", False),
        ("*.a.*.a.*", "a.b.a", True),
        ("*.a.*.a.*", "a.b.b", False),
        # Counted labels.
        ("*{1}", "hall", True),
        ("*{1}", "hall.stage", False),
        ("*{2}", "hall.stage", True),
        ("hall.*{1}", "hall", False),
        ("hall.*{1}", "hall.stage", True),
        ("hall.*{1}", "hall.stage.wash", False),
        ("hall.*{1,2}", "hall", False),
        ("hall.*{1,2}", "hall.a", True),
        ("hall.*{1,2}", "hall.a.b", True),
        ("hall.*{1,2}", "hall.a.b.c", False),
        ("hall.*{2,}", "hall.a", False),
        ("hall.*{2,}", "hall.a.b.c", True),
        ("hall.*{,1}", "hall", True),
        ("hall.*{,1}", "hall.a", True),
        ("hall.*{,1}", "hall.a.b", False),
        ("hall.*{,}", "hall.a.b", True),
        ("hall.*{0}", "hall", True),
        ("hall.*{0}", "hall.a", False),
        ("*{1,2}.wash", "a.wash", True),
        ("*{1,2}.wash", "wash", False),
        ("*{9999}", "hall", False),
        ("*{0,9999}", "hall.a.b", True),
        # Beginnings of labels.
        ("light_*", "light_1", True),
        ("light_*", "light_", True),
        ("light_*", "spot_1", False),
        ("*.light_*", "hall.light_1", True),
        # Choices and negations.
        ("hall.left|right", "hall.left", True),
        ("hall.left|right", "hall.right", True),
        ("hall.left|right", "hall.leftright", False),
        ("hall.le*|ri*", "hall.rig", True),
        ("!hidden", "hall", True),
        ("!hidden", "hidden", False),
        ("!hidden", "hidden_1", True),
        ("!hidden*", "hidden_1", False),
        ("hall.!left|right", "hall.centre", True),
        ("hall.!left|right", "hall.right", False),
        ("hall.!left", "hall", False),
        # Hyphens are what slugs have where paths have underscores.
        ("stage-left", "stage_left", True),
        ("stage_left", "stage_left", True),
        ("*.wash-*", "hall.wash_1", True),
        ("!stage-left", "stage_left", False),
    ],
)
def test_a_path_matches_its_pattern(pattern: str, path: str, matches: bool) -> None:
    assert path_matches(pattern, path) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        "a/b",
        "ä",
        "a\n",
        "!",
        "!!a",
        "a|",
        "|a",
        "a|!b",
        "*a",
        "a*b",
        "**",
        "*{}",
        "*{a}",
        "*{2,1}",
        "*{1,2",
        "*{-1}",
        "*{1,2,3}",
        "*{99999}",
        "*{\u0663}",
        "a{1}",
        "(a)",
        "[a]",
        "a+",
        "x" * 1001,
    ],
    ids=lambda pattern: repr(pattern[:12]),
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidField, match="path: "):
        path_matches(pattern, "hall")


def test_a_long_wrong_item_is_not_repeated_in_full() -> None:
    with pytest.raises(InvalidField) as refused:
        compile_path_pattern("?" * 1000)

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    "pattern",
    [
        ".".join(["*"] * 100 + ["never"]),
        ".".join(["*", "a"] * 100 + ["never"]),
        ".".join(["*{0,9}"] * 100 + ["never"]),
        ".".join(["*{1,40}", "a*|a|a"] * 60 + ["never"]),
        "*{" + "1" * 900,
        "a|" * 450,
    ],
    ids=lambda pattern: pattern[:12],
)
@pytest.mark.timeout(5)
def test_no_pattern_takes_long(pattern: str) -> None:
    with suppress(InvalidField):
        assert not path_matches(pattern, ".".join("a" * 64))


@given(
    st.text() | st.text("ab*{},.|!-0123456789"),
    st.from_regex(r"\w+(\.\w+)*", fullmatch=True),
)
@example("*{99999999999999999999}", "a")
@example("*{5,2}", "a")
def test_any_text_is_a_pattern_or_an_invalid_field(pattern: str, path: str) -> None:
    with suppress(InvalidField):
        path_matches(pattern, path)


ITEMS = {
    "*": r"(?:\w+\.)*",
    "*{1}": r"(?:\w+\.){1}",
    "*{1,2}": r"(?:\w+\.){1,2}",
    "*{,2}": r"(?:\w+\.){0,2}",
    "*{2,}": r"(?:\w+\.){2,}",
    "a": r"a\.",
    "a*": r"a\w*\.",
    "a|b": r"(?:a|b)\.",
    "!a": r"(?!a\.)\w+\.",
    "!a*|b": r"(?!(?:a\w*|b)\.)\w+\.",
}


@given(
    st.lists(st.sampled_from(sorted(ITEMS)), min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "aa", "c"]), min_size=1, max_size=6),
)
def test_patterns_mean_what_their_regular_expression_means(
    items: list[str], labels: list[str]
) -> None:
    expression = "".join(ITEMS[item] for item in items)

    matches = (
        re.fullmatch(expression, "".join(f"{label}." for label in labels)) is not None
    )

    assert path_matches(".".join(items), ".".join(labels)) is matches
