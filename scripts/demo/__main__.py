"""`python -m scripts.demo`: sets the stage, starts a process for each client, stops them all."""

import argparse
import asyncio
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
import os
from pathlib import Path
import signal
import sys
from typing import Final

import aiohttp

from .catalogue import MISBEHAVER, cast
from .client import READY
from .stage import Refused, link_boards, set_stage

CLIENTS: Final = (
    "building",
    "foyer_board",
    "hazer_board",
    "lighting_desk",
    "media_server",
    "projector",
    "stage_microphone",
)
TOKEN_VARIABLE: Final = "MAESTRA_DEMO_TOKEN"
ROOT: Final = Path(__file__).parents[2]
STOP_PATIENCE_S: Final = 5


class ShowFailed(Exception):
    """The show can't begin; the text says why."""


async def play(options: argparse.Namespace, processes: dict[str, Process]) -> None:
    """Put on the show until cancelled; `processes` gets what has to be stopped."""
    props = cast(faults=options.faults)
    # They take their time to start: meanwhile the stage is set.
    for name in (*CLIENTS, MISBEHAVER) if options.faults else CLIENTS:
        processes[name] = await start(name, options)
    token = os.environ.get(TOKEN_VARIABLE) or ""
    if options.await_token:
        token = await read_line()
    new = await set_stage(options.ha_url, token, props) if options.ha_url else set()
    for process in processes.values():
        give_cue(process)
    await asyncio.gather(*(ready(name, it) for name, it in processes.items()))
    if new:
        await link(options.ha_url, token, new)
    on_stage = [prop for prop in props if options.ha_url or prop.client]
    print(f"demo: {len(on_stage)} entities on stage", flush=True)
    # One that falls is told of; the others play on.
    await asyncio.gather(*(ended(name, it) for name, it in processes.items()))
    raise ShowFailed("nobody is left on stage")


async def link(ha_url: str, token: str, slugs: set[str]) -> None:
    """Link what is new on stage to its boards; the show goes on without them."""
    try:
        await link_boards(ha_url, token, slugs)
    except TimeoutError:
        complain("not every board has registered with Home Assistant")


async def start(name: str, options: argparse.Namespace) -> Process:
    """Start a client; the pipe to it closes when this process ends, however it does."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"scripts.demo.clients.{name}",
        "--mqtt-host",
        options.mqtt_host,
        "--mqtt-port",
        str(options.mqtt_port),
        "--until-eof",
        "--on-cue",
        stdin=PIPE,
        stdout=PIPE,
        # Ctrl-C in the terminal reaches only us; we stop the others.
        start_new_session=True,
        cwd=ROOT,
        env={key: it for key, it in os.environ.items() if key != TOKEN_VARIABLE},
    )


def give_cue(process: Process) -> None:
    """Let a client begin."""
    assert process.stdin
    process.stdin.write(b"\n")


async def read_line() -> str:
    """Wait for a line on standard input; raises ShowFailed when that ends instead."""
    reader = asyncio.StreamReader()
    pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        if not (line := (await reader.readline()).decode().strip()):
            raise ShowFailed("nothing came on standard input")
        return line
    finally:
        pipe.close()


async def ready(name: str, process: Process) -> None:
    """Wait until a client has said what it is; raises ShowFailed when it ends instead."""
    assert process.stdout
    if (await process.stdout.readline()).decode().strip() != READY:
        raise ShowFailed(f"{name} ended before it was ready")


async def ended(name: str, process: Process) -> None:
    """Wait for the end of a client and tell of it."""
    complain(f"{name} ended (exit code {await process.wait()})")


async def stop(process: Process) -> None:
    """Stop a client."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_PATIENCE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def run(options: argparse.Namespace) -> int:
    """Run the show until a signal ends it; returns the exit code."""
    loop = asyncio.get_running_loop()
    processes: dict[str, Process] = {}
    show = asyncio.create_task(play(options, processes))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, show.cancel)
    await asyncio.wait([show])
    await asyncio.gather(*(stop(it) for it in processes.values()))
    if show.cancelled():
        return 0
    try:
        show.result()
    except (ShowFailed, Refused, aiohttp.ClientError) as error:
        complain(str(error))
    return 1


def complain(text: str) -> None:
    """Tell the person at the terminal what is wrong."""
    print(f"demo: {text}", file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.demo", description=__doc__)
    parser.add_argument("--mqtt-host", default="127.0.0.1")
    parser.add_argument("--mqtt-port", type=int, default=1883)
    parser.add_argument(
        "--ha-url",
        help="create the entities in this Home Assistant first; "
        f"its access token is in {TOKEN_VARIABLE}",
    )
    parser.add_argument(
        "--await-token",
        action="store_true",
        help="take the access token from a line on standard input, when there is one",
    )
    parser.add_argument(
        "--faults",
        action="store_true",
        help="let one device misbehave, to see what Maestra makes of it",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(parse())))
