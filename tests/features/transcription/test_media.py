"""Files and streams are transcribed, by a real ffmpeg; and what is said by Whisper itself."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
import wave

from aiohttp import web
import pytest

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from scripts.devenv.speech import ffmpeg
from tests.kits.audio import room, voice
from tests.kits.forms import until
from tests.kits.process import HOST, LOOK_AGAIN_S, free_port

from .conftest import SENTENCE, Hall

needs_ffmpeg = pytest.mark.skipif(
    ffmpeg() is None, reason="no ffmpeg: python3 -m scripts.devenv.speech"
)


@pytest.fixture
async def decoding(hass: HomeAssistant) -> None:
    """Home Assistant knows an ffmpeg."""
    binary = ffmpeg()
    assert binary
    assert await async_setup_component(
        hass, "ffmpeg", {"ffmpeg": {"ffmpeg_bin": str(binary)}}
    )


@pytest.fixture
def media(hass: HomeAssistant, tmp_path: Path) -> Path:
    """The folder of the media."""
    hass.config.media_dirs = {"local": str(tmp_path)}
    return tmp_path


def record(path: Path, audio: bytes) -> Path:
    """Write a file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(audio)
    return path


@needs_ffmpeg
@pytest.mark.usefixtures("decoding")
async def test_a_file_is_transcribed(hall: Hall, media: Path) -> None:
    path = record(media / "rehearsal.wav", 2 * SENTENCE + room(1) + voice(1))
    hall.dictation.answers += ["One.", "[BLANK_AUDIO]", "Three."]
    answer = await hall.kit.ask(
        "transcribe_file", path=str(path), start="2026-11-30T20:00:00Z"
    )
    said = answer["transcripts"]
    assert [(each["text"], each["source_id"]) for each in said] == [
        ("One.", "rehearsal.wav"),
        ("Three.", "rehearsal.wav"),
    ]
    began = [
        datetime.fromisoformat(each["timestamp"]).timestamp() % 60 for each in said
    ]
    assert began == pytest.approx([0.2, 6.7], abs=0.2)
    await hall.kit.state_is("sensor.hall_last_text", "Three.")
    # It has no lag: nobody waits for it.
    assert hall.kit.state("sensor.hall_lag").state == "unknown"


@needs_ffmpeg
@pytest.mark.usefixtures("decoding")
async def test_one_file_at_a_time_until_it_is_stopped(hall: Hall, media: Path) -> None:
    path = record(media / "rehearsal.wav", SENTENCE)
    hall.dictation.may_answer.clear()
    first = asyncio.ensure_future(hall.kit.ask("transcribe_file", path=str(path)))
    await until(hall.kit.hass, lambda: hall.dictation.heard or None)
    with pytest.raises(ServiceValidationError, match="another file"):
        await hall.kit.act("transcribe_file", path=str(path))
    await hall.kit.hass.config_entries.async_unload(hall.kit.entry.entry_id)
    with pytest.raises(ServiceValidationError, match="stopped"):
        await first


@needs_ffmpeg
@pytest.mark.usefixtures("decoding")
async def test_recognition_that_fails_ends_a_file(hall: Hall, media: Path) -> None:
    path = record(media / "rehearsal.wav", SENTENCE)
    hall.dictation.answers += [None]
    with pytest.raises(HomeAssistantError, match=r"stt\.dictation"):
        await hall.kit.act("transcribe_file", path=str(path))


@needs_ffmpeg
@pytest.mark.usefixtures("decoding")
async def test_what_is_no_media_is_told(hall: Hall, media: Path) -> None:
    (media / "x.wav").write_bytes(b"no media")
    with pytest.raises(HomeAssistantError, match="can't be read"):
        await hall.kit.act("transcribe_file", path=str(media / "x.wav"))


