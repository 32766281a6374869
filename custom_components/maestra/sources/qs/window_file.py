"""The idempotency window on disk: records of one size, the newest last."""

from collections.abc import Iterable
import os
from pathlib import Path
from typing import IO, Final

from .codec import CONTENT_BYTES, KEY_BYTES, Mark

RECORD_BYTES: Final = KEY_BYTES + CONTENT_BYTES


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

    def remove_window(self) -> None:
        """Forget everything."""
        self._path.unlink(missing_ok=True)


def _joined(marks: Iterable[Mark]) -> bytes:
    return b"".join(mark.key + mark.content for mark in marks)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
