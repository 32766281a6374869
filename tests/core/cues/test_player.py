"""Cue lists as they run: by hand, by themselves, paused, in a panic, and after a restart."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.at import At
from custom_components.maestra.core.cues.cue_list import (
    MAX_CUES,
    ContinueMode,
    Cue,
    CueList,
    OscOut,
)
from custom_components.maestra.core.cues.curves import Curve
from custom_components.maestra.core.cues.errors import NoCueLeft, TooSoon, UnknownCue
from custom_components.maestra.core.cues.events import (
    CueEnded,
    CueFailed,
    CueListChanged,
    CueStarted,
    Panicked,
)
from custom_components.maestra.core.cues.fader import Fader
from custom_components.maestra.core.cues.player import CuePlayer
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.clock import utcnow, wire_time
from custom_components.maestra.core.domain.errors import InvalidField, UnknownEntity
from custom_components.maestra.core.domain.json_values import JsonObject
from tests.kits.process import soon

OVER = 0.1
OSC = {"to": "QLab", "address": "/go"}


class Desk:
    """A list of three cues on two washes, with what happens to it."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        for slug in ("left", "right"):
            self.domain.entities.create(
                name=slug,
                entity_type="device",
                slug=slug,
                state={"level": 0},
                with_defaults=False,
            )
        self.fader = Fader(self.domain.bus, self.domain.entities)
        self.player = self.plays()
        self.happened: list[tuple[str, str]] = []
        self.changes = 0
        for kind in (CueStarted, CueEnded, CueFailed, Panicked):
            self.domain.bus.subscribe(kind, self._happens)
        self.domain.bus.subscribe(CueListChanged, self._changes)

    def plays(self, **changes: Any) -> CuePlayer:
        return CuePlayer("main", cues(**changes), self.domain.bus, self.fader)

    def again(self, saved: JsonObject, **changes: Any) -> None:
        """Take the place of what was there before a restart."""
        self.player.close()
        self.fader.close()
        self.fader = Fader(self.domain.bus, self.domain.entities)
        self.player = self.plays(**changes)
        self.player.restore(saved)

    def _happens(self, event: Any) -> None:
        cue = getattr(event, "cue", None)
        self.happened.append((type(event).__name__, cue.number if cue else ""))

    def _changes(self, _event: CueListChanged) -> None:
        self.changes += 1

    def levels(self) -> list[Any]:
        entities = self.domain.entities
        return [entities[slug].state["level"] for slug in ("left", "right")]

    async def happens(self, kind: str, number: str) -> None:
        await soon(lambda: (kind, number) in self.happened)


def is_due(player: CuePlayer) -> bool:
    """Whether the next cue waits for its time."""
    return player.due_at is not None


def at(player: CuePlayer) -> tuple[str | None, str | None]:
    """Return the numbers of the current cue and of the next."""
    return (
        player.current.number if player.current else None,
        player.next.number if player.next else None,
    )


def cue(number: str, left: float, right: float, **options: Any) -> JsonObject:
    return {
        "number": number,
        "states": {"left": {"level": left}, "right": {"level": right}},
        **options,
    }


def cues(*, second: JsonObject | None = None, **options: Any) -> CueList:
    return CueList.from_wire(
        {
            "name": "Main",
            "cues": [
                cue("1", 100, 0, transition=OVER),
                cue("1.5", 0, 100, transition=OVER) | (second or {}),
                cue("2", 50, 50),
            ],
            "safe": {"left": {"level": 7}, "gone": {"level": 7}},
            **options,
        }
    )


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    desk = Desk()
    yield desk
    desk.player.close()
    desk.fader.close()


async def test_cues_go_one_after_the_other(desk: Desk) -> None:
    player = desk.player
    assert at(player) == (None, "1")
    assert player.go().number == "1"
    assert player.is_running
    assert player.ends_at
    await desk.happens("CueEnded", "1")
    assert desk.levels() == [100, 0]
    assert not desk.player.is_running
    assert desk.player.ends_at is None
    player.go()
    await desk.happens("CueEnded", "1.5")
    player.go()
    await desk.happens("CueEnded", "2")
    assert desk.levels() == [50, 50]
    assert at(player) == ("2", None)
    with pytest.raises(NoCueLeft):
        player.go()
    assert desk.changes


