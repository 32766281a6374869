"""Fades on the wire's own states: who moves what, until when, and who takes it over."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues import fader as fader_module
from custom_components.maestra.core.cues.curves import Curve
from custom_components.maestra.core.cues.fader import Fade, Fader
from custom_components.maestra.core.cues.schedule import reschedule, scheduled
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.domain.errors import (
    InvalidValue,
    TooMany,
    UnknownEntity,
)
from custom_components.maestra.core.domain.events import StateChanged
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.source import HOME_ASSISTANT, Source
from custom_components.maestra.core.domain.variables import Variable
from tests.kits.process import soon

CLIENT = Source("max", "osc", "10.0.0.5:9000")
OVER = 0.2
LEVEL = {
    "name": "level",
    "type": "range",
    "direction": "input",
    "config": {"min": 0, "max": 100},
}


class Stage:
    """Four washes, what is heard of them, and who fades them."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        for number in range(4):
            self.domain.entities.create(
                name=f"Wash {number}",
                entity_type="light",
                slug=f"wash-{number}",
                variables=[Variable.from_wire(LEVEL)],
                state={"level": 0},
                with_defaults=False,
            )
        self.heard: list[StateChanged] = []
        self.domain.bus.subscribe(StateChanged, self.heard.append)
        self.fader = Fader(self.domain.bus, self.domain.entities)

    def fade(self, states: dict[str, JsonObject], **options: Any) -> Fade:
        fade = Fade(
            states=states, **{"source": HOME_ASSISTANT, "over": OVER, **options}
        )
        self.fader.start(fade)
        return fade

    def level(self, number: int = 0) -> Any:
        return self.domain.entities[f"wash-{number}"].state["level"]

    def levels(self, number: int = 0) -> list[Any]:
        return [
            change.current["level"]
            for change in self.heard
            if change.entity.slug == f"wash-{number}"
        ]

    async def over(self) -> None:
        await soon(lambda: not self.fader.moving and not self.fader.waiting)


@pytest.fixture
async def stage() -> AsyncGenerator[Stage]:
    stage = Stage()
    yield stage
    stage.fader.close()


async def test_a_fade_goes_there_and_ends_there(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}, "wash-1": {"level": 50}})
    assert stage.fader.moving == 2
    await stage.over()
    assert (stage.level(0), stage.level(1)) == (100, 50)
    for number in (0, 1):
        levels = stage.levels(number)
        assert levels == sorted(levels)
        assert len(levels) > 2
    assert all(change.source is HOME_ASSISTANT for change in stage.heard)


async def test_several_attributes_of_an_entity_are_one_change(stage: Stage) -> None:
    stage.domain.entities.update("wash-0", {"pan": 0, "tilt": 0})
    stage.heard.clear()
    stage.fade({"wash-0": {"pan": 90, "tilt": 45, "gobo": "star"}})
    (first,) = stage.heard
    assert first.current["gobo"] == "star"
    await stage.over()
    assert all({"pan", "tilt"} == {*it.changed_keys} for it in stage.heard[1:])
    assert stage.domain.entities["wash-0"].state["tilt"] == 45


async def test_the_changes_of_a_set_are_known_as_one(stage: Stage) -> None:
    """Those of another set, of a panic and of anybody else are not among them."""
    one = stage.fade({"wash-0": {"level": 100}, "wash-1": {"level": 50}})
    await stage.over()
    assert {change.correlation_id for change in stage.heard} == {one.correlation_id}
    stage.heard.clear()
    other = stage.fade({"wash-0": {"level": 0}}, over=0)
    stage.fader.force({"wash-0": {"level": 3}, "wash-1": {"level": 3}}, HOME_ASSISTANT)
    stage.domain.entities.report("wash-0", {"level": 9}, source=CLIENT)
    faded, panic, panicked, client = (it.correlation_id for it in stage.heard)
    assert faded == other.correlation_id
    assert panic == panicked
    assert client is None
    assert len({one.correlation_id, faded, panic}) == 3


async def test_without_a_time_it_is_done_at_once(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 10}, "wash-1": {"level": 20}}, over=0)
    assert [stage.level(0), stage.level(1)] == [10, 20]
    assert len(stage.heard) == 2
    assert not stage.fader.moving


