"""What small devices measure and tell without being asked, whatever protocol they speak."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .json_types import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """An event came in. `is_repeated`: it is one that came before, and only has to be made durable."""

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
    """Something nobody could take came in."""

    letter: DeadLetter


@dataclass(frozen=True, slots=True, kw_only=True)
class F2Told:
    """What all news of F2 controllers have: the link (`gateway`), the MAC as twelve digits, and the times.

    `path` is the component: `J1/strike-2`. `measured_at` is when the controller says that it happened, None where
    it does not or can't be read; `received_at` is when it came in. Both are in UTC.
    """

    gateway: str
    controller: str
    path: str
    measured_at: datetime | None
    received_at: datetime

    @property
    def delay(self) -> float | None:
        """Seconds between the two times: the error of the controller's clock, and the way here."""
        if self.measured_at is None:
            return None
        return (self.received_at - self.measured_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class F2StateChanged(F2Told):
    """A strike, door sensor, exit button, siren or motion sensor has another state. `previous` is None for the first."""

    previous: bool | None
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class F2ExitButton(F2Told):
    """An exit button was pressed or let go, in this moment: never what the broker has kept."""

    is_pressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class F2CardRead(F2Told):
    """A reader has read a card or a code, in this moment: never what the broker has kept.

    `credential` and `text` (its bytes as text, or as hexadecimal digits where they are none) are secrets;
    `credential_hash` is what may be logged, stored and shown.
    """

    credential: bytes = field(repr=False)
    text: str = field(repr=False)
    credential_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class F2Reading(F2Told):
    """A sensor has sent a frame. `time` is that of its stored rows, the controller's where it can be believed.

    `values` has a number, or None where the frame is too short, for each datapoint of the sensor's template;
    `rows` the same by the integers of what is stored: (sensor, datapoint, value). Both are empty without a template.
    `raw` is empty where the sensor has sent a number instead of a frame. `crc_valid` is only for people:
    many sensors' checksums are wrong.
    """

    template: str | None
    values: Mapping[str, float | None]
    rows: tuple[tuple[int, int, float | None], ...] = field(repr=False)
    raw: bytes
    crc_valid: bool | None
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class F2ControllerDiscovered:
    """A controller that nobody has set up was heard for the first time."""

    gateway: str
    controller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class F2ControllerChanged:
    """A controller has other components, another name, or was set up or forgotten."""

    gateway: str
    controller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDecision:
    """Somebody was let in, or not, and why. Told on the bus, it is stored.

    `path` is the reader, or the exit button; `person` who it was, where that is known.
    """

    id: str
    gateway: str
    controller: str
    path: str
    credential_hash: str | None
    person: str | None
    granted: bool
    reason: str
    timestamp: datetime


@dataclass(slots=True, eq=False)
class ReadingTaken:
    """One reading of a channel of telemetry: complete, and in the order in which readings came in.

    `value` is its number, None where it has none; `text` is it as people read it. `time` is when it was
    measured, in UTC. `is_live` is False for what the feed tells of the past when it is joined.
    """

    channel: str
    value: float | None
    text: str
    time: datetime
    status_class: str
    status_indicator: str
    status_color: str
    is_live: bool


type Signal = Literal["acquired", "stale", "lost"]


@dataclass(slots=True, eq=False)
class SignalChanged:
    """Telemetry of a link comes live, comes late, or not at all, since `time` in UTC."""

    gateway: str
    status: Signal
    time: datetime
