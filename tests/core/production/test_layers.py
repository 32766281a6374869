"""The overlay layers: the cases of the reference's orchestrator, what it does wrong, and what always holds."""

from collections.abc import Callable
from typing import Final

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.production.layers import (
    DURATIONS,
    LOOKS,
    Z_INDEX,
    Animation,
    Layer,
    Layers,
    LayerState,
)

FG, MID, BG = Layer.FOREGROUND, Layer.MIDGROUND, Layer.BACKGROUND
HIDDEN, ENTERING, ACTIVE, INTERRUPTED, EXITING = LayerState
ENTER: Final = DURATIONS[Animation.ENTER]
EXIT: Final = DURATIONS[Animation.EXIT]


class Stage:
    """Layers with a clock, and what they play. Names are those of the reference's steps."""

    def __init__(self, *registered: Layer) -> None:
        self.now = 100.0
        self.played: list[tuple[Layer, Animation]] = []
        self.layers: Layers[str] = Layers(
            on_animation=lambda *played: self.played.append(played)
        )
        for layer in registered:
            self.register(layer)

    def register(self, layer: Layer) -> None:
        self.layers.register(layer, self.now)

    def unregister(self, layer: Layer) -> None:
        self.layers.unregister(layer, self.now)

    def show(self, layer: Layer, content: str = "") -> None:
        self.layers.show(layer, content or layer, self.now)

    def hide(self, layer: Layer) -> None:
        self.layers.hide(layer, self.now)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.layers.advance(self.now)

    def settle(self) -> None:
        """Let all animations end."""
        while (due := self.layers.due) is not None:
            self.now = max(self.now, due)
            self.layers.advance(self.now)

    def shown(self, *layers: Layer) -> None:
        """Show layers, each until it has entered."""
        for layer in layers:
            self.show(layer)
            self.settle()

    @property
    def states(self) -> tuple[LayerState, ...]:
        return tuple(self.layers.state(layer) for layer in Layer)


type Step = Callable[[Stage], object]


def shown(*layers: Layer) -> Step:
    return lambda stage: stage.shown(*layers)


def show(layer: Layer) -> Step:
    return lambda stage: stage.show(layer)


def hide(layer: Layer) -> Step:
    return lambda stage: stage.hide(layer)


CASES: Final = [
    pytest.param([], (HIDDEN, HIDDEN, HIDDEN), id="all hidden at start"),
    pytest.param(
        [lambda stage: stage.register(FG)],
        (HIDDEN, HIDDEN, HIDDEN),
        id="register leaves hidden",
    ),
    pytest.param([show(FG)], (ENTERING, HIDDEN, HIDDEN), id="show enters"),
    pytest.param([shown(FG), hide(FG)], (EXITING, HIDDEN, HIDDEN), id="hide exits"),
    pytest.param(
        [shown(BG), show(FG)],
        (ENTERING, HIDDEN, INTERRUPTED),
        id="foreground interrupts background",
    ),
    pytest.param(
        [shown(BG), show(MID)],
        (HIDDEN, ENTERING, INTERRUPTED),
        id="midground interrupts background, not foreground",
    ),
    pytest.param(
        [show(BG), show(FG), show(MID)],
        (ENTERING, ENTERING, INTERRUPTED),
        id="midground below a foreground enters, which is not touched",
    ),
    pytest.param(
        [shown(BG, FG), hide(FG)],
        (EXITING, HIDDEN, ACTIVE),
        id="background is back at once, not after the exit",
    ),
    pytest.param(
        [show(FG), show(FG)],
        (ENTERING, HIDDEN, HIDDEN),
        id="repeated show keeps the state",
    ),
    pytest.param([hide(FG)], (HIDDEN, HIDDEN, HIDDEN), id="hide of what is hidden"),
    pytest.param(
        [lambda stage: stage.register(FG), show(FG)],
        (ENTERING, HIDDEN, HIDDEN),
        id="registered twice",
    ),
    pytest.param(
        [shown(FG), lambda stage: stage.unregister(FG)],
        (HIDDEN, HIDDEN, HIDDEN),
        id="unregister hides",
    ),
    # What the reference does wrong.
    pytest.param(
        [shown(BG, MID, FG), hide(MID)],
        (ACTIVE, EXITING, INTERRUPTED),
        id="background stays covered by a foreground",
    ),
    pytest.param(
        [shown(BG, MID, FG), hide(FG)],
        (EXITING, ACTIVE, INTERRUPTED),
        id="only the highest comes back",
    ),
    pytest.param(
        [shown(BG, FG), lambda stage: stage.unregister(FG)],
        (HIDDEN, HIDDEN, ACTIVE),
        id="what is unregistered covers nothing",
    ),
    pytest.param(
        [shown(BG, FG), show(BG)],
        (ACTIVE, HIDDEN, ACTIVE),
        id="show of what is interrupted",
    ),
]
"""What is done, and what the layers do then."""


@pytest.mark.parametrize(("steps", "states"), CASES)
def test_states(steps: list[Step], states: tuple[LayerState, ...]) -> None:
    stage = Stage(*Layer)
    for step in steps:
        step(stage)
    assert stage.states == states


