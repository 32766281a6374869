"""What all QS sources share: settings, devices, the idempotency window, and dead letters."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
import enum
from typing import Any, Final, Protocol

from ..bus import Bus, Unsubscribe
from ..domain.errors import MaestraError
from .dead_letters import DeadLetters
from .events import DeadLetter, DeadLetterTaken, TelemetryIdReused
from .nodes import NodeForgotten, Nodes
from .window import Window

EVENTS_FILTER: Final = "qs/v1/+/events"
DEADLETTER_TOPIC: Final = "qs/v1/deadletter"
MAX_REUSED: Final = 1_000
"""Reused ids that are reported once, although they are found twice: here and in the database."""


class Mismatch(enum.StrEnum):
    """What to do where an event names another device than its topic."""

    ACCEPT = "accept"
    WARN = "warn"
    """Accept, count, and log once for each device."""
    REFUSE = "refuse"


@dataclass(frozen=True, kw_only=True)
class QsSettings:
    """`zone` is that of device times without an offset. Sources of the same `group` share the messages.

    Only `shown` devices are told of in Home Assistant, where it is given; the others are stored and acknowledged.
    """

    zone: tzinfo = UTC
    mismatch: Mismatch = Mismatch.WARN
    group: str = ""
    shown: frozenset[str] = frozenset()

    @property
    def filter(self) -> str:
        """What to subscribe to."""
        return f"$share/{self.group}/{EVENTS_FILTER}" if self.group else EVENTS_FILTER

    def shows(self, device_id: str) -> bool:
        """Whether a device is to be shown."""
        return not self.shown or device_id in self.shown


class UnknownDeadLetter(MaestraError):
    """No dead letter has this id, or it was replaced by newer ones."""

    code = "unknown_dead_letter"
    message = "Dead letter {letter} is not known, or is not kept any more"


class DeadLetterCut(MaestraError):
    """What came was too large to be kept as a whole."""

    code = "dead_letter_cut"
    message = (
        "Dead letter {letter} was too large to be kept as a whole: give its content"
    )


class DeadLetterRefused(MaestraError):
    """It can't be taken this time either."""

    code = "dead_letter_refused"
    message = "Dead letter {letter} can't be taken: {reason}"


class SourceGone(MaestraError):
    """Nothing listens any more where it came in."""

    code = "qs_source_gone"
    message = "No broker with QS devices is there to take dead letter {letter}"


class Source(Protocol):
    """What takes dead letters again."""

    def subscribe(self) -> None:
        """Listen to what the settings say."""

    def replay(self, topic: str, payload: str) -> str | None:
        """Take a message as if it came in now; returns why it can't be taken, or None."""


class QsRegistry:
    """Where the sources keep what outlives them. It is opened before they start, and closed after them."""

    def __init__(
        self, bus: Bus, window: Window, settings: QsSettings = QsSettings()
    ) -> None:
        """Know nothing yet."""
        self.nodes = Nodes()
        self.dead_letters = DeadLetters()
        self.window = window
        self.sources: dict[str, Source] = {}
        self._bus = bus
        self._settings = settings
        self._reused: OrderedDict[str, None] = OrderedDict()
        self._unsubscribe: Unsubscribe | None = None

    @property
    def settings(self) -> QsSettings:
        """How events are read."""
        return self._settings

    @settings.setter
    def settings(self, settings: QsSettings) -> None:
        self._settings = settings
        for source in list(self.sources.values()):
            source.subscribe()

    async def open(self) -> None:
        """Read what came before, and listen to what the database finds."""
        await self.window.open()
        self._unsubscribe = self._bus.subscribe(TelemetryIdReused, self._id_reused)

    async def close(self) -> None:
        """Write what is left."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        await self.window.close()

    def replay(self, letter_id: str, payload: str | None = None) -> None:
        """Take a dead letter as if it came in now, with another content if one is given; then it is forgotten.

        Raises UnknownDeadLetter, DeadLetterCut, SourceGone, DeadLetterRefused.
        """
        letter = self.dead_letters.get(letter_id)
        if letter is None:
            raise UnknownDeadLetter(letter=letter_id)
        if payload is None and letter.is_cut:
            raise DeadLetterCut(letter=letter_id)
        reason = self._source(letter).replay(letter.topic, payload or letter.payload)
        if reason is not None:
            raise DeadLetterRefused(letter=letter_id, reason=reason)
        self.dead_letters.discard(letter_id)
        self._bus.publish(DeadLetterTaken(letter_id))

    def forget(self, device_id: str) -> None:
        """Forget a device. One that still talks comes back."""
        if node := self.nodes.forget(device_id):
            self._bus.publish(NodeForgotten(node))

    def restore_file(self, saved: Mapping[str, Any]) -> None:
        """Take over devices and dead letters from a file of an earlier version."""
        self.nodes.restore_file(saved["nodes"])
        letters = saved["letters"]
        self.dead_letters.total = letters["total"]
        for letter in letters["letters"]:
            self.dead_letters.restore(letter)

    def _source(self, letter: DeadLetter) -> Source:
        source = self.sources.get(letter.gateway) or next(
            iter(self.sources.values()), None
        )
        if source is None:
            raise SourceGone(letter=letter.id)
        return source

    def _id_reused(self, event: TelemetryIdReused) -> None:
        if event.event_id in self._reused:
            return
        self._reused[event.event_id] = None
        if len(self._reused) > MAX_REUSED:
            self._reused.popitem(last=False)
        if node := self.nodes.get(event.device_id):
            node.ids_reused += 1
