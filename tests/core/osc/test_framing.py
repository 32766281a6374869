"""Packets on TCP connections."""

import contextlib

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.osc.codec import MAX_PACKET
from custom_components.maestra.core.osc.receiver import (
    BadFraming,
    Framing,
    LengthFraming,
    SlipFraming,
    detect,
)

packets = st.lists(st.binary(min_size=1, max_size=40), max_size=5)


@pytest.mark.parametrize("kind", [LengthFraming, SlipFraming])
@given(sent=packets, size=st.integers(1, 20))
def test_packets_arrive_however_they_are_cut(
    kind: type[Framing], sent: list[bytes], size: int
) -> None:
    stream = b"".join(kind().frame(packet) for packet in sent)
    framing = kind()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [packet for piece in pieces for packet in framing.feed(piece)] == sent


@pytest.mark.parametrize("kind", [LengthFraming, SlipFraming])
@given(stream=st.binary(max_size=100))
def test_any_bytes_are_packets_or_bad_framing(
    kind: type[Framing], stream: bytes
) -> None:
    with contextlib.suppress(BadFraming):
        assert all(kind().feed(stream))


def test_a_packet_of_impossible_size() -> None:
    for size in (0, -1, MAX_PACKET + 1):
        with pytest.raises(BadFraming):
            list(LengthFraming().feed(size.to_bytes(4, signed=True)))


def test_a_packet_that_never_ends() -> None:
    framing = SlipFraming()
    list(framing.feed(b"a" * 2 * MAX_PACKET))
    with pytest.raises(BadFraming):
        list(framing.feed(b"a"))


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (b"\0", LengthFraming),
        (b"\xc0", SlipFraming),
        (b"/", SlipFraming),
        (b"#", SlipFraming),
    ],
)
def test_the_framing_is_found_out(first: bytes, kind: type[Framing]) -> None:
    assert isinstance(detect(first[0]), kind)


def test_what_is_no_osc_at_all() -> None:
    with pytest.raises(BadFraming):
        detect(b"GET / HTTP"[0])
