"""The overlay layers: which of them is seen, is covered by a higher one, or comes and goes (stream-production.md §1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..domain.json_values import JsonObject


class Layer(StrEnum):
    """The layers of an overlay, the one in front first."""

    FOREGROUND = "foreground"
    MIDGROUND = "midground"
    BACKGROUND = "background"


class LayerState(StrEnum):
    """What a layer does."""

    HIDDEN = "hidden"
    ENTERING = "entering"
    ACTIVE = "active"
    INTERRUPTED = "interrupted"
    EXITING = "exiting"


class Animation(StrEnum):
    """How a layer gets from one state to another."""

    ENTER = "enter"
    EXIT = "exit"
    INTERRUPT = "interrupt"
    RESUME = "resume"


DURATIONS: Final[Mapping[Animation, float]] = {
    Animation.ENTER: 0.4,
    Animation.EXIT: 0.3,
    Animation.INTERRUPT: 0.2,
    Animation.RESUME: 0.4,
}
"""Seconds."""
Z_INDEX: Final[Mapping[Layer, int]] = {
    Layer.FOREGROUND: 100,
    Layer.MIDGROUND: 50,
    Layer.BACKGROUND: 10,
}
"""The stacking order on a page."""
_ORDER: Final = tuple(Layer)
_COVERING: Final = frozenset({LayerState.ENTERING, LayerState.ACTIVE})
_UNSEEN: Final = frozenset({LayerState.HIDDEN, LayerState.EXITING})


@dataclass(frozen=True, slots=True)
class Look:
    """How a layer is drawn at rest: `y` is in pixels, downwards."""

    opacity: float = 1
    y: float = 0
    scale: float = 1

    def to_wire(self) -> JsonObject:
        """Return it for a page."""
        return {"opacity": self.opacity, "y": self.y, "scale": self.scale}


_SHOWN: Final = Look()
_BEFORE: Final = Look(0, 20, 0.95)
_GONE: Final = Look(0, -20, 0.95)
_COVERED: Final[Mapping[Layer, Look]] = {
    Layer.MIDGROUND: Look(0.7, 30, 0.95),
    Layer.BACKGROUND: Look(0.5, 60, 0.9),
}
LOOKS: Final[Mapping[Layer, Mapping[LayerState, Look]]] = {
    layer: {
        LayerState.HIDDEN: _BEFORE,
        LayerState.ENTERING: _SHOWN,
        LayerState.ACTIVE: _SHOWN,
        # Nothing is in front of the foreground.
        LayerState.INTERRUPTED: _COVERED.get(layer, _SHOWN),
        LayerState.EXITING: _GONE,
    }
    for layer in Layer
}
"""What each state ends up looking like; a page moves from one look to the next."""


@dataclass(slots=True)
class _Slot[C]:
    state: LayerState = LayerState.HIDDEN
    content: C | None = None
    is_registered: bool = False
    pending: Animation | None = None
    """What is played once the layer is registered: the last one counts."""
    ends_at: float | None = None
    """When the animation ends that leads to another state."""
    wanted: C | None = None
    """What is to be shown when the layer has gone."""


class Layers[C]:
    """The state and the content of each layer.

    Time is given with each call, in seconds of any clock that only goes forward; `due` says when `advance` is to be called.
    A layer that is not registered, since nothing draws it yet, changes at once and is animated when it is.
    """

    def __init__(
        self,
        on_change: Callable[[Layer], None] = lambda layer: None,
        on_animation: Callable[[Layer, Animation], None] = lambda layer, animation: (
            None
        ),
        durations: Mapping[Animation, float] = DURATIONS,
    ) -> None:
        """Hide all. `on_change` is called where state or content are other, `on_animation` with what is to be played."""
        self._on_change = on_change
        self._on_animation = on_animation
        self._durations = durations
        self._slots: dict[Layer, _Slot[C]] = {layer: _Slot() for layer in Layer}

    def state(self, layer: Layer) -> LayerState:
        """Return what a layer does."""
        return self._slots[layer].state

    def content(self, layer: Layer) -> C | None:
        """Return what a layer shows; while it leaves, what it has shown."""
        return self._slots[layer].content

    def is_visible(self, layer: Layer) -> bool:
        """Whether a layer is seen: one that is interrupted is, one that leaves is not."""
        return self._slots[layer].state not in _UNSEEN

    @property
    def due(self) -> float | None:
        """When the next animation ends; None while nothing moves."""
        ends = (slot.ends_at for slot in self._slots.values())
        return min((end for end in ends if end is not None), default=None)

    def register(self, layer: Layer, now: float) -> None:
        """Let a layer be drawn: what waits for that is played. Registered twice, nothing happens."""
        slot = self._slots[layer]
        if slot.is_registered:
            return
        slot.is_registered = True
        if (animation := slot.pending) is not None:
            slot.pending = None
            self._play(layer, animation, now)
        if slot.state is LayerState.INTERRUPTED:
            self._resume_uncovered(layer, now)

    def unregister(self, layer: Layer, now: float) -> None:
        """Let a layer be drawn no longer: it is hidden, and uncovers what was behind it."""
        slot = self._slots[layer]
        slot.is_registered = False
        slot.pending = slot.ends_at = slot.content = slot.wanted = None
        self._set(layer, LayerState.HIDDEN)
        self._uncover(layer, now)

    def show(self, layer: Layer, content: C, now: float) -> None:
        """Show a layer that is hidden or interrupted with this content.

        One that is seen anyway has another content from now on, and one that leaves comes back with it when it has gone.
        """
        slot = self._slots[layer]
        match slot.state:
            case LayerState.HIDDEN:
                self._enter(layer, content, now)
            case LayerState.INTERRUPTED:
                slot.content = content
                self._set(layer, LayerState.ACTIVE)
                self._play(layer, Animation.RESUME, now)
            case LayerState.EXITING:
                slot.wanted = content
            case _:
                self.replace(layer, content)

    def replace(self, layer: Layer, content: C) -> None:
        """Give a layer that is seen another content, covered as it may be."""
        slot = self._slots[layer]
        if slot.state not in _UNSEEN and slot.content != content:
            slot.content = content
            self._on_change(layer)

    def hide(self, layer: Layer, now: float) -> None:
        """Let a layer leave, and show what it has interrupted at once, unless something else still covers that."""
        slot = self._slots[layer]
        slot.wanted = None
        if slot.state in _UNSEEN:
            return
        self._set(layer, LayerState.EXITING)
        self._play(layer, Animation.EXIT, now)
        self._uncover(layer, now)

    def advance(self, now: float) -> None:
        """End the animations that are over."""
        for layer, slot in self._slots.items():
            if slot.ends_at is None or slot.ends_at > now:
                continue
            slot.ends_at = None
            if slot.state is LayerState.ENTERING:
                self._set(layer, LayerState.ACTIVE)
            elif slot.state is LayerState.EXITING:
                wanted, slot.wanted, slot.content = slot.wanted, None, None
                self._set(layer, LayerState.HIDDEN)
                if wanted is not None:
                    self._enter(layer, wanted, now)

    def _enter(self, layer: Layer, content: C, now: float) -> None:
        self._slots[layer].content = content
        self._set(layer, LayerState.ENTERING)
        self._play(layer, Animation.ENTER, now)
        for lower in _below(layer):
            if self._slots[lower].state in _COVERING:
                self._set(lower, LayerState.INTERRUPTED)
                self._play(lower, Animation.INTERRUPT, now)

    def _uncover(self, layer: Layer, now: float) -> None:
        """Show the highest layer below that was interrupted; what still has one in front of it stays as it is."""
        for lower in _below(layer):
            slot = self._slots[lower]
            if slot.state is LayerState.INTERRUPTED and slot.is_registered:
                self._resume_uncovered(lower, now)
                return

    def _resume_uncovered(self, layer: Layer, now: float) -> None:
        if not any(self._slots[above].state in _COVERING for above in _above(layer)):
            self._set(layer, LayerState.ACTIVE)
            self._play(layer, Animation.RESUME, now)

    def _play(self, layer: Layer, animation: Animation, now: float) -> None:
        slot = self._slots[layer]
        slot.ends_at = None
        if not slot.is_registered:
            slot.pending = animation
            return
        # The others change nothing when they end.
        if animation in (Animation.ENTER, Animation.EXIT):
            slot.ends_at = now + self._durations[animation]
        self._on_animation(layer, animation)

    def _set(self, layer: Layer, state: LayerState) -> None:
        slot = self._slots[layer]
        if slot.state is not state:
            slot.state = state
            self._on_change(layer)


def _below(layer: Layer) -> tuple[Layer, ...]:
    """Return the layers behind one, the nearest first."""
    return _ORDER[_ORDER.index(layer) + 1 :]


def _above(layer: Layer) -> tuple[Layer, ...]:
    return _ORDER[: _ORDER.index(layer)]
