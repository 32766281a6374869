"""Child processes are watched, and stopped to the last one."""

import asyncio
from collections.abc import AsyncGenerator
import errno
import os
from pathlib import Path
import signal
import sys
from typing import Any

import pytest

from scripts.stack.supervisor import Child, ServiceFailed, Supervisor

from ..kits.process import PATIENCE


@pytest.fixture
async def supervisor() -> AsyncGenerator[Supervisor]:
    """A supervisor whose processes end with the test."""
    supervisor = Supervisor()
    yield supervisor
    await supervisor.stop()


def shell(folder: Path, script: str, **options: Any) -> Child:
    """Return a child that runs a shell script in `folder`."""
    return Child(
        name="child",
        command=["/bin/sh", "-c", script],
        log=folder / "log" / "child.log",
        cwd=folder,
        env=dict(os.environ),
        **options,
    )


async def content(file: Path) -> str:
    """Wait for a file with a whole line, and return it."""
    async with asyncio.timeout(PATIENCE):
        while not file.exists() or not file.read_text("utf-8").endswith("\n"):
            await asyncio.sleep(0.01)
    return file.read_text("utf-8").strip()


def lives(pid: int) -> bool:
    """Tell whether a process exists and is not just waiting to be reaped."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text("utf-8").rsplit(")", 1)[1].split()[0] != "Z"


async def test_the_end_of_a_process_is_told_with_its_log(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.spawn(shell(tmp_path, "echo out of tea; exit 3"))
    with pytest.raises(ServiceFailed, match=r"exit code 3(?s:.*)out of tea"):
        async with asyncio.timeout(PATIENCE):
            await supervisor.failed()


async def test_once_all_is_up_only_the_end_of_what_is_vital_ends_everything(
    supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor.all_up()
    await supervisor.spawn(shell(tmp_path, "exit 3"))
    vital = shell(tmp_path, "sleep 0.2; exit 4")
    vital.vital = True
    await supervisor.spawn(vital)
    with pytest.raises(ServiceFailed, match="exit code 4"):
        async with asyncio.timeout(PATIENCE):
            await supervisor.failed()
    assert "exit code 3); the others go on" in capsys.readouterr().err


async def test_a_process_that_asks_for_it_is_started_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    script = (
        "[ -e again ] && { echo twice > done; exec sleep 60; }; touch again; exit 100"
    )
    await supervisor.spawn(shell(tmp_path, script, restart_code=100))
    assert await content(tmp_path / "done") == "twice"


async def test_stopping_ends_what_a_process_has_started(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.spawn(shell(tmp_path, "sleep 60 & echo $! > pid; wait"))
    grandchild = int(await content(tmp_path / "pid"))
    assert lives(grandchild)
    await supervisor.stop()
    async with asyncio.timeout(PATIENCE):
        while lives(grandchild):
            await asyncio.sleep(0.01)


async def test_a_process_gets_the_signal_that_it_wants(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    script = (
        "trap 'echo politely > end; exit' INT; echo > up; while :; do sleep 0.01; done"
    )
    await supervisor.spawn(shell(tmp_path, script, stop_signal=signal.SIGINT))
    await content(tmp_path / "up")
    await supervisor.stop()
    assert await content(tmp_path / "end") == "politely"


async def test_what_is_vital_is_stopped_while_it_has_what_it_needs(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """Then the others, the last started first."""
    names = ("early", "vital", "late")
    for name in names:
        script = f"trap 'echo {name} >> ends; exit' TERM; echo > {name}; while :; do sleep 0.01; done"
        child = shell(tmp_path, script, vital=name == "vital")
        child.name = name
        await supervisor.spawn(child)
    for name in names:
        await content(tmp_path / name)
    await supervisor.stop()
    assert (await content(tmp_path / "ends")).split() == ["vital", "late", "early"]


async def test_a_process_is_told_something(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.spawn(
        shell(tmp_path, "read word; echo $word > heard; exec sleep 60", has_input=True)
    )
    assert "child" in supervisor
    await supervisor["child"].tell("begin")
    assert await content(tmp_path / "heard") == "begin"


async def test_a_server_that_a_person_has_started_again_is_stopped_too(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    pid_file = tmp_path / "server.pid"
    supervisor.all_up()
    await supervisor.spawn(shell(tmp_path, "exit 0", pid_file=pid_file))
    successor = await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        f"trap 'rm {pid_file}; exit 0' TERM; echo $$ > {pid_file}; while :; do sleep 0.01; done",
    )
    await content(pid_file)
    await supervisor.stop()
    assert await asyncio.wait_for(successor.wait(), PATIENCE) == 0


SLEEPER = "setsid sleep 30 & echo $! > new; mv new pid; wait"
"""Starts a process in a session of its own, as PostgreSQL does."""
WRITER = """
import os, pathlib, sys, time
pathlib.Path("file").write_text("room\\n")
while not os.path.exists("go"):
    time.sleep(0.01)
try:
    pathlib.Path("other").write_text("room")
except OSError as err:
    sys.exit(err.errno)
"""


async def in_state(pid: int, state: str) -> None:
    """Wait until the kernel says so of a process."""
    async with asyncio.timeout(PATIENCE):
        while (
            Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != state
        ):
            await asyncio.sleep(0.01)


async def test_what_is_killed_leaves_nothing_and_can_be_started_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.spawn(shell(tmp_path, SLEEPER))
    before = int(await content(tmp_path / "pid"))
    (tmp_path / "pid").unlink()
    await supervisor.kill("child")
    assert not lives(before)
    await supervisor.start_again("child")
    assert lives(int(await content(tmp_path / "pid")))


async def test_what_hangs_hangs_with_all_below_it_and_can_still_be_stopped(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.spawn(shell(tmp_path, SLEEPER))
    below = int(await content(tmp_path / "pid"))
    supervisor["child"].freeze()
    await in_state(below, "T")
    supervisor["child"].thaw()
    await in_state(below, "S")
    supervisor["child"].freeze()
    async with asyncio.timeout(PATIENCE):
        await supervisor.stop()


async def test_files_of_a_process_can_be_kept_from_growing(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """As on a full disk: a write fails."""
    child = shell(tmp_path, "")
    child.command = [sys.executable, "-c", WRITER]
    await supervisor.spawn(child)
    assert await content(tmp_path / "file") == "room"
    supervisor["child"].limit_files(0)
    (tmp_path / "go").touch()
    with pytest.raises(ServiceFailed, match=f"exit code {errno.EFBIG}"):
        async with asyncio.timeout(PATIENCE):
            await supervisor.failed()
