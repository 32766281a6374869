"""The recipients of each message: subscriptions of all clients, cached by subject. No I/O."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
import re
from typing import Final, NamedTuple

from ..domain.events import StateChanged
from ..transport.commands import STATE, STATE_COMMANDS
from ..transport.subjects import subject_matches
from . import frames
from .client import Client
from .subscriptions import DEFAULT, Form, Subscription

MAX_CACHED: Final = 4_096


class Notification:
    """One message, on one or more subjects; encoded once in each form."""

    __slots__ = ("_frames", "event", "is_state", "payload", "subjects")

    def __init__(
        self, subjects: tuple[str, ...], payload: bytes, event: object
    ) -> None:
        """`payload` is JSON; the most specific of the subjects is the first."""
        self.subjects = subjects
        self.payload = payload
        self.event = event
        self.is_state = isinstance(event, StateChanged)
        self._frames: dict[tuple[str, Form], bytes] = {}

    def frame(self, subject: str, form: Form) -> bytes:
        """Return the frame for a client that gets this on `subject`; what is no state change is always a message."""
        if not self.is_state:
            form = Form.MESSAGE
        if (frame := self._frames.get((subject, form))) is None:
            frame = self._frames[subject, form] = self._made(subject, form)
        return frame

    def _made(self, subject: str, form: Form) -> bytes:
        match form:
            case Form.MESSAGE:
                return frames.message(subject, self.payload)
            case Form.BOTH:
                return frames.state_message(subject, self.payload)
            case Form.EVENT:
                return self.payload


class _Recipients(NamedTuple):
    """Who receives what is published on some subjects."""

    unfiltered: tuple[tuple[str, Form, tuple[Client, ...]], ...]
    """Clients without a filter, by the subject and the form they get it in."""
    filtered: tuple[tuple[Client, tuple[tuple[str, Subscription], ...]], ...]
    """Clients whose filter decides, with their matching subscriptions."""


class _ClientSubscriptions:
    """What one client subscribed to: everything, until it says so itself."""

    __slots__ = ("by_pattern", "is_default")

    def __init__(self) -> None:
        self.by_pattern: dict[str, Subscription] = {DEFAULT.pattern: DEFAULT}
        self.is_default = True

    def explicit(self) -> dict[str, Subscription]:
        if self.is_default:
            self.is_default = False
            self.by_pattern.clear()
        return self.by_pattern


class Audience:
    """The clients and what they subscribed to."""

    def __init__(self, most_subscriptions: int) -> None:
        """Start with nobody; each client may have this many subscriptions."""
        self._most_subscriptions = most_subscriptions
        self._clients: dict[Client, _ClientSubscriptions] = {}
        self._recipients: dict[tuple[str, ...], _Recipients] = {}

    def __len__(self) -> int:
        """Return how many clients there are."""
        return len(self._clients)

    def add(self, client: Client) -> None:
        """Let a client get everything, as long as it subscribed to nothing."""
        self._clients[client] = _ClientSubscriptions()
        self._recipients.clear()

    def remove(self, client: Client) -> None:
        """Forget a client, if it is known."""
        if self._clients.pop(client, None) is not None:
            self._recipients.clear()

    def subscribe(self, client: Client, wanted: Iterable[Subscription]) -> bool:
        """Add subscriptions, or renew those of the same pattern; False where they are too many."""
        subscriptions = self._clients[client]
        new = {subscription.pattern: subscription for subscription in wanted}
        known = () if subscriptions.is_default else subscriptions.by_pattern
        if len({*known, *new}) > self._most_subscriptions:
            return False
        subscriptions.explicit().update(new)
        self._recipients.clear()
        return True

    def unsubscribe(self, client: Client, patterns: Iterable[str]) -> None:
        """Take subscriptions back; all of them where no pattern is given."""
        subscriptions = self._clients[client].explicit()
        for pattern in tuple(patterns) or tuple(subscriptions):
            subscriptions.pop(pattern, None)
        self._recipients.clear()

    def recipients(
        self, notification: Notification
    ) -> Iterator[tuple[bytes, tuple[Client, ...]]]:
        """Yield each frame with the clients that get it.

        A client gets one frame, however many of its subscriptions match: the first decides.
        """
        recipients = self._recipients.get(notification.subjects)
        if recipients is None:
            recipients = self._find(notification.subjects)
        for subject, form, clients in recipients.unfiltered:
            yield notification.frame(subject, form), clients
        for client, matches in recipients.filtered:
            for subject, subscription in matches:
                wanted = subscription.filter
                if wanted is None or wanted.admits(notification.event):
                    yield (
                        notification.frame(subject, subscription.form),
                        (client,),
                    )
                    break

    def _find(self, subjects: tuple[str, ...]) -> _Recipients:
        if len(self._recipients) >= MAX_CACHED:
            self._recipients.clear()
        unfiltered: defaultdict[tuple[str, Form], list[Client]] = defaultdict(list)
        filtered = []
        for client, subscriptions in self._clients.items():
            matches = tuple(
                (subject, subscription)
                for subscription in subscriptions.by_pattern.values()
                if (subject := matching(subscription.pattern, subjects))
            )
            if matches and matches[0][1].filter is None:
                subject, subscription = matches[0]
                unfiltered[subject, subscription.form].append(client)
            elif matches:
                filtered.append((client, matches))
        recipients = self._recipients[subjects] = _Recipients(
            tuple((*how, tuple(clients)) for how, clients in unfiltered.items()),
            tuple(filtered),
        )
        return recipients


def matching(pattern: str, subjects: Iterable[str]) -> str | None:
    """Return the first of the subjects that a pattern stands for."""
    return next(
        (
            subject
            for subject in subjects
            if subject_matches(pattern, subject)
            and not (subject.startswith(STATE_COMMANDS) and _ANY_TYPE.match(pattern))
        ),
        None,
    )


# Who subscribes to an entity whatever its type is told its state, not what it is commanded: that is not a type.
_ANY_TYPE: Final = re.compile(rf"{re.escape(STATE)}\.\*\.")
