"""Wall-clock time as the protocols write it."""

from datetime import UTC, datetime
import re
from typing import Final

import orjson

# Python takes any character between date and time, so that it finds a date of 1763 in a count of milliseconds.
_COUNT: Final = re.compile(r"(\d{8}|\d{4}-\d\d-\d\d)\d")


def utcnow() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def wire_time(moment: datetime) -> str:
    """Write a UTC time with six digits and `Z`: the form every SDK can read (maestra.md §9.5)."""
    if moment.tzinfo is UTC and moment.microsecond:
        # Several times as quick as Python, and the same as long as there is a fraction.
        return orjson.dumps(moment, _written, orjson.OPT_UTC_Z)[1:-1].decode()
    return _written(moment)


def _written(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def naive_wire_time(moment: datetime) -> str:
    """Write a UTC time without `Z`: so it stands in the envelopes of gateways (maestra.md §0)."""
    return wire_time(moment)[:-1]


def optional_wire_time(moment: datetime | None) -> str | None:
    """Write a UTC time that may be absent."""
    return None if moment is None else wire_time(moment)


def device_clock(text: str) -> datetime:
    """Read ISO 8601 as somebody else wrote it; raises ValueError. Digits without end are a count of seconds, no date."""
    text = text.strip()
    if _COUNT.match(text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def utc_clock(text: str) -> datetime:
    """Read the same in UTC, which a time without a zone is already; raises ValueError, as for what is outside the calendar there."""
    moment = device_clock(text)
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def parse_time(text: str) -> datetime:
    """Read what `wire_time` wrote."""
    return datetime.fromisoformat(text)
