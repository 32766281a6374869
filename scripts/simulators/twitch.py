"""`python -m scripts.simulators.twitch`: a Twitch on this machine, on whose channel something happens now and then.

Whatever else shall happen is asked for: `curl -d '{"user_name": "Ann"}' http://127.0.0.1:8091/simulate/channel.follow`.
"""

import argparse
import asyncio
from contextlib import suppress
import itertools
import random
import signal
from typing import Any, Final

from .twitch_server import TwitchServer, as_broadcaster, as_user

READY: Final = "channel on air"
"""What is printed once clients can connect."""
STANDARD_PORT: Final = 8091
EVERY_S: Final = 45.0
NAMES: Final = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gina", "Hugo")
WORDS: Final = ("hello", "what a light", "more haze please", "great show", "love it")


async def play(server: TwitchServer, every: float) -> None:
    """Let a follower come, a cheer, a subscription, and chat in between."""
    numbers = itertools.count(1)
    for kind, fields in itertools.cycle(_programme()):
        await asyncio.sleep(every / 3)
        number = next(numbers)
        person = as_user(random.choice(NAMES), number)
        await server.happens(kind, {**as_broadcaster(), **person, **fields})
        await server.happens("channel.chat.message", _said(person, number))


def _programme() -> list[tuple[str, dict[str, Any]]]:
    return [
        ("channel.follow", {}),
        ("channel.chat.message", {}),
        ("channel.cheer", {"bits": 100, "message": "Cheer100", "is_anonymous": False}),
        ("channel.subscribe", {"tier": "1000", "is_gift": False}),
    ]


def _said(person: dict[str, str], number: int) -> dict[str, Any]:
    text = random.choice(WORDS)
    return {
        **as_broadcaster(),
        **{f"chatter_{key}": value for key, value in person.items()},
        "message_id": f"chat-{number}",
        "message": {"text": text, "fragments": [{"type": "text", "text": text}]},
        "message_type": "text",
    }


async def run(options: argparse.Namespace) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = TwitchServer()
    await server.start(options.port)
    playing = asyncio.create_task(play(server, options.every))
    print(f"{READY} at {server.url}", flush=True)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (playing, stopping):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await playing
    await server.stop()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.simulators.twitch",
        description="Be a Twitch with one channel, for Maestra on the same machine.",
    )
    parser.add_argument(
        "--port", type=int, default=STANDARD_PORT, help="default: %(default)s"
    )
    parser.add_argument(
        "--every",
        type=float,
        default=EVERY_S,
        metavar="SECONDS",
        help="between two of each kind of event (default: %(default)s)",
    )
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
