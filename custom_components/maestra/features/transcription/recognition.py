"""From an utterance to text, by an `stt` entity of Home Assistant."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from homeassistant.components import stt
from homeassistant.core import HomeAssistant
from homeassistant.util import language as language_util

from ...core.transcription.cutter import Utterance
from ...core.transcription.errors import SpeechFailed

TIMEOUT: Final = 30.0
"""Seconds that recognition may take for one utterance."""
PIECE: Final = 4_096  # bytes


def find_language(
    hass: HomeAssistant, entity: stt.SpeechToTextEntity, wanted: str | None
) -> str | None:
    """Return the language of an entity that is nearest to what is wanted, else to Home Assistant's; None where none is."""
    target = wanted or hass.config.language
    supported = entity.supported_languages
    found = language_util.matches(target, supported, country=hass.config.country)
    return found[0] if found else None


def find_entity(hass: HomeAssistant, entity_id: str) -> stt.SpeechToTextEntity | None:
    """Return an `stt` entity, None where there is none of this id."""
    if stt.DOMAIN not in hass.config.components:
        return None
    return stt.async_get_speech_to_text_entity(hass, entity_id)


def metadata_for(language: str) -> stt.SpeechMetadata:
    """Return what is said of the audio of every utterance."""
    return stt.SpeechMetadata(
        language=language,
        format=stt.AudioFormats.WAV,
        codec=stt.AudioCodecs.PCM,
        bit_rate=stt.AudioBitRates.BITRATE_16,
        sample_rate=stt.AudioSampleRates.SAMPLERATE_16000,
        channel=stt.AudioChannels.CHANNEL_MONO,
    )


async def async_recognise(
    hass: HomeAssistant, entity_id: str, language: str | None, utterance: Utterance
) -> str:
    """Return what is said in an utterance; raises SpeechFailed, and whatever the entity raises."""
    if (entity := find_entity(hass, entity_id)) is None:
        raise SpeechFailed(entity=entity_id, reason="it is not there")
    spoken = find_language(hass, entity, language)
    metadata = metadata_for(spoken or "")
    if not entity.check_metadata(metadata):
        raise SpeechFailed(
            entity=entity_id,
            reason=f"it does not take {language or hass.config.language}, 16 kHz, mono",
        )
    try:
        async with asyncio.timeout(TIMEOUT):
            result = await entity.internal_async_process_audio_stream(
                metadata, _pieces(utterance.audio)
            )
    except TimeoutError as error:
        raise SpeechFailed(
            entity=entity_id, reason=f"no answer within {TIMEOUT:g} s"
        ) from error
    if result.result is not stt.SpeechResultState.SUCCESS:
        raise SpeechFailed(entity=entity_id, reason="it has told an error")
    return result.text or ""


async def _pieces(audio: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(audio), PIECE):
        yield audio[start : start + PIECE]
