"""Waiting for servers that were started."""

import asyncio
from pathlib import Path

import pytest

from scripts.stack import starting
from scripts.stack.starting import exists, in_time, says
from scripts.stack.supervisor import ServiceFailed


async def test_a_server_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("starting\n", "utf-8")
    waiting = asyncio.create_task(in_time("It", log, says(log, "on air")))
    await asyncio.sleep(0)
    assert not waiting.done()
    log.write_text("starting\non air\n", "utf-8")
    await waiting
    await in_time("It", log, exists(log))


async def test_who_does_not_start_is_told_with_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "START_TIMEOUT_S", 0.01)
    log = tmp_path / "server.log"
    with pytest.raises(ServiceFailed, match=f"Twitch does not start; see {log}"):
        await in_time("Twitch", log, exists(log))
