"""Wall-clock time as the protocols write it."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def wire_time(moment: datetime) -> str:
    """Write a UTC time with six digits and `Z`: the form every SDK can read (maestra.md §9.5)."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def naive_wire_time(moment: datetime) -> str:
    """Write a UTC time without `Z`: so it stands in the envelopes of gateways (maestra.md §0)."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")


def optional_wire_time(moment: datetime | None) -> str | None:
    """Write a UTC time that may be absent."""
    return None if moment is None else wire_time(moment)


def parse_time(text: str) -> datetime:
    """Read what `wire_time` wrote."""
    return datetime.fromisoformat(text)
