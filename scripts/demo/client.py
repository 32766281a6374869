"""What the clients of the demo show have in common: connecting, staying connected, speaking and hearing."""

import argparse
import asyncio
from collections.abc import Coroutine, Iterable
import json
import os
import signal
import socket
import sys
from typing import Any, ClassVar, Final

import aiomqtt

from .catalogue import Json, played_by

READY: Final = "ready"
"""What a client prints once, when it is connected and has said what it is."""
CUE_BYTES: Final = 64
FIRST_RETRY_S: Final = 0.25
LAST_RETRY_S: Final = 5.0
# Else Nagle's algorithm holds back a message that follows an acknowledgement.
SOCKET_OPTIONS: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


class Client:
    """One MQTT client, and the entities that the catalogue lets it play.

    A subclass says what it does (`acts`), how it introduces itself (`announce`), what
    else it listens to (`topics`) and what it makes of what it hears (`on_set`, `on_message`).
    """

    name: ClassVar[str]
    topics: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        """Begin as the catalogue says."""
        self.props = played_by(self.name)
        self.inputs = {slug: prop.inputs for slug, prop in self.props.items()}
        self._is_ready = False

    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        """Return what goes on at the same time for as long as there is a connection."""
        return ()

    async def announce(self) -> None:
        """Tell how things are; runs at each connection."""
        for slug, prop in self.props.items():
            await self.update(slug, {**prop.state, **self.inputs[slug]})

    async def on_set(self, slug: str) -> None:
        """React to what somebody else has set; `inputs` has it already."""

    async def on_message(self, message: dict[str, Json]) -> None:
        """React to any other message."""

    async def update(self, slug: str, state: dict[str, Json]) -> None:
        """Merge values into an entity's state (maestra.md §2.1)."""
        await self.publish(
            f"maestra/entity/state/update/{slug}", {"state": state, "source": self.name}
        )

    async def publish(self, topic: str, body: Json, *, qos: int = 0) -> None:
        """Publish bytes as they are and anything else as JSON."""
        payload = body if isinstance(body, bytes) else json.dumps(body)
        await self._mqtt.publish(topic, payload, qos=qos)

    async def run(self, host: str, port: int) -> None:
        """Play for ever; a broker that goes away is waited for."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                async with (
                    aiomqtt.Client(
                        host,
                        port,
                        identifier=f"demo-{self.name}",
                        socket_options=SOCKET_OPTIONS,
                    ) as self._mqtt,
                    asyncio.TaskGroup() as group,
                ):
                    retry_s = FIRST_RETRY_S
                    await self._subscribe()
                    group.create_task(self._listen())
                    await self.announce()
                    self._report_ready()
                    for act in self.acts():
                        group.create_task(act)
            except* aiomqtt.MqttError as errors:
                _complain(f"{self.name}: {errors.exceptions[0]}, trying again")
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, LAST_RETRY_S)

    async def _subscribe(self) -> None:
        states = [
            f"maestra/entity/state/+/{slug}" for slug, it in self.inputs.items() if it
        ]
        for topic in (*states, *self.topics):
            await self._mqtt.subscribe(topic, qos=1)

    async def _listen(self) -> None:
        async for received in self._mqtt.messages:
            try:
                message = json.loads(received.payload)
            except ValueError:
                continue
            # The wildcard brings commands too, and what we said ourselves comes back as an event.
            if not isinstance(message, dict) or message.get("source") == self.name:
                continue
            if message.get("type") == "state_changed":
                slug = str(message.get("entity_slug"))
                if slug in self.inputs and adopt(self.inputs[slug], message):
                    await self.on_set(slug)
            elif "type" in message or "stream_type" in message:
                await self.on_message(message)

    def _report_ready(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            print(READY, flush=True)


def adopt(state: dict[str, Json], event: dict[str, Json]) -> bool:
    """Take over into `state` what a state event says of its keys; tells whether anything is different now.

    A value of another kind is left out: others may write what they like.
    """
    current = event.get("current_state")
    if not isinstance(current, dict):
        return False
    fitting = {
        key: current[key]
        for key, value in state.items()
        if key in current and _kind(current[key]) == _kind(value)
    }
    differs = any(state[key] != value for key, value in fitting.items())
    state.update(fitting)
    return differs


def _kind(value: Json) -> type:
    return float if type(value) is int else type(value)


def main(client: Client) -> None:
    """Run a client as a program."""
    parser = argparse.ArgumentParser(description=client.__doc__)
    parser.add_argument("--mqtt-host", default="127.0.0.1")
    parser.add_argument("--mqtt-port", type=int, default=1883)
    parser.add_argument(
        "--until-eof", action="store_true", help="end when standard input does"
    )
    parser.add_argument(
        "--on-cue",
        action="store_true",
        help="begin when standard input has something; with --until-eof",
    )
    options = parser.parse_args()
    asyncio.run(_run(client, options))


async def _run(client: Client, options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    cue = asyncio.Event()
    if not options.on_cue:
        cue.set()

    async def play() -> None:
        await cue.wait()
        await client.run(options.mqtt_host, options.mqtt_port)

    def hear() -> None:
        if os.read(sys.stdin.fileno(), CUE_BYTES):
            cue.set()
        else:
            # However the supervisor ends, its end of the pipe is closed.
            playing.cancel()

    playing = asyncio.create_task(play())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, playing.cancel)
    if options.until_eof:
        loop.add_reader(sys.stdin, hear)
    await asyncio.wait([playing])
    if not playing.cancelled():
        playing.result()


def _complain(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)
