"""Speech recognition for tests: an `stt` entity that says what it is told to, and Whisper behind a Wyoming server."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, override

from custom_components.maestra.const import SUBENTRY_TRANSCRIPTION
from homeassistant.components import stt
from homeassistant.components.stt.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from scripts.devenv.speech import SPEECH_PYTHON, WYOMING_WHISPER, site_packages

from .process import PATIENCE, free_port

TRANSCRIPTION_ID: Final = "hall-transcription"
DICTATION: Final = "stt.dictation"
WHISPER: Final = "stt.whisper"


def transcription_subentry(
    data: Mapping[str, Any] | None = None,
    *,
    id_: str = TRANSCRIPTION_ID,
    title: str = "Hall",
) -> ConfigSubentryDataWithId:
    """Return a transcription."""
    return ConfigSubentryDataWithId(
        data={"stt_entity": DICTATION, **(data or {})},
        subentry_id=id_,
        subentry_type=SUBENTRY_TRANSCRIPTION,
        title=title,
        unique_id=None,
    )


class Dictation(stt.SpeechToTextEntity):
    """Says how long it was listened to, or what it is told to say."""

    _attr_name = "Dictation"
    _attr_unique_id = "dictation"
    supported_languages = ["de", "en-US", "fr"]
    supported_formats = [stt.AudioFormats.WAV]
    supported_codecs = [stt.AudioCodecs.PCM]
    supported_bit_rates = [stt.AudioBitRates.BITRATE_16]
    supported_sample_rates = [stt.AudioSampleRates.SAMPLERATE_16000]
    supported_channels = [stt.AudioChannels.CHANNEL_MONO]

    def __init__(self) -> None:
        self.heard: list[tuple[stt.SpeechMetadata, bytes]] = []
        self.answers: list[str | Exception | None] = []
        """What comes next: a text, an error, or None for the state of an error."""
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @override
    async def async_process_audio_stream(
        self, metadata: stt.SpeechMetadata, stream: AsyncIterable[bytes]
    ) -> stt.SpeechResult:
        """Listen to all of it, and answer."""
        audio = b"".join([piece async for piece in stream])
        self.heard.append((metadata, audio))
        await self.may_answer.wait()
        answer = (
            self.answers.pop(0)
            if self.answers
            else f"{len(audio) / 32_000:.0f} seconds"
        )
        if isinstance(answer, Exception):
            raise answer
        state = stt.SpeechResultState
        return stt.SpeechResult(
            answer, state.ERROR if answer is None else state.SUCCESS
        )


async def add_dictation(hass: HomeAssistant) -> Dictation:
    """Give Home Assistant an entity that recognises speech."""
    assert await async_setup_component(hass, stt.DOMAIN, {})
    entity = Dictation()
    await hass.data[DATA_COMPONENT].async_add_entities([entity])
    return entity


def why_no_speech() -> str | None:
    """Return what keeps Whisper from running here, None where nothing does."""
    if site_packages() is None:
        return "no speech recognition: python3 -m scripts.devenv.speech"
    return None


def spoken(name: str) -> Path:
    """Return a recording of people who read aloud."""
    folder = site_packages()
    assert folder
    return folder / "moonshine_voice" / "assets" / name


@asynccontextmanager
async def whisper() -> AsyncGenerator[int]:
    """Run a Wyoming server with Whisper; yields its port once it listens."""
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        SPEECH_PYTHON,
        WYOMING_WHISPER,
        str(port),
        env={"HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert server.stdout
        async with asyncio.timeout(2 * PATIENCE):
            assert await server.stdout.readline() == b"ready\n"
        yield port
    finally:
        server.kill()
        await server.wait()


def _words(text: str) -> list[str]:
    kept = (each for each in text.lower() if each.isalnum() or each.isspace())
    return "".join(kept).split()


def words_wrong(wanted: str, found: str) -> int:
    """Return how many words have to be put in, left out or replaced, whatever their case and punctuation."""
    expected, actual = _words(wanted), _words(found)
    row = list(range(len(actual) + 1))
    for number, word in enumerate(expected, 1):
        row, before = [number], row
        for place, other in enumerate(actual, 1):
            row.append(
                min(before[place] + 1, row[-1] + 1, before[place - 1] + (word != other))
            )
    return row[-1]
