"""What is said is shown, told, searched and forgotten as it should be."""

import asyncio
from collections.abc import Mapping
import logging
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.maestra.const import DOMAIN, OVERLAY_URL
from homeassistant.components import stt
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.kits.audio import message, pieces, room, voice
from tests.kits.listeners import ListenerKit
from tests.kits.process import PATIENCE
from tests.kits.production import (
    PRODUCTION_ID,
    TOKEN,
    overlay_subentry,
    production_subentry,
)
from tests.kits.speech import DICTATION, TRANSCRIPTION_ID, transcription_subentry
from tests.kits.websocket import WebSocketKit

from .conftest import SENTENCE, Hall

SUBMISSION: Mapping[str, Any] = {"timestamp": "2026-11-30T20:00:00Z", "duration": 2}


async def test_what_is_said_is_shown(hall: Hall) -> None:
    await hall.says("The doors are open.")
    kit = hall.kit
    assert kit.state("binary_sensor.hall_listening").state == "on"
    assert kit.state("switch.hall_transcribing").state == "on"
    last = kit.state("sensor.hall_last_text")
    assert last.attributes["source"] == "mic"
    assert last.attributes["session"] == kit.state("sensor.hall_session").state
    assert kit.state("sensor.hall_utterances_per_minute").state == "1"
    assert float(kit.state("sensor.hall_lag").state) >= 0
    assert kit.state("sensor.hall_utterances_dropped").state == "0"
    event = kit.state("event.hall_speech").attributes
    assert (event["event_type"], event["text"]) == ("utterance", "The doors are open.")
    ((metadata, audio),) = hall.dictation.heard
    assert metadata == stt.SpeechMetadata(
        language="en-US",
        format=stt.AudioFormats.WAV,
        codec=stt.AudioCodecs.PCM,
        bit_rate=stt.AudioBitRates.BITRATE_16,
        sample_rate=stt.AudioSampleRates.SAMPLERATE_16000,
        channel=stt.AudioChannels.CHANNEL_MONO,
    )
    assert audio in SENTENCE


