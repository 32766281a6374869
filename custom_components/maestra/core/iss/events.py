"""Events on the bus about ISS telemetry: readings of channels, and whether the signal is there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(slots=True, eq=False)
class ReadingTaken:
    """One reading of a channel of telemetry: complete, and in the order in which readings came in.

    `value` is its number, None where it has none; `text` is it as people read it. `time` is when it was
    measured, in UTC. `is_live` is False for what the feed tells of the past when it is joined.

    Several readings may be of one time: a value or a status can change under an unchanged one. `id` is the same
    for the same reading, however often and in whichever session it is told. `feed` tells apart who brings a
    channel, where several do; it is empty for the first.
    """

    channel: str
    value: float | None
    text: str
    time: datetime
    status_class: str
    status_indicator: str
    status_color: str
    is_live: bool
    id: str | None = None
    feed: str = ""

    @property
    def series(self) -> str:
        """What the channel is called where the readings of all feeds are together."""
        return f"{self.channel}@{self.feed}" if self.feed else self.channel


type Signal = Literal["acquired", "stale", "lost"]


@dataclass(slots=True, eq=False)
class SignalChanged:
    """Telemetry of a link comes live, comes late, or not at all, since `time` in UTC."""

    gateway: str
    status: Signal
    time: datetime