@needs_ffmpeg
@pytest.mark.usefixtures("decoding")
async def test_a_file_of_the_media_browser(hall: Hall, media: Path) -> None:
    (media / "act 1").mkdir()
    record(media / "act 1" / "rehearsal.wav", SENTENCE)
    hall.dictation.answers += ["One."]
    answer = await hall.kit.ask(
        "transcribe_file",
        path="media-source://media_source/local/act%201/rehearsal.wav",
    )
    assert [each["text"] for each in answer["transcripts"]] == ["One."]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../x",
        "nowhere.wav",
        "link.wav",
        "x\0",
        "media-source://media_source/local/../../etc/passwd",
        "media-source://media_source/other/rehearsal.wav",
        "media-source://media_source/",
    ],
)
async def test_other_files_are_not_read(hall: Hall, media: Path, path: str) -> None:
    (media / "link.wav").symlink_to("/etc/passwd")
    wanted = path if path.startswith("media-source") else str(media / path)
    with pytest.raises(ServiceValidationError, match="may read"):
        await hall.kit.act("transcribe_file", path=wanted)


async def test_a_missing_ffmpeg_is_told(
    hall: Hall, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(media))
    path = record(media / "rehearsal.wav", SENTENCE)
    with pytest.raises(HomeAssistantError, match="no ffmpeg"):
        await hall.kit.act("transcribe_file", path=str(path))


@pytest.fixture
async def stream(tmp_path: Path, socket_enabled: None) -> AsyncGenerator[str]:
    """The address of a stream that is over after a sentence."""
    path = record(tmp_path / "live.wav", SENTENCE)

    async def serve(_request: web.BaseRequest) -> web.StreamResponse:
        return web.FileResponse(path)

    runner = web.ServerRunner(web.Server(serve))
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    yield f"http://{HOST}:{runner.addresses[0][1]}/live"
    await runner.cleanup()


@needs_ffmpeg
@pytest.mark.usefixtures("decoding")
async def test_a_stream_is_read_again_and_again(hall: Hall, stream: str) -> None:
    hall.dictation.answers += ["One.", "Two."]
    hall.change(address=stream, sources=["mic"])
    await hall.kit.state_is("sensor.hall_last_text", "One.")
    await hall.kit.state_is("sensor.hall_last_text", "Two.")
    assert hall.kit.state("sensor.hall_last_text").attributes["source"] == "stream"
    await hall.kit.call("switch.turn_off", "switch.hall_transcribing")
    await hall.kit.state_is("binary_sensor.hall_listening", "off")


@asynccontextmanager
async def sent(what: Path, form: str, *address: str) -> AsyncGenerator[None]:
    """Send a file again and again, as quickly as it is heard, to an address that may not be there yet."""

    async def send() -> None:
        while True:
            sender = await asyncio.create_subprocess_exec(
                str(ffmpeg()),
                *("-nostdin", "-loglevel", "quiet", "-re", "-i", str(what)),
                *("-c:a", "aac", "-f", form, *address),
                stdin=asyncio.subprocess.DEVNULL,
            )
            try:
                await sender.wait()
            finally:
                if sender.returncode is None:
                    sender.kill()
                    await sender.wait()
            await asyncio.sleep(LOOK_AGAIN_S)

    task = asyncio.create_task(send())
    yield
    task.cancel()
    await asyncio.wait([task])


@needs_ffmpeg
@pytest.mark.usefixtures("decoding", "socket_enabled")
@pytest.mark.parametrize(
    ("address", "form", "target"),
    [
        # OBS sends to us, and we fetch from a media server.
        ("srt://0.0.0.0:{port}?mode=listener", "mpegts", ("srt://{host}:{port}",)),
        (
            "rtmp://{host}:{port}/live/key",
            "flv",
            ("-listen", "1", "rtmp://{host}:{port}/live/key"),
        ),
    ],
    ids=["srt", "rtmp"],
)
async def test_live_streams_are_heard(
    hall: Hall, tmp_path: Path, address: str, form: str, target: tuple[str, ...]
) -> None:
    place = {"host": HOST, "port": free_port()}
    path = record(tmp_path / "live.wav", SENTENCE + room(1))
    hall.dictation.answers += ["Live."]
    async with sent(path, form, *(word.format(**place) for word in target)):
        hall.change(address=address.format(**place))
        await hall.kit.state_is("sensor.hall_last_text", "Live.")
        await hall.kit.call("switch.turn_off", "switch.hall_transcribing")
