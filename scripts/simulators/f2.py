"""A fleet of F2 controllers: `python -m scripts.simulators.f2 --help`."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
import random
import signal
import socket
import ssl
import sys
import time
from typing import Final
from zoneinfo import ZoneInfo

import aiohttp
import aiomqtt
from cryptography import x509

from .f2_controller import SimulatedController

READY: Final = "ready"
"""What is printed once, when all controllers are connected."""
FIRST_MAC: Final = 0xAABBCCDDEE01
FIRST_RETRY_S: Final = 0.5
LAST_RETRY_S: Final = 15.0
ISSUE_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
SOCKET_OPTIONS: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


def mac_of(number: int) -> str:
    """Return the MAC address of a controller, counted from 0."""
    return f"{FIRST_MAC + number:012x}"


class Fleet:
    """All controllers of one run."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Connect nothing yet."""
        self._options = options
        self._connected: set[str] = set()

    async def run(self) -> None:
        """Play for ever."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._options.count):
                group.create_task(self._stay(mac_of(number)))

    async def _stay(self, mac: str) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            began = time.monotonic()
            try:
                await self._play(mac)
            except* (aiomqtt.MqttError, aiohttp.ClientError, OSError) as errors:
                print(
                    f"f2: {mac}: {errors.exceptions[0]}, trying again", file=sys.stderr
                )
                retry_s = min(retry_s * 2, LAST_RETRY_S)
            if time.monotonic() - began > LAST_RETRY_S:
                retry_s = FIRST_RETRY_S
            await asyncio.sleep(retry_s)

    async def _play(self, mac: str) -> None:
        options = self._options
        tls = await self._tls(mac)
        async with aiomqtt.Client(
            options.mqtt_host,
            options.mqtt_port,
            identifier=f"f2-{mac}",
            tls_context=tls,
            socket_options=SOCKET_OPTIONS,
        ) as mqtt:

            async def say(topic: str, payload: bytes) -> None:
                await mqtt.publish(topic, payload)

            zone = ZoneInfo(options.zone) if options.zone else None
            controller = SimulatedController(mac, say, zone)
            for topic in controller.commands:
                await mqtt.subscribe(topic)
            self._came(mac)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(mqtt, controller))
                    group.create_task(self._measure(controller))
                    if options.lively:
                        group.create_task(controller.live())
            finally:
                controller.stop()

    async def _listen(
        self, mqtt: aiomqtt.Client, controller: SimulatedController
    ) -> None:
        async for message in mqtt.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            with suppress(ValueError, KeyError):
                await controller.handle(str(message.topic), payload)
        # It ends without an error where the broker says goodbye.
        raise aiomqtt.MqttError("the broker is gone")

    async def _measure(self, controller: SimulatedController) -> None:
        await asyncio.sleep(random.uniform(0, min(1.0, self._options.interval)))
        while True:
            await controller.measure()
            await asyncio.sleep(self._options.interval)

    def _came(self, mac: str) -> None:
        if len(self._connected) < self._options.count:
            self._connected.add(mac)
            if len(self._connected) == self._options.count:
                print(READY, flush=True)

    async def _tls(self, mac: str) -> ssl.SSLContext | None:
        """Return how to connect over mutual TLS: with certificates that are there, or are asked for now."""
        options = self._options
        if not options.certificates:
            return None
        folder: Path = options.certificates
        certificate, key = folder / f"{mac}.crt", folder / f"{mac}.key"
        authority = folder / "ca.crt"
        if options.issue and not await asyncio.to_thread(is_good, certificate, key):
            answer = await self._ask(mac)
            await asyncio.to_thread(_keep, certificate, answer["client_cert"])
            await asyncio.to_thread(_keep, authority, answer["ca_cert"])
            # The key last: it says that the others are there.
            await asyncio.to_thread(_keep, key, answer["private_key"])
        return await asyncio.to_thread(_context, authority, certificate, key)

    async def _ask(self, mac: str) -> dict[str, str]:
        body = {"mac": ":".join(mac[at : at + 2] for at in range(0, 12, 2))}
        if self._options.code:
            body["code"] = self._options.code
        async with (
            aiohttp.ClientSession(timeout=ISSUE_TIMEOUT) as session,
            session.post(self._options.issue, json=body) as response,
        ):
            response.raise_for_status()
            answer: dict[str, str] = await response.json()
            return answer


def is_good(certificate: Path, key: Path) -> bool:
    """Tell whether there is a certificate that is not in the last third of its life."""
    if not key.exists():
        return False
    own = x509.load_pem_x509_certificate(certificate.read_bytes())
    starts, ends = own.not_valid_before_utc, own.not_valid_after_utc
    return datetime.now(UTC) < ends - (ends - starts) / 3


def _keep(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)


def _context(authority: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    return context


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Simulate F2 controllers.")
    parser.add_argument("--mqtt-host", default="127.0.0.1")
    parser.add_argument("--mqtt-port", type=int, default=1883)
    parser.add_argument("--count", type=int, default=4, help="how many controllers")
    parser.add_argument(
        "--interval", type=float, default=30.0, help="seconds between frames"
    )
    parser.add_argument("--zone", help="of their clocks (default: this machine's)")
    parser.add_argument(
        "--lively", action="store_true", help="let cards, doors and motion happen"
    )
    parser.add_argument(
        "--certificates", type=Path, metavar="FOLDER",
        help="mutual TLS with ca.crt, <mac>.crt and <mac>.key of this folder",
    )  # fmt: skip
    parser.add_argument(
        "--issue", metavar="URL",
        help="where certificates that are not in the folder are asked for, as http://host:8080/issue",
    )  # fmt: skip
    parser.add_argument("--code", help="claiming code to ask with")
    parser.add_argument(
        "--until-eof", action="store_true", help="end when standard input does"
    )
    options = parser.parse_args(arguments)
    if options.issue and not options.certificates:
        parser.error("--issue needs --certificates: a folder to keep them in")
    return options


async def main(options: argparse.Namespace) -> None:
    """Play until told to end."""
    loop = asyncio.get_running_loop()
    playing = asyncio.create_task(Fleet(options).run())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, playing.cancel)
    if options.until_eof:
        loop.add_reader(sys.stdin, playing.cancel)
    await asyncio.wait([playing])
    if not playing.cancelled():
        playing.result()


if __name__ == "__main__":
    asyncio.run(main(parsed()))
