"""ffmpeg as a source of audio: what it reads from a stream or a file, as 16 kHz, mono, 16 bits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import re
from typing import Final
from urllib.parse import urlsplit

from ..domain.errors import InvalidField
from .audio import RATE, WIDTH
from .errors import FfmpegMissing, MediaUnreadable

PIECE: Final = RATE * WIDTH // 10
"""Bytes: a tenth of a second."""
STOP_TIMEOUT: Final = 3.0  # seconds
MAX_COMPLAINT: Final = 4_096
_DRAIN: Final = 64 * 1024
SCHEMES: Final = (
    "rtmp",
    "rtmps",
    "rtsp",
    "rtsps",
    "srt",
    "rtp",
    "udp",
    "http",
    "https",
)
# What ffmpeg may open beside the address itself: the playlists of streams name no files then.
_PROTOCOLS: Final = (
    "crypto,data,http,https,httpproxy,rtmp,rtmps,rtmpt,rtp,rtsp,srt,srtp,tcp,tls,udp"
)
_ADDRESS: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def checked_stream(address: str) -> str:
    """Return the address of a stream; raises InvalidField."""
    address = address.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme.lower() not in SCHEMES or not parts.netloc or "\0" in address:
        raise InvalidField(
            field="address", reason=f"must begin with one of {', '.join(SCHEMES)}"
        )
    return address


class Pull:
    """An ffmpeg that reads. `read` yields audio until the end of what it reads."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Take over a process whose output is audio."""
        self._process = process
        self._complaint = b""
        self._listening = asyncio.create_task(
            self._listen(), name="maestra ffmpeg errors"
        )

    async def read(self) -> AsyncIterator[bytes]:
        """Yield audio; raises MediaUnreadable where there is an error, or no audio at all."""
        output = self._process.stdout
        assert output
        has_audio = False
        while data := await output.read(PIECE):
            has_audio = True
            yield data
        await self._listening
        if await self._process.wait() or not has_audio:
            raise MediaUnreadable(reason=self._reason())

    async def end(self) -> None:
        """End it, whatever it does."""
        process, output = self._process, self._process.stdout
        if process.returncode is None:
            process.kill()
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                # Its pipes are read empty, else it would be waited for without end.
                while output and await output.read(_DRAIN):
                    pass
                await self._listening
                await process.wait()
        except TimeoutError:
            # It is killed, and can't be waited for: a disk or a network that hangs keeps it.
            pass
        finally:
            self._listening.cancel()

    async def _listen(self) -> None:
        errors = self._process.stderr
        assert errors
        while data := await errors.read(MAX_COMPLAINT):
            self._complaint = (self._complaint + data)[-MAX_COMPLAINT:]

    def _reason(self) -> str:
        lines = self._complaint.decode(errors="replace").splitlines()
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        # The key of a stream is in its address.
        return _ADDRESS.sub("…", said)[:200] or "it has no audio"


@asynccontextmanager
async def pull(binary: str, what: str, *, is_file: bool = False) -> AsyncIterator[Pull]:
    """Let ffmpeg read a stream or a file, and end it with the block; raises FfmpegMissing."""
    protocols = "file,pipe" if is_file else _PROTOCOLS
    command = [
        *("-nostdin", "-hide_banner", "-loglevel", "error"),
        *("-protocol_whitelist", protocols, "-i", f"file:{what}" if is_file else what),
        *("-vn", "-sn", "-dn", "-ac", "1", "-ar", str(RATE), "-f", "s16le", "pipe:1"),
    ]
    try:
        process = await asyncio.create_subprocess_exec(
            binary,
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=4 * PIECE,
        )
    except OSError as error:
        raise FfmpegMissing(reason=f"{binary}: {error.strerror}") from error
    reading = Pull(process)
    try:
        yield reading
    finally:
        await asyncio.shield(reading.end())
