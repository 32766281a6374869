"""Audio that is made here: voices that are tones, and the silence of a room."""

from array import array
from collections.abc import Iterable
from math import pi, sin
from random import Random

from custom_components.maestra.core.transcription.audio import (
    RATE,
    AudioFormat,
    AudioFrame,
)
from custom_components.maestra.core.transcription.frames import encode_binary


def room(seconds: float, *, noise: float = 30, seed: int = 1) -> bytes:
    """Return noise of a room, 16 kHz, mono, 16 bits."""
    random = Random(seed)
    samples = (random.gauss(0, noise) for _ in range(round(seconds * RATE)))
    return array(
        "h", [int(max(min(each, 32_767), -32_768)) for each in samples]
    ).tobytes()


def voice(seconds: float, *, loudness: float = 6_000) -> bytes:
    """Return a tone that comes and goes as syllables do."""
    count = round(seconds * RATE)
    return array(
        "h",
        [
            int(
                loudness
                * sin(2 * pi * 220 * index / RATE)
                * (0.6 + 0.4 * sin(2 * pi * 4 * index / RATE))
            )
            for index in range(count)
        ],
    ).tobytes()


def pieces(audio: bytes, size: int = 3_200) -> Iterable[bytes]:
    """Yield audio in pieces, the last one shorter."""
    return (audio[start : start + size] for start in range(0, len(audio), size))


def frame(data: bytes, source: str = "mic", **form: int) -> AudioFrame:
    """Return a piece of audio as a source sends it."""
    return AudioFrame(
        timestamp=1_700_000_000_000_000,
        format=AudioFormat(**form),
        source_id=source,
        source_name="Microphone",
        data=data,
    )


def message(data: bytes, source: str = "mic", **form: int) -> bytes:
    """Return it as the OBS plugin puts it."""
    return encode_binary(frame(data, source, **form))
