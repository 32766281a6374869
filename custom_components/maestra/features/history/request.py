"""How history is asked for, in a WebSocket command and in an action."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import probatio

from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util

from ...core.domain.errors import InvalidField
from ...core.store.buckets import (
    ORIGIN,
    Buckets,
    CalendarBuckets,
    FixedBuckets,
    Period,
    buckets_for,
)
from ...core.store.history import DEFAULT_AGGREGATES, MAX_POINTS, HistoryRequest
from ...core.store.series import Series
from ...core.store.topic import Catalogue
from ...hub.actions import moment

ATTR_AGGREGATES: Final = "aggregates"
ATTR_BUCKETS: Final = "buckets"
ATTR_CURSOR: Final = "cursor"
ATTR_END: Final = "end"
ATTR_LIMIT: Final = "limit"
ATTR_KINDS: Final = "kinds"
ATTR_LINE: Final = "line"
ATTR_ORIGIN: Final = "origin"
ATTR_SERIES: Final = "series"
ATTR_START: Final = "start"
ATTR_WIDTH: Final = "width"

DEFAULT_SPAN: Final = timedelta(hours=24)
MAX_HAPPENINGS: Final = 500
"""Of each kind."""


def _duration(value: Any) -> timedelta:
    try:
        return cv.positive_time_period(value)
    except OverflowError as error:
        raise probatio.Invalid("is too long") from error


_COUNT: Final = probatio.All(
    probatio.Coerce(int), probatio.Range(min=1, max=MAX_POINTS)
)


def _chosen(value: Any) -> Any:
    """Return what was filled in where a form lets one choose how."""
    choice = value.get("active_choice") if isinstance(value, dict) else None
    return value.get(choice) if choice else value


# What they name is read by the core.
SERIES: Final = probatio.All(_chosen, probatio.EnsureList(), [probatio.Any(str, dict)])
LAST_FIELDS: Final[VolDictType] = {probatio.Required(ATTR_SERIES): SERIES}
SPAN_FIELDS: Final[VolDictType] = {
    probatio.Optional(ATTR_START): moment,
    probatio.Optional(ATTR_END): moment,
}
HISTORY_FIELDS: Final[VolDictType] = {
    **LAST_FIELDS,
    **SPAN_FIELDS,
    probatio.Optional(ATTR_WIDTH): probatio.Any(
        probatio.All(str, probatio.In([period.value for period in Period]), Period),
        _duration,
    ),
    probatio.Optional(ATTR_BUCKETS): _COUNT,
    probatio.Optional(ATTR_AGGREGATES, default=list(DEFAULT_AGGREGATES)): probatio.All(
        probatio.EnsureList(), [cv.string]
    ),
    probatio.Optional(ATTR_LINE, default=False): cv.boolean,
    probatio.Optional(ATTR_ORIGIN): moment,
    probatio.Optional(ATTR_LIMIT, default=MAX_POINTS): _COUNT,
    probatio.Optional(ATTR_CURSOR): cv.string,
}
TIMELINE_FIELDS: Final[VolDictType] = {
    **SPAN_FIELDS,
    probatio.Optional(ATTR_LIMIT, default=MAX_HAPPENINGS): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=MAX_HAPPENINGS)
    ),
    probatio.Optional(ATTR_KINDS): [str],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRequest:
    """What happened from `start` until before `end`: the newest `limit` of each of `kinds`; None stands for all."""

    start: datetime
    end: datetime
    limit: int
    kinds: frozenset[str] | None


def asked_span(data: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return from when until before when data with SPAN_FIELDS asks."""
    end = data.get(ATTR_END) or dt_util.utcnow()
    return data.get(ATTR_START) or end - DEFAULT_SPAN, end


def timeline_request(data: dict[str, Any]) -> TimelineRequest:
    """Return the question that data with TIMELINE_FIELDS is."""
    start, end = asked_span(data)
    kinds = data.get(ATTR_KINDS)
    return TimelineRequest(
        start=start,
        end=end,
        limit=data[ATTR_LIMIT],
        kinds=None if kinds is None else frozenset(kinds),
    )


def history_request(records: Catalogue, data: dict[str, Any]) -> HistoryRequest:
    """Return the question that data with HISTORY_FIELDS is; raises InvalidField, TooMany."""
    start, end = asked_span(data)
    return HistoryRequest(
        series=asked_series(records, data),
        start=start,
        end=end,
        buckets=_buckets(data, start, end),
        aggregates=tuple(dict.fromkeys(data[ATTR_AGGREGATES])),
        line=data[ATTR_LINE],
        limit=data[ATTR_LIMIT],
        cursor=data.get(ATTR_CURSOR),
    )


def asked_series(records: Catalogue, data: dict[str, Any]) -> tuple[Series, ...]:
    """Return the series that are asked for; raises InvalidField."""
    return tuple(records.read_series(address) for address in data[ATTR_SERIES])


def _buckets(data: dict[str, Any], start: datetime, end: datetime) -> Buckets | None:
    width, count = data.get(ATTR_WIDTH), data.get(ATTR_BUCKETS)
    if width is not None and count is not None:
        raise InvalidField(field=ATTR_BUCKETS, reason="can't be combined with a width")
    if isinstance(width, Period):
        return CalendarBuckets(width, _zone())
    if width is not None:
        return FixedBuckets(width, data.get(ATTR_ORIGIN, ORIGIN))
    # An end before the start is refused with the rest.
    return buckets_for(start, end, count, _zone()) if count and end > start else None


def _zone() -> ZoneInfo:
    return ZoneInfo(str(dt_util.get_default_time_zone()))
