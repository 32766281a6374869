"""A hub with a transcription, and an entity that recognises speech."""

from typing import Any

import pytest

from custom_components.maestra.features.transcription.manager import (
    TranscriptionManager,
)
from homeassistant.core import HomeAssistant
from tests.kits.audio import frame, pieces, room, voice
from tests.kits.hub import HubKit
from tests.kits.production import as_subentry
from tests.kits.speech import (
    TRANSCRIPTION_ID,
    Dictation,
    add_dictation,
    transcription_subentry,
)

SENTENCE = room(0.5) + voice(1.5) + room(1)


class Hall:
    """Says things in front of a microphone."""

    def __init__(self, kit: HubKit, dictation: Dictation) -> None:
        self.kit = kit
        self.dictation = dictation

    @property
    def manager(self) -> TranscriptionManager:
        """What hears. It is another one after each reload."""
        found: TranscriptionManager = self.kit.entry.runtime_data.manager(
            TranscriptionManager
        )
        return found

    def hear(self, audio: bytes = SENTENCE, source: str = "mic") -> None:
        """Let all transcriptions hear this."""
        for piece in pieces(audio):
            self.manager.take(frame(piece, source))

    async def says(self, *texts: str) -> None:
        """Say something, which is understood, and wait for that."""
        for text in texts:
            self.dictation.answers.append(text)
            self.hear()
            await self.kit.state_is("sensor.hall_last_text", text)
        await self.kit.settled()

    def change(self, **data: Any) -> None:
        """Change what the subentry says."""
        subentry = self.kit.entry.subentries[TRANSCRIPTION_ID]
        self.kit.hass.config_entries.async_update_subentry(
            self.kit.entry, subentry, data={**subentry.data, **data}
        )

    async def add(self, *described: Any) -> None:
        """Add subentries."""
        for each in described:
            self.kit.hass.config_entries.async_add_subentry(
                self.kit.entry, as_subentry(each)
            )
        await self.kit.settled()


@pytest.fixture
async def dictation(hass: HomeAssistant) -> Dictation:
    """An entity that says what it is told to."""
    return await add_dictation(hass)


@pytest.fixture
async def hall(hub_kit: HubKit, dictation: Dictation) -> Hall:
    """A hub with a transcription."""
    hall = Hall(hub_kit, dictation)
    await hall.add(transcription_subentry())
    return hall