@pytest.mark.parametrize(
    ("states", "kind"),
    [
        ({"wash-0": {"level": 50}, "nobody": {"level": 5}}, UnknownEntity),
        ({"wash-0": {"level": 50}, "wash-1": {"level": 101}}, InvalidValue),
    ],
)
@pytest.mark.parametrize("options", [{}, {"over": 0}, {"delay": 5}])
async def test_all_of_it_is_taken_or_nothing(
    stage: Stage,
    states: dict[str, JsonObject],
    kind: type[Exception],
    options: dict[str, Any],
) -> None:
    with pytest.raises(kind):
        stage.fade(states, **options)
    assert not stage.heard
    assert not stage.fader.moving
    assert not stage.fader.waiting


async def test_who_else_moves_it_takes_it_over_at_once(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}, "wash-1": {"level": 100}})
    await soon(lambda: len(stage.levels()) > 1)
    # Nothing that the fade has said, which would be an echo.
    stage.domain.entities.report("wash-0", {"level": 7.25}, source=CLIENT)
    await stage.over()
    assert stage.level(0) == 7.25
    assert stage.level(1) == 100


async def test_forty_clients_take_over_at_once(stage: Stage) -> None:
    slugs = [f"par-{number}" for number in range(40)]
    for slug in slugs:
        stage.domain.entities.report(slug, {"level": 0}, source=CLIENT)
    stage.fade({slug: {"level": 1000} for slug in slugs})
    await soon(
        lambda: all(stage.domain.entities[slug].state["level"] for slug in slugs)
    )
    for number, slug in enumerate(slugs):
        stage.domain.entities.report(slug, {"level": -number - 1}, source=CLIENT)
    assert not stage.fader.moving
    stage.heard.clear()
    await asyncio.sleep(OVER)
    assert not stage.heard


async def test_an_echo_is_nobody(stage: Stage) -> None:
    """Many clients say again what they were told, late, and as a float of 32 bits."""
    stage.fade({"wash-0": {"level": 100}})
    await soon(lambda: len(stage.levels()) > 2)
    again = stage.levels()[0] + 1e-7
    stage.domain.entities.report("wash-0", {"level": again}, source=CLIENT)
    assert stage.level() == again
    assert stage.fader.moving
    await stage.over()
    assert stage.level() == 100


async def test_the_later_fade_goes_on_from_where_it_is(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}})
    await soon(lambda: stage.level() > 10)
    reached = stage.level()
    stage.heard.clear()
    stage.fade({"wash-0": {"level": 0}})
    await stage.over()
    levels = stage.levels()
    assert max(levels) <= reached
    assert levels == sorted(levels, reverse=True)
    assert stage.level() == 0


async def test_the_higher_priority_stays(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}}, priority=1)
    stage.fade({"wash-0": {"level": 1}, "wash-1": {"level": 1}}, over=0)
    assert [stage.level(0), stage.level(1)] == [0, 1]
    await stage.over()
    assert stage.level() == 100


async def test_it_holds_and_jumps(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100, "gobo": "star"}}, curve=Curve.HOLD)
    await stage.over()
    (change,) = stage.heard
    assert change.current == {"level": 100, "gobo": "star"}


async def test_it_begins_later_from_where_things_are_then(stage: Stage) -> None:
    fade = stage.fade({"wash-0": {"level": 100}}, delay=OVER)
    assert (stage.fader.moving, stage.fader.waiting) == (0, 1)
    stage.domain.entities.report("wash-0", {"level": 90}, source=CLIENT)
    stage.domain.entities.delete("wash-1")
    await soon(lambda: stage.fader.moving)
    assert [*fade.change.before.values()] == [{"level": 90}]
    await stage.over()
    assert min(stage.levels()) >= 90


async def test_it_is_stopped_where_it_is(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}, "wash-1": {"level": 100}})
    stage.fade({"wash-0": {"gobo": "a"}, "wash-1": {"gobo": "b"}}, delay=OVER)
    await soon(lambda: stage.level() > 10)
    stage.fader.stop([stage.domain.entities["wash-0"].id])
    reached = stage.level()
    await stage.over()
    assert stage.level() == reached
    assert stage.level(1) == 100
    assert "gobo" not in stage.domain.entities["wash-0"].state
    assert stage.domain.entities["wash-1"].state["gobo"] == "b"
    stage.fade({"wash-2": {"level": 100}})
    stage.fade({"wash-3": {"level": 100}}, delay=OVER)
    stage.fader.stop()
    assert (stage.fader.moving, stage.fader.waiting) == (0, 0)