async def test_after_a_short_pause_a_trigger_fires_at_once(
    hass: HomeAssistant, hall: Hall
) -> None:
    """What we take of the three seconds from the last word to an automation: the rest is for recognition."""
    automation = {
        "triggers": {"trigger": "maestra.utterance", "options": {"phrase": ["doors"]}},
        "actions": {"event": "heard"},
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    heard: list[Any] = []
    hass.bus.async_listen("heard", heard.append)
    hall.dictation.answers.append("The doors are open.")
    hall.hear(room(0.5) + voice(1))
    fed, piece = 0.0, 0.02
    while not hall.dictation.heard:
        hall.hear(room(piece))
        fed += piece
        # Recognition begins as soon as there is something to recognise.
        for _ in range(5):
            await asyncio.sleep(0)
        assert fed < 1
    assert fed <= 0.8
    began = process_time()
    await hall.kit.until(lambda: heard or None, "the trigger fires")
    assert process_time() - began < 0.5


async def test_a_long_text_fits_into_a_state(hall: Hall) -> None:
    hall.dictation.answers.append("word " * 100)
    hall.hear()
    await hall.kit.appears_with("sensor.hall_last_text", source="mic")
    assert len(hall.kit.state("sensor.hall_last_text").state) == 255


async def test_silence_is_nothing(hall: Hall) -> None:
    hall.dictation.answers += ["Thank you.", "[BLANK_AUDIO]"]
    hall.hear()
    hall.hear()
    await hall.says("Now.")
    assert hall.kit.state("sensor.hall_utterances_per_minute").state == "1"


async def test_it_stops_at_once(hall: Hall) -> None:
    """Switched off, also what is being recognised is not told any more."""
    kit = hall.kit
    hall.dictation.may_answer.clear()
    hall.hear()
    hall.hear(room(0.5) + voice(1))
    await kit.until(lambda: hall.dictation.heard or None, "it is recognised")
    await kit.call("switch.turn_off", "switch.hall_transcribing")
    hall.dictation.may_answer.set()
    hall.hear()
    await kit.state_is("binary_sensor.hall_listening", "off")
    assert kit.state("sensor.hall_last_text").state == "unknown"
    assert len(hall.dictation.heard) == 1
    await kit.call("switch.turn_on", "switch.hall_transcribing")
    await hall.says("Again.")


async def test_it_hears_only_while_something_is_on(hall: Hall) -> None:
    kit = hall.kit
    hall.change(only_while="input_boolean.live")
    await kit.state_is("binary_sensor.hall_listening", "off")
    kit.hass.states.async_set("input_boolean.live", "on")
    await kit.state_is("binary_sensor.hall_listening", "on")
    await hall.says("We are live.")
    for gone in ("off", "unavailable"):
        kit.hass.states.async_set("input_boolean.live", gone)
        await kit.state_is("binary_sensor.hall_listening", "off")
        kit.hass.states.async_set("input_boolean.live", "on")
        await kit.state_is("binary_sensor.hall_listening", "on")
    kit.hass.states.async_remove("input_boolean.live")
    await kit.state_is("binary_sensor.hall_listening", "off")


async def test_switch_and_session_outlive_a_restart(hall: Hall) -> None:
    kit = hall.kit
    await kit.act("start_session", session="Premiere")
    await kit.call("switch.turn_off", "switch.hall_transcribing")
    await kit.reload()
    await kit.state_is("switch.hall_transcribing", "off")
    await kit.state_is("sensor.hall_session", "Premiere")


async def test_sessions(hall: Hall) -> None:
    kit = hall.kit
    assert await kit.ask("end_session") == {"session": None}
    assert await kit.ask("start_session", session="Premiere") == {"session": "Premiere"}
    started = kit.state("event.hall_speech").attributes
    assert (started["event_type"], started["session"]) == (
        "session_started",
        "Premiere",
    )
    await hall.says("Welcome.")
    assert kit.state("event.hall_speech").attributes["stream_session_id"] == "Premiere"
    assert await kit.ask("end_session") == {"session": "Premiere"}
    await kit.state_is("sensor.hall_session", f"stream_{dt_util.now():%Y_%m_%d}")
    with pytest.raises(ServiceValidationError):
        await kit.act("start_session", session="x" * 101)


async def test_recognition_that_fails_is_told_once(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    hall.dictation.answers += [None, None, ValueError("broken"), "Back."]
    for _ in range(3):
        hall.hear()
    await hall.kit.state_is("sensor.hall_utterances_dropped", "3")
    hall.hear()
    await hall.kit.state_is("sensor.hall_last_text", "Back.")
    warned = [record for record in caplog.records if record.levelno > logging.INFO]
    assert [record.message for record in warned] == [
        f"Hall can't put speech in words: {DICTATION}: it has told an error"
    ]


async def test_recognition_that_goes_on_failing_is_a_repair(
    hass: HomeAssistant, hall: Hall
) -> None:
    issues = ir.async_get(hass).issues
    issue = (DOMAIN, f"speech_fails_{TRANSCRIPTION_ID}")
    hall.dictation.answers += [None, ValueError("broken"), None, "Back."]
    for count in range(1, 4):
        assert issue not in issues
        hall.hear()
        await hall.kit.state_is("sensor.hall_utterances_dropped", str(count))
    assert issue in issues
    hall.hear()
    await hall.kit.state_is("sensor.hall_last_text", "Back.")
    assert issue not in issues


async def test_an_unforeseen_error_is_logged_once(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    hall.dictation.answers += [ValueError("broken"), ValueError("broken"), "Back."]
    for _ in range(3):
        hall.hear()
    await hall.kit.state_is("sensor.hall_last_text", "Back.")
    assert caplog.text.count("Hall can't recognise speech") == 1
    caplog.clear()


async def test_an_entity_that_is_not_there_is_told(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    hall.change(stt_entity="stt.gone")
    await hall.kit.settled()
    hall.hear()
    await hall.kit.state_is("sensor.hall_utterances_dropped", "1")
    assert "stt.gone: it is not there" in caplog.text


async def test_other_sources_and_another_language(hall: Hall) -> None:
    hall.change(sources=["mic", "Desk"], language="de-AT")
    await hall.kit.settled()
    hall.hear(source="music")
    await hall.says("Guten Abend.")
    ((metadata, _),) = hall.dictation.heard
    assert metadata.language == "de"


async def test_what_others_have_transcribed(hall: Hall) -> None:
    kit = hall.kit
    answer = await kit.ask(
        "submit_transcription",
        **SUBMISSION,
        text=" Hello  there. ",
        source_id="booth",
        confidence=0.5,
        metadata={"speaker": "Ann"},
    )
    event = kit.state("event.hall_speech").attributes
    assert event["id"] == answer["transcription_id"]
    assert (event["text"], event["source_id"], event["confidence"]) == (
        "Hello there.",
        "booth",
        0.5,
    )
    for wrong in (
        {"text": ""},
        {"duration": 0},
        {"confidence": 2},
        {"text": "x" * 10_001},
    ):
        with pytest.raises(ServiceValidationError):
            await kit.act(
                "submit_transcription", **{**SUBMISSION, "text": "x", **wrong}
            )


async def test_without_a_database_the_latest_are_searched(hall: Hall) -> None:
    kit = hall.kit
    await hall.says("The lights go down.", "Curtain up!", "Lights up.")
    found = await kit.ask("search_transcripts", query="lights")
    assert [each["text"] for each in found["transcripts"]] == [
        "Lights up.",
        "The lights go down.",
    ]
    assert await kit.ask("search_transcripts", session="x") == {"transcripts": []}


async def test_captions_are_exported(hall: Hall, tmp_path: Path) -> None:
    kit = hall.kit
    kit.hass.config.media_dirs = {"local": str(tmp_path)}
    for second, text in ((0, "First."), (3, "Second.")):
        await kit.act(
            "submit_transcription",
            timestamp=f"2026-11-30T20:00:0{second}Z",
            duration=2,
            text=text,
        )
    answer = await kit.ask("export_captions", filename="opening night")
    assert answer == {
        "captions": "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nFirst.\n\n00:00:03.000 --> 00:00:05.000\nSecond.\n",
        "count": 2,
        "path": str(tmp_path / "maestra" / "opening night.vtt"),
    }
    assert Path(answer["path"]).read_text() == answer["captions"]
    later = await kit.ask("export_captions", start="2026-11-30T20:00:02Z")
    assert "00:00:01.000 --> 00:00:03.000\nSecond." in later["captions"]


async def test_one_of_several_has_to_be_named(hall: Hall) -> None:
    await hall.add(transcription_subentry(id_="foyer", title="Foyer"))
    with pytest.raises(ServiceValidationError, match="2"):
        await hall.kit.act("start_session")
    await hall.kit.act("start_session", transcription="Foyer", session="x")
    await hall.kit.state_is("sensor.foyer_session", "x")
    assert hall.kit.state("sensor.hall_session").state != "x"
    await hall.kit.act("start_session", entity_id="sensor.hall_lag", session="y")
    await hall.kit.state_is("sensor.hall_session", "y")


async def test_captions_on_an_overlay(
    hall: Hall, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await hall.add(production_subentry(), overlay_subentry())
    hall.change(production=PRODUCTION_ID)
    await hall.kit.settled()
    page = await hass_client_no_auth()
    async with page.ws_connect(f"{OVERLAY_URL}/{TOKEN}/feed/socket") as socket:

        async def shown(text: str) -> dict[str, Any]:
            """Wait until the page is told to show this."""
            while True:
                layers = (await socket.receive_json(timeout=PATIENCE)).get("layers", {})
                content = (layers.get("background") or {}).get("content") or {}
                if content.get("data", {}).get("text") == text:
                    return dict(content)

        await hall.says("Welcome to the show.")
        first = await shown("Welcome to the show.")
        await hall.says("And now the news.")
        second = await shown("And now the news.")
    # The same thing with other words: nothing comes and goes.
    assert first["id"] == second["id"]
    assert first["type"] == "caption"


async def test_it_is_gone_with_its_subentry(hall: Hall) -> None:
    hall.dictation.may_answer.clear()
    hall.hear()
    await hall.kit.until(lambda: hall.dictation.heard or None, "it is recognised")
    hall.kit.hass.config_entries.async_remove_subentry(hall.kit.entry, TRANSCRIPTION_ID)
    await hall.kit.disappears("sensor.hall_last_text")
    hall.hear()


async def test_diagnostics_say_nothing_of_what_was_said(hall: Hall) -> None:
    await hall.says("A secret.")
    told = hall.manager.diagnostics()
    assert told["transcriptions"][TRANSCRIPTION_ID]["counters"]["transcripts"] == 1
    assert "secret" not in str(told)


# Audio from outside.


async def test_the_obs_plugin_is_heard(
    hass: HomeAssistant, hall: Hall, socket_enabled: None
) -> None:
    listener = ListenerKit(hass, hall.kit.entry, "audio")
    port = await listener.on()
    hall.dictation.answers.append("Hello stream.")
    async with WebSocketKit(port, "/events") as listening, WebSocketKit(port) as obs:
        assert (await obs.receives("status"))["receiving"] is True
        for piece in pieces(SENTENCE):
            await obs.send_bytes(message(piece))
        said = await listening.receives("audio:transcription")
    assert said["text"] == "Hello stream."
    await hall.kit.state_is("sensor.hall_last_text", "Hello stream.")
    await listener.sensor("clients", "0")
    await listener.off()


async def test_home_assistants_own_websocket_is_heard(
    hall: Hall, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hall.kit.hass, "websocket_api", {})
    client = await hass_ws_client(hall.kit.hass)
    await client.send_json_auto_id(
        {"type": "maestra/audio", "source_id": "browser", "sample_rate": 16_000}
    )
    answer = await client.receive_json()
    handler = bytes((answer["result"]["handler_id"],))
    hall.dictation.answers += ["From the browser.", "And again."]
    for piece in pieces(SENTENCE):
        await client.send_bytes(handler + piece)
    await hall.kit.appears_with("sensor.hall_last_text", source="browser")
    # What is no whole sample, is too long, or comes while the hub is away, is no reason to be hung up on.
    await client.send_bytes(handler + b"x")
    await client.send_bytes(handler + bytes(32_000 * 11))
    await hall.kit.hass.config_entries.async_unload(hall.kit.entry.entry_id)
    await client.send_bytes(handler + bytes(320))
    await client.send_bytes(handler)
    await client.send_json_auto_id({"type": "ping"})
    assert (await client.receive_json())["type"] == "pong"
    await hall.kit.hass.config_entries.async_setup(hall.kit.entry.entry_id)
    for piece in pieces(room(1) + voice(1)):
        await client.send_bytes(handler + piece)
    # An empty message is the end.
    await client.send_bytes(handler)
    await hall.kit.state_is("sensor.hall_last_text", "And again.")
    await client.send_json_auto_id(
        {"type": "unsubscribe_events", "subscription": answer["id"]}
    )
    assert (await client.receive_json())["success"]


@pytest.mark.parametrize(
    "wrong", [{"sample_rate": 1}, {"channels": 9}, {"bit_depth": 12}, {"source_id": ""}]
)
async def test_audio_that_cannot_be_heard_is_refused(
    hall: Hall, hass_ws_client: WebSocketGenerator, wrong: dict[str, Any]
) -> None:
    client = await hass_ws_client(hall.kit.hass)
    await client.send_json_auto_id({"type": "maestra/audio", **wrong})
    assert (await client.receive_json())["error"]["code"] == "invalid_format"
