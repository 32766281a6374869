"""Packets to messages and back, against python-osc and against what is no OSC at all."""

from base64 import b64encode
import struct
from typing import Any, TypeIs

from hypothesis import given, strategies as st
import orjson
import pytest
from pythonosc.osc_message import OscMessage as TheirMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.osc import codec
from custom_components.maestra.core.osc.codec import (
    MAX_ARGUMENTS,
    MAX_BUNDLE_DEPTH,
    MAX_DATAGRAM,
    MAX_MESSAGES,
    OscMessage,
    decode,
    encode,
    is_address,
)
from custom_components.maestra.core.transport.commands import Malformed
from tests.kits.osc import bundle, message

AT_ONCE = struct.pack(">Q", 1)


def raw(tags: str, content: bytes = b"", address: bytes = b"/a\0\0") -> bytes:
    """Return a message with type tags that python-osc does not write."""
    text = f",{tags}".encode()
    return address + text + b"\0" * (4 - len(text) % 4) + content


def nested(packet: bytes, depth: int) -> bytes:
    """Put a packet into bundles."""
    for _ in range(depth):
        packet = b"#bundle\0" + AT_ONCE + struct.pack(">i", len(packet)) + packet
    return packet


def is_read(found: OscMessage | Malformed) -> TypeIs[OscMessage]:
    """Tell whether it could be read."""
    return isinstance(found, OscMessage)


floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | floats
    | texts
    | st.binary(min_size=0, max_size=40).map(
        lambda blob: {"blob": b64encode(blob).decode()}
    )
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4), max_leaves=8)


@given(st.lists(values, max_size=6))
def test_what_is_written_is_read_again(arguments: list[Any]) -> None:
    assert decode(encode("/a/b", arguments)) == [OscMessage("/a/b", tuple(arguments))]


@given(
    st.lists(
        st.booleans() | st.integers(-(2**31), 2**31 - 1) | floats | texts, max_size=6
    )
)
def test_python_osc_reads_what_is_written(arguments: list[Any]) -> None:
    assert TheirMessage(encode("/a/b", arguments)).params == arguments


