"""`scripts/develop --cluster`: what devices of the cluster say is in Home Assistant and in the database, also when parts of it are killed."""

import asyncio
from collections.abc import Iterator
import os
from pathlib import Path
import signal

import pytest

from scripts.stack.__main__ import data_folder
from scripts.stack.ports import free_base

from ..kits.develop import Stack, configuration, started
from ..kits.process import PATIENCE

pytestmark = [
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("stream cluster"),
]


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """Where the configuration of a development server is to be."""
    with configuration(tmp_path) as config:
        yield config


def kill(file: Path) -> None:
    """Kill the process that was started with a file."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(file).encode() in words:
            os.kill(int(folder.name), signal.SIGKILL)
            return
    raise AssertionError(f"nobody runs with {file}")


async def goes_on(stack: Stack) -> None:
    """Wait until something new of each node is stored, and shown."""
    newest = await stack.psql(
        "SELECT coalesce(max(ts_server), '-infinity') FROM events"
    )
    shown = (await stack.states()).get("sensor.fleet_01_temperature")
    await stack.finds(
        "1 FROM events WHERE device_id LIKE 'fleet-%' AND "
        f"ts_server > '{newest}' HAVING count(DISTINCT device_id) = 4"
    )
    async with asyncio.timeout(2 * PATIENCE):
        while (await stack.states()).get("sensor.fleet_01_temperature") in (
            shown,
            None,
            "unavailable",
        ):
            await asyncio.sleep(0.2)


async def test_a_cluster_goes_on_without_any_one_of_its_processes(
    config: Path,
) -> None:
    options = ("--no-demo", "--cluster", "--port-base", str(free_base()))
    async with started(config, *options) as stack:
        await stack.sees("sensor.stream_cluster_workers", "2")
        await goes_on(stack)
        data = data_folder(config)
        kill(data / "fleet-0.toml")
        await stack.sees("sensor.stream_cluster_workers", "1")
        await goes_on(stack)
        # The one to which Home Assistant is connected.
        kill(data / "cluster-n1.conf")
        await stack.sees("sensor.stream_cluster_copies_behind", "1")
        await goes_on(stack)
        doubled = "SELECT count(*) - count(DISTINCT event_id) FROM events"
        assert await stack.psql(doubled) == "0"
