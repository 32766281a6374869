"""What things did between two times: numbers as aggregates, everything else as it is in the logbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, cast

from homeassistant.const import EntityStateAttribute, Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...core.domain.json_values import JsonObject
from .things import Thing

QUERY_HISTORY: Final = "query_history"
"""The action that reads numbers, which is another feature's."""
MAX_SERIES: Final = 20
_LOGBOOK: Final = "logbook"
_NUMERIC: Final = {EntityStateAttribute.UNIT_OF_MEASUREMENT, "state_class"}
_NIGHT: Final = (time(20), time(8))
_MORNING: Final = (time(5), time(12))
_SPANS: Final = {
    "last_hour": timedelta(hours=1),
    "last_day": timedelta(days=1),
    "last_week": timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a number was: lowest, mean and highest."""

    name: str
    unit: str
    least: float
    mean: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something in the logbook."""

    time: datetime
    name: str
    text: str


def span_of(when: str | None) -> tuple[datetime, datetime]:
    """Return from when until when words mean, as sentences have them; a day without any."""
    now = dt_util.now()
    midnight = dt_util.start_of_local_day()
    before = dt_util.start_of_local_day(midnight - timedelta(hours=12))
    match when:
        case "last_night":
            return _at(before, _NIGHT[0]), min(now, _at(midnight, _NIGHT[1]))
        case "this_morning":
            return _at(midnight, _MORNING[0]), min(now, _at(midnight, _MORNING[1]))
        case "today":
            return midnight, now
        case "yesterday":
            return before, midnight
        case _:
            return now - _SPANS.get(when or "", _SPANS["last_day"]), now


def _at(day: datetime, hour: time) -> datetime:
    # Not so many hours after midnight: days in which clocks change have fewer or more.
    return dt_util.as_local(datetime.combine(day.date(), hour, day.tzinfo))


async def async_facts(
    hass: HomeAssistant,
    things: Sequence[Thing],
    start: datetime,
    end: datetime,
    context: Context | None,
) -> list[Fact]:
    """Return what the numbers among things were, of the first 20; raises HomeAssistantError."""
    numeric = {thing.entity_id: thing for thing in things if _is_number(thing)}
    asked = list(numeric)[:MAX_SERIES]
    if not asked or start >= end:
        return []
    answer = await hass.services.async_call(
        DOMAIN,
        QUERY_HISTORY,
        {"series": asked, "start": start, "end": end, "buckets": 1},
        blocking=True,
        return_response=True,
        context=context,
    )
    found = []
    for series in cast(list[Any], (answer or {})["series"]):
        columns = series["columns"]
        least, mean, most = (
            [value for value in columns[name] if value is not None]
            for name in ("min", "mean", "max")
        )
        if least and mean and most:
            thing = numeric[series["series"]]
            found.append(
                Fact(
                    name=thing.state.name,
                    unit=str(thing.state.attributes.get("unit_of_measurement", "")),
                    least=min(least),
                    mean=sum(mean) / len(mean),
                    most=max(most),
                )
            )
    return found


async def async_happenings(
    hass: HomeAssistant, things: Sequence[Thing], start: datetime, end: datetime
) -> list[Happening]:
    """Return what the logbook has of things, the newest first; nothing where Home Assistant has none."""
    ids = [thing.entity_id for thing in things if not _is_number(thing)]
    if not ids or start >= end or _LOGBOOK not in hass.config.components:
        return []
    # It needs the recorder, which not every Home Assistant has.
    from homeassistant.components.logbook.helpers import async_determine_event_types  # noqa: PLC0415
    from homeassistant.components.logbook.processor import EventProcessor  # noqa: PLC0415
    from homeassistant.helpers.recorder import get_instance  # noqa: PLC0415

    kinds = async_determine_event_types(hass, ids, None)
    processor = EventProcessor(hass, kinds, ids, timestamp=True)
    found = await get_instance(hass).async_add_executor_job(
        processor.get_events, dt_util.as_utc(start), dt_util.as_utc(end)
    )
    return [
        Happening(
            time=dt_util.as_local(dt_util.utc_from_timestamp(entry["when"])),
            name=str(entry.get("name") or ""),
            text=str(entry.get("message") or entry.get("state") or ""),
        )
        for entry in reversed(found)
    ]


def fact_wire(fact: Fact) -> JsonObject:
    """Return a fact as JSON."""
    return {
        "name": fact.name,
        "unit": fact.unit,
        "min": fact.least,
        "mean": round(fact.mean, 3),
        "max": fact.most,
    }


def _is_number(thing: Thing) -> bool:
    """Tell whether its values are numbers: those the logbook leaves out."""
    state = thing.state
    return state.domain == Platform.NUMBER or not _NUMERIC.isdisjoint(state.attributes)
