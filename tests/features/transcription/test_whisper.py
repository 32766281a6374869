"""Real speech, by Whisper behind Home Assistant's own Wyoming: words, search, caption, trigger."""

from collections.abc import AsyncGenerator
from pathlib import Path
import sys
from typing import Any
import wave

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.transcription.audio import AudioFormat
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from scripts.devenv.speech import site_packages
from tests.kits.audio import message
from tests.kits.hub_store import RecordingKit, recording_hub
from tests.kits.listeners import ListenerKit
from tests.kits.process import HOST
from tests.kits.production import PRODUCTION_ID, as_subentry, production_subentry
from tests.kits.speech import (
    WHISPER,
    spoken,
    transcription_subentry,
    whisper,
    why_no_speech,
    words_wrong,
)
from tests.kits.websocket import WebSocketKit

pytestmark = pytest.mark.skipif(
    why_no_speech() is not None, reason=why_no_speech() or ""
)
READ = (
    "It was the best of times, it was the worst of times. It was the age of wisdom, it was the age of foolishness. "
    "It was the epoch of belief, it was the epoch of incredulity. It was the season of light, it was the season of darkness. "
    "It was the spring of hope, it was the winter of despair. We had everything before us, we had nothing before us. "
    "We were all going direct to heaven, we were all going direct the other way. In short, the period was so far like the "
    "present period that some of its noisiest authorities insisted on its being received for good or for evil in the "
    "superlative degree of comparison only."
)
AUTOMATION = {
    "id": "hope",
    "alias": "Hope",
    "triggers": {
        "trigger": "maestra.utterance",
        "options": {"phrase": ["spring of hope"]},
    },
    "actions": {"event": "hoped", "event_data": {"text": "{{ trigger.text }}"}},
}


@pytest.fixture
async def stage(
    hass: HomeAssistant,
    database: StoreSettings,
    tmp_path: Path,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[RecordingKit]:
    """A hub with a transcription by Whisper, a production for its captions, and a database."""
    hass.config.config_dir = str(tmp_path)
    # Wyoming's protocol is pure Python.
    monkeypatch.setattr(sys, "path", [*sys.path, str(site_packages())])
    async with whisper() as port, recording_hub(hass, database) as kit:
        wyoming = MockConfigEntry(
            domain="wyoming", title="Whisper", data={"host": HOST, "port": port}
        )
        wyoming.add_to_hass(hass)
        assert await hass.config_entries.async_setup(wyoming.entry_id)
        await kit.becomes("recording")
        data = {"stt_entity": WHISPER, "production": PRODUCTION_ID}
        for each in (production_subentry(), transcription_subentry(data)):
            hass.config_entries.async_add_subentry(kit.entry, as_subentry(each))
        await kit.settled()
        yield kit


async def test_what_is_read_aloud_is_text_a_caption_a_trigger_and_found(
    hass: HomeAssistant, stage: RecordingKit
) -> None:
    """As the OBS plugin sends it, in pieces of 20 ms, only quicker; at most one word in twenty is wrong."""
    heard: list[Any] = []
    hass.bus.async_listen("hoped", heard.append)
    assert await async_setup_component(hass, "automation", {"automation": AUTOMATION})
    listener = ListenerKit(hass, stage.entry, "audio")
    port = await listener.on()
    captions: list[Any] = []

    def follow(event: Any) -> None:
        captions.append(event.data["new_state"])

    hass.bus.async_listen("state_changed", follow)
    with wave.open(str(spoken("two_cities.wav"))) as file:
        form = AudioFormat(
            sample_rate=file.getframerate(),
            channels=file.getnchannels(),
            bit_depth=8 * file.getsampwidth(),
        )
        audio = file.readframes(file.getnframes())
    size = form.sample_rate // 50 * form.frame_size
    async with WebSocketKit(port, "/events") as listening, WebSocketKit(port) as obs:
        for start in range(0, len(audio), size):
            await obs.send_bytes(
                message(
                    audio[start : start + size],
                    sample_rate=form.sample_rate,
                    channels=form.channels,
                    bit_depth=form.bit_depth,
                )
            )
        await obs.say("stop")
        texts: list[str] = []
        while words_wrong(READ, " ".join(texts)) > len(READ.split()) / 20:
            texts.append((await listening.receives("audio:transcription"))["text"])
    await listener.off()
    await stage.until(lambda: heard or None, "the trigger fires")
    assert "spring of hope" in heard[0].data["text"]
    found = await stage.ask("search_transcripts", query="SUPERLATIVE degree")
    assert len(found["transcripts"]) == 1
    assert any(
        state
        and state.entity_id == "sensor.stage_background"
        and state.attributes.get("type") == "caption"
        for state in captions
    )
