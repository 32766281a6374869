"""Speech recognition by Whisper behind Home Assistant's own Wyoming, and a transcription with captions."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from scripts.devenv.speech import SPEECH_PYTHON, WYOMING_WHISPER, site_packages
from scripts.stack.context import Context
from scripts.stack.flows import CONFIG_FLOW, Answers
from scripts.stack.ports import LOOPBACK, accepts_connections
from scripts.stack.starting import in_time
from scripts.stack.subentries import Subentry, hub_entry, set_up
from scripts.stack.supervisor import ServiceFailed

ENTITY_TIMEOUT_S: Final = 20
POLL_INTERVAL_S: Final = 0.1
DOMAIN: Final = "wyoming"
ENTITY: Final = "stt.whisper"


def speech_libraries(context: Context) -> list[Path]:
    """Return a folder with what Home Assistant's Wyoming wants: nothing else of the environment of speech, whose numpy is another."""
    if not context.has_speech or (libraries := site_packages()) is None:
        return []
    folder = context.config / "speech"
    folder.mkdir(parents=True, exist_ok=True)
    for path in libraries.glob("wyoming*"):
        link = folder / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    return [folder]


class Speech:
    """A Wyoming server with Whisper, on request."""

    async def start(self, context: Context) -> None:
        """Start it; returns when it listens."""
        if not context.has_speech:
            return
        if site_packages() is None:
            raise ServiceFailed(
                "no speech recognition here: python3 -m scripts.devenv.speech"
            )
        await context.spawn(
            "whisper",
            SPEECH_PYTHON,
            WYOMING_WHISPER,
            str(context.ports.wyoming),
            env={"HF_HUB_OFFLINE": "1"},
        )
        ready = accepts_connections(context.ports.wyoming)
        await in_time("Whisper", context.logs / "whisper.log", ready)

    def facts(self, _: Context) -> Mapping[str, object]:
        """Nothing that a client must know."""
        return {}


class Transcription:
    """Home Assistant's Wyoming, and what Maestra transcribes by it."""

    async def start(self, context: Context) -> None:
        """Set up what is missing; returns when there is something to recognise speech."""
        if not context.has_speech:
            return
        api = context.api
        if not await api.get(f"/api/config/config_entries/entry?domain={DOMAIN}"):
            step = await api.post(CONFIG_FLOW, {"handler": DOMAIN})
            told = {"host": LOOPBACK, "port": context.ports.wyoming}
            await api.post(f"{CONFIG_FLOW}/{step['flow_id']}", told)
        async with asyncio.timeout(ENTITY_TIMEOUT_S):
            while ENTITY not in [
                it["entity_id"] for it in await api.get("/api/states")
            ]:
                await asyncio.sleep(POLL_INTERVAL_S)
        entry = await hub_entry(context)
        transcription = Subentry(kind="transcription", answers=_answers)
        await set_up(context, entry["entry_id"], transcription)

    def facts(self, _: Context) -> Mapping[str, object]:
        """Nothing that a client must know."""
        return {}


def _answers(context: Context) -> Answers:
    told = {
        "name": "Stage",
        "stt_entity": ENTITY,
        "production": context.memory.subentry_ids["production"],
    }
    return {"user": told, "reconfigure": told}