async def test_a_group_is_held_and_goes_on_for_the_rest_of_its_time(
    stage: Stage,
) -> None:
    group = object()
    stage.fade({"wash-0": {"level": 100}}, group=group)
    stage.fade({"wash-1": {"level": 100}}, group=group, delay=OVER)
    stage.fade({"wash-2": {"level": 100}})
    await soon(lambda: stage.level() > 10)
    stage.fader.hold(group)
    held = stage.level()
    await soon(lambda: stage.fader.moving == 1)
    await asyncio.sleep(OVER)
    assert [stage.level(0), stage.level(1), stage.level(2)] == [held, 0, 100]
    assert (stage.fader.moving, stage.fader.waiting) == (1, 1)
    stage.heard.clear()
    stage.fader.resume(group)
    await stage.over()
    assert min(stage.levels()) >= held
    assert [stage.level(0), stage.level(1)] == [100, 100]


async def test_a_group_is_cancelled_as_a_whole(stage: Stage) -> None:
    group = object()
    stage.fade({"wash-0": {"level": 100}}, group=group)
    stage.fade({"wash-1": {"level": 100}}, group=group, delay=OVER)
    stage.fade({"wash-2": {"level": 100}})
    stage.fader.cancel(group)
    assert (stage.fader.moving, stage.fader.waiting) == (1, 0)
    stage.fade({"wash-3": {"level": 100}}, group=group, delay=OVER)
    stage.fader.hold(group)
    stage.fader.cancel(group)
    stage.fader.resume(group)
    assert (stage.fader.moving, stage.fader.waiting) == (1, 0)


async def test_a_force_is_stronger_than_any_priority(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}}, priority=100)
    stage.fader.force({"wash-0": {"level": 3}, "nobody": {"level": 3}}, HOME_ASSISTANT)
    assert stage.level() == 3
    assert not stage.fader.moving


async def test_a_force_is_stronger_than_what_waits(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}}, delay=OVER)
    stage.fade(
        {"wash-0": {"level": 100, "tilt": 5}, "wash-1": {"level": 9}}, delay=OVER
    )
    stage.fader.force({"wash-0": {"level": 7}}, HOME_ASSISTANT)
    assert stage.fader.waiting == 1
    await stage.over()
    assert stage.domain.entities["wash-0"].state == {"level": 7, "tilt": 5}
    assert stage.level(1) == 9


async def test_an_entity_that_goes_ends_its_fade(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}, "wash-1": {"level": 100}})
    stage.domain.entities.delete("wash-0")
    assert stage.fader.moving == 1
    await stage.over()
    assert stage.level(1) == 100


async def test_at_the_end_things_are_where_they_shall_be(stage: Stage) -> None:
    stage.fade({"wash-0": {"level": 100}}, over=3600)
    stage.fade({"wash-1": {"level": 100}}, delay=3600)
    stage.fader.close()
    assert [stage.level(0), stage.level(1)] == [100, 0]
    stage.domain.entities.update("wash-0", {"level": 1})
    assert not stage.fader.moving


