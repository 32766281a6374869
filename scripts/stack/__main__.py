"""`scripts/develop`: starts everything, says so in one line, stops everything."""

import argparse
import asyncio
from collections.abc import Coroutine, Sequence
import fcntl
import hashlib
import json
import os
from pathlib import Path
import shutil
import signal
import sys
import time

import aiohttp

from scripts.devenv.paths import DEVENV, open_folder

from .context import MEMORY_FILE, Context, Memory, home_assistant_url
from .hass_api import ApiError, HassApi
from .ports import Ports, PortTaken
from .services import PARTS, Part
from .services.cluster import (
    ClusterInMaestra,
    ClusterNodes,
    ClusterServers,
    ClusterWorkers,
)
from .services.demo import Demo, DemoPrograms
from .services.esphome_nodes import EsphomeAlarm, EsphomeNodes
from .services.obs import Obs, ObsInstance
from .services.speech import Speech, Transcription
from .services.twitch import LiveStream, Twitch
from .supervisor import ServiceFailed, Supervisor, unprivileged_user
from .terminal import say

START_TIMEOUT_S = 120
WORTH_SAYING_S = 0.1
DEFAULT_CONFIG = DEVENV / "config"
SHOW = (
    Demo,
    DemoPrograms,
    EsphomeNodes,
    EsphomeAlarm,
    Twitch,
    LiveStream,
    Obs,
    ObsInstance,
    Speech,
    Transcription,
)
"""What there is for the demo alone."""
CLUSTER = (ClusterServers, ClusterNodes, ClusterWorkers, ClusterInMaestra)
"""What there is where it is asked for."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/develop",
        description="Start Home Assistant with Maestra, every server around it and a demo show.",
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        metavar="DIR",
        help="Home Assistant's config folder, kept between runs (default: %(default)s)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="wipe the config folder first"
    )
    parser.add_argument(
        "--port-base",
        type=int,
        metavar="N",
        help="let the servers listen on N, N+1, … instead of their standard ports",
    )
    parser.add_argument(
        "--no-demo", action="store_true", help="start without the demo show"
    )
    parser.add_argument(
        "--faults",
        action="store_true",
        help="let some devices of the demo misbehave, to see what Maestra makes of it",
    )
    parser.add_argument(
        "--obs",
        action="store_true",
        help="start a real OBS Studio instead of its double, from a root of its own (once: python3 -m scripts.devenv.obs)",
    )
    parser.add_argument(
        "--speech",
        action="store_true",
        help="start speech recognition too, by Whisper (once: python3 -m scripts.devenv.speech)",
    )
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="start a cluster of three nats-servers too, with two workers and nodes of its own",
    )
    parser.add_argument(
        "--lightstreamer",
        metavar="URL",
        help="take the telemetry of the ISS from this server instead of a simulator",
    )
    return parser.parse_args(arguments)


async def run(options: argparse.Namespace) -> int:
    """Run a development server until it is told to stop; returns the exit code."""
    config: Path = options.config.resolve()
    data = data_folder(config)
    ports = Ports.from_base(options.port_base)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Started by nohup, it is meant to outlive its terminal.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if options.fresh:
        wipe(config, data)
    elif not (config / MEMORY_FILE).exists():
        # Of a configuration that is gone, with what opens it.
        shutil.rmtree(data, ignore_errors=True)
    config.mkdir(parents=True, exist_ok=True)
    with (config / ".maestra-develop.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another development server runs on {config}")
            return 1
        make_data_folder(data)
        ports.check_free()
        supervisor = Supervisor()
        try:
            async with HassApi(home_assistant_url(ports)) as api:
                context = Context(
                    config=config,
                    data=data,
                    ports=ports,
                    memory=Memory.load(config),
                    api=api,
                    supervisor=supervisor,
                    lightstreamer=options.lightstreamer,
                    has_demo=not options.no_demo,
                    has_studio=options.obs,
                    has_speech=options.speech,
                    faults=options.faults,
                )
                context.save_memory()
                parts = [
                    it
                    for it in PARTS
                    if not (options.no_demo and isinstance(it.service, SHOW))
                    and (options.cluster or not isinstance(it.service, CLUSTER))
                ]
                await until_stopped(stop, supervisor, start(context, parts))
        finally:
            say("stopping")
            await supervisor.stop()
    return 0


async def start(context: Context, parts: Sequence[Part]) -> None:
    """Bring every part up and tell how to use it."""
    begin = time.monotonic()
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            await start_parts(context, parts)
    except TimeoutError as err:
        raise ServiceFailed(
            f"not up after {START_TIMEOUT_S} s; see the logs in {context.logs}"
        ) from err
    context.supervisor.all_up()
    facts: dict[str, object] = {}
    for part in parts:
        facts |= part.service.facts(context)
    print(f"\nHome Assistant  {context.url}")
    print(f"Login           {context.memory.username} / {context.memory.password}")
    print(f"Database        {facts['psql']} {facts['dsn']}")
    if overlay := facts.get("overlay"):
        print(f"Overlay         {overlay}")
    print(f"Logs            {context.logs}")
    print(
        f"Started in {time.monotonic() - begin:.1f} s. Ctrl-C stops everything.\n",
        flush=True,
    )
    print(f"READY {json.dumps(facts)}", flush=True)


async def start_parts(context: Context, parts: Sequence[Part]) -> None:
    """Start each part as soon as those are up that it needs, and say what took how long; raises what the first to fail does."""
    tasks: dict[str, asyncio.Task[None]] = {}

    async def bring_up(part: Part) -> None:
        for name in part.after:
            await tasks[name]
        begin = time.monotonic()
        await part.service.start(context)
        if (took := time.monotonic() - begin) >= WORTH_SAYING_S:
            say(f"{part.name}: {took:.1f} s")

    for part in parts:
        tasks[part.name] = asyncio.create_task(bring_up(part))
    try:
        await asyncio.gather(*tasks.values())
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


async def until_stopped(
    stop: asyncio.Event, supervisor: Supervisor, starting: Coroutine[None, None, None]
) -> None:
    """Return when told to stop; raise when starting fails or a service ends by itself."""
    start_task = asyncio.create_task(starting)
    ends = {asyncio.create_task(stop.wait()), asyncio.create_task(supervisor.failed())}
    try:
        done, _ = await asyncio.wait(
            {start_task, *ends}, return_when=asyncio.FIRST_COMPLETED
        )
        if start_task in done:
            start_task.result()
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (start_task, *ends):
            task.cancel()
        await asyncio.gather(start_task, *ends, return_exceptions=True)


def data_folder(config: Path) -> Path:
    """Return where the servers of a configuration folder keep their data: paths there are short, and not below root's home."""
    name = hashlib.sha256(str(config.resolve()).encode()).hexdigest()[:12]
    return open_folder() / "data" / name


def make_data_folder(data: Path) -> None:
    """Make the folder for servers that run as an unprivileged user, and let that user own it."""
    data.mkdir(parents=True, exist_ok=True)
    if account := unprivileged_user():
        data.parent.chmod(0o755)
        os.chown(data, account.pw_uid, account.pw_gid)


def wipe(config: Path, data: Path) -> None:
    """Remove what earlier runs left; never a folder that is not ours."""
    if (
        config.exists()
        and any(config.iterdir())
        and not (config / MEMORY_FILE).exists()
    ):
        raise ServiceFailed(f"{config} was not made by scripts/develop; not wiping it")
    for folder in (config, data):
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run the command; returns its exit code."""
    options = parse(sys.argv[1:])
    try:
        return asyncio.run(run(options))
    except (ServiceFailed, PortTaken, ApiError, aiohttp.ClientError) as err:
        say(str(err))
        return 1


if __name__ == "__main__":
    sys.exit(main())