@pytest.mark.parametrize(
    ("steps", "is_visible"),
    [
        ([], False),
        ([show(BG)], True),
        ([shown(BG)], True),
        ([shown(BG, FG)], True),
        ([shown(BG), hide(BG)], False),
    ],
    ids=["hidden", "entering", "active", "interrupted", "exiting"],
)
def test_what_is_seen(steps: list[Step], is_visible: bool) -> None:
    stage = Stage(*Layer)
    for step in steps:
        step(stage)
    assert stage.layers.is_visible(BG) is is_visible


def test_show_before_register_is_played_on_register() -> None:
    stage = Stage()
    stage.show(FG)
    assert stage.states == (ENTERING, HIDDEN, HIDDEN)
    assert stage.layers.due is None
    assert stage.played == []
    stage.register(FG)
    assert stage.played == [(FG, Animation.ENTER)]
    stage.wait(ENTER)
    assert stage.states == (ACTIVE, HIDDEN, HIDDEN)


def test_of_several_shows_before_register_the_latest_counts() -> None:
    stage = Stage()
    stage.show(FG, "first")
    stage.show(FG, "second")
    stage.register(FG)
    assert stage.layers.content(FG) == "second"
    assert stage.played == [(FG, Animation.ENTER)]


def test_the_last_animation_before_register_wins() -> None:
    stage = Stage()
    stage.show(FG)
    stage.hide(FG)
    stage.register(FG)
    assert stage.played == [(FG, Animation.EXIT)]
    stage.settle()
    assert stage.states == (HIDDEN, HIDDEN, HIDDEN)


def test_unregistered_it_can_be_registered_again() -> None:
    stage = Stage(FG)
    stage.shown(FG)
    stage.unregister(FG)
    assert stage.layers.content(FG) is None
    stage.register(FG)
    stage.shown(FG)
    assert stage.states == (ACTIVE, HIDDEN, HIDDEN)


def test_content_stays_until_the_layer_has_gone() -> None:
    stage = Stage(FG)
    stage.shown(FG)
    stage.hide(FG)
    assert stage.layers.content(FG) == FG
    stage.wait(EXIT)
    assert stage.states == (HIDDEN, HIDDEN, HIDDEN)
    assert stage.layers.content(FG) is None


def test_what_is_shown_during_the_exit_is_not_lost() -> None:
    stage = Stage(FG)
    stage.shown(FG)
    stage.hide(FG)
    stage.show(FG, "next")
    assert stage.layers.content(FG) == FG
    stage.wait(EXIT)
    assert stage.states == (ENTERING, HIDDEN, HIDDEN)
    assert stage.layers.content(FG) == "next"


def test_what_is_hidden_again_during_the_exit_does_not_come() -> None:
    stage = Stage(FG)
    stage.shown(FG)
    stage.hide(FG)
    stage.show(FG, "next")
    stage.hide(FG)
    stage.settle()
    assert stage.states == (HIDDEN, HIDDEN, HIDDEN)


def test_other_content_leaves_a_covered_layer_covered() -> None:
    stage = Stage(*Layer)
    stage.shown(BG, FG)
    stage.layers.replace(BG, "next")
    assert stage.states == (ACTIVE, HIDDEN, INTERRUPTED)
    assert stage.layers.content(BG) == "next"


def test_what_is_interrupted_while_it_enters_stays_so() -> None:
    stage = Stage(*Layer)
    stage.show(BG)
    stage.show(FG)
    stage.settle()
    assert stage.states == (ACTIVE, HIDDEN, INTERRUPTED)


def test_every_state_of_every_layer_has_a_look() -> None:
    assert {layer: set(looks) for layer, looks in LOOKS.items()} == {
        layer: set(LayerState) for layer in Layer
    }
    assert sorted(Layer, key=Z_INDEX.__getitem__, reverse=True) == list(Layer)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["show", "hide", "register", "unregister"]),
            st.sampled_from(Layer),
        ),
        st.tuples(st.just("wait"), st.floats(0, 1)),
    ),
    max_size=40,
)


@given(OPERATIONS)
def test_always(operations: list[tuple[str, Layer | float]]) -> None:
    """Whatever is done: what leaves goes, and where all are drawn nothing is covered by nothing."""
    stage = Stage(*Layer)
    for name, argument in operations:
        getattr(stage, name)(argument)
        for layer in Layer:
            is_hidden = stage.layers.state(layer) is HIDDEN
            assert (stage.layers.content(layer) is None) is is_hidden
    for layer in Layer:
        stage.register(layer)
    stage.settle()
    assert not {ENTERING, EXITING} & set(stage.states)
    for at, layer in enumerate(Layer):
        is_covered = any(
            stage.layers.state(above) is ACTIVE for above in list(Layer)[:at]
        )
        assert is_covered or stage.layers.state(layer) is not INTERRUPTED
    for layer in Layer:
        stage.hide(layer)
    stage.settle()
    assert set(stage.states) == {HIDDEN}
