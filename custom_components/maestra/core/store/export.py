"""Recorded rows into a file, in bounded memory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
import enum
from functools import wraps
import importlib
from pathlib import Path
import shutil
from typing import Any, BinaryIO, Final
from uuid import uuid4

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from ..domain.errors import MaestraError

MAX_FILE_BYTES: Final = 8 * 1024**3
MIN_FREE_BYTES: Final = 512 * 1024**2
"""What is left on the disk, for Home Assistant itself."""
_PIECE_BYTES: Final = 1024**2
"""What is written at once."""
_GROUP_BYTES: Final = 16 * 1024**2
"""Size of a row group of a Parquet file, uncompressed."""
_FETCH_ROWS: Final = 1_000
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)

type Reader = asyncpg.Connection | PoolConnectionProxy
type Grown = Callable[[int], None]


class ExportFormat(enum.StrEnum):
    """How a file is written; also its extension."""

    CSV = "csv"
    PARQUET = "parquet"


class Type(enum.Enum):
    """The types of columns in a file; JSON, lists and ids are text."""

    TIME = enum.auto()
    NUMBER = enum.auto()
    INTEGER = enum.auto()
    TEXT = enum.auto()


@dataclass(frozen=True, kw_only=True)
class ExportKind:
    """Rows of one table, made readable.

    `query` takes the first time, the time behind the last, and patterns (regular expressions) for what
    the rows belong to, or NULL for all. It yields `columns` in their order, the oldest row first.
    """

    columns: Mapping[str, Type]
    query: str


class ExportFailed(MaestraError):
    """The file could not be written."""

    code = "export_failed"
    message = "The export has failed: {reason}"
    is_failure = True


@dataclass(frozen=True, kw_only=True)
class Export:
    """What to export: from `start` until before `end`, `patterns` as regular expressions; None for all."""

    kind: ExportKind
    start: datetime | None = None
    end: datetime | None = None
    patterns: Sequence[str] | None = None

    @property
    def arguments(self) -> tuple[datetime, datetime, Sequence[str] | None]:
        """The arguments of the kind's query."""
        return self.start or _FIRST, self.end or _LAST, self.patterns


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A finished file, with its size in rows and bytes."""

    rows: int
    size: int


async def export(
    connection: Reader,
    what: Export,
    form: ExportFormat,
    path: Path,
    grown: Grown = lambda size: None,
) -> Exported:
    """Write a file, or none at all: what was at `path` stays until the new file is whole.

    The connection is in a transaction. `grown` is told how many bytes there are, now and then. Parquet needs the package pyarrow.
    Raises ExportFailed, and what asyncpg raises.
    """
    part = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    await asyncio.to_thread(_make_folder, path.parent)
    try:
        # A copy that is broken off fails the transaction that it is in: the caller's goes on.
        async with connection.transaction():
            rows = await _WRITERS[form](connection, what, part, grown)
        size = await asyncio.to_thread(_finish, part, path)
    finally:
        await asyncio.shield(asyncio.to_thread(_discard, part))
    return Exported(rows=rows, size=size)


async def _export_csv(
    connection: Reader, what: Export, part: Path, grown: Grown
) -> int:
    file = await asyncio.to_thread(_open, part)
    waiting = bytearray()

    async def write(data: bytes) -> None:
        waiting.extend(data)
        if len(waiting) >= _PIECE_BYTES:
            grown(await asyncio.to_thread(_write, file, waiting))

    try:
        status = await connection.copy_from_query(
            what.kind.query, *what.arguments, output=write, format="csv", header=True
        )
        await asyncio.to_thread(_write, file, waiting)
    finally:
        await asyncio.to_thread(_close, file)
    # COPY <rows>
    return int(status.rsplit(" ", 1)[1])


async def _export_parquet(
    connection: Reader, what: Export, part: Path, grown: Grown
) -> int:
    file = await asyncio.to_thread(_open_parquet, part, what.kind)
    rows = 0
    try:
        cursor = await connection.cursor(what.kind.query, *what.arguments)
        while found := await cursor.fetch(_FETCH_ROWS):
            rows += len(found)
            grown(await asyncio.to_thread(_write_parquet, file, found))
        await asyncio.to_thread(_write_group, file)
    finally:
        await asyncio.to_thread(_close_parquet, file)
    return rows


_WRITERS: Final[
    Mapping[ExportFormat, Callable[[Reader, Export, Path, Grown], Awaitable[int]]]
] = {ExportFormat.CSV: _export_csv, ExportFormat.PARQUET: _export_parquet}


# What follows runs in threads.


def _on_disk[**P, R](work: Callable[P, R]) -> Callable[P, R]:
    """Tell the errors of the disk from those of the network, which are OSErrors as well."""

    @wraps(work)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        except OSError as error:
            raise ExportFailed(reason=error.strerror or str(error)) from error

    return wrapper


@_on_disk
def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


@_on_disk
def _open(path: Path) -> BinaryIO:
    return path.open("xb")


@_on_disk
def _write(file: BinaryIO, waiting: bytearray) -> int:
    _check(file)
    file.write(waiting)
    waiting.clear()
    return file.tell()


@_on_disk
def _close(file: BinaryIO) -> None:
    file.close()


@_on_disk
def _finish(part: Path, path: Path) -> int:
    size = part.stat().st_size
    part.replace(path)
    return size


@_on_disk
def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)


def _check(file: BinaryIO) -> None:
    if shutil.disk_usage(Path(file.name).parent).free < MIN_FREE_BYTES:
        raise ExportFailed(reason="there is hardly any space left on the disk")
    if file.tell() > MAX_FILE_BYTES:
        raise ExportFailed(reason="the file grows too large, take a shorter time")


@dataclass(kw_only=True)
class _ParquetFile:
    """A Parquet file, and the rows that wait until they are enough for a group."""

    arrow: Any
    schema: Any
    file: BinaryIO
    writer: Any
    batches: list[Any] = field(default_factory=list)
    waiting: int = 0
    """Bytes."""


@_on_disk
def _open_parquet(path: Path, kind: ExportKind) -> _ParquetFile:
    # Large, so it is installed only where somebody exports such files, and loaded only here.
    try:
        arrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ExportFailed(reason=str(error)) from error
    types = {
        Type.TIME: arrow.timestamp("us", tz="UTC"),
        Type.NUMBER: arrow.float64(),
        Type.INTEGER: arrow.int64(),
        Type.TEXT: arrow.string(),
    }
    schema = arrow.schema([(name, types[kind]) for name, kind in kind.columns.items()])
    file = path.open("xb")
    writer = parquet.ParquetWriter(file, schema, compression="zstd")
    return _ParquetFile(arrow=arrow, schema=schema, file=file, writer=writer)


@_on_disk
def _write_parquet(file: _ParquetFile, rows: Sequence[Any]) -> int:
    columns = [
        file.arrow.array(values, kind)
        for values, kind in zip(zip(*rows, strict=True), file.schema.types, strict=True)
    ]
    batch = file.arrow.record_batch(columns, schema=file.schema)
    file.batches.append(batch)
    file.waiting += batch.nbytes
    if file.waiting >= _GROUP_BYTES:
        _write_group(file)
    return file.file.tell()


@_on_disk
def _write_group(file: _ParquetFile) -> None:
    if not file.batches:
        return
    _check(file.file)
    file.writer.write_table(file.arrow.Table.from_batches(file.batches))
    file.batches.clear()
    file.waiting = 0


@_on_disk
def _close_parquet(file: _ParquetFile) -> None:
    try:
        file.writer.close()
    finally:
        file.file.close()
