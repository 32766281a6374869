"""Slugs, names and labels: what may stand in a topic or a path."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.names import (
    MAX_SLUG_LENGTH,
    checked_name,
    checked_slug,
    checked_type_name,
    hardware_key,
    is_slug,
    path_label,
    slugify,
    valid_text,
)

NOT_TEXT: list[Any] = [None, 5, 1.5, True, ["a"], {"a": 1}, b"abc"]


@pytest.mark.parametrize(
    "slug", ["a", "wash-1", "a_b", "0", "-", "_", "a" * MAX_SLUG_LENGTH]
)
def test_a_slug_is_made_of_lower_case_letters_digits_hyphens_and_underscores(
    slug: str,
) -> None:
    assert checked_slug(slug) == slug


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "a b",
        "a/b",
        "a.b",
        "a#",
        "a+",
        "ä",
        "a\n",
        "a" * (MAX_SLUG_LENGTH + 1),
        *NOT_TEXT,
    ],
    ids=repr,
)
def test_anything_else_is_no_slug(text: Any) -> None:
    assert not is_slug(text)
    with pytest.raises(InvalidField, match="slug: must be 1 to 100 of"):
        checked_slug(text)


@pytest.mark.parametrize("name", ["update", "set"])
def test_command_words_are_no_entity_types(name: str) -> None:
    with pytest.raises(InvalidField, match="is reserved"):
        checked_type_name(name)


@pytest.mark.parametrize("name", ["Light", "a b", "", *NOT_TEXT], ids=repr)
def test_an_entity_type_is_named_like_a_slug(name: Any) -> None:
    with pytest.raises(InvalidField, match="entity_type"):
        checked_type_name(name)


def test_type_names_that_only_begin_like_a_command_are_fine() -> None:
    assert checked_type_name("update-2") == "update-2"


@pytest.mark.parametrize("name", ["x", "Wash links", "Bühne 🎭", "日本", "a" * 255])
def test_names_are_printable_text(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "  ", "a\nb", "\x00", "\x7f", "\x9b", "\ud800", "a" * 256, *NOT_TEXT],
    ids=repr,
)
def test_names_are_not_blank_long_or_unprintable(name: Any) -> None:
    with pytest.raises(
        InvalidField, match="label: must be 1 to 255 printable characters"
    ):
        checked_name(name, "label")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Stage Left", "stage-left"),
        ("  Wash #1!  ", "wash-1"),
        ("a_b", "a-b"),
        ("Bühne", "b-hne"),
        ("日本", ""),
        ("x" * 300, "x" * MAX_SLUG_LENGTH),
    ],
)
def test_a_name_makes_a_slug(name: str, slug: str) -> None:
    assert slugify(name) == slug


@given(st.text(max_size=300))
def test_what_a_name_makes_is_empty_or_a_slug(name: str) -> None:
    assert slugify(name) == "" or is_slug(slugify(name))


@pytest.mark.parametrize(
    ("slug", "label"), [("my-light_1", "my_light_1"), ("a", "a"), ("-", "_")]
)
def test_a_label_has_underscores_where_the_slug_has_hyphens(
    slug: str, label: str
) -> None:
    assert path_label(slug) == label


@given(st.text() | st.none() | st.integers() | st.lists(st.text()) | st.binary())
@pytest.mark.parametrize("check", [checked_slug, checked_type_name, checked_name])
def test_whatever_comes_is_returned_or_refused_as_invalid_field(
    check: Callable[[Any], str], text: Any
) -> None:
    with suppress(InvalidField):
        assert check(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AA:BB:CC:00:11:22", "aabb.cc00.1122"),
        ("AA:BB:CC:00:11:22", "f2-AABBCC001122"),
        ("AA:BB", "aa-bb"),
        ("AA:BB", "AABB"),
        ("ESP_32 Stage", "esp-32-stage"),
        ("ＥＳＰ-1", "esp-1"),
        ("Straße 1", "STRASSE_1"),
        (" a--b ", "a_b"),
    ],
)
def test_case_and_separators_tell_no_hardware_ids_apart(one: str, other: str) -> None:
    assert hardware_key(one) == hardware_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AA:BB:CC:00:11:22", "AA:BB:CC:00:11:23"),
        ("node-1-12", "node-11-2"),
        ("esp-1", "esp1"),
        ("a", "ä"),
    ],
)
def test_other_differences_do(one: str, other: str) -> None:
    assert hardware_key(one) != hardware_key(other)


@given(st.text(st.characters(codec=None)))
def test_text_is_unicode(text: str) -> None:
    valid = valid_text(text)

    valid.encode()
    assert len(valid) == len(text)
    assert valid == text or "\N{REPLACEMENT CHARACTER}" in valid


@given(st.text(st.characters(codec=None)))
def test_any_text_has_one_key(text: str) -> None:
    assert hardware_key(text) == hardware_key(text.swapcase()) or not text.isascii()
