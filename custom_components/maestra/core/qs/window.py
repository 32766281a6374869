"""Which events came before: the idempotency window, which outlives a restart."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
import contextlib
import enum
from hashlib import blake2b
import os
from pathlib import Path
from typing import IO, Final

from ..bus import call_each, get_logger
from .codec import CONTENT_BYTES, KEY_BYTES, Mark

_LOGGER = get_logger(__name__)

RECORD_BYTES: Final = KEY_BYTES + CONTENT_BYTES
SIZE: Final = 50_000
"""Events that are remembered."""
SPARE: Final = 2
"""The file has at most so many times as many."""
GATHER: Final = 0.005
"""Seconds that one write waits for further events."""
LAZY: Final = 5.0
"""Seconds after which is written what nobody waits for."""
RETRY: Final = 1.0


class WindowFile:
    """A file that grows at its end. All methods wait for the disk: they are for threads. They raise OSError."""

    def __init__(self, path: Path) -> None:
        """Touch nothing yet."""
        self._path = path
        self._fresh = path.with_suffix(".new")

    def read_window(self) -> list[Mark]:
        """Return what is there; what was written by half is cut off."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        marks = [
            Mark(content[start : start + KEY_BYTES], content[start + KEY_BYTES : end])
            for start in range(0, len(content), RECORD_BYTES)
            if (end := start + RECORD_BYTES) <= len(content)
        ]
        if len(content) % RECORD_BYTES:
            self.rewrite_window(marks)
        return marks

    def append_window(self, marks: Iterable[Mark]) -> None:
        """Add these; they are on the disk when this returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        size = self._path.stat().st_size if self._path.exists() else 0
        with self._path.open("ab") as file:
            try:
                file.write(_joined(marks))
                _sync(file)
            except OSError:
                # Half a record would shift all that follow.
                os.truncate(self._path, size)
                raise

    def rewrite_window(self, marks: Iterable[Mark]) -> None:
        """Keep only these."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._fresh.open("wb") as file:
            file.write(_joined(marks))
            _sync(file)
        self._fresh.replace(self._path)


def _joined(marks: Iterable[Mark]) -> bytes:
    return b"".join(mark.key + mark.content for mark in marks)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


class Seen(enum.Enum):
    """What is known of an event."""

    NEW = enum.auto()
    WAITING = enum.auto()
    """It came before, and is not durable yet."""
    KNOWN = enum.auto()
    """It came before, and is durable."""
    REUSED = enum.auto()
    """Its id came before, with something else."""


class Window:
    """The newest events by their ids. What does not fit is forgotten, the oldest first."""

    def __init__(self, file: WindowFile | None, size: int = SIZE) -> None:
        """Know nothing yet. Without a file nothing outlives this process: for who has a database that knows."""
        self._file = file
        self._size = size
        self._known: OrderedDict[bytes, bytes] = OrderedDict()
        self._waiting: OrderedDict[bytes, bytes] = OrderedDict()
        self._on_disk = 0
        self._unwritten: list[Mark] = []
        self._callbacks: list[Callable[[], None]] = []
        self._changed = asyncio.Event()
        self._urgent = asyncio.Event()
        self._is_open = False
        self._task: asyncio.Task[None] | None = None
        self._is_broken = False

    def __len__(self) -> int:
        """Return how many events are known."""
        return len(self._known)

    async def open(self) -> None:
        """Read what was known before; what comes from now on is written."""
        if self._file is None:
            return
        try:
            marks = await asyncio.to_thread(self._file.read_window)
        except OSError as error:
            _LOGGER.error("The events that came before can't be read: %s", error)
            marks = []
        self._on_disk = len(marks)
        self._known.update(marks[-self._size :])
        self._is_open = True

    async def close(self) -> None:
        """Write what is left. What comes later is not kept."""
        self._is_open = False
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._unwritten:
            await self._flush()

    def check(self, mark: Mark) -> tuple[Seen, Mark]:
        """Tell what is known of an event; it waits from now on. Returns what to give to `note` or `keep`."""
        key, content = mark
        known = self._known.get(key) or self._waiting.get(key)
        seen = Seen.NEW
        if known is not None and known != content:
            # The second event of an id gets a place of its own, to be recognised when it comes again.
            mark = Mark(blake2b(key + content, digest_size=KEY_BYTES).digest(), content)
            key = mark.key
            known = self._known.get(key) or self._waiting.get(key)
            seen = Seen.REUSED
        if known is not None:
            seen = Seen.KNOWN if key in self._known else Seen.WAITING
        else:
            self._waiting[key] = content
            if len(self._waiting) > self._size:
                self._waiting.popitem(last=False)
        return seen, mark

    def note(self, marks: Iterable[Mark]) -> None:
        """Take events for durable: they are somewhere else."""
        marks = list(marks)
        self._learn(marks)
        self._put(marks)

    def keep(self, marks: Iterable[Mark], on_kept: Callable[[], None]) -> None:
        """Make events durable here; `on_kept` is called then."""
        marks = list(marks)
        # While nothing can be written, who comes beyond that is not told, and comes again.
        if len(self._callbacks) < 2 * self._size:
            self._callbacks += (lambda: self._learn(marks), on_kept)
        self._urgent.set()
        self._put(marks)

    def _put(self, marks: list[Mark]) -> None:
        if self._file is None:
            return
        self._unwritten += marks
        self._changed.set()
        if self._task is None and self._is_open:
            self._task = asyncio.create_task(self._write(), name="maestra qs window")

    def _learn(self, marks: Iterable[Mark]) -> None:
        for key, content in marks:
            self._waiting.pop(key, None)
            self._known[key] = content
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    async def _write(self) -> None:
        while True:
            await self._changed.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAZY):
                    await self._urgent.wait()
            await asyncio.sleep(GATHER)
            self._changed.clear()
            self._urgent.clear()
            if not await self._flush():
                self._changed.set()
                self._urgent.set()
                await asyncio.sleep(RETRY)

    async def _flush(self) -> bool:
        marks, self._unwritten = self._unwritten, []
        callbacks, self._callbacks = self._callbacks, []
        # Its thread can't be stopped, and what it has written must not be written again.
        writing = asyncio.ensure_future(self._store(marks))
        try:
            await asyncio.wait([writing])
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            self._written(writing, marks, callbacks)
            raise
        return self._written(writing, marks, callbacks)

    async def _store(self, marks: list[Mark]) -> None:
        assert self._file is not None
        if self._on_disk + len(marks) > SPARE * self._size:
            newest = OrderedDict(self._known)
            newest.update(marks)
            kept = [Mark(*item) for item in newest.items()][-self._size :]
            await asyncio.to_thread(self._file.rewrite_window, kept)
            self._on_disk = len(kept)
        else:
            await asyncio.to_thread(self._file.append_window, marks)
            self._on_disk += len(marks)

    def _written(
        self,
        writing: asyncio.Future[None],
        marks: list[Mark],
        callbacks: list[Callable[[], None]],
    ) -> bool:
        if error := writing.exception():
            if not self._is_broken:
                _LOGGER.error("The events that came can't be written down: %s", error)
            self._is_broken = True
            self._unwritten = marks[-self._size :] + self._unwritten
            self._callbacks = callbacks + self._callbacks
            return False
        self._is_broken = False
        call_each(callbacks)
        return True
