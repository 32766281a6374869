"""PCM audio of any rate, channels and width as what speech recognition takes: 16 kHz, mono, 16 bits, little endian."""

from array import array
from dataclasses import dataclass
from typing import Any, Final, Protocol

# The standard library's module of old; Home Assistant brings its successor.
import audioop

from ..domain.errors import InvalidField

RATE: Final = 16_000
"""Samples a second of what comes out."""
WIDTH: Final = 2
"""Bytes of one of its samples."""
MIN_SAMPLE_RATE: Final = 1_000
MAX_SAMPLE_RATE: Final = 192_000
MAX_CHANNELS: Final = 8
BIT_DEPTHS: Final = (8, 16, 24, 32)
MAX_SOURCE_LENGTH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    """PCM: whole numbers, little endian; 8 bits are unsigned, as in WAV files."""

    sample_rate: int = RATE
    channels: int = 1
    bit_depth: int = 8 * WIDTH

    @property
    def frame_size(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bit_depth // 8

    def seconds(self, size: int) -> float:
        """Return how long so many bytes are heard."""
        return size / self.frame_size / self.sample_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFrame:
    """A piece of a source's audio. `timestamp` is in microseconds, of a clock of the sender's."""

    timestamp: int
    format: AudioFormat
    source_id: str
    source_name: str
    data: bytes
    way: str = ""
    """What it came by: two connections may call their sources the same."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells its source from all others."""
        return self.way, self.source_id


class AudioSink(Protocol):
    """Takes audio, and tells how that goes."""

    def take(self, frame: AudioFrame) -> None:
        """Take a piece of audio."""

    def ended(self, key: tuple[str, str]) -> None:
        """Know that a source (`AudioFrame.key`) is over, for now."""

    def status(self) -> SinkStatus:
        """Return how it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkStatus:
    """How transcription goes: whether it wants audio, how much of it is held, what waits, and what was dropped."""

    is_receiving: bool
    is_transcribing: bool
    buffer_size: int
    """Bytes."""
    queue_size: int
    dropped: int


def checked_format(sample_rate: Any, channels: Any, bit_depth: Any) -> AudioFormat:
    """Return a format within the limits of §7; raises InvalidField."""
    for field, value, low, high in (
        ("sample_rate", sample_rate, MIN_SAMPLE_RATE, MAX_SAMPLE_RATE),
        ("channels", channels, 1, MAX_CHANNELS),
    ):
        if type(value) is not int or not low <= value <= high:
            raise InvalidField(field=field, reason=f"must be {low} to {high}")
    if type(bit_depth) is not int or bit_depth not in BIT_DEPTHS:
        raise InvalidField(
            field="bit_depth",
            reason=f"must be one of {', '.join(map(str, BIT_DEPTHS))}",
        )
    return AudioFormat(sample_rate=sample_rate, channels=channels, bit_depth=bit_depth)


class Resampler:
    """Makes one stream of audio what speech recognition takes, piece by piece."""

    def __init__(self, format_: AudioFormat) -> None:
        """Begin a stream."""
        self.format = format_
        self._rest = b""
        self._state: Any = None

    def convert(self, data: bytes) -> bytes:
        """Return the next piece; what is no whole sample waits for the rest of it."""
        data = self._rest + data
        whole = len(data) - len(data) % self.format.frame_size
        data, self._rest = data[:whole], data[whole:]
        if not data:
            return b""
        width = self.format.bit_depth // 8
        if width == 1:
            data = audioop.bias(data, 1, -128)
        if width != WIDTH:
            data = audioop.lin2lin(data, width, WIDTH)
        data = _mono(data, self.format.channels)
        if self.format.sample_rate != RATE:
            data, self._state = audioop.ratecv(
                data, WIDTH, 1, self.format.sample_rate, RATE, self._state
            )
        return data


def _mono(data: bytes, channels: int) -> bytes:
    while not channels % 2:
        # Two neighbours become one, whatever channels they are.
        data = audioop.tomono(data, WIDTH, 0.5, 0.5)
        channels //= 2
    if channels == 1:
        return data
    samples = array("h", data)
    parts = [samples[index::channels] for index in range(channels)]
    return array(
        "h", [sum(each) // channels for each in zip(*parts, strict=True)]
    ).tobytes()
