"""Events on the bus about QS devices: what they measure, ids used twice, dead letters."""

from dataclasses import dataclass
from datetime import datetime

from ..domain.json_values import JsonValue


# Not frozen: so each field would cost a call, for each of thousands of events.
@dataclass(slots=True, kw_only=True)
class TelemetryEvent:
    """One thing that a device has told; `event_id` is meant to be unique among all devices.

    `ts_device` is when the device says that it happened, `ts_server` when it came in; both in UTC.
    """

    event_id: str
    device_id: str
    schema: int
    event_type: str
    value: float | str | None
    unit: str | None
    ts_device: datetime | None
    ts_server: datetime
    meta: JsonValue


@dataclass(slots=True, eq=False)
class TelemetryReceived:
    """An event came in. `is_repeated`: it came before, or the broker has kept it, and only has to be made durable."""

    event: TelemetryEvent
    gateway: str
    is_repeated: bool


@dataclass(slots=True, eq=False)
class TelemetryIdReused:
    """A device gave two different events the same id."""

    device_id: str
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What nobody could take: why, where it came in, and its text, cut to a limit.

    `index` is its place in the message that it was part of, `total` how many that had, and
    `stored` how many of them were good.
    """

    id: str
    timestamp: datetime
    gateway: str
    topic: str
    device_id: str | None
    error: str
    payload: str
    is_cut: bool
    index: int
    total: int
    stored: int


@dataclass(slots=True, eq=False)
class DeadLettered:
    """Something nobody could take came in; the one with the id `replaced` had to make room for it."""

    letter: DeadLetter
    replaced: str | None


@dataclass(slots=True, eq=False)
class DeadLetterTaken:
    """A dead letter was put right, and is kept no longer."""

    letter_id: str


@dataclass(slots=True, eq=False)
class FormerFileRead:
    """All that is known was read out of a file of an earlier version, and is not kept elsewhere yet."""
