"""From a `transcription` subentry to what is transcribed, and how."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_ADDRESS

from ...const import CONF_IGNORED, CONF_PRODUCTION, CONF_SOURCES
from ...core.domain.errors import InvalidField
from ...core.transcription.audio import MAX_SOURCE_LENGTH
from ...core.transcription.ffmpeg import checked_stream
from ...core.transcription.text import IGNORED, plain_line
from ...core.transcription.transcriber import TranscriptionSettings

STREAM: Final = "stream"
"""The source that is read from an address."""
MAX_ROWS: Final = 50


def transcription_settings(data: Mapping[str, Any]) -> TranscriptionSettings:
    """Return what a subentry says; raises InvalidField."""
    sources = _texts(data, CONF_SOURCES, ())
    if data.get(CONF_ADDRESS):
        checked_stream(data[CONF_ADDRESS])
        # What is read from there is always meant.
        sources = (*sources, STREAM) if sources else ()
    return TranscriptionSettings(
        sources=frozenset(sources),
        ignored=_texts(data, CONF_IGNORED, IGNORED),
        production=data.get(CONF_PRODUCTION) or None,
    )


def _texts(
    data: Mapping[str, Any], key: str, usual: tuple[str, ...]
) -> tuple[str, ...]:
    found = tuple(filter(None, map(plain_line, data.get(key, usual))))
    if len(found) > MAX_ROWS:
        raise InvalidField(field=key, reason=f"more than {MAX_ROWS} rows")
    if any(len(text) > MAX_SOURCE_LENGTH for text in found):
        raise InvalidField(
            field=key, reason=f"longer than {MAX_SOURCE_LENGTH} characters"
        )
    return found
