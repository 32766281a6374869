"""TLCP as text."""

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qs

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.iss.tlcp import (
    Malformed,
    Rejection,
    bind_session,
    create_session,
    merge,
    read_number,
    read_opened,
    read_refusal,
    read_update,
    subscribe,
)
from scripts.simulators.tlcp_server import delta

KNOWN = ("1", "2", "3", "4")
VALUES = st.lists(st.none() | st.text(), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b|c|d", ("a", "b", "c", "d")),
        ("|b||", ("1", "b", "3", "4")),
        ("#|$||", (None, "", "3", "4")),
        ("^3|d", ("1", "2", "3", "d")),
        ("^4", KNOWN),
        ("a|^2|d", ("a", "2", "3", "d")),
        ("%7C|%23|%E2%82%AC|100%25", ("|", "#", "€", "100%")),
        ("^1|b|^2", ("1", "b", "3", "4")),
    ],
)
def test_updates_are_merged(text: str, expected: tuple[str | None, ...]) -> None:
    """Unchanged, null, empty, repeated and encoded values."""
    assert merge(KNOWN, text, 4) == expected


@pytest.mark.parametrize(
    "text",
    ["", "a|b|c", "a|b|c|d|e", "^5", "^0|^4", "^", "^x|b", "^-1|b|c|d|e", "^9999999999999", "^P[]|b|c|d", "a|^4"],
)  # fmt: skip
def test_bad_updates_are_malformed(text: str) -> None:
    """Wrong numbers of values, and differences that nobody has agreed on."""
    with pytest.raises(Malformed):
        merge(KNOWN, text, 4)


def test_the_first_update_must_be_complete() -> None:
    """Nothing can be unchanged that was never known."""
    with pytest.raises(Malformed):
        merge(None, "a|", 2)


@given(st.data())
def test_what_a_server_says_is_understood(data: st.DataObject) -> None:
    """Any values before and after, whatever is in them."""
    before = data.draw(VALUES)
    now = data.draw(
        st.tuples(*(st.just(value) | st.none() | st.text() for value in before))
    )
    width = len(before)
    first = merge(None, delta(None, before), width)
    assert first == tuple(before)
    assert merge(first, delta(before, list(now)), width) == now


@given(st.text(), st.none() | st.just(KNOWN))
def test_any_update_is_merged_or_malformed(
    text: str, known: tuple[str, ...] | None
) -> None:
    """Nothing else is raised, and there are always as many values as fields."""
    with suppress(Malformed):
        assert len(merge(known, text, 4)) == 4


@given(st.text())
def test_any_line_is_read_or_malformed(text: str) -> None:
    """Whatever comes after its name."""
    readers: dict[str, Callable[[str], object]] = {
        "CONOK": read_opened,
        "CONERR": read_refusal,
        "REQERR": read_refusal,
        "U": read_update,
        "PROG": lambda line: read_number(line, 1),
    }
    for name, read in readers.items():
        with suppress(Malformed):
            read(f"{name},{text}")


def test_lines() -> None:
    """What the server says beside updates."""
    assert read_opened("CONOK,S1,50000,5000,*").keepalive == 5_000
    assert read_refusal("CONERR,2,No%20such%20adapter") == Rejection(
        "CONERR", 2, "No such adapter"
    )
    assert read_refusal("REQERR,1,21,Bad items, all of them").code == 21
    assert str(read_refusal("END,31,")) == "END (31)"
    assert read_update("U,2,3,a,b|c") == (2, 3, "a,b|c")


def test_requests() -> None:
    """A name, and parameters that are encoded."""
    name, _, body = create_session("ISSLIVE", 5_000).partition("\r\n")
    assert name == "create_session"
    assert "+" not in body
    assert parse_qs(body)["LS_cid"] == ["mgQkwtwdysogQz2BJ4Ji kOj2Bg"]
    assert "LS_recovery_from=7" in bind_session("S1", 5_000, 7)
    assert "LS_recovery_from" not in bind_session("S1", 5_000, None)
    assert "LS_group=A%20B" in subscribe(["A", "B"], ["Value"])
