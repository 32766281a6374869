"""What all processes of a measurement share; imports no Home Assistant, which takes seconds."""

from contextlib import suppress
import random
import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 60  # seconds
EVENTS_FILTER: Final = "qs/v1/+/events"


class Failed(Exception):
    """A process did not do what it should; the text says where to look."""


def free_port() -> int:
    """Return a port that nobody uses; below those that the kernel gives to whoever connects."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