async def test_one_goes_back_and_to_any_cue(desk: Desk) -> None:
    player = desk.player
    with pytest.raises(NoCueLeft):
        player.back()
    player.go_to("2")
    assert desk.levels() == [50, 50]
    assert player.back().number == "1.5"
    assert at(player) == ("1.5", "2")
    player.stand_by("1")
    assert player.go().number == "1"
    with pytest.raises(NoCueLeft):
        player.back()
    for call in (player.go_to, player.stand_by):
        with pytest.raises(UnknownCue):
            call("9")


@pytest.mark.parametrize(
    ("mode", "in_between"),
    [("auto_continue", ["CueStarted", "CueStarted"]), ("auto_follow", ["CueStarted", "CueEnded", "CueStarted"])],
)  # fmt: skip
async def test_a_cue_goes_by_itself_after_another(
    desk: Desk, mode: str, in_between: list[str]
) -> None:
    desk.player = desk.plays(second={"continue_mode": mode, "post_wait": OVER / 4})
    desk.player.go_to("1.5")
    await desk.happens("CueEnded", "2")
    kinds = [kind for kind, _ in desk.happened]
    assert kinds == [*in_between, "CueEnded"]
    assert desk.levels() == [50, 50]


async def test_the_first_wait_is_before_the_fade(desk: Desk) -> None:
    desk.player = desk.plays(second={"pre_wait": OVER})
    desk.player.go_to("1.5")
    assert desk.fader.waiting == 1
    await desk.happens("CueEnded", "1.5")
    assert desk.levels() == [0, 100]


async def test_it_stands_still_and_goes_on(desk: Desk) -> None:
    player = desk.player
    player.resume()
    player.pause()
    assert not player.is_paused
    player.go()
    await soon(lambda: desk.levels()[0] > 10)
    player.pause()
    held = desk.levels()
    assert (player.is_paused, player.is_running, player.ends_at) == (True, False, None)
    assert player.snapshot()["is_paused"] is True
    player.resume()
    await desk.happens("CueEnded", "1")
    assert desk.levels() == [100, 0]
    assert held < [100, 0]


async def test_a_go_ends_a_pause(desk: Desk) -> None:
    player = desk.player
    player.go()
    player.pause()
    player.go_to("2")
    assert not player.is_paused
    assert desk.fader.moving == 0
    await desk.happens("CueEnded", "2")


async def test_it_is_stopped_where_it_is(desk: Desk) -> None:
    desk.player = desk.plays(second={"continue_mode": "auto_follow"})
    desk.player.go_to("1.5")
    await soon(lambda: desk.levels()[1] > 10)
    desk.player.stop()
    assert desk.fader.moving == 0
    assert not desk.player.is_running
    assert 10 < desk.levels()[1] < 100
    assert at(desk.player) == ("1.5", "2")


async def test_in_a_panic_everything_is_safe_at_once(desk: Desk) -> None:
    desk.player = desk.plays(priority=5, second={"continue_mode": "auto_continue"})
    desk.player.go()
    desk.player.panic()
    assert desk.levels()[0] == 7
    assert desk.fader.moving == 0
    assert desk.happened[-1] == ("Panicked", "")


async def test_two_goes_are_not_at_once(desk: Desk) -> None:
    desk.player = desk.plays(
        min_interval=60, second={"continue_mode": "auto_continue", "post_wait": 0}
    )
    # By itself it goes whenever it is due.
    desk.player.go_to("1.5")
    await desk.happens("CueStarted", "2")
    with pytest.raises(TooSoon):
        desk.player.back()
    assert desk.levels() == [50, 50]


async def test_what_is_refused_changes_nothing(desk: Desk) -> None:
    desk.domain.entities.delete("right")
    with pytest.raises(UnknownEntity):
        desk.player.go()
    assert at(desk.player) == (None, "1")
    assert desk.domain.entities["left"].state["level"] == 0
    desk.player = desk.plays(
        second={"continue_mode": "auto_continue", "states": {"left": {"level": 1}}}
    )
    desk.player.go_to("1.5")
    await desk.happens("CueFailed", "2")
    assert not desk.player.is_running


