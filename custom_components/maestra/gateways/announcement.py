"""One message about an event, before it is told anywhere."""

import enum
from typing import NamedTuple


class Wires(enum.Flag):
    """Who an announcement is for."""

    MQTT = enum.auto()
    SUBJECTS = enum.auto()
    """NATS, and the WebSocket clients that hear what is said on its subjects."""


class Announcement(NamedTuple):
    """One message about an event: `topics` has where it is told, the most telling first. Nothing is retained.

    A topic is a NATS subject too, with `.` for `/` (`subject_of_topic`). `qos` is MQTT's.
    """

    topics: tuple[str, ...]
    payload: bytes
    qos: int = 0
    wires: Wires = Wires.MQTT | Wires.SUBJECTS
