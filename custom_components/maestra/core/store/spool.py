"""The queue on disk: what waits for the database through outages and restarts."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
import logging
import os
from pathlib import Path
import struct
from threading import Lock
from typing import Final, NamedTuple
from zlib import crc32

_LOGGER = logging.getLogger(__name__)

SEGMENT_BYTES: Final = 8 * 1024**2
SUFFIX: Final = ".spool"
DAMAGED_SUFFIX: Final = ".damaged"
MAX_REMEMBERED: Final = 1_024
"""Receipts that are remembered from earlier runs."""

# Length of receipts and of body, rows, checksum of all that.
_HEADER: Final = struct.Struct("<IIII")
_CHECKED: Final = struct.Struct("<III")


class Frame(NamedTuple):
    """One record: the receipts of its messages, the body, and how many rows are in it."""

    receipts: bytes
    body: bytes
    rows: int


@dataclass(slots=True)
class _Segment:
    path: Path
    size: int = 0
    rows: int = 0
    frames: int = 0
    # What was read already.
    offset: int = 0
    rows_read: int = 0

    def add(self, frame: Frame) -> None:
        """Count one more frame."""
        self.size += _size(frame)
        self.rows += frame.rows
        self.frames += 1


class Spool:
    """Frames in files, first in, first out. All methods block: call them in a thread.

    A frame is on the disk when `append` returns. At the cap the oldest file goes.
    What was taken comes again after a crash: whoever writes it must know what is written.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """Touch nothing yet."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._segments: deque[_Segment] = deque()
        self._next_name = 1
        self.bytes = 0
        """Bytes on disk."""
        self.rows = 0
        """Rows that wait."""
        # What `first` returned, as long as it is there.
        self._head: Frame | None = None
        # A caller that is cancelled leaves its thread at work.
        self._lock = Lock()
        self.receipts: deque[bytes] = deque(maxlen=MAX_REMEMBERED)
        """Receipts that were found at `open`, the newest last; each of one or more messages."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._segments

    def open(self) -> None:
        """Find what earlier runs left; a frame that was cut off by a crash was never promised, and goes."""
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(self._folder.iterdir()):
                # Also what is damaged keeps its number: no name is used twice.
                number = path.name.partition(".")[0]
                if number.isdecimal():
                    self._next_name = max(self._next_name, int(number) + 1)
                if path.suffix == SUFFIX:
                    self._find(path)

    def append(self, frame: Frame) -> int:
        """Add a frame and wait for the disk; returns how many rows had to go for it.

        Raises OSError, after which the frame is not there.
        """
        data = _pack(frame)
        with self._lock:
            dropped = 0
            while self._segments and self.bytes + len(data) > self._max_bytes:
                dropped += self._drop_oldest()
            segment = self._segments[-1] if self._segments else None
            if segment is None or segment.size >= SEGMENT_BYTES:
                segment = self._new_segment()
            try:
                _write(segment.path, segment.size, data)
                if not segment.frames:
                    self._sync_folder()
            except OSError:
                self._take_back(segment)
                raise
            if not segment.frames:
                self._segments.append(segment)
            segment.add(frame)
            self.bytes += len(data)
            self.rows += frame.rows
            return dropped

    def first(self) -> Frame | None:
        """Return the oldest frame, None when there is none. It stays until it is removed."""
        with self._lock:
            return self._first()

    def remove_first(self) -> None:
        """Forget the frame that `first` returned; without effect when it had to go at the cap meanwhile."""
        with self._lock:
            if self._head:
                self._remove(self._head)

    def set_first_aside(self) -> None:
        """Take the oldest frame out of the way of the others, into a file beside them."""
        with self._lock:
            if frame := self._first():
                segment = self._segments[0]
                aside = segment.path.with_suffix(f".{segment.offset}{DAMAGED_SUFFIX}")
                aside.write_bytes(frame.body)
                _LOGGER.error("Rows that can't be read are kept in %s", aside)
                self._remove(frame)

    def _first(self) -> Frame | None:
        while self._head is None and self._segments:
            segment = self._segments[0]
            self._head = _read(segment.path, segment.offset)
            if self._head is None:
                self._set_aside(segment)
        return self._head

    def _remove(self, frame: Frame) -> None:
        self._head = None
        segment = self._segments[0]
        segment.offset += _size(frame)
        segment.rows_read += frame.rows
        self.rows -= frame.rows
        if segment.offset >= segment.size:
            self._forget(segment)
            segment.path.unlink(missing_ok=True)

    def _forget(self, segment: _Segment) -> None:
        self._segments.remove(segment)
        self.bytes -= segment.size
        self.rows -= segment.rows - segment.rows_read

    def _find(self, path: Path) -> None:
        segment = _Segment(path)
        for frame in _frames(path):
            segment.add(frame)
            if frame.receipts:
                self.receipts.append(frame.receipts)
        if segment.size < path.stat().st_size:
            self._cut(segment)
        if segment.frames:
            self._segments.append(segment)
            self.bytes += segment.size
            self.rows += segment.rows
        else:
            path.unlink(missing_ok=True)

    def _cut(self, segment: _Segment) -> None:
        """Cut off what can't be read; kept beside, as it may be more than the last frame."""
        with segment.path.open("r+b") as file:
            file.seek(segment.size)
            rest = file.read()
            file.truncate(segment.size)
        segment.path.with_suffix(DAMAGED_SUFFIX).write_bytes(rest)
        _LOGGER.warning(
            "The end of %s was not written to its end; %d bytes are set aside beside it",
            segment.path,
            len(rest),
        )

    def _new_segment(self) -> _Segment:
        segment = _Segment(self._folder / f"{self._next_name:08}{SUFFIX}")
        self._next_name += 1
        return segment

    def _take_back(self, segment: _Segment) -> None:
        """Leave no half frame behind: the next one goes to the same place."""
        try:
            if segment.frames:
                os.truncate(segment.path, segment.size)
            else:
                segment.path.unlink(missing_ok=True)
        except OSError:
            _LOGGER.warning("%s can't be shortened", segment.path)

    def _drop_oldest(self) -> int:
        self._head = None
        segment = self._segments[0]
        self._forget(segment)
        segment.path.unlink(missing_ok=True)
        return segment.rows - segment.rows_read

    def _set_aside(self, segment: _Segment) -> None:
        self._forget(segment)
        aside = segment.path.with_suffix(DAMAGED_SUFFIX)
        _LOGGER.error("%s can't be read; it is kept as %s", segment.path, aside)
        if segment.path.exists():
            segment.path.rename(aside)

    def _sync_folder(self) -> None:
        # A new file's name is on the disk only when its folder is.
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _size(frame: Frame) -> int:
    return _HEADER.size + len(frame.receipts) + len(frame.body)


