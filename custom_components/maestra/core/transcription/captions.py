"""Transcripts as captions: WebVTT (https://www.w3.org/TR/webvtt1/), and how long one is shown."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from textwrap import wrap
from typing import Final

from ..domain.transcript import Transcript

LINE_LENGTH: Final = 42
LINES: Final = 2
MIN_CUE: Final = 0.5  # seconds
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def web_vtt(transcripts: Iterable[Transcript], zero: datetime | None = None) -> str:
    """Return a caption file. Its times count from `zero`, usually the beginning of the first transcript.

    What was said before that is left out. Of long transcripts each two lines have the share of the time that they have
    of the text.
    """
    ordered = sorted(transcripts, key=lambda each: (each.timestamp, each.id))
    if zero is None and ordered:
        zero = ordered[0].timestamp
    parts = ["WEBVTT\n"]
    for transcript in ordered:
        assert zero
        start = (transcript.timestamp - zero).total_seconds()
        if start < 0:
            continue
        for begin, end, text in _cues(transcript, start):
            parts.append(f"{_stamp(begin)} --> {_stamp(end)}\n{text}\n")
    return "\n".join(parts)


def _cues(transcript: Transcript, start: float) -> Iterator[tuple[float, float, str]]:
    lines = wrap(transcript.text, LINE_LENGTH)
    cues = [
        "\n".join(lines[index : index + LINES]) for index in range(0, len(lines), LINES)
    ]
    duration = max(transcript.duration, MIN_CUE * len(cues))
    whole, before = sum(map(len, cues)) or 1, 0
    for text in cues:
        begin = start + duration * before / whole
        before += len(text)
        yield begin, start + duration * before / whole, text.translate(_ESCAPES)


def _stamp(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