@pytest.mark.parametrize("is_paused", [False, True])
async def test_after_a_restart_it_goes_on_in_the_middle(
    desk: Desk, is_paused: bool
) -> None:
    desk.player.go()
    await soon(lambda: desk.levels()[0] > 10)
    reached = desk.levels()[0]
    if is_paused:
        desk.player.pause()
    saved = desk.player.snapshot()
    desk.again(saved)
    player = desk.player
    assert at(player) == ("1", "1.5")
    assert player.is_paused is is_paused
    assert reached <= desk.levels()[0] < 100
    player.resume()
    await desk.happens("CueEnded", "1")
    assert desk.levels() == [100, 0]


async def test_after_a_long_restart_what_was_due_is_done(desk: Desk) -> None:
    options = {"second": {"continue_mode": "auto_follow"}}
    desk.player = desk.plays(**options)
    desk.player.go_to("1.5")
    saved = desk.player.snapshot() | {"elapsed": 3600.0}
    desk.again(saved, **options)
    await desk.happens("CueEnded", "2")
    assert desk.levels() == [50, 50]


async def test_a_fade_that_ended_while_it_was_away_is_where_it_ends(
    desk: Desk,
) -> None:
    desk.player.go()
    saved = desk.player.snapshot()
    desk.again(saved | {"saved_at": "2026-01-01T00:00:00.000000Z"})
    await desk.happens("CueEnded", "1")
    assert desk.levels() == [100, 0]


async def test_a_cue_that_was_complete_is_so_once(desk: Desk) -> None:
    options = {"second": {"continue_mode": "auto_follow", "post_wait": 3_600}}
    desk.player = desk.plays(**options)
    desk.player.go_to("1.5")
    await desk.happens("CueEnded", "1.5")
    desk.domain.entities.update("left", {"level": 33})
    desk.again(desk.player.snapshot(), **options)
    desk.player.pause()
    assert [each for each in desk.happened if each[0] == "CueEnded"] == [
        ("CueEnded", "1.5")
    ]
    assert desk.levels() == [33, 100]
    assert desk.player.is_paused


async def test_a_thousand_cues_follow_at_once(desk: Desk) -> None:
    """Each has its turn of the loop: none is called by the one before it."""
    numbers = [str(number) for number in range(MAX_CUES)]
    every = [
        cue(number, int(number), 0, continue_mode="auto_continue") for number in numbers
    ]
    desk.player = desk.plays(cues=every)
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(turn)

    turn()
    desk.player.go()
    await desk.happens("CueEnded", numbers[-1])
    assert [number for kind, number in desk.happened if kind == "CueStarted"] == numbers
    assert turns > MAX_CUES / 2
    assert desk.levels() == [MAX_CUES - 1, 0]


@pytest.mark.parametrize(
    ("number", "found"),
    [
        (1, "1"),
        (2.0, "2"),
        (1.5, "1.5"),
        (1_234_567, "1234567"),
        (1.1234567, "1.1234567"),
    ],
)
def test_each_number_has_a_text_of_its_own(number: float, found: str) -> None:
    assert Cue.from_wire({"number": number, "states": {}}).number == found


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"current": "9", "standby": "9"},
        {"current": "1", "standby": None, "elapsed": None},
    ],
)
async def test_what_was_saved_may_not_fit(desk: Desk, saved: JsonObject) -> None:
    desk.player.restore(saved)
    assert desk.player.next is None
    assert not desk.player.is_running


async def test_another_version_of_the_list_goes_on_where_it_is(desk: Desk) -> None:
    player = desk.player
    player.go()
    more = cues().to_wire()
    more["cues"].insert(1, cue("1.2", 1, 1))  # type: ignore[union-attr]
    player.replace(CueList.from_wire(more))
    assert at(player) == ("1", "1.5")
    player.replace(CueList.from_wire({"name": "Main", "cues": [cue("7", 1, 1)]}))
    assert at(player) == (None, "7")
    player.replace(CueList.from_wire({"name": "Main"}))
    assert at(player) == (None, None)


