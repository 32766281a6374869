"""The registry of cue lists, and what of a saved one can be used when somebody has written into its file."""

from collections.abc import AsyncGenerator
from typing import Any

from hypothesis import HealthCheck, given, settings
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.core.cues.cue_lists import CueLists
from custom_components.maestra.core.domain import Domain

from ..domain.strategies import values

LIST = CueList.from_wire(
    {
        "name": "Act 1",
        "cues": [{"states": {}, "transition": 3_600}, {"states": {}}],
    }
)
GONE: dict[str, Any] = {
    "current": "1",
    "standby": "2",
    "started_at": "2026-01-01T00:00:00.000000Z",
    "elapsed": 5.0,
    "is_complete": False,
    "is_paused": False,
    "saved_at": "2026-01-01T00:00:05.000000Z",
}


@pytest.fixture
async def lists() -> AsyncGenerator[CueLists]:
    bus = Bus()
    lists = CueLists(bus, Domain(bus).entities)
    yield lists
    lists.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"elapsed": "5"},
        {"elapsed": float("nan")},
        {"elapsed": True},
        {"started_at": 5},
        {"started_at": "2026-01-01T00:00:00"},
        {"saved_at": []},
        {"saved_at": "2026-01-01T00:00:00"},
        {"saved_at": "now"},
    ],
)
async def test_a_list_is_there_wherever_it_stood(
    lists: CueLists, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any]
) -> None:
    lists.restore({"cues:a": {"list": LIST.to_wire(), "at": GONE | wrong}})
    assert lists["Act 1"].cues == LIST
    assert not lists["Act 1"].is_running
    assert "Where cue list Act 1 stood can't be read" in caplog.text


@pytest.mark.parametrize("elapsed", [-1e308, 1e308, -5])
async def test_its_time_has_an_end(lists: CueLists, elapsed: float) -> None:
    lists.restore({"cues:a": {"list": LIST.to_wire(), "at": GONE | {"elapsed": elapsed}}})  # fmt: skip
    assert lists["Act 1"].ends_at
    assert lists["Act 1"].snapshot()


async def test_what_cannot_be_read_stays_saved(lists: CueLists) -> None:
    """Whoever has written into the file may mend it."""
    broken = {"list": {"name": "Act 2", "cues": [{"transition": "long"}]}, "at": GONE}
    lists.restore(
        {"cues:a": {"list": LIST.to_wire(), "at": GONE}, "cues:b": broken, "cues:c": 5}
    )
    assert [player.cues.name for player in lists] == ["Act 1"]
    saved: Any = lists.snapshot()
    assert saved["cues:b"] is broken
    assert saved["cues:c"] == 5
    assert saved["cues:a"]["list"] == LIST.to_wire()


@given(whole=values, at=values, part=values)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_that_was_saved_is_an_end(
    lists: CueLists, whole: Any, at: Any, part: Any
) -> None:
    wire = LIST.to_wire()
    lists.restore({"cues:a": whole, "cues:b": {"list": wire, "at": at}})
    for key in GONE:
        lists.restore({"cues:b": {"list": wire, "at": GONE | {key: part}}})
        lists["cues:b"].close()
    for key in wire:
        lists.restore({"cues:c": {"list": wire | {key: part}, "at": GONE}})
    assert lists["cues:b"].cues == LIST


async def test_a_list_is_written_once_for_each_version(lists: CueLists) -> None:
    player = lists.put(LIST)
    first: Any = lists.snapshot()[player.id]
    again: Any = lists.snapshot()[player.id]
    assert first["list"] is again["list"]
    lists.put(CueList(name="Act 1", safe={"a": {"b": 1}}))
    other: Any = lists.snapshot()[player.id]
    assert other["list"]["safe"] == {"a": {"b": 1}}
