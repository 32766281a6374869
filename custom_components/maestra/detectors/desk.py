"""The detectors at work: what they are fed with, when they are asked, and what they find."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from typing import Final

from ..bus import Counters, Unsubscribe
from ..domain import Domain
from ..domain.detections import Detection, EventDetected
from ..domain.json_types import JsonObject
from .detector import Detector
from .feeds import Feeds
from .reading import Reading

_LOGGER = logging.getLogger(__name__)

GRACE: Final = timedelta(seconds=10)
"""How late a reading may come. So much later than it could a decision is taken where no reading comes."""
FAILED: Final = "Detector %s has failed and is switched off"


@dataclass(slots=True, eq=False)
class Post:
    """A detector at work, or not. `id` is that of its settings."""

    id: str
    name: str
    detector: Detector
    is_enabled: bool = True
    last: Detection | None = None

    def stored_type(self, detection: Detection) -> str:
        """Return what the store calls the type of an event: others of this kind may find another on the same series."""
        if self.detector.is_own_type:
            return detection.event_type
        return f"{detection.event_type}:{self.id}"


class Desk:
    """Gives each reading to the detectors of its series, and tells on the bus what they find."""

    def __init__(
        self, domain: Domain, on_due: Callable[[datetime], None] = lambda _: None
    ) -> None:
        """Have no detectors yet. `on_due` is told when `advance` is to be called, each time that it is to be sooner."""
        self.counters = Counters()
        self._bus = domain.bus
        self._on_due = on_due
        self._feeds = Feeds(domain, self.take)
        self._posts: dict[str, Post] = {}
        self._by_series: defaultdict[str, list[Post]] = defaultdict(list)
        self._next: datetime | None = None

    def __iter__(self) -> Iterator[Post]:
        """Iterate over all detectors."""
        return iter(self._posts.values())

    def get(self, id_: str) -> Post | None:
        """Return a detector, if it is there."""
        return self._posts.get(id_)

    def start(self) -> Unsubscribe:
        """Follow the detectors' series until the returned function is called."""
        return self._feeds.start()

    def put(self, post: Post) -> None:
        """Add a detector, or let one take another's place."""
        self._posts[post.id] = post
        self._sort()
        self._plan(post)

    def remove(self, id_: str) -> None:
        """Remove a detector."""
        self._posts.pop(id_, None)
        self._sort()

    def enable(self, post: Post, is_enabled: bool) -> None:
        """Let a detector work, or not. What it does not see now, it does not find later."""
        post.is_enabled = is_enabled
        self._sort()

    @property
    def series(self) -> set[str]:
        """The series that are followed."""
        return set(self._by_series)

    def take(self, reading: Reading) -> None:
        """Take a reading of a series."""
        for post in self._by_series.get(reading.series, ()):
            self.counters.add("readings")
            try:
                found = post.detector.take(reading)
            except Exception:
                _LOGGER.exception(FAILED, post.name)
                self._failed(post)
                continue
            if found:
                self._tell(post, found)
            self._plan(post)

    def advance(self, now: datetime) -> None:
        """Decide what time alone decides; `now` is that of the clock."""
        self._next = None
        for post in list(self._posts.values()):
            if not post.is_enabled:
                continue
            detector = post.detector
            try:
                # A decision may be followed by the next.
                while (due := detector.due) is not None and due + GRACE < now:
                    self._tell(post, detector.advance(now - GRACE))
                    if detector.due == due:
                        break
            except Exception:
                _LOGGER.exception(FAILED, post.name)
                self._failed(post)
            self._plan(post)

    def _plan(self, post: Post) -> None:
        if post.is_enabled and (due := post.detector.due) is not None:
            # The moment itself still belongs to what is waited for.
            due += GRACE + timedelta(milliseconds=1)
            if self._next is None or due < self._next:
                self._next = due
                self._on_due(due)

    def _tell(self, post: Post, found: Sequence[Detection]) -> None:
        for detection in found:
            post.last = detection
            self.counters.add("events")
            stored_type = post.stored_type(detection)
            self._bus.publish(EventDetected(post.id, detection, stored_type))

    def _failed(self, post: Post) -> None:
        self.counters.add("failures")
        post.is_enabled = False
        self._sort()

    def _sort(self) -> None:
        self._by_series.clear()
        for post in self._posts.values():
            if post.is_enabled:
                self._by_series[post.detector.series].append(post)
        self._feeds.follow(self._by_series)

    def snapshot(self) -> JsonObject:
        """Return what has to outlive a restart, by detector."""
        return {
            post.id: {
                "kind": post.detector.kind,
                "series": post.detector.series,
                "settings": dict(post.detector.settings),
                "is_enabled": post.is_enabled,
                "state": post.detector.snapshot(),
            }
            for post in self._posts.values()
        }


def resume(post: Post, saved: object) -> None:
    """Let a detector go on where it was when a snapshot was taken; one with other settings begins anew."""
    if not isinstance(saved, dict):
        return
    post.is_enabled = saved.get("is_enabled") is not False
    detector, state = post.detector, saved.get("state")
    described = (detector.kind, detector.series, dict(detector.settings))
    known = (saved.get("kind"), saved.get("series"), saved.get("settings"))
    if described == known and isinstance(state, dict):
        detector.restore(state)
