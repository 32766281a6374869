"""Audio out of files and streams, by a real ffmpeg."""

from collections.abc import AsyncGenerator
from pathlib import Path
import wave

from aiohttp import web
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.transcription.errors import (
    FfmpegMissing,
    MediaUnreadable,
)
from custom_components.maestra.core.transcription.ffmpeg import checked_stream, pull
from scripts.devenv.speech import ffmpeg
from tests.kits.audio import voice

FFMPEG = str(ffmpeg() or "")
needs_ffmpeg = pytest.mark.skipif(
    not FFMPEG, reason="no ffmpeg: python3 -m scripts.devenv.speech"
)
pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A second of a voice, at another rate, in two channels."""
    path = tmp_path / "a voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        audio = voice(1)
        both = b"".join(audio[at : at + 2] * 2 for at in range(0, len(audio), 2))
        file.writeframes(both)
    return path


@pytest.fixture
async def address(recording: Path) -> AsyncGenerator[str]:
    """The address of a stream."""

    async def stream(_request: web.BaseRequest) -> web.StreamResponse:
        return web.FileResponse(recording)

    runner = web.ServerRunner(web.Server(stream))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/secret/live"
    await runner.cleanup()


async def read(what: str, *, is_file: bool = False) -> bytes:
    """Return all the audio of something."""
    async with pull(FFMPEG, what, is_file=is_file) as reading:
        return b"".join([piece async for piece in reading.read()])


@needs_ffmpeg
async def test_a_file_is_read(recording: Path) -> None:
    audio = await read(str(recording), is_file=True)
    assert len(audio) == pytest.approx(len(voice(1)), abs=100)


@needs_ffmpeg
async def test_a_stream_is_read(address: str) -> None:
    assert len(await read(address)) == pytest.approx(len(voice(1)), abs=100)


@needs_ffmpeg
@pytest.mark.parametrize(
    "content", [b"", b"no media", b"#EXTM3U\nfile:///etc/passwd\n"]
)
async def test_what_is_no_media_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.m3u8"
    path.write_bytes(content)
    with pytest.raises(MediaUnreadable) as error:
        await read(str(path), is_file=True)
    assert error.value.facts["reason"]


@needs_ffmpeg
async def test_a_secret_in_an_address_is_not_told() -> None:
    with pytest.raises(MediaUnreadable) as error:
        await read("http://127.0.0.1:1/secret")
    assert "secret" not in str(error.value)


@needs_ffmpeg
async def test_a_stream_can_be_left_at_any_time(address: str) -> None:
    async with pull(FFMPEG, address) as reading:
        async for _ in reading.read():
            break


async def test_a_missing_ffmpeg_is_told() -> None:
    with pytest.raises(FfmpegMissing, match="nowhere"):
        async with pull("/nowhere/ffmpeg", "x"):
            pass


@pytest.mark.parametrize(
    "address",
    ["rtmp://h/live", " srt://0.0.0.0:9000?mode=listener ", "HTTPS://h/x.m3u8"],
)
def test_addresses_of_streams(address: str) -> None:
    assert checked_stream(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "file:///x",
        "/x",
        "concat:a",
        "rtmp:",
        "pipe:0",
        "ftp://h/x",
        "http://[",
        "udp://h\0",
    ],
)
def test_what_is_no_address_of_a_stream(address: str) -> None:
    with pytest.raises(InvalidField):
        checked_stream(address)
