"""Which of Home Assistant's entities are recorded, and for how long."""

from datetime import timedelta

import pytest

from custom_components.maestra.core.store.settings import Lifetimes
from custom_components.maestra.features.history.recording_filter import (
    RecordingFilter,
    days_from_options,
    lifetimes_from_options,
)

PUMP = "sensor.pump_power"


type Lists = dict[str, list[str]]


def recording(
    include: Lists | None = None,
    *,
    exclude: Lists | None = None,
    record_all: bool = False,
) -> RecordingFilter:
    """A filter as the options make it."""
    lists = {"include": include or {}, "exclude": exclude or {}}
    return RecordingFilter.from_options({"record": {"all": record_all, **lists}})


def wants_pump(chosen: RecordingFilter) -> bool:
    """Whether a sensor in the cellar that wears two labels is recorded."""
    return chosen.wants(PUMP, area_id="cellar", label_ids={"kept", "water"})


# From what names the pump's sensor most closely to what does least.
LEVELS: list[Lists] = [
    {"entities": [PUMP]},
    {"globs": ["*.pump_*"]},
    {"labels": ["kept"]},
    {"domains": ["sensor"]},
]


def test_nothing_is_recorded_unless_it_is_chosen() -> None:
    usual = RecordingFilter.from_options({})
    assert not wants_pump(usual)


@pytest.mark.parametrize("chosen", [*LEVELS, {"areas": ["cellar"]}])
def test_each_way_to_choose(chosen: Lists) -> None:
    assert wants_pump(recording(chosen))
    assert not recording(chosen).wants("light.pumpkin", area_id="attic")


@pytest.mark.parametrize("left_out", [*LEVELS, {"areas": ["cellar"]}])
def test_each_way_to_leave_out(left_out: Lists) -> None:
    everything_else = recording(record_all=True, exclude=left_out)
    assert not wants_pump(everything_else)
    assert everything_else.wants("light.pumpkin", area_id="attic")
    assert everything_else.wants("light.pumpkin")


@pytest.mark.parametrize(
    ("closer", "wider"),
    [
        pytest.param(closer, wider, id=f"{[*closer][0]} before {[*wider][0]}")
        for place, closer in enumerate(LEVELS)
        for wider in LEVELS[place + 1 :]
    ],
)
def test_what_names_an_entity_more_closely_wins(closer: Lists, wider: Lists) -> None:
    assert wants_pump(recording(closer, exclude=wider))
    assert not wants_pump(recording(wider, exclude=closer))


@pytest.mark.parametrize("record_all", [False, True])
@pytest.mark.parametrize("level", LEVELS)
def test_of_two_as_close_the_exclusion_wins(level: Lists, record_all: bool) -> None:
    assert not wants_pump(recording(level, exclude=level, record_all=record_all))


def test_a_label_is_as_close_as_an_area() -> None:
    assert not wants_pump(
        recording({"labels": ["kept"]}, exclude={"areas": ["cellar"]})
    )
    assert not wants_pump(
        recording({"areas": ["cellar"]}, exclude={"labels": ["water"]})
    )


@pytest.mark.parametrize(
    ("glob", "is_wanted"),
    [
        ("sensor.*", True),
        ("*", True),
        ("sensor.pump_powe?", True),
        ("sensor.[op]ump_power", True),
        ("sensor.[!p]ump_power", False),
        ("pump", False),
        ("*.pump", False),
        ("sensorxpump_power", False),
    ],
)
def test_globs(glob: str, is_wanted: bool) -> None:
    assert wants_pump(recording({"globs": ["light.*", glob]})) is is_wanted


def test_the_domain_is_all_that_stands_before_the_dot() -> None:
    assert not recording({"domains": ["sensor"]}).wants("sensor_x.pump")
    assert not recording({"domains": ["pump"]}).wants(PUMP)


def test_all_is_all() -> None:
    assert wants_pump(recording(record_all=True))


def test_lifetimes_are_those_of_the_store_by_default() -> None:
    assert lifetimes_from_options({}) == Lifetimes()
    assert days_from_options({}) == {
        "keep_metrics": 90,
        "keep_hourly": 365,
        "keep_daily": 1825,
        "keep_events": 30,
        "keep_event_ids": 30,
        "keep_states": 0,
        "compress_after": 7,
    }


def test_lifetimes_are_days_or_for_ever() -> None:
    options = {"keep_metrics": 0, "keep_hourly": 400, "compress_after": 0}
    lifetimes = lifetimes_from_options(options | {"strict": True})
    assert lifetimes.metrics is None
    assert lifetimes.hourly == timedelta(days=400)
    assert lifetimes.compress_after is None
    assert lifetimes.events == Lifetimes().events
