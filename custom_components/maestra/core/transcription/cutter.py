"""Cuts continuous speech into utterances: by its energy, against a noise floor that follows what is heard."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log10
from typing import Final

import audioop

from .audio import RATE, WIDTH

WINDOW: Final = 0.02  # seconds
WINDOW_BYTES: Final = int(RATE * WINDOW) * WIDTH
SILENCE: Final = -96.0  # dB of full scale
MIN_FLOOR: Final = -65.0
MAX_FLOOR: Final = -25.0
"""Speech is louder than any floor that is believed."""
START_FLOOR: Final = -55.0
FALL: Final = 0.2
"""How much of the way to what is quieter the floor goes in a window."""
RISE: Final = 0.02  # dB a window while nobody speaks: 1 dB a second
RISE_IN_SPEECH: Final = 0.01
MAX_REST: Final = 5.0
"""Seconds at the end of what is too long, in which the quietest place is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutterSettings:
    """When an utterance begins and ends. Times are in seconds, levels in dB above the noise floor."""

    begins_above: float = 10.0
    ends_below: float = 6.0
    """Less than what it begins with: a voice sinks in the middle of a word."""
    onset: float = 0.1
    """What is loud for less than this is a click."""
    pre_roll: float = 0.3
    """What was heard before the onset belongs to the first word."""
    pause: float = 0.7
    post_roll: float = 0.2
    min_length: float = 0.3
    """Of sound: less is no word."""
    max_length: float = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A piece of audio in which somebody speaks: 16 kHz, mono, 16 bits."""

    source: str
    audio: bytes
    started_at: datetime

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.audio) / WIDTH / RATE

    @property
    def ended_at(self) -> datetime:
        """When it was over."""
        return self.started_at + timedelta(seconds=self.duration)


def level(window: bytes) -> float:
    """Return how loud audio is, in dB of full scale."""
    rms = audioop.rms(window, WIDTH)
    return 20 * log10(rms / 32_768) if rms else SILENCE


def _windows(seconds: float) -> int:
    return max(round(seconds / WINDOW), 1)


class Cutter:
    """Cuts the audio of one source. It holds the longest utterance at most."""

    def __init__(self, source: str, settings: CutterSettings | None = None) -> None:
        """Hear nothing yet."""
        settings = settings or CutterSettings()
        self.floor = START_FLOOR
        """The level of what is heard while nobody speaks."""
        self.too_short = 0
        """How often a sound was no word."""
        self._source = source
        self._settings = settings
        self._onset = _windows(settings.onset)
        self._pause = _windows(settings.pause)
        self._least = _windows(settings.min_length)
        self._most = _windows(settings.max_length)
        self._post_roll = min(_windows(settings.post_roll), self._pause)
        self._before: deque[bytes] = deque(
            maxlen=_windows(settings.pre_roll) + self._onset
        )
        self._rest = b""
        self._heard = 0
        """Windows that were looked at."""
        self._speech: list[tuple[bytes, float]] = []
        """The windows of the utterance, with their levels; empty while nobody speaks."""
        self._loud = 0
        self._quiet = 0
        self._sound = 0

    @property
    def is_speaking(self) -> bool:
        """Whether somebody is."""
        return bool(self._speech)

    @property
    def held(self) -> int:
        """Bytes of audio that are kept."""
        return (len(self._speech) + len(self._before)) * WINDOW_BYTES + len(self._rest)

    def feed(self, audio: bytes, heard_at: datetime) -> list[Utterance]:
        """Take a piece of audio whose end was heard at this time; return the utterances that are over now."""
        data = self._rest + audio
        found: list[Utterance] = []
        whole = len(data) - len(data) % WINDOW_BYTES
        for start in range(0, whole, WINDOW_BYTES):
            self._heard += 1
            behind = (len(data) - start - WINDOW_BYTES) / WIDTH / RATE
            moment = heard_at - timedelta(seconds=behind)
            window = data[start : start + WINDOW_BYTES]
            if utterance := self._hear(window, moment):
                found.append(utterance)
        self._rest = data[whole:]
        return found

    def flush(self, heard_at: datetime) -> Utterance | None:
        """End the utterance that is under way, as its source is over; return it."""
        self._rest = b""
        self._before.clear()
        self._loud = 0
        return self._end(heard_at, len(self._speech)) if self._speech else None

    def clear(self) -> None:
        """Forget everything that was heard."""
        self._rest = b""
        self._before.clear()
        self._speech.clear()
        self._loud = self._quiet = self._sound = 0

    def _hear(self, window: bytes, moment: datetime) -> Utterance | None:
        loudness = level(window)
        self._follow(loudness)
        if not self._speech:
            self._before.append(window)
            self._loud = (
                self._loud + 1
                if loudness > self.floor + self._settings.begins_above
                else 0
            )
            if self._loud >= self._onset:
                self._begin()
            return None
        self._speech.append((window, loudness))
        if loudness < self.floor + self._settings.ends_below:
            self._quiet += 1
        else:
            self._quiet = 0
            self._sound += 1
        if self._quiet >= self._pause:
            return self._end(moment, len(self._speech) - self._pause + self._post_roll)
        if len(self._speech) >= self._most:
            return self._divide(moment)
        return None

    def _follow(self, loudness: float) -> None:
        """Let the floor follow: down at once, up in its own time, so that a voice is none but a fan is."""
        if loudness < self.floor:
            self.floor += FALL * (loudness - self.floor)
        else:
            rise = RISE_IN_SPEECH if self._speech else RISE
            self.floor = min(self.floor + rise, loudness)
        self.floor = min(max(self.floor, MIN_FLOOR), MAX_FLOOR)

    def _begin(self) -> None:
        self._speech = [(window, level(window)) for window in self._before]
        self._before.clear()
        self._sound, self._loud, self._quiet = self._loud, 0, 0

    def _end(self, moment: datetime, length: int) -> Utterance | None:
        """Return the first `length` windows as an utterance; what follows may be the beginning of the next one."""
        speech, sound = self._speech, self._sound
        self._speech = []
        self._quiet = self._sound = 0
        self._before.extend(window for window, _ in speech[length:])
        if sound < self._least:
            self.too_short += 1
            return None
        return self._utterance(speech[:length], moment, len(speech))

    def _divide(self, moment: datetime) -> Utterance:
        """Return what is too long up to its quietest place; the rest is the next one's beginning."""
        speech = self._speech
        least = max(len(speech) - _windows(MAX_REST), len(speech) // 2)
        place = min(range(least, len(speech)), key=lambda index: speech[index][1])
        self._speech = speech[place + 1 :] or speech[-1:]
        length = len(speech) - len(self._speech)
        self._sound = sum(
            loudness >= self.floor + self._settings.ends_below
            for _, loudness in self._speech
        )
        self._quiet = 0
        return self._utterance(speech[:length], moment, len(speech))

    def _utterance(
        self, speech: list[tuple[bytes, float]], moment: datetime, windows: int
    ) -> Utterance:
        """Return audio that began so many windows before `moment`."""
        return Utterance(
            source=self._source,
            audio=b"".join([window for window, _ in speech]),
            started_at=moment - timedelta(seconds=windows * WINDOW),
        )
