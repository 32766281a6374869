"""What waits for its words: bounded, the oldest goes first."""

import asyncio
from collections import deque
from typing import Final

from .cutter import Utterance

MAX_WAITING: Final = 20
MAX_SECONDS: Final = 300.0


class UtteranceQueue:
    """Keeps utterances in order. Where speech recognition can't keep up, the oldest is dropped: live captions are of now."""

    def __init__(
        self, most: int = MAX_WAITING, most_seconds: float = MAX_SECONDS
    ) -> None:
        """Keep so many, and so many seconds of audio, at most; one always fits."""
        self.dropped = 0
        self._most = most
        self._most_seconds = most_seconds
        self._waiting: deque[Utterance] = deque()
        self._seconds = 0.0
        self._is_there = asyncio.Event()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return sum(len(utterance.audio) for utterance in self._waiting)

    def put(self, utterance: Utterance) -> None:
        """Add one; make room where there is none."""
        self._waiting.append(utterance)
        self._seconds += utterance.duration
        while len(self._waiting) > 1 and (
            len(self._waiting) > self._most or self._seconds > self._most_seconds
        ):
            self._seconds -= self._waiting.popleft().duration
            self.dropped += 1
        self._is_there.set()

    async def get(self) -> Utterance:
        """Wait for the oldest, and take it."""
        while not self._waiting:
            self._is_there.clear()
            await self._is_there.wait()
        utterance = self._waiting.popleft()
        self._seconds -= utterance.duration
        return utterance

    def clear(self) -> None:
        """Keep none of them."""
        self._waiting.clear()
        self._seconds = 0.0
