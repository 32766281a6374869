"""The figures of stream production: operations on the queue, overlay pages, and how long speech takes to be text."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import json
import os
from pathlib import Path
from statistics import median
import time
from typing import Final
import wave

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.production.production import Production
from custom_components.maestra.core.production.shows import ProductionSettings
from custom_components.maestra.core.production.stream_events import read_event
from custom_components.maestra.core.transcription.audio import AudioFormat, Resampler
from custom_components.maestra.core.transcription.cutter import (
    Cutter,
    CutterSettings,
    Utterance,
)
from scripts.devenv.speech import SPEECH_PYTHON, WYOMING_WHISPER, site_packages
from scripts.report import Table
from scripts.stack.ports import LOOPBACK

from .effort import Effort
from .overlay_parts import measure_overlay

COLUMNS: Final = ("", "", "measured", "aim")
FILLED: Final = 40
"""Items in the queue while it is worked on: it takes 50."""
PIECE: Final = 3_200
PORT: Final = 10_399
ANSWER_TIMEOUT_S: Final = 120


def _queue_operations(count: int) -> tuple[float, float]:
    """Return operations a second of CPU on a queue that is well filled, and events that are taken in."""
    production = Production("bench", ProductionSettings(), Bus())
    production.start()
    for number in range(FILLED):
        production.show_alert("alert", {"title": str(number)}, duration=3_600)
    began = time.process_time()
    for number in range(count):
        item = production.show_alert(
            "alert", {"title": str(number)}, priority=number % 7
        )
        assert item
        production.remove(item.id)
    operations = 2 * count / (time.process_time() - began)
    moment = utcnow()
    events = [
        read_event(
            {"type": "channel.chat.message", "user_name": "Ann", "message": "hello"},
            moment,
        )
        for _ in range(count)
    ]
    began = time.process_time()
    for event in events:
        production.take(event)
    return operations, count / (time.process_time() - began)


def _utterances(seconds: float) -> list[Utterance]:
    """Return what somebody reads aloud, cut as it is live."""
    folder = site_packages()
    assert folder
    with wave.open(
        str(folder / "moonshine_voice" / "assets" / "two_cities.wav")
    ) as file:
        form = AudioFormat(
            sample_rate=file.getframerate(),
            channels=file.getnchannels(),
            bit_depth=8 * file.getsampwidth(),
        )
        audio = file.readframes(int(min(seconds, 60) * form.sample_rate))
    cutter, resampler, found = Cutter("bench"), Resampler(form), []
    moment, size = utcnow(), form.sample_rate // 50 * form.frame_size
    for start in range(0, len(audio), size):
        moment += timedelta(milliseconds=20)
        found += cutter.feed(resampler.convert(audio[start : start + size]), moment)
    last = cutter.flush(moment)
    return [*found, *([last] if last else [])]


async def _recognise(utterance: Utterance) -> float:
    """Let an utterance be recognised, as Home Assistant's Wyoming does; returns the seconds that it took."""
    reader, writer = await asyncio.open_connection(LOOPBACK, PORT)
    form = {"rate": 16_000, "width": 2, "channels": 1}

    def send(kind: str, data: dict[str, object], payload: bytes = b"") -> None:
        head = {"type": kind, "data": data, "payload_length": len(payload)}
        writer.write(json.dumps(head).encode() + b"\n" + payload)

    began = time.perf_counter()
    send("transcribe", {"language": "en"})
    send("audio-start", dict(form))
    for start in range(0, len(utterance.audio), PIECE):
        send("audio-chunk", dict(form), utterance.audio[start : start + PIECE])
    send("audio-stop", {})
    await writer.drain()
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        while json.loads(await reader.readline())["type"] != "transcript":
            pass
    writer.close()
    return time.perf_counter() - began


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _speech(table: Table, seconds: float) -> None:
    utterances = _utterances(seconds)
    server = await asyncio.create_subprocess_exec(
        *(SPEECH_PYTHON, WYOMING_WHISPER, str(PORT)),
        env={"HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert server.stdout
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await server.stdout.readline()
        before = _cpu(server.pid)
        took = [await _recognise(each) for each in utterances]
        used = _cpu(server.pid) - before
    finally:
        server.kill()
        await server.wait()
    pause = CutterSettings().pause
    spoken = sum(each.duration for each in utterances)
    table.add(
        "utterances, of so many seconds each", "s", spoken / len(utterances), None
    )
    table.add("last word to text: p50", "s", pause + median(took), 3)
    table.add("… the slowest", "s", pause + max(took), None)
    table.add("CPU of Whisper an utterance", "s", used / len(utterances), None)
    table.add("… of the time that is spoken", "%", used / spoken * 100, None)


def _measure(folder: Path, effort: Effort) -> Table:
    table = Table(
        "(v) Stream production: the queue, overlays, and speech",
        COLUMNS,
        (
            f"Queue: an alert put in and taken out again, {FILLED} others waiting. Events: chat, checked already.",
            "Overlays: Home Assistant with its recorder, all wires and the store, a simulated Twitch, and a page of 1920x1080 in Chromium without a graphics card, all on the same CPUs; a follower is timed from Twitch until its name is painted. CPU a frame: thread time of all tasks in a trace, by the frames of the main thread, while people chat, follow and cheer.",
            "Speech: somebody reads aloud, cut as it is live, recognised by Whisper's smallest English model on the same CPUs; 0.7 s are the pause that ends an utterance.",
        ),
    )
    operations, events = _queue_operations(effort.slow_rows)
    table.add("operations on the queue, a second of CPU", "/s", operations, None)
    table.add("events taken in, a second of CPU", "/s", events, None)
    asyncio.run(measure_overlay(table, folder, effort))
    if site_packages() is None:
        table.add("no speech recognition here", "", None, None)
    else:
        asyncio.run(_speech(table, effort.steady))
    return table


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {"v": _measure}
