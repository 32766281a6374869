"""The bus: typed events, dispatched to their listeners."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import Any

from .log import get_logger

_LOGGER = get_logger(__name__)

type Unsubscribe = Callable[[], None]
type Listener[E] = Callable[[E], None]


def together(*unsubscribes: Unsubscribe) -> Unsubscribe:
    """Return a function that calls all these, the last first, whatever one of them raises."""

    def unsubscribe() -> None:
        with ExitStack() as steps:
            for each in unsubscribes:
                steps.callback(each)

    return unsubscribe


def enlist[L](listeners: list[L], listener: L) -> Unsubscribe:
    """Add a listener; returns a function that takes it off again, and may be called twice."""
    listeners.append(listener)

    def forget() -> None:
        with suppress(ValueError):
            listeners.remove(listener)

    return forget


def call_each(listeners: Iterable[Callable[..., None]], *arguments: object) -> None:
    """Call all listeners with these. One that raises is logged and never keeps the others, or us, from going on."""
    # One of them may leave meanwhile.
    for listener in tuple(listeners):
        try:
            listener(*arguments)
        except Exception:
            _LOGGER.exception("A listener failed")


class Bus:
    """Calls the listeners of an event's exact type, in the order they subscribed.

    Publishing is synchronous. What a listener publishes is delivered after the event
    that it is listening to, so that all listeners get everything in the same order.
    A listener that raises is logged and never keeps the others, or the publisher,
    from going on.
    """

    def __init__(self) -> None:
        """Start without listeners."""
        self._listeners: defaultdict[type, tuple[Listener[Any], ...]] = defaultdict(
            tuple
        )
        self._waiting: deque[object] = deque()
        self._is_publishing = False

    def subscribe[E](self, kind: type[E], listener: Listener[E]) -> Unsubscribe:
        """Call `listener` with every event of this type until the returned function is called."""
        self._listeners[kind] += (listener,)

        def unsubscribe() -> None:
            # Tuples are replaced, never changed: a listener may leave while an event is being delivered.
            self._listeners[kind] = tuple(
                other for other in self._listeners[kind] if other is not listener
            )

        return unsubscribe

    def has_listeners(self, kind: type, *, beside: Listener[Any] | None = None) -> bool:
        """Tell whether anybody, or anybody else, listens to events of this type: others need not be made."""
        listeners = self._listeners.get(kind, ())
        return len(listeners) > (listeners.count(beside) if beside else 0)

    def publish(self, event: object) -> None:
        """Call all listeners of the event's type."""
        self._waiting.append(event)
        if self._is_publishing:
            return
        self._is_publishing = True
        try:
            while self._waiting:
                self._deliver(self._waiting.popleft())
        finally:
            self._is_publishing = False

    def _deliver(self, event: object) -> None:
        for listener in self._listeners.get(type(event), ()):
            try:
                listener(event)
            except Exception:
                _LOGGER.exception("A listener failed on %s", type(event).__name__)
