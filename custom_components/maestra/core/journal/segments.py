"""The journal's files: frames that are only ever added, each on the disk before anybody hears of it."""

from collections.abc import Iterator
import os
from pathlib import Path
import struct
from threading import Lock
from typing import Final
from zlib import crc32

from ..bus import get_logger

_LOGGER = get_logger(__name__)

SUFFIX: Final = ".journal"

# Length of the body, checksum of length and body: zeros, as a power cut leaves them, are no frame.
_HEADER: Final = struct.Struct("<II")
_LENGTH: Final = struct.Struct("<I")


class Segments:
    """Frames in numbered files, the oldest first. All methods wait for the disk, and raise OSError: they are for threads.

    A run never adds to what an earlier one has written, nor to a file after it failed: whatever stands at the end of a
    file, cut off by a crash or by a full disk, was never promised.
    """

    def __init__(self, folder: Path) -> None:
        """Touch nothing yet."""
        self._folder = folder
        self._sizes: dict[Path, int] = {}
        self._next = 1
        self._current: Path | None = None
        self._descriptor = -1
        # The end of a compaction may remove files while the next frame is added.
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Bytes of all frames."""
        return sum(list(self._sizes.values()))

    def read(self) -> Iterator[bytes]:
        """Return the bodies of all frames of earlier runs, the oldest first."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._folder.iterdir()):
            if path.suffix != SUFFIX or not path.stem.isdecimal():
                continue
            self._next = max(self._next, int(path.stem) + 1)
            self._sizes[path] = 0
            yield from self._read(path)

    def append(self, body: bytes) -> None:
        """Add a frame; it is on the disk when this returns."""
        length = _LENGTH.pack(len(body))
        frame = _HEADER.pack(len(body), crc32(body, crc32(length))) + body
        with self._lock:
            path = self._current or self._begin()
            try:
                _write(self._descriptor, frame)
                os.fdatasync(self._descriptor)
            except OSError:
                # What the disk has of it nobody knows, whatever it says the next time.
                self._leave(path)
                raise
            self._sizes[path] += len(frame)

    def rotate(self) -> list[Path]:
        """Let the next frame begin a new file; returns those that are there."""
        with self._lock:
            self._close()
            return list(self._sizes)

    def remove(self, paths: list[Path]) -> None:
        """Delete files of which all is in a snapshot, the oldest first: what is left still tells the whole story."""
        for path in paths:
            path.unlink(missing_ok=True)
            with self._lock:
                self._sizes.pop(path, None)

    def close_segment(self) -> None:
        """Leave no file open."""
        with self._lock:
            self._close()

    def _read(self, path: Path) -> Iterator[bytes]:
        size = path.stat().st_size
        with path.open("rb") as file:
            while (left := size - self._sizes[path]) > 0:
                header = file.read(_HEADER.size)
                body = b""
                if len(header) == _HEADER.size:
                    length, checksum = _HEADER.unpack(header)
                    # A damaged length can say gigabytes.
                    body = file.read(min(length, left))
                    if crc32(body, crc32(header[: _LENGTH.size])) == checksum:
                        self._sizes[path] += len(header) + len(body)
                        yield body
                        continue
                _LOGGER.warning(
                    "The last %d bytes of %s were not written to their end; nothing in them was acknowledged",
                    left,
                    path,
                )
                return

    def _begin(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = self._folder / f"{self._next:08}{SUFFIX}"
            self._next += 1
            try:
                self._descriptor = os.open(
                    path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
                )
                break
            except FileExistsError:
                # Never write over what nobody has read.
                continue
        self._current = path
        self._sizes[path] = 0
        try:
            self._sync_folder()
        except OSError:
            self._leave(path)
            raise
        return path

    def _leave(self, path: Path) -> None:
        """Go on in another file, and leave this one with whole frames if that can be had."""
        try:
            os.ftruncate(self._descriptor, self._sizes[path])
            if not self._sizes[path]:
                path.unlink(missing_ok=True)
                del self._sizes[path]
        except OSError as error:
            _LOGGER.debug("%s can't be shortened: %s", path, error)
        self._close()

    def _close(self) -> None:
        if self._current is not None:
            descriptor, self._descriptor, self._current = self._descriptor, -1, None
            os.close(descriptor)

    def _sync_folder(self) -> None:
        # A new file's name is on the disk only when its folder is.
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
