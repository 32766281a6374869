"""Values on their way: never beyond their ends and bounds, never back, and no finer than anybody sees."""

from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.cues.curves import WAYS, Curve
from custom_components.maestra.core.cues.interpolation import (
    MAX_PARTS,
    RESOLUTION,
    path,
)
from custom_components.maestra.core.domain.color import parse_color
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
    is_number,
)

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(
    allow_nan=False, allow_infinity=False
)
STEPS = st.floats(min_value=0, allow_infinity=False) | st.integers(0, 2**64 - 1)
COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
TIMES = [number / 64 for number in range(65)]


def variable(kind: VariableType, **config: Any) -> Variable:
    return Variable(name="x", type=kind, direction=Direction.INPUT, config=config)


@given(start=NUMBERS, end=NUMBERS, curve=st.sampled_from(Curve))
def test_numbers_go_one_way_only(start: float, end: float, curve: Curve) -> None:
    way = path(start, end)
    assert way
    low, high = sorted((start, end))
    values: list[Any] = [start, *(way(WAYS[curve](time)) for time in TIMES), end]
    assert all(is_number(value) and low <= value <= high for value in values)
    assert values == sorted(values, reverse=end < start)


@given(start=NUMBERS, end=NUMBERS, step=STEPS, low=NUMBERS, high=NUMBERS)
def test_no_bounds_or_steps_are_too_wild(
    start: float, end: float, step: float, low: float, high: float
) -> None:
    bounds = {"min": min(low, high), "max": max(low, high)}
    way = path(start, end, variable(VariableType.NUMBER, step=step, **bounds))
    assert way
    for time in TIMES:
        value: Any = way(time)
        assert is_number(value)
        assert bounds["min"] <= value <= bounds["max"]


@given(
    start=st.floats(-1000, 1000),
    end=st.floats(0, 100),
    step=st.sampled_from([None, 0.25, 1, 7]),
)
def test_numbers_stay_within_their_bounds(
    start: float, end: float, step: float | None
) -> None:
    config = {} if step is None else {"step": step}
    way = path(start, end, variable(VariableType.RANGE, min=0, max=100, **config))
    assert way
    values: list[Any] = [way(time) for time in TIMES]
    assert all(0 <= value <= 100 for value in values)
    assert all((b - a) * (end - start) >= 0 for a, b in pairwise(values))


@pytest.mark.parametrize(
    ("start", "end", "config", "found"),
    [
        (0, 100, {}, 33.3),
        (0, 1, {"max": 1}, 0.333),
        (0, 255, {"max": 255}, 84.9),
        (0, 65_535, {"max": 65_535}, 21_823),
        (0, 100, {"step": 5}, 35),
        (0, 1, {"max": 1, "step": 0.25}, 0.25),
        (-40, 60, {"min": -40, "max": 60}, -6.7),
        (10, 10, {}, 10),
    ],
)
def test_numbers_are_as_fine_as_their_bounds_ask_for(
    start: float, end: float, config: dict[str, Any], found: float
) -> None:
    way = path(start, end, variable(VariableType.RANGE, **config))
    assert way
    assert way(0.333) == found
    assert type(way(0.333)) is type(found)


def test_a_long_way_has_a_thousand_steps_at_most() -> None:
    way = path(0, 12_345.678)
    assert way
    assert len({way(time / 50_000) for time in range(50_001)}) <= RESOLUTION * 13


@given(start=COLORS, end=COLORS)
def test_colors_are_colors_all_the_way(start: str, end: str) -> None:
    way = path(start, end, variable(VariableType.COLOR))
    assert way
    assert all(parse_color(str(way(time))) for time in TIMES)
    assert way(0) == start
    assert way(1) == end