def _pack(frame: Frame) -> bytes:
    lengths = _CHECKED.pack(len(frame.receipts), len(frame.body), frame.rows)
    checksum = crc32(frame.body, crc32(frame.receipts, crc32(lengths)))
    return b"".join(
        (lengths, checksum.to_bytes(4, "little"), frame.receipts, frame.body)
    )


def _write(path: Path, offset: int, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        view = memoryview(data)
        while view:
            written = os.pwrite(descriptor, view, offset)
            offset, view = offset + written, view[written:]
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, offset: int) -> Frame | None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return _frame_at(descriptor, offset)
    finally:
        os.close(descriptor)


def _frames(path: Path) -> Iterator[Frame]:
    offset = 0
    while frame := _read(path, offset):
        offset += _size(frame)
        yield frame


def _frame_at(descriptor: int, offset: int) -> Frame | None:
    header = os.pread(descriptor, _HEADER.size, offset)
    if len(header) < _HEADER.size:
        return None
    receipts_length, body_length, rows, checksum = _HEADER.unpack(header)
    length = receipts_length + body_length
    # A damaged length can say gigabytes.
    if offset + _HEADER.size + length > os.fstat(descriptor).st_size:
        return None
    content = os.pread(descriptor, length, offset + _HEADER.size)
    if crc32(content, crc32(header[: _CHECKED.size])) != checksum:
        return None
    return Frame(content[:receipts_length], content[receipts_length:], rows)