async def test_what_is_refused_ends_with_a_word(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.fade({"wash-0": {"level": 100}}, over=3600)
    stage.fade({"wash-1": {"level": 100}})
    stage.domain.entities.rules.strict = True
    low = Variable.from_wire({**LEVEL, "config": {"min": -2, "max": -1}})
    stage.domain.entities.define_variable("wash-0", low)
    await soon(lambda: stage.fader.moving == 1)
    assert "A fade of wash-0 ends" in caplog.text
    await stage.over()
    assert stage.level(1) == 100


async def test_a_step_of_many_lets_others_have_their_turn(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fader_module, "SLICE", 0)
    loop, turns = asyncio.get_running_loop(), 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        if stage.fader.moving:
            loop.call_soon(turn)

    written: list[int] = []
    stage.domain.bus.subscribe(StateChanged, lambda _: written.append(turns))
    stage.fade({f"wash-{number}": {"level": 100} for number in range(4)})
    turn()
    await stage.over()
    assert [stage.level(number) for number in range(4)] == [100] * 4
    assert len(written) == len(set(written)) > 4


async def test_what_is_refused_does_not_keep_its_neighbours(stage: Stage) -> None:
    """Bounds become others in mid-fade: of one attribute, the end of another is reached all the same."""
    entities = stage.domain.entities
    entities.define_variable("wash-0", Variable.from_wire({**LEVEL, "name": "tilt"}))
    entities.update("wash-0", {"tilt": 0})
    stage.fade({"wash-0": {"level": 100, "tilt": 100}})
    entities.rules.strict = True
    low = Variable.from_wire({**LEVEL, "config": {"min": -2, "max": -1}})
    entities.define_variable("wash-0", low)
    await stage.over()
    assert entities["wash-0"].state["tilt"] == 100


async def test_in_a_panic_what_is_refused_does_not_keep_the_others(
    stage: Stage,
) -> None:
    stage.domain.entities.rules.strict = True
    stage.fader.force({"wash-0": {"level": 101, "safe": True}}, HOME_ASSISTANT)
    assert stage.domain.entities["wash-0"].state == {"level": 0, "safe": True}


async def test_numbers_without_end_keep_nothing_else_from_moving(stage: Stage) -> None:
    """A step that failed would have been the last one of all fades."""
    stage.domain.entities.update("wash-1", {"far": 1e308, "near": 0.0})
    stage.fade({"wash-1": {"far": -1e308, "near": 5e-324}})
    stage.fade({"wash-0": {"level": 100}})
    await stage.over()
    assert stage.level() == 100
    state = stage.domain.entities["wash-1"].state
    assert (state["far"], state["near"]) == (-1e308, 5e-324)


async def test_a_hand_may_go_back_to_where_it_just_was(stage: Stage) -> None:
    """Only a client says again what it was told."""
    stage.fade({"wash-0": {"level": 100}})
    await soon(lambda: len(stage.levels()) > 2)
    stage.domain.entities.update(
        "wash-0", {"level": stage.levels()[0]}, source=HOME_ASSISTANT
    )
    assert not stage.fader.moving


async def test_who_hears_of_a_step_may_take_over_in_it(stage: Stage) -> None:
    def interfere(change: StateChanged) -> None:
        level = change.current["level"]
        if isinstance(level, float) and level > 10:
            stage.domain.entities.update("wash-0", {"level": -1}, source=HOME_ASSISTANT)

    stage.domain.bus.subscribe(StateChanged, interfere)
    stage.fade({"wash-0": {"level": 100}})
    await stage.over()
    assert stage.level() == -1


async def test_only_so_many_move_and_wait(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fader_module, "MAX_MOVES", 2)
    monkeypatch.setattr(fader_module, "MAX_WAITING", 1)
    with pytest.raises(TooMany):
        stage.fade({f"wash-{number}": {"level": 1} for number in range(3)})
    stage.fade({"wash-0": {"level": 1}}, delay=3600)
    with pytest.raises(TooMany):
        stage.fade({"wash-0": {"level": 1}}, delay=3600)


async def test_what_was_taken_is_taken_after_a_restart(stage: Stage) -> None:
    """However many are changed at a time: what is saved is bounded as what is asked for."""
    for number in range(4, 2_100):
        stage.domain.entities.create(
            name=f"Wash {number}",
            entity_type="light",
            slug=f"wash-{number}",
            variables=[Variable.from_wire(LEVEL)],
        )
    at = utcnow() + timedelta(hours=1)
    states: dict[str, JsonObject] = {
        f"wash-{number}": {"level": 9} for number in range(2_100)
    }
    stage.fade(states, at=at, over=0)
    saved = scheduled(stage.fader)
    stage.fader.stop()
    assert stage.fader.waiting == 0
    reschedule(stage.fader, saved)
    assert stage.fader.waiting == 1
    assert scheduled(stage.fader) == saved
    stage.fader.stop()
    many: dict[str, JsonObject] = {
        f"wash-{number}": {} for number in range(fader_module.MAX_MOVES + 1)
    }
    with pytest.raises((TooMany, UnknownEntity)):
        stage.fade(many, at=at)