@pytest.mark.parametrize(
    ("start", "end", "middle"),
    [
        ("#000000", "#ffffff", (99, 99, 99)),
        # The short way round the hues, and with a grey the hue of the other.
        ("#ff0000", "#00ff00", (249, 149, 0)),
        ("#ff0000", "#0000ff", (186, 0, 194)),
        ("#808080", "#ff0000", (198, 99, 86)),
        ("#123456", "#fedcba", (160, 118, 146)),
        ("#ff0010", "#ff4000", (255, 43, 6)),
    ],
)
def test_colors_are_halfway_for_the_eye(
    start: str, end: str, middle: tuple[int, int, int]
) -> None:
    """As https://pypi.org/project/coloraide/ mixes them, with `space="oklch"`."""
    way = path(start, end)
    assert way
    assert parse_color(str(way(0.5))) == middle


@pytest.mark.parametrize(
    ("end", "config", "middle"),
    [
        ("rgb(0, 0, 0)", {}, "rgb(0, 0, 0)"),
        ("hsl(0, 0%, 0%)", {}, "hsl(0, 0%, 0%)"),
        ("#000000", {"format": "rgba"}, "rgba(0, 0, 0, 1)"),
    ],
)
def test_colors_are_written_as_they_are_wanted(
    end: str, config: dict[str, Any], middle: str
) -> None:
    way = path("#000", end, variable(VariableType.COLOR, **config))
    assert way
    assert way(0.5) == middle


@pytest.mark.parametrize(
    ("start", "end", "middle"),
    [
        ({"x": 0, "y": 10, "z": 3}, {"x": 4, "y": 20}, {"x": 2, "y": 15}),
        ([0, 10], [10, 30], [5, 20]),
        ({"pan": {"fine": 0}, "lamp": "off"}, {"pan": {"fine": 1}, "lamp": "on"}, {"pan": {"fine": 0.5}, "lamp": "on"}),
    ],
)  # fmt: skip
def test_what_is_made_of_values_goes_part_by_part(
    start: Any, end: Any, middle: Any
) -> None:
    way = path(start, end)
    assert way
    assert way(0.5) == middle


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, 5),
        (5, None),
        (False, True),
        ("off", "on"),
        (1, "#ff0000"),
        ("#ff0000", 1),
        ([1], [1, 2]),
        ({}, []),
        (True, 5),
    ],
)
def test_nothing_is_between_other_values(start: Any, end: Any) -> None:
    assert path(start, end) is None


def test_text_that_looks_like_a_color_is_text() -> None:
    assert path("#fff", "#000", variable(VariableType.STRING)) is None


@pytest.mark.parametrize("kind", [VariableType.ENUM, VariableType.STRING])
def test_nothing_is_between_options_that_are_numbers(kind: VariableType) -> None:
    assert path(1, 3, variable(kind, options=[1, 2, 3])) is None


def test_a_whole_step_on_a_broken_base_stays_on_its_grid() -> None:
    way = path(0.5, 9.5, variable(VariableType.NUMBER, min=0.5, step=1))
    assert way
    assert [way(share) for share in (0, 0.5, 1)] == [0.5, 4.5, 9.5]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("#80808000", "#808080ff", "#80808080"),
        ("#8880", "#888f", "#88888880"),
        ("#808080", "rgba(128, 128, 128, 0)", "rgba(128, 128, 128, 0.5)"),
        ("#80808000", "hsl(0, 0%, 50%)", "hsla(0, 0%, 50%, 0.5)"),
        ("rgba(1, 1, 1, 0.2)", "rgba(1, 1, 1, 0.4)", "rgba(1, 1, 1, 0.3)"),
        ("rgba(1, 1, 1, ..)", "rgba(1, 1, 1, 9)", "rgba(1, 1, 1, 1)"),
    ],
)
def test_colors_become_clear_little_by_little(start: str, end: str, found: str) -> None:
    way = path(start, end)
    assert way
    assert way(0.5) == found


def test_what_has_too_many_parts_jumps() -> None:
    many: list[Any] = [[0] * (MAX_PARTS // 2)] * 2
    assert path(many, many)
    assert path([*many, 0], [*many, 1]) is None