@pytest.mark.parametrize(
    ("break_it", "field"),
    [
        (lambda data: data.pop("name"), "name"),
        (lambda data: data.update(cues={}), "cues"),
        (lambda data: data.update(cues=[{}] * (MAX_CUES + 1)), "cues"),
        (lambda data: data["cues"].append("x"), "cue"),
        (lambda data: data["cues"].append({"number": 1}), "number"),
        (lambda data: data["cues"].append({"number": []}), "number"),
        (lambda data: data["cues"].append({"states": []}), "states"),
        (lambda data: data["cues"].append({"states": {"a": 1}}), "states"),
        (lambda data: data["cues"].append({"transition": -1}), "transition"),
        (lambda data: data["cues"].append({"pre_wait": "1"}), "pre_wait"),
        (lambda data: data["cues"].append({"curve": "wild"}), "curve"),
        (lambda data: data["cues"].append({"activates": "x"}), "activates"),
        (lambda data: data["cues"].append({"osc": "/go"}), "osc"),
        (lambda data: data["cues"].append({"osc": ["/go"]}), "osc"),
        (lambda data: data["cues"].append({"osc": [OSC] * 21}), "osc"),
        (lambda data: data["cues"].append({"osc": [{"address": "/go"}]}), "to"),
        (
            lambda data: data["cues"].append({"osc": [OSC | {"address": "go"}]}),
            "address",
        ),
        (
            lambda data: data["cues"].append({"osc": [OSC | {"address": "/a b"}]}),
            "address",
        ),
        (
            lambda data: data["cues"].append({"osc": [OSC | {"arguments": 5}]}),
            "arguments",
        ),
        (
            lambda data: data["cues"].append({"osc": [OSC | {"arguments": [{}]}]}),
            "arguments",
        ),
        (
            lambda data: data["cues"].append({"osc": [OSC | {"arguments": [2**70]}]}),
            "arguments",
        ),
        (lambda data: data.update(priority=1.5), "priority"),
        (lambda data: data.update(safe=[1]), "safe"),
    ],
)
def test_a_wrong_file_names_the_field(
    break_it: Callable[[Any], object], field: str
) -> None:
    data = cues().to_wire()
    break_it(data)
    with pytest.raises(InvalidField) as refused:
        CueList.from_wire(data)
    assert refused.value.facts["field"] == field


