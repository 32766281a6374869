"""Who hears what: one look-up for each event, however many clients there are. No I/O."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ...domain.events import StateChanged
from ..subjects import subject_matches
from . import frames
from .client import Client
from .subscriptions import DEFAULT, Subscription

MAX_CACHED: Final = 4_096


class Told:
    """One thing that is told, on one or more subjects; encoded once in each form."""

    __slots__ = ("_frames", "event", "is_state", "payload", "subjects")

    def __init__(
        self, subjects: tuple[str, ...], payload: bytes, event: object
    ) -> None:
        """`payload` is JSON; the most telling of the subjects is the first."""
        self.subjects = subjects
        self.payload = payload
        self.event = event
        self.is_state = isinstance(event, StateChanged)
        self._frames: dict[str, bytes] = {}

    def frame(self, subject: str, *, envelope: bool) -> bytes:
        """Return the frame for a client that hears this on `subject`."""
        if self.is_state and not envelope:
            return self.payload
        if (frame := self._frames.get(subject)) is None:
            frame = self._frames[subject] = frames.message(subject, self.payload)
        return frame


class _Seats(NamedTuple):
    """Who hears what is said on some subjects."""

    plain: tuple[tuple[str, bool, tuple[Client, ...]], ...]
    """Clients without a filter, by the subject and the form they hear it in."""
    choosy: tuple[tuple[Client, tuple[tuple[str, Subscription], ...]], ...]
    """Clients whose filter decides, with their matching subscriptions."""


class _Wishes:
    """What one client wants to hear: everything, until it says so itself."""

    __slots__ = ("by_pattern", "is_default")

    def __init__(self) -> None:
        self.by_pattern: dict[str, Subscription] = {DEFAULT.pattern: DEFAULT}
        self.is_default = True

    def state(self) -> dict[str, Subscription]:
        if self.is_default:
            self.is_default = False
            self.by_pattern.clear()
        return self.by_pattern


class Audience:
    """The clients and what they subscribed to."""

    def __init__(self, most_subscriptions: int) -> None:
        """Start with nobody; each client may have this many subscriptions."""
        self._most_subscriptions = most_subscriptions
        self._wishes: dict[Client, _Wishes] = {}
        self._seats: dict[tuple[str, ...], _Seats] = {}

    def __len__(self) -> int:
        """Return how many clients there are."""
        return len(self._wishes)

    def add(self, client: Client) -> None:
        """Let a client hear everything, for it has not said what it wants."""
        self._wishes[client] = _Wishes()
        self._seats.clear()

    def remove(self, client: Client) -> None:
        """Forget a client, if it is known."""
        if self._wishes.pop(client, None) is not None:
            self._seats.clear()

    def subscribe(self, client: Client, wanted: Iterable[Subscription]) -> bool:
        """Add subscriptions, or renew those of the same pattern; False where they are too many."""
        wishes = self._wishes[client]
        new = {subscription.pattern: subscription for subscription in wanted}
        known = () if wishes.is_default else wishes.by_pattern
        if len({*known, *new}) > self._most_subscriptions:
            return False
        wishes.state().update(new)
        self._seats.clear()
        return True

    def unsubscribe(self, client: Client, patterns: Iterable[str]) -> None:
        """Take subscriptions back; all of them where no pattern is given."""
        subscriptions = self._wishes[client].state()
        for pattern in tuple(patterns) or tuple(subscriptions):
            subscriptions.pop(pattern, None)
        self._seats.clear()

    def hearers(self, told: Told) -> Iterator[tuple[bytes, tuple[Client, ...]]]:
        """Yield each frame with the clients that get it.

        A client gets one frame, however many of its subscriptions match: the first decides.
        """
        seats = self._seats.get(told.subjects)
        if seats is None:
            seats = self._seat(told.subjects)
        for subject, envelope, clients in seats.plain:
            yield told.frame(subject, envelope=envelope), clients
        for client, matches in seats.choosy:
            for subject, subscription in matches:
                wanted = subscription.filter
                if wanted is None or wanted.admits(told.event):
                    yield told.frame(subject, envelope=subscription.envelope), (client,)
                    break

    def _seat(self, subjects: tuple[str, ...]) -> _Seats:
        if len(self._seats) >= MAX_CACHED:
            self._seats.clear()
        plain: defaultdict[tuple[str, bool], list[Client]] = defaultdict(list)
        choosy = []
        for client, wishes in self._wishes.items():
            matches = tuple(
                (subject, subscription)
                for subscription in wishes.by_pattern.values()
                if (subject := matching(subscription.pattern, subjects))
            )
            if matches and matches[0][1].filter is None:
                subject, subscription = matches[0]
                plain[subject, subscription.envelope].append(client)
            elif matches:
                choosy.append((client, matches))
        seats = self._seats[subjects] = _Seats(
            tuple((*form, tuple(clients)) for form, clients in plain.items()),
            tuple(choosy),
        )
        return seats


def matching(pattern: str, subjects: Iterable[str]) -> str | None:
    """Return the first of the subjects that a pattern stands for."""
    return next(
        (subject for subject in subjects if subject_matches(pattern, subject)), None
    )
