"""What was said on a stream set against what happened: kept for a while, and put together as a record (stream-production.md §6, §8)."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

from ..bus import Counters
from ..domain.clock import wire_time
from ..domain.json_values import JsonObject
from .analysis import Analysis
from .correlation import (
    RESPONSE_WINDOW,
    Mark,
    Response,
    Trend,
    responses,
    top,
    trend,
    velocity,
    within,
)
from .stream_events import CHAT_MESSAGE, StreamEvent

MAX_UTTERANCES: Final = 1_000
MAX_CHAT: Final = 2_000
MAX_INTERACTIONS: Final = 500
MAX_TRANSCRIPT: Final = 50_000
"""Characters."""
MAX_RESPONSES: Final = 20
"""Utterances with what followed them, of a record: those that were followed by most."""
LATENESS: Final = timedelta(minutes=1)
"""How long before a record began something may have been, and come into it: to put speech in words takes its time."""
MAX_SAMPLES: Final = 3
"""Messages of each."""
INTERACTIONS: Final = frozenset(
    {
        "channel.follow",
        "channel.subscribe",
        "channel.subscription.gift",
        "channel.subscription.message",
        "channel.cheer",
        "channel.raid",
        "channel.channel_points_custom_reward_redemption.add",
    }
)
"""Events that viewers bring about, beside chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRecord:
    """What was said and what has happened between two times. `analysis` is what is made of it."""

    id: str
    production: str
    started: datetime
    ended: datetime
    transcript: str
    chat: tuple[Mark, ...]
    velocity: float
    """Messages a minute."""
    trend: Trend
    interactions: dict[str, int]
    native_emotes: dict[str, int]
    responses: tuple[Response, ...]
    analysis: Analysis = field(default_factory=Analysis)

    @property
    def duration(self) -> float:
        """The seconds in between."""
        return (self.ended - self.started).total_seconds()

    @property
    def is_empty(self) -> bool:
        """Whether nobody said anything, and nothing has happened."""
        return not (self.transcript or self.chat or self.interactions)

    @property
    def participants(self) -> int:
        """How many people have written."""
        return len({mark.person for mark in self.chat if mark.person})

    def chat_to_wire(self) -> JsonObject:
        """Return how much was written, and by how many."""
        return {
            "message_count": len(self.chat),
            "velocity": round(self.velocity, 2),
            "participants": self.participants,
            "trend": self.trend,
        }

    def emotes_to_wire(self) -> JsonObject:
        """Return which emotes were used how often."""
        used = [emote for mark in self.chat for emote in mark.emotes]
        return {
            "total_count": len(used),
            "unique_emotes": len({*used}),
            "top_emotes": _json(top(used)),
            "native_emotes": _json(self.native_emotes),
        }

    def responses_to_wire(self) -> list[JsonObject]:
        """Return what was followed by chat, with some of it."""
        return [
            {
                "text": response.cue.text,
                "timestamp": wire_time(response.cue.time),
                "messages": len(response.followed),
                "emotes": _json(
                    top(emote for mark in response.followed for emote in mark.emotes)
                ),
                "sample": [mark.text for mark in response.followed[:MAX_SAMPLES]],
            }
            for response in self.responses
        ]

    def to_wire(self) -> JsonObject:
        """Return it as clients see it (§8), its duration in seconds."""
        return {
            "id": self.id,
            "started": wire_time(self.started),
            "ended": wire_time(self.ended),
            "duration": self.duration,
            "transcript": self.transcript,
            "chat": self.chat_to_wire(),
            "interactions": _json(self.interactions),
            "emotes": self.emotes_to_wire(),
            "correlation": list(self.responses_to_wire()),
            **self.analysis.to_wire(),
        }


class ContextWindow:
    """What has been said, written and done lately, for one production. What finds no room pushes out the oldest, and is counted."""

    def __init__(self, production: str, began: datetime) -> None:
        """Know nothing; the first record begins now."""
        self.counters = Counters()
        """Counts of utterances, chat, interactions and dropped."""
        self._production = production
        self._began = began
        self._utterances: deque[Mark] = deque(maxlen=MAX_UTTERANCES)
        self._chat: deque[Mark] = deque(maxlen=MAX_CHAT)
        self._interactions: deque[Mark] = deque(maxlen=MAX_INTERACTIONS)
        self._native: deque[Mark] = deque(maxlen=MAX_CHAT)
        self._unanswered: Sequence[Mark] = ()
        """What was said at the end of the last record: what follows it comes into the next one."""

    def said(self, ended: datetime, text: str) -> None:
        """Take in what was said; `ended` is when its last word was over: chat follows from there."""
        self._keep("utterances", self._utterances, Mark(ended, text))

    def happened(self, event: StreamEvent) -> None:
        """Take in what has happened on the stream."""
        if event.type == CHAT_MESSAGE:
            data = event.data
            self._keep(
                "chat",
                self._chat,
                Mark(
                    event.timestamp,
                    str(data.get("message") or ""),
                    event.person or "",
                    _texts(data.get("emotes")),
                ),
            )
            if native := _texts(data.get("native_emotes")):
                self._native.append(Mark(event.timestamp, emotes=native))
        elif event.type in INTERACTIONS:
            mark = Mark(event.timestamp, event.type, event.person or "")
            self._keep("interactions", self._interactions, mark)

    def record(self, now: datetime, *, closes: bool = True) -> ContextRecord:
        """Put together what has come since the last record; the next one begins here, unless this one only looks."""
        window = max(now - self._began, timedelta())
        chat, utterances, interactions, native = (
            _of(marks, now, window + LATENESS)
            for marks in (
                self._chat,
                self._utterances,
                self._interactions,
                self._native,
            )
        )
        times = [mark.time for mark in chat]
        followed = responses([*self._unanswered, *utterances], chat)
        followed.sort(key=lambda response: -len(response.followed))
        record = ContextRecord(
            id=token_hex(8),
            production=self._production,
            started=self._began,
            ended=now,
            transcript="\n".join(mark.text for mark in utterances)[-MAX_TRANSCRIPT:],
            chat=tuple(chat),
            velocity=velocity(times),
            trend=trend(times, now, window) if window else Trend.STABLE,
            interactions=dict(Counter(mark.text for mark in interactions)),
            native_emotes=top(emote for mark in native for emote in mark.emotes),
            responses=tuple(followed[:MAX_RESPONSES]),
        )
        if closes:
            self._began = now
            self._unanswered = within(utterances, now, RESPONSE_WINDOW)
            for marks in (
                self._chat,
                self._utterances,
                self._interactions,
                self._native,
            ):
                marks.clear()
        return record

    def _keep(self, name: str, marks: deque[Mark], mark: Mark) -> None:
        self.counters.add(name)
        if len(marks) == marks.maxlen:
            self.counters.add("dropped")
        marks.append(mark)


def _of(marks: Iterable[Mark], end: datetime, window: timedelta) -> Sequence[Mark]:
    # Sources tell of things late, and not always in their order.
    return within(sorted(marks, key=_time), end, window)


def _time(mark: Mark) -> datetime:
    return mark.time


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _json(counts: dict[str, int]) -> JsonObject:
    return {**counts}