SECONDS = st.floats(0, 86_400)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=9)
CUES = st.builds(
    Cue,
    number=st.integers(0, 10**6).map(str),
    name=TEXTS,
    states=st.dictionaries(
        st.sampled_from("abc"), st.dictionaries(st.sampled_from("xy"), SECONDS)
    ),
    activates=st.lists(st.just("scene.x"), max_size=2).map(tuple),
    osc=st.lists(
        st.builds(
            OscOut,
            to=st.just("QLab"),
            address=st.sampled_from(["/go", "/cue/5/start"]),
            arguments=st.lists(st.booleans() | SECONDS | TEXTS, max_size=3).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    pre_wait=SECONDS,
    transition=SECONDS,
    curve=st.sampled_from(Curve),
    continue_mode=st.sampled_from(ContinueMode),
    post_wait=SECONDS,
    notes=TEXTS,
)


@given(st.lists(CUES, unique_by=lambda cue: cue.number, max_size=5))
def test_what_is_written_is_read_again(found: list[Cue]) -> None:
    written = CueList(name="x", cues=tuple(found), safe={"a": {"b": 1}}, priority=-3)
    assert CueList.from_wire(written.to_wire()) == written


async def test_it_is_told_until_when_the_next_is_waited_for(desk: Desk) -> None:
    follows: JsonObject = {"continue_mode": "auto_follow", "post_wait": 60}
    desk.player.replace(cues(second=follows))
    desk.player.go_to("1.5")
    complete, told = desk.player.ends_at, desk.changes
    assert complete
    await desk.happens("CueEnded", "1.5")
    assert desk.changes > told
    next_goes = desk.player.ends_at
    assert next_goes
    assert (next_goes - complete).total_seconds() == pytest.approx(60, abs=1)
    assert desk.player.elapsed == pytest.approx(OVER, abs=1)
    desk.player.stop()
    assert desk.player.elapsed is None


# Cues with a time.


def clock(seconds: float) -> str:
    """Return the time of the clock so many seconds from now, in UTC as the player's."""
    return f"{utcnow() + timedelta(seconds=seconds):%H:%M:%S}"


async def test_a_cue_goes_at_its_time(desk: Desk) -> None:
    desk.player.replace(cues(second={"at": clock(1.5)}))
    desk.player.go()
    assert desk.player.due_at
    assert desk.player.due_at - utcnow() < timedelta(seconds=2)
    await desk.happens("CueStarted", "1.5")
    assert at(desk.player) == ("1.5", "2")
    assert desk.player.due_at is None


async def test_a_cue_goes_at_a_time_of_the_show(desk: Desk) -> None:
    desk.player.replace(cues(second={"at": "+0:01"}))
    assert desk.player.due_at is None
    desk.player.go()
    assert desk.player.due_at == desk.player.show_began + timedelta(seconds=1)  # type: ignore[operator]
    await desk.happens("CueStarted", "1.5")
    assert utcnow() - desk.player.show_began >= timedelta(seconds=1)  # type: ignore[operator]


async def test_after_a_stop_no_time_counts(desk: Desk) -> None:
    desk.player.replace(cues(second={"at": "+0:01"}))
    desk.player.go()
    desk.player.stop()
    assert not is_due(desk.player)
    # Not by another version of the list either.
    desk.player.replace(cues(second={"at": "+0:01"}, min_interval=1))
    assert not is_due(desk.player)
    desk.player.stand_by("1.5")
    assert is_due(desk.player)
    desk.player.panic()
    assert not is_due(desk.player)


async def test_a_paused_list_waits_and_does_it_then(desk: Desk) -> None:
    desk.player.replace(cues(second={"at": "+0:01"}))
    desk.player.go()
    desk.player.pause()
    await asyncio.sleep(1.1)
    assert at(desk.player) == ("1", "1.5")
    desk.player.resume()
    await desk.happens("CueStarted", "1.5")


@pytest.mark.parametrize(
    ("late", "goes"), [(timedelta(minutes=-30), False), (timedelta(minutes=10), True), (timedelta(hours=2), False)]
)  # fmt: skip
async def test_a_time_outlives_a_restart(
    desk: Desk, late: timedelta, goes: bool
) -> None:
    desk.player.replace(cues(second={"at": clock(-3600)}))
    desk.player.go()
    await desk.happens("CueEnded", "1")
    saved = desk.player.snapshot()
    saved["due_at"] = wire_time(utcnow() - late)
    desk.happened.clear()
    desk.again(saved, second={"at": clock(-3600)})
    await asyncio.sleep(0.05)
    assert (("CueStarted", "1.5") in desk.happened) is goes
    assert (desk.player.due_at is None) is goes


async def test_what_was_stopped_stays_so_after_a_restart(desk: Desk) -> None:
    desk.player.replace(cues(second={"at": "+0:01"}))
    desk.player.go()
    desk.player.stop()
    desk.again(desk.player.snapshot(), second={"at": "+0:01"})
    assert desk.player.due_at is None
    assert desk.player.show_began


@pytest.mark.parametrize(
    "wrong", ["25:00", "8pm", "+90", "+1:60", 1215, "20:15:60", "+-1:00"]
)
async def test_times_are_checked(wrong: Any) -> None:
    with pytest.raises(InvalidField, match="at:"):
        cues(second={"at": wrong})


async def test_times_are_written_as_they_were() -> None:
    for text in ("20:15", "7:05:30", "+2:30", "+1:02:30"):
        written = cues(second={"at": text}).to_wire()
        assert CueList.from_wire(written).to_wire() == written


def test_a_time_of_the_clock_is_where_the_show_is() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 12, 1, 19, 30, tzinfo=UTC)
    assert At.from_wire("20:45").due(now, zone, None) == datetime(
        2026, 12, 1, 19, 45, tzinfo=UTC
    )
    assert At.from_wire("20:30").due(now, zone, None) == datetime(
        2026, 12, 2, 19, 30, tzinfo=UTC
    )
    # In the night in which clocks go forward, what is left out is a little later.
    now = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    due = At.from_wire("2:30").due(now, zone, None)
    assert due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
