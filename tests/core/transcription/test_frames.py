"""The wire of the OBS plugin: what fits is read, whatever else comes is refused with a reason."""

from struct import pack
from typing import Any

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.maestra.core.transcription import frames
from custom_components.maestra.core.transcription.audio import AudioFormat, AudioFrame
from custom_components.maestra.core.transcription.frames import (
    Control,
    Malformed,
    decode_binary,
    decode_text,
)
from custom_components.maestra.core.transcription.text import plain_line
from tests.kits.audio import frame, message

JSON: dict[str, Any] = {
    "type": "audio_data",
    "timestamp": 1_700_000_000_000_000,
    "format": {"sampleRate": 48_000, "channels": 2, "bitDepth": 16},
    "sourceId": "mic",
    "sourceName": "Microphone",
    "data": "0001ff7f",
}


def test_a_binary_message_by_the_book() -> None:
    raw = pack("<QIIIII", 1_700_000_000_000_000_999, 48_000, 2, 16, 3, 4)
    assert decode_binary(raw + b"mic" + "Añ!".encode() + b"\1\2\3\4") == AudioFrame(
        timestamp=1_700_000_000_000_000,
        format=AudioFormat(sample_rate=48_000, channels=2, bit_depth=16),
        source_id="mic",
        source_name="Añ!",
        data=b"\1\2\3\4",
    )


def test_the_same_in_json() -> None:
    assert decode_text(orjson.dumps(JSON)) == frame(
        b"\0\1\xff\x7f", sample_rate=48_000, channels=2, bit_depth=16
    )


@pytest.mark.parametrize("kind", ["start", "stop", "heartbeat"])
def test_words_of_control(kind: str) -> None:
    assert decode_text(f'{{"type":"{kind}"}}') == Control(kind)


@pytest.mark.parametrize(
    "header",
    [
        (0, 192_001, 2, 16, 0, 0),
        (0, 0, 2, 16, 0, 0),
        (0, 48_000, 9, 16, 0, 0),
        (0, 48_000, 0, 16, 0, 0),
        (0, 48_000, 2, 33, 0, 0),
        (0, 48_000, 2, 16, 201, 0),
        (0, 48_000, 2, 16, 2**32 - 1, 2**32 - 1),
        (0, 48_000, 2, 16, 100, 100),
    ],
)
def test_a_header_beyond_the_limits_is_refused(header: tuple[int, ...]) -> None:
    assert isinstance(decode_binary(pack("<QIIIII", *header) + b"x"), Malformed)


def test_what_is_too_short_or_too_long_is_refused() -> None:
    assert isinstance(decode_binary(bytes(27)), Malformed)
    assert isinstance(decode_binary(message(bytes(frames.MAX_AUDIO))), Malformed)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "audio"},
        {"timestamp": -1},
        {"timestamp": "now"},
        {"timestamp": 2**63},
        {"format": None},
        {"format": {"sampleRate": 48_000, "channels": 2, "bitDepth": "16"}},
        {"sourceId": 1},
        {"sourceId": "x" * 201},
        {"data": "0g"},
        {"data": [1]},
    ],
)
def test_json_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    assert isinstance(decode_text(orjson.dumps(JSON | change)), Malformed)


@given(st.binary(max_size=300))
def test_bytes_are_never_more_than_refused(raw: bytes) -> None:
    assert isinstance(decode_binary(raw), AudioFrame | Malformed)
    assert isinstance(decode_text(raw), Control | Malformed)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
    st.sampled_from(list(JSON)),
)
def test_whatever_a_field_holds_nothing_is_raised(value: Any, key: str) -> None:
    assert decode_text(orjson.dumps({**JSON, key: value})) is not None


@given(
    st.binary(max_size=200),
    st.text(max_size=40).map(lambda text: "".join(text.split())),
    st.integers(0, 2**53),
)
def test_what_is_written_is_read_again(data: bytes, name: str, at: int) -> None:
    written = AudioFrame(
        timestamp=at,
        format=AudioFormat(sample_rate=44_100, channels=6, bit_depth=24),
        source_id=plain_line(name),
        source_name="",
        data=data,
    )
    assert decode_binary(frames.encode_binary(written)) == written
