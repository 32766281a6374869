"""Address patterns."""

import re

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.osc.patterns import address_matches


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        ("/a/b", "/a/b"),
        ("/*", "/abc"),
        ("/*", "/"),
        ("/a*c/x", "/abbbc/x"),
        ("/a*b*c", "/aXbYbc"),
        ("/?", "/a"),
        ("/fader[1-4]", "/fader3"),
        ("/fader[!1-4]", "/fader5"),
        ("/x[a-]", "/x-"),
        ("/x[-a]", "/x-"),
        ("/{red,green}", "/green"),
        ("/{a,ab}*c", "/abc"),
        ("/*{ab,a}b", "/aab"),
        ("/{,x}y", "/y"),
        ("//level", "/level"),
        ("//level", "/mixer/1/level"),
        ("/mixer//level", "/mixer/level"),
        ("/mixer//level", "/mixer/1/2/level"),
        ("/a//*", "/a/b/c"),
        ("/1/fader*", "/1/fader12"),
    ],
)
def test_matches(pattern: str, address: str) -> None:
    assert address_matches(pattern, address)


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        ("/a", "/ab"),
        ("/ab", "/a"),
        ("/*", "/a/b"),
        ("/?", "/"),
        ("/a?b", "/a/b"),
        ("/[!a]", "//"),
        ("/fader[1-4]", "/fader5"),
        ("/fader[1-4]", "/fader"),
        ("/fader[!1-4]", "/fader3"),
        ("/{red,green}", "/blue"),
        ("//level", "/mixer/levels"),
        ("/mixer//level", "/mixerlevel"),
        ("/a", ""),
    ],
)
def test_does_not_match(pattern: str, address: str) -> None:
    assert not address_matches(pattern, address)


@pytest.mark.parametrize(
    "pattern", ["", "a", "/[", "/]", "/{a", "/a}", "/[]", "/{a{b}}", "/" + "a" * 256]
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidField):
        address_matches(pattern, "/a")


def test_no_pattern_takes_long() -> None:
    assert not address_matches("/" + "*a" * 120 + "b", "/" + "a" * 500)
    assert not address_matches("//" + "*//" * 60 + "b", "/a" * 250)


parts = st.text("ab1", max_size=4)


@given(
    st.lists(st.sampled_from(["*", "?", "[ab]", "[!b]", "{a,b1}", "a", "b"])),
    parts,
)
def test_patterns_are_those_of_a_regular_expression(
    pieces: list[str], part: str
) -> None:
    meaning = {"*": "[^/]*", "?": "[^/]", "[!b]": "[^b/]", "{a,b1}": "(?:a|b1)"}
    expression = "/" + "".join(meaning.get(piece, piece) for piece in pieces)
    assert address_matches("/" + "".join(pieces), f"/{part}") == bool(
        re.fullmatch(expression, f"/{part}")
    )
