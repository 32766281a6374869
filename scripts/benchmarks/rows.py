"""Rows as sources make them, and the same for those that we are compared with."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from custom_components.maestra.core.store.tables import Row

SERIES: Final = 200
DEVICE: Final = 1


class State(NamedTuple):
    """A state of Home Assistant."""

    time: datetime
    entity_id: str
    state: str
    attributes: Mapping[str, Any]


def begin(count: int) -> datetime:
    """Return when the first of so many rows was measured, the last one being of now."""
    now = datetime.now(UTC).replace(microsecond=0)
    return now - timedelta(seconds=count // SERIES)


def readings(count: int) -> list[Row]:
    """Return rows of `decoded_data`: every series once a second, up to now."""
    first = begin(count)
    return [
        (
            first + timedelta(seconds=number // SERIES),
            DEVICE,
            number % SERIES,
            number / 7,
        )
        for number in range(count)
    ]


def states(count: int) -> list[State]:
    """Return states of power sensors: every one once a second, up to now."""
    first = begin(count)
    return [
        State(
            first + timedelta(seconds=number // SERIES),
            f"sensor.bench_{number % SERIES:05d}_power",
            str(number / 7),
            {
                "state_class": "measurement",
                "unit_of_measurement": "W",
                "device_class": "power",
                "friendly_name": f"Bench {number % SERIES:05d} Power",
            },
        )
        for number in range(count)
    ]


def ha_states(found: list[State]) -> Iterator[Row]:
    """Yield rows of `ha_states`, made while they are taken."""
    for time, entity_id, state, attributes in found:
        yield time, entity_id, state, float(state), orjson.dumps(attributes).decode()