@given(
    st.sampled_from(
        [b"/a\0\0", b"/a/b\0\0\0\0", b"/ \0\0", b"a\0\0\0", b"/\xff\0\0", b"/a,\0"]
    )
    | st.binary(max_size=8),
    st.text("ifhdsTFNb[],\0", max_size=5).map(lambda tags: tags.encode()),
    st.binary(max_size=4),
    st.binary(max_size=40)
    | st.lists(
        st.floats(width=32).map(struct.Struct(">f").pack)
        | st.floats().map(struct.Struct(">d").pack)
    ).map(b"".join),
)
def test_numbers_are_read_as_everything_else_is(
    address: bytes, tags: bytes, padding: bytes, content: bytes
) -> None:
    for packet in (
        raw(tags.decode(), content, address),
        address + b"," + tags + padding + content,
        nested(raw(tags.decode(), content, address), 1),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(codec, "MAX_HEAD", -1)
            plainly = decode(packet)
        # Those that can't be read are no equals, but look alike.
        assert repr(decode(packet)) == repr(plainly)


@given(st.binary(max_size=200))
def test_nothing_raises_on_bytes(packet: bytes) -> None:
    assert all(isinstance(each, OscMessage | Malformed) for each in decode(packet))


@given(st.data())
def test_nothing_raises_on_damaged_packets(data: st.DataObject) -> None:
    packet = bytearray(
        bundle([("/a", 1, "text", 2.5), ("/b", b"blob", [1, [True]]), ("/c",)])
    )
    for _ in range(data.draw(st.integers(1, 6))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(
            st.integers(0, 255)
        )
    packet = packet[: data.draw(st.integers(0, len(packet)))]
    # What was read can be told on.
    assert orjson.dumps(
        [each.arguments for each in decode(bytes(packet)) if is_read(each)]
    )


@pytest.mark.parametrize(
    ("tag", "argument", "value"),
    [
        ("i", -7, -7),
        ("h", 2**40, 2**40),
        ("f", 0.5, 0.5),
        ("d", 0.1, 0.1),
        ("s", "Grüße", "Grüße"),
        ("b", b"\1\2\3", {"blob": "AQID"}),
        ("r", 0xFF8800CC, "#ff8800cc"),
        ("m", (1, 0x90, 60, 127), [1, 0x90, 60, 127]),
        ("T", True, True),
        ("F", False, False),
        ("N", None, None),
    ],
)
def test_each_type_has_a_json_value(tag: str, argument: Any, value: Any) -> None:
    builder = OscMessageBuilder("/a")
    builder.add_arg(argument, tag)
    packet = builder.build().dgram
    assert decode(packet) == [OscMessage("/a", (value,))]
    assert encode("/a", [{"type": tag, "value": value}]) == packet


@pytest.mark.parametrize(
    ("packet", "value"),
    [
        (raw("I"), True),
        (raw("c", b"\0\0\0x"), "x"),
        (raw("S", b"sym\0"), "sym"),
        (raw("t", AT_ONCE), 0),
        (raw("t", struct.pack(">II", 2_208_988_800 + 5, 1 << 31)), 5.5),
        (raw("b", b"\0\0\0\0"), {"blob": ""}),
        (raw("[i[s]]", b"\0\0\0\1x\0\0\0"), [1, ["x"]]),
    ],
)
def test_types_that_python_osc_does_not_write(packet: bytes, value: Any) -> None:
    assert decode(packet) == [OscMessage("/a", (value,))]


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        (1, "i"),
        (2**31, "h"),
        (1.0, "f"),
        (1e300, "d"),
        ("x", "s"),
        (True, "T"),
        (False, "F"),
        (None, "N"),
        ({"type": "I"}, "I"),
        ([1, "x"], "[is]"),
        ({"blob": "AQID"}, "b"),
        ({"type": "c", "value": "x"}, "c"),
        ({"type": "t", "value": 5.5}, "t"),
    ],
)
def test_json_values_have_a_type(value: Any, tag: str) -> None:
    packet = encode("/a", [value])
    assert packet[5:].split(b"\0")[0].decode() == tag


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        2**63,
        "a\0b",
        "\ud800",
        {"x": 1},
        {"type": "q", "value": 1},
        {"type": "[", "value": 1},
        {"type": "i", "value": "x"},
        {"type": "i", "value": 2**31},
        {"type": "m", "value": [1, 2, 3]},
        {"type": "m", "value": [1, 2, 3, 256]},
        {"type": "r", "value": "red"},
        {"type": "b", "value": "no base64!"},
        {"type": "c", "value": "xy"},
        {"type": "d"},
        {"blob": 5},
        [[[[[[[[[1]]]]]]]]],
        [0] * (MAX_ARGUMENTS + 1),
    ],
)
def test_what_has_no_osc_type_is_refused(value: Any) -> None:
    with pytest.raises(InvalidField):
        encode("/a", [value])


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "/a#",
        "/*",
        "/a,b",
        "/a?",
        "/[a]",
        "/{a}",
        "/a\u2028",
        "/a\n",
        "/\0",
        "/" + "a" * 512,
    ],
)
def test_what_is_no_address_is_not_sent_to(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(InvalidField):
        encode(address)


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/a/b", "/A-z_0.9:;<=>@!~|^`$%&'()+\\\""),
        *("/composition/layer 1/opacity", "/avatar/parameters/温度", "/ä"),
    ],
)
def test_addresses(address: str) -> None:
    assert decode(encode(address)) == [OscMessage(address)]


def test_a_message_without_type_tags_has_no_arguments() -> None:
    assert decode(b"/a\0\0") == [OscMessage("/a")]


def test_a_bundle_is_unpacked_in_its_order() -> None:
    packet = bundle([("/a", 1), ("/b", 2)], at=4_000_000_000 - 2_208_988_800)
    found = list(filter(is_read, decode(packet)))
    assert [(each.address, each.arguments) for each in found] == [
        ("/a", (1,)),
        ("/b", (2,)),
    ]
    assert [each.at for each in found] == [1_791_011_200] * 2


def test_a_bundle_within_waits_for_the_outer_one() -> None:
    inner = bundle([("/a", 1)])
    outer = (
        b"#bundle\0"
        + struct.pack(">II", 2_208_988_800 + 50, 0)
        + struct.pack(">i", len(inner))
        + inner
    )
    assert decode(outer) == [OscMessage("/a", (1,), 50)]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"a",
        b"/",
        b"/a",
        b"/a\0\0,i\0\0",
        b"/a\0\0i\0\0\0",
        b"\xff\xfe\0\0",
        b"/\xff\0\0",
        b"/\1\0\0",
        raw("q"),
        raw("["),
        raw("]"),
        raw("[" * 9 + "]" * 9),
        raw("s", b"\xff\0\0\0"),
        raw("s", b"long"),
        raw("b", struct.pack(">i", -4)),
        raw("b", struct.pack(">i", 100)),
        raw("f", struct.pack(">f", float("nan"))),
        raw("d", struct.pack(">d", float("inf"))),
        raw("c", b"\0\0\1\0"),
        raw("N" * (MAX_ARGUMENTS + 1)),
        b"#bundle\0",
        b"#bundle\0" + AT_ONCE + struct.pack(">i", -4),
        b"#bundle\0" + AT_ONCE + struct.pack(">i", 0),
        b"#bundle\0" + AT_ONCE + struct.pack(">i", 8) + b"/a\0\0",
        b"#bundle\0" + AT_ONCE + b"\0\0",
        nested(message("/a"), MAX_BUNDLE_DEPTH + 1),
        bundle([("/a",)] * (MAX_MESSAGES + 1)),
        message("/a", "x" * MAX_DATAGRAM),
        message("/" + "a" * 512),
    ],
)
def test_what_can_not_be_read_has_a_reason(packet: bytes) -> None:
    found = decode(packet)
    assert isinstance(found[-1], Malformed)
    assert found[-1].reason


@pytest.mark.parametrize(
    "bad",
    [
        raw("R"),
        raw("["),
        raw("s", b"\xff\0\0\0"),
        raw("f", struct.pack(">f", float("nan"))),
        b"\xff\xfe\0\0",
        bundle([("/x", 1)]) + b"\0\0\0\1",
        nested(message("/a"), MAX_BUNDLE_DEPTH),
    ],
)
def test_what_can_not_be_read_loses_only_itself(bad: bytes) -> None:
    """Whatever it is, before and behind it everything is taken."""
    elements = (message("/before", 1), bad, message("/behind", 2))
    packet = b"#bundle\0" + AT_ONCE
    packet += b"".join(struct.pack(">i", len(each)) + each for each in elements)
    first, *_, last = decode(packet)
    assert (first, last) == (
        OscMessage("/before", (1,)),
        OscMessage("/behind", (2,)),
    )
    assert any(isinstance(each, Malformed) for each in decode(packet))


def test_a_message_that_can_not_be_read_has_its_address() -> None:
    (found,) = decode(raw("R", address=b"/a/b\0\0\0\0"))
    assert isinstance(found, Malformed)
    assert (found.client, found.reason) == ("/a/b", "type tag 'R' is not known here")


def test_the_deepest_bundle_and_the_longest() -> None:
    assert decode(nested(message("/a", 1), MAX_BUNDLE_DEPTH)) == [
        OscMessage("/a", (1,))
    ]
    assert decode(bundle([("/a",)] * MAX_MESSAGES)) == [OscMessage("/a")] * MAX_MESSAGES
