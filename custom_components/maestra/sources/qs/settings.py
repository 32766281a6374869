"""How QS events are read, and where."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
import enum
from typing import Final

EVENTS_FILTER: Final = "qs/v1/+/events"
DEADLETTER_TOPIC: Final = "qs/v1/deadletter"


class Mismatch(enum.StrEnum):
    """What to do where an event names another device than its topic."""

    ACCEPT = "accept"
    WARN = "warn"
    """Accept, count, and log once for each device."""
    REFUSE = "refuse"


@dataclass(frozen=True, kw_only=True)
class QsSettings:
    """`zone` is that of device times without an offset. Sources of the same `group` share the messages.

    Only `shown` devices are told of in Home Assistant, where it is given; the others are stored and acknowledged.
    """

    zone: tzinfo = UTC
    mismatch: Mismatch = Mismatch.WARN
    group: str = ""
    shown: frozenset[str] = frozenset()

    @property
    def filter(self) -> str:
        """What to subscribe to."""
        return f"$share/{self.group}/{EVENTS_FILTER}" if self.group else EVENTS_FILTER

    def shows(self, device_id: str) -> bool:
        """Whether a device is to be shown."""
        return not self.shown or device_id in self.shown
