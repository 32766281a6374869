"""Where a process's time goes, where py-spy is there to look (`pip install py-spy`): shares of who holds the interpreter lock."""

import asyncio
from collections import Counter
from pathlib import Path
import re
import shutil
import tempfile
from typing import Final

SAMPLES: Final = 100  # a second
LONGEST: Final = 20.0
"""Seconds that are looked at: it costs some of a CPU."""

PLACES: Final = (
    ("Home Assistant's recorder", r"components/recorder/|/sqlalchemy/|sqlite"),
    ("MQTT", r"core/mqtt/|features/mqtt/"),
    ("NATS", r"core/nats/|/nats/"),
    ("OSC", r"core/osc/"),
    ("WebSocket and REST", r"core/(websocket|fleet_api)/|/aiohttp/"),
    ("events", r"core/transport/event_encoder"),
    ("journal", r"core/journal/"),
    ("the store", r"core/store/|features/history/|/asyncpg/"),
    ("domain and bus", r"core/(domain|bus|transport)/"),
    (
        "states of Home Assistant",
        r"maestra/(hub|features)/|maestra/entity.py|homeassistant/(core|helpers|components)/?",
    ),
    ("the event loop", r"/asyncio/"),
)
"""What a sample counts for: the place of its innermost frame that has one."""
FRAME: Final = re.compile(r"\(([^:]+)")


async def shares(pid: int, seconds: float) -> list[str]:
    """Watch a process for so long at most; returns a line for each place with its share, none without py-spy."""
    if not (program := shutil.which("py-spy")):
        return []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stacks"
        process = await asyncio.create_subprocess_exec(
            *(program, "record", "--gil", "--nonblocking", "--format", "raw"),
            *("--pid", str(pid), "--rate", str(SAMPLES), "--output", file),
            *("--duration", str(max(1, int(min(seconds, LONGEST))))),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await process.wait()
        text = file.read_text("utf-8") if file.exists() else ""
    counts = count(text)
    total = sum(counts.values())
    return [f"{place}: {n / total:.0%}" for place, n in counts.most_common()]


def count(stacks: str) -> Counter[str]:
    """Count samples by place; a line is the frames from the outermost on, and how often they were seen."""
    counts: Counter[str] = Counter()
    for line in stacks.splitlines():
        frames, _, number = line.rpartition(" ")
        counts[_place(frames.split(";"))] += int(number)
    return counts


def _place(frames: list[str]) -> str:
    for frame in reversed(frames):
        if found := FRAME.search(frame):
            for place, pattern in PLACES:
                if re.search(pattern, found[1]):
                    return place
    return "the rest"
