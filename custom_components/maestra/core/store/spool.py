"""The queue on disk: what waits for the database through outages and restarts."""

from bisect import insort
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
import errno
import os
from pathlib import Path
import struct
from threading import Lock
from typing import Final, NamedTuple
from zlib import crc32

from ..bus import get_logger

_LOGGER = get_logger(__name__)

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


@dataclass(slots=True, eq=False)
class _Segment:
    path: Path
    is_sealed: bool = False
    """Whether nothing is added any more: an earlier run wrote it, or the disk has failed at it."""
    is_damaged: bool = False
    """Whether there is more in it than its frames; then it is kept when they are done with."""
    size: int = 0
    rows: int = 0
    frames: int = 0
    # What was done with already.
    offset: int = 0
    rows_read: int = 0

    def add(self, frame: Frame) -> None:
        """Count one more frame."""
        self.size += _size(frame)
        self.rows += frame.rows
        self.frames += 1


class Spool:
    """Frames in files, first in, first out. All methods block: call them in a thread.

    A frame is on the disk when `append` returns, and stays until it is removed: at the cap none is taken any more.
    What was read comes again after a crash: whoever writes it must know what is written.
    """

    def __init__(self, folder: Path | None, max_bytes: int) -> None:
        """Touch nothing yet. Without a folder there is no spool: nothing can be appended."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._segments: list[_Segment] = []
        self._next_name = 1
        self.bytes = 0
        """Bytes on disk."""
        self.rows = 0
        """Rows that wait."""
        self.is_complete = False
        """Whether all that earlier runs left was found."""
        # Where the frames are that `oldest` returned.
        self._read: list[tuple[_Segment, Frame]] = []
        # A caller that is cancelled leaves its thread at work.
        self._lock = Lock()
        self.receipts: deque[bytes] = deque(maxlen=MAX_REMEMBERED)
        """Receipts that were found at `open`, the newest last; each of one or more messages."""

    @property
    def exists(self) -> bool:
        """Whether frames can be kept at all."""
        return self._folder is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._segments

    @property
    def fill(self) -> float:
        """How full it is, from 0 to 1."""
        return self.bytes / self._max_bytes

    def open(self) -> None:
        """Find what earlier runs left; a frame that was cut off by a crash was never promised, and goes.

        Raises OSError when not all could be read; the rest is there then, and the next call looks for what is missing.
        """
        if self._folder is None:
            self.is_complete = True
            return
        with self._lock:
            self.is_complete = False
            self._folder.mkdir(parents=True, exist_ok=True)
            paths = sorted(self._folder.iterdir())
            # Also what is damaged keeps its number: no name is used twice.
            numbers = (path.name.partition(".")[0] for path in paths)
            self._next_name = max(
                self._next_name,
                *(int(number) + 1 for number in numbers if number.isdecimal()),
                0,
            )
            known = {segment.path for segment in self._segments}
            failed: OSError | None = None
            for path in paths:
                if path.suffix == SUFFIX and path not in known:
                    try:
                        self._find(path)
                    except OSError as error:
                        failed = failed or error
            if failed:
                raise failed
            self.is_complete = True

    def append(self, frame: Frame) -> None:
        """Add a frame and wait for the disk; raises OSError, also when the spool is full, after which the frame is not there."""
        data = _pack(frame)
        with self._lock:
            if self._segments and self.bytes + len(data) > self._max_bytes:
                raise OSError(errno.ENOSPC, f"{self._folder} is full")
            segment = self._segments[-1] if self._segments else None
            if segment is None or segment.is_sealed or segment.size >= SEGMENT_BYTES:
                segment = self._new_segment()
            try:
                _write(segment.path, segment.size, data)
                if not segment.frames:
                    self._sync_folder()
            except OSError:
                # A disk forgets what it could not write: the next attempt at the same place would seem to be one.
                segment.is_sealed = True
                self._take_back(segment)
                raise
            if not segment.frames:
                self._segments.append(segment)
            segment.add(frame)
            self.bytes += len(data)
            self.rows += frame.rows

    def oldest(self, rows: int = 1) -> list[Frame]:
        """Return the oldest frame, and the next ones as long as they have no more than `rows` rows together; empty when there is none.

        They stay until they are removed. Raises OSError when they can't be read now.
        """
        with self._lock:
            self._read = []
            for segment in tuple(self._segments):
                if not self._read_on(segment, rows):
                    break
            return [frame for _, frame in self._read]

    def remove(self, count: int) -> None:
        """Forget the first of the frames that `oldest` has returned."""
        with self._lock:
            for segment, frame in self._read[:count]:
                self._remove(segment, frame)
            del self._read[:count]

    def set_oldest_aside(self) -> None:
        """Take the first of the frames that `oldest` has returned out of the way of the others, into a file beside them."""
        with self._lock:
            for segment, frame in self._read[:1]:
                aside = segment.path.with_suffix(f".{segment.offset}{DAMAGED_SUFFIX}")
                try:
                    aside.write_bytes(frame.body)
                except OSError:
                    # A full disk must not keep the others from leaving it.
                    aside.unlink(missing_ok=True)
                    segment.is_damaged = True
                    aside = segment.path.with_suffix(DAMAGED_SUFFIX)
                _LOGGER.error("Rows that can't be read are kept in %s", aside)
                self._remove(segment, frame)
            del self._read[:1]

    def _read_on(self, segment: _Segment, rows: int) -> bool:
        """Read the frames of one segment; False when those after it must wait."""
        offset = segment.offset
        rows -= sum(frame.rows for _, frame in self._read)
        try:
            with _opened(segment.path) as descriptor:
                while offset < segment.size:
                    frame = _frame_at(descriptor, offset)
                    if frame is None:
                        break
                    rows -= frame.rows
                    if self._read and rows < 0:
                        return False
                    self._read.append((segment, frame))
                    offset += _size(frame)
                else:
                    return True
        except OSError as error:
            # What a bad disk, or somebody who deletes files, has taken does not come back.
            if error.errno not in (errno.EIO, errno.ENOENT):
                raise
        if not self._read:
            self._set_aside(segment)
            return True
        return False

    def _remove(self, segment: _Segment, frame: Frame) -> None:
        segment.offset += _size(frame)
        segment.rows_read += frame.rows
        self.rows -= frame.rows
        if segment.offset >= segment.size:
            self._forget(segment)
            try:
                if segment.is_damaged:
                    segment.path.rename(segment.path.with_suffix(DAMAGED_SUFFIX))
                else:
                    segment.path.unlink(missing_ok=True)
            except OSError as error:
                _LOGGER.warning("%s can't be removed: %s", segment.path, error)

    def _forget(self, segment: _Segment) -> None:
        self._segments.remove(segment)
        self.bytes -= segment.size
        self.rows -= segment.rows - segment.rows_read

    def _find(self, path: Path) -> None:
        segment = _Segment(path, is_sealed=True)
        receipts = []
        with _opened(path) as descriptor:
            rest = os.fstat(descriptor).st_size
            try:
                while frame := _frame_at(descriptor, segment.size):
                    segment.add(frame)
                    rest -= _size(frame)
                    if frame.receipts:
                        receipts.append(frame.receipts)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
        self.receipts.extend(receipts)
        if rest:
            self._cut(segment)
        if segment.frames:
            insort(self._segments, segment, key=lambda known: known.path)
            self.bytes += segment.size
            self.rows += segment.rows
        elif segment.is_damaged:
            path.rename(path.with_suffix(DAMAGED_SUFFIX))
        else:
            path.unlink(missing_ok=True)

    def _cut(self, segment: _Segment) -> None:
        """Cut off what can't be read; kept beside, as it may be more than the last frame."""
        aside = segment.path.with_suffix(DAMAGED_SUFFIX)
        try:
            with segment.path.open("rb") as file:
                file.seek(segment.size)
                rest = file.read()
            aside.write_bytes(rest)
            os.truncate(segment.path, segment.size)
        except OSError as error:
            # No room on the disk, say: then all of the file is kept, once its frames are written.
            _LOGGER.warning("The end of %s can't be set aside: %s", segment.path, error)
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            segment.is_damaged = True
            return
        _LOGGER.warning(
            "The end of %s was not written to its end; %d bytes are set aside beside it",
            segment.path,
            len(rest),
        )

    def _new_segment(self) -> _Segment:
        assert self._folder is not None
        # Somebody may have tidied up.
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = self._folder / f"{self._next_name:08}{SUFFIX}"
            self._next_name += 1
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                continue
            return _Segment(path)

    def _take_back(self, segment: _Segment) -> None:
        """Leave no half frame behind."""
        try:
            if segment.frames:
                os.truncate(segment.path, segment.size)
            else:
                segment.path.unlink(missing_ok=True)
        except OSError:
            _LOGGER.warning("%s can't be shortened", segment.path)

    def _set_aside(self, segment: _Segment) -> None:
        self._forget(segment)
        aside = segment.path.with_suffix(DAMAGED_SUFFIX)
        _LOGGER.error("%s can't be read; it is kept as %s", segment.path, aside)
        with suppress(OSError):
            segment.path.rename(aside)

    def _sync_folder(self) -> None:
        assert self._folder is not None
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
    descriptor = os.open(path, os.O_WRONLY)
    try:
        view = memoryview(data)
        while view:
            written = os.pwrite(descriptor, view, offset)
            offset, view = offset + written, view[written:]
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


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
