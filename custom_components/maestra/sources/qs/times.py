"""Times of devices (qs.md §4)."""

from datetime import UTC, datetime, tzinfo
from typing import Any


def device_time(value: Any, zone: tzinfo) -> datetime | None:
    """Read the time that a device gives, in UTC; None for what is none: no event is refused for its time.

    An explicit offset is kept, anything else is in `zone`. Of an hour that comes twice, it is the first.
    """
    if not isinstance(value, str) or not (text := value.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except ValueError, OverflowError:
        return None
