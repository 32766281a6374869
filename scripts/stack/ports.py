"""Which port each server listens on."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
import random
import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"
CONNECT_INTERVAL_S: Final = 0.02

STANDARD_PORTS: Final = {
    "home_assistant": 8123,
    "mqtt": 1883,
    "postgresql": 5432,
    "fleet_api": 8080,
    "websocket": 8765,
    "osc": 57120,
    "nats": 4222,
    "lightstreamer": 8090,
    "mqtts": 8883,
    "twitch": 8091,
    "obs": 4455,
    "wyoming": 10300,
    "cluster_nats_1": 4231,
    "cluster_nats_2": 4232,
    "cluster_nats_3": 4233,
    "cluster_mqtt_1": 1891,
    "cluster_mqtt_2": 1892,
    "cluster_mqtt_3": 1893,
    "cluster_route_1": 6231,
    "cluster_route_2": 6232,
    "cluster_route_3": 6233,
}
"""One row a server. With a port base, servers take base, base + 1, … in this order."""
UDP: Final = frozenset({"osc"})


class PortTaken(Exception):
    """Another program listens on a port that a server needs."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of one development server."""

    home_assistant: int
    mqtt: int
    postgresql: int
    fleet_api: int
    websocket: int
    osc: int
    nats: int
    lightstreamer: int
    mqtts: int
    twitch: int
    obs: int
    wyoming: int
    cluster_nats_1: int
    cluster_nats_2: int
    cluster_nats_3: int
    cluster_mqtt_1: int
    cluster_mqtt_2: int
    cluster_mqtt_3: int
    cluster_route_1: int
    cluster_route_2: int
    cluster_route_3: int

    @classmethod
    def from_base(cls, base: int | None) -> Ports:
        """Return the standard ports, or consecutive ones from `base` on."""
        if base is None:
            return cls(**STANDARD_PORTS)
        return cls(**{name: base + row for row, name in enumerate(STANDARD_PORTS)})

    def check_free(self) -> None:
        """Raise PortTaken for a port that something listens on."""
        for name in STANDARD_PORTS:
            port = getattr(self, name)
            kind = socket.SOCK_DGRAM if name in UDP else socket.SOCK_STREAM
            with socket.socket(type=kind) as probe:
                # As servers do; without it a port stays busy for a minute after a stop.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((LOOPBACK, port))
                except OSError as err:
                    raise PortTaken(
                        f"port {port} ({name}) is taken by another program; "
                        "stop that, or move every server with --port-base N"
                    ) from err


def free_base() -> int:
    """Return a base of ports that nothing listens on.

    Tries them in random order: those who look at the same time must not agree on one.
    """
    bases = list(range(21000, 32000, len(STANDARD_PORTS) + 1))
    random.shuffle(bases)
    for base in bases:
        with suppress(PortTaken):
            Ports.from_base(base).check_free()
            return base
    raise PortTaken("no free ports")


async def accepts_connections(port: int) -> None:
    """Return when something listens on a TCP port."""
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(CONNECT_INTERVAL_S)
        else:
            writer.close()
            await writer.wait_closed()
            return
