"""Audio of any kind becomes 16 kHz, mono, 16 bits."""

from array import array
from itertools import pairwise
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.transcription.audio import (
    BIT_DEPTHS,
    RATE,
    AudioFormat,
    Resampler,
    checked_format,
)
from custom_components.maestra.core.transcription.cutter import level
from tests.kits.audio import voice

FORMATS = st.builds(
    AudioFormat,
    sample_rate=st.sampled_from(
        [1_000, 8_000, 11_025, 16_000, 44_100, 48_000, 192_000]
    ),
    channels=st.integers(1, 8),
    bit_depth=st.sampled_from(BIT_DEPTHS),
)


def packed(samples: array[int], form: AudioFormat) -> bytes:
    """Return 16-bit samples in another format, the same on all channels."""
    width = form.bit_depth // 8
    found = bytearray()
    for sample in samples:
        if width == 1:
            one = bytes((sample // 256 + 128,))
        else:
            value = sample << (form.bit_depth - 16)
            one = value.to_bytes(width, "little", signed=True)
        found += one * form.channels
    return bytes(found)


@settings(max_examples=60, deadline=None)
@given(FORMATS, st.binary(max_size=5_000), st.lists(st.integers(0, 5_000), max_size=5))
def test_pieces_of_any_size_are_the_same_as_the_whole(
    form: AudioFormat, data: bytes, cuts: list[int]
) -> None:
    whole = Resampler(form).convert(data)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    resampler = Resampler(form)
    parts = b"".join(resampler.convert(data[a:b]) for a, b in pairwise(places))
    assert parts == whole
    samples = len(data) // form.frame_size
    assert (
        abs(len(whole) // 2 - samples * RATE / form.sample_rate)
        <= RATE / form.sample_rate + 1
    )


@pytest.mark.parametrize("bit_depth", BIT_DEPTHS)
@pytest.mark.parametrize("channels", range(1, 9))
def test_it_is_as_loud_as_it_was(bit_depth: int, channels: int) -> None:
    audio = voice(0.2)
    form = AudioFormat(channels=channels, bit_depth=bit_depth)
    found = Resampler(form).convert(packed(array("h", audio), form))
    assert len(found) == len(audio)
    assert level(found) == pytest.approx(level(audio), abs=0.3)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000])
def test_it_is_as_long_as_it_was(rate: int) -> None:
    form = AudioFormat(sample_rate=rate)
    found = Resampler(form).convert(bytes(2 * rate))
    assert len(found) == pytest.approx(2 * RATE, abs=8)


@pytest.mark.parametrize(
    "described",
    [
        (0, 1, 16),
        (999, 1, 16),
        (192_001, 1, 16),
        (48_000, 0, 16),
        (48_000, 9, 16),
        (48_000, 2, 0),
        (48_000, 2, 12),
        (48_000, 2, 64),
        ("48000", 2, 16),
        (48_000, True, 16),
        (48_000, 2, None),
        (48_000.0, 2, 16),
    ],
)
def test_what_is_beyond_the_limits_is_refused(described: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidField):
        checked_format(*described)
