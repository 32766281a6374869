"""The domain on disk: what changes is written down before the message that changed it is acknowledged."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol, override

import orjson

from ..bus import Counters, Unsubscribe, call_each, get_logger, together
from ..domain import Domain
from ..domain.device import Device
from ..domain.events import DeviceHeard, DeviceRemoved
from ..domain.journal import Journal, Receipt, Receipts
from ..domain.snapshot import UNREADABLE, Json, restore
from .changes import (
    BIRTHS,
    CHANGES,
    Change,
    Find,
    Kept,
    Record,
    device_change,
    encode,
    frame_body,
    read_frame,
)
from .image import Image
from .segments import Segments

_LOGGER = get_logger(__name__)

MAX_LOGGED: Final = 100
"""Objects that can't be written as JSON, of which each is logged once."""
FEW_MESSAGES: Final = 8
"""Fewer than any broker may send before it must wait, and enough to be worth a write."""
MAX_RECEIPTS: Final = 4_096
"""Messages that are recognised: more than brokers have in flight. All of them begin each journal anew."""
MAX_UNKEPT: Final = 10_000
"""Messages that nobody would send again, of which so many wait for a write."""
SLICE: Final = 200
"""Devices that are looked at in one turn of the loop."""


class Snapshots(Protocol):
    """Where whole snapshots are kept: structure, and states by entity id."""

    async def load(self) -> tuple[Json, Json]:
        """Return the last ones, empty where there are none."""

    async def save(self, structure: Json, states: Json) -> None:
        """Write both, with an `orjson.Fragment` where an object stands; on the disk on return. Raises OSError."""


@dataclass(frozen=True, kw_only=True)
class JournalLimits:
    """Times in seconds."""

    gather: float = 0.05
    """How long a message waits for others that share its write to the disk,"""
    gather_few: float = 0.005
    """less when a few wait, as a broker may send no more before one of them is acknowledged,"""
    gather_messages: int = 64
    """or until so many wait."""
    soon: float = 1.0
    """When is written what nobody waits for."""
    lazy: float = 60.0
    """When is written that devices were heard."""
    retry: float = 1.0
    """When the disk is tried again, and"""
    retry_snapshot: float = 60.0
    """when a snapshot."""
    journal_bytes: int = 8 * 1024**2
    """A snapshot is made when the journal is larger than this and than the last snapshot."""


class _Frame(NamedTuple):
    """What was written: how much, and the changes that are no JSON."""

    bytes: int
    records: int
    refused: list[Change]


@dataclass(slots=True)
class _Entry:
    """Changes that are written together, and what waits for that.

    `is_ready` is False as long as the rows of the message are not durable: its changes may not be durable before them.
    """

    changes: dict[tuple[str, str], Change] = field(default_factory=dict)
    receipts: list[bytes] = field(default_factory=list)
    on_written: list[Callable[[], None]] = field(default_factory=list)
    is_ready: bool = True
    removes: bool = False
    """Whether something is gone."""

    def add(self, change: Change) -> None:
        """Take one in; it stands for those of the same object before."""
        place = change.section, change.key
        if change.value is None:
            # What goes takes with it what belonged to it: that must not come after.
            self.changes.pop(place, None)
            self.removes = True
        self.changes[place] = change

    def append(self, other: _Entry) -> None:
        """Take in what came later."""
        if other.removes:
            for change in other.changes.values():
                self.add(change)
        else:
            self.changes.update(other.changes)
        self.receipts += other.receipts
        # However long the disk fails, no more of them wait.
        self.on_written += other.on_written[: MAX_UNKEPT - len(self.on_written)]


class StateJournal(Journal):
    """Keeps a domain on disk: snapshots, and in segments what has changed since.

    Changes are written in the order in which they were made, many with one fsync. They are noted as they are made, as
    references to what is never changed in place, and become JSON in a thread. A message of QoS 1 is acknowledged when
    what it changed is written, and before that, when there is a store, its rows: were the journal ahead of the
    store and the process killed, the message would come again, change nothing, and leave no row. So a message whose rows
    wait holds up what was changed after it. But not that something is there at all: what is born of a message is written
    at once, as it was made, and keeps its id when the message comes again. Its receipt is written with its changes: it is not handled again.

    Snapshots are made of what is written, not of the domain.
    """

    def __init__(
        self,
        domain: Domain,
        folder: Path,
        snapshots: Snapshots,
        *,
        limits: JournalLimits = JournalLimits(),
        on_trouble: Callable[[BaseException | None], None] = lambda _: None,
    ) -> None:
        """Touch nothing yet. `on_trouble` is told when the disk fails, and with None when it is well again."""
        self.counters = Counters()
        """Counts of frames, records, bytes, snapshots, disk_errors, refused."""
        self._domain = domain
        self._snapshots = snapshots
        self._limits = limits
        self._on_trouble = on_trouble
        self._segments = Segments(folder)
        self._image = Image()
        self._receipts = Receipts(MAX_RECEIPTS)
        self._entries: deque[_Entry] = deque()
        # Acknowledgements of messages whose changes wait, by their keys.
        self._waiting: dict[bytes, list[Callable[[], None]]] = {}
        # Where the changes of the message go that is being handled.
        self._message: _Entry | None = None
        self._births = _Entry()
        # What a thread writes just now.
        self._frame: _Entry | None = None
        self._kept: list[Kept] = []
        self._heard: dict[str, Device] = {}
        self._heard_due = 0.0
        self._due_at: float | None = None
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()
        self._trouble: BaseException | None = None
        self._logged: set[tuple[str, str]] = set()
        self._is_paused = False
        self._is_snapshot_due = False
        self._snapshot_after = 0.0
        self._snapshot: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Unsubscribe | None = None

    @property
    def size(self) -> int:
        """Bytes that were written since the last snapshot."""
        return self._segments.size

    @property
    def waiting(self) -> int:
        """How many messages wait for the disk."""
        return len(self._waiting)

    # Its life.

    def keep(self, kept: Kept) -> None:
        """Keep what a topic knows too; to be said before `load`."""
        self._kept.append(kept)
        self._image.keep(kept.sections)

    async def load(self) -> None:
        """Fill the domain, and what topics keep, with what earlier runs have written. Raises OSError."""
        structure, states = await self._snapshots.load()
        # Nobody knows the domain yet: a thread may fill it.
        await asyncio.to_thread(self._restore, structure, states)

    def start(self) -> None:
        """Write down what changes from now on."""
        bus = self._domain.bus
        self._unsubscribe = together(
            *(
                bus.subscribe(kind, partial(self._note, find))
                for changes in (CHANGES, *(kept.changes for kept in self._kept))
                for kind, find in changes.items()
            ),
            bus.subscribe(DeviceHeard, self._note_heard),
            bus.subscribe(DeviceRemoved, self._forget_heard),
        )
        self._domain.state_journal = self
        self._task = asyncio.create_task(self._run(), name="maestra journal")

    async def close(self) -> None:
        """Write what is left, and a snapshot; nothing is written down from now on."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
            self._domain.state_journal = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.save()
        await asyncio.to_thread(self._segments.close_segment)

    async def save(self) -> None:
        """Write what can be written now, and a snapshot if anything was written since the last."""
        async with self._writing:
            self._heard_due = 0.0
            await self._write_all()
        await self._finish_snapshot()
        if self._is_snapshot_due:
            self._begin_snapshot()
            await self._finish_snapshot()

    async def pause(self) -> None:
        """Make no snapshots: files are being copied one after the other. What changes is still written at the end of the newest."""
        self._is_paused = True
        await self._finish_snapshot()

    def resume(self) -> None:
        """Make snapshots again."""
        self._is_paused = False

    # What comes in.

    @override
    def take(
        self,
        receipt: Receipt,
        handle: Callable[[], None],
        acknowledge: Callable[[], None],
    ) -> bool:
        key, is_duplicate = receipt.key, receipt.is_duplicate
        if is_duplicate:
            if key in self._receipts:
                return False
            if key in self._waiting:
                # Said by the connection that was lost: it is the new one that waits for us.
                self._waiting[key].append(acknowledge)
                return True
        entry = _Entry(receipts=[key])
        rows = self._domain.store_journal
        is_later = False
        self._message = entry
        try:
            if rows is None:
                handle()
            else:
                is_later = rows.take(
                    receipt, handle, partial(self._rows_are_durable, entry, acknowledge)
                )
        except BaseException:
            # What it has changed is there all the same; the message is not.
            entry.receipts.clear()
            self._message = None
            self._add(entry)
            raise
        self._message = None
        if not entry.changes:
            return is_later
        entry.is_ready = not is_later
        if self._births.changes:
            self._hurry(0.0)
        self._waiting.setdefault(key, []).append(acknowledge)
        self._add(entry)
        return True

    def _rows_are_durable(self, entry: _Entry, acknowledge: Callable[[], None]) -> None:
        if not entry.changes:
            acknowledge()
            return
        entry.is_ready = True
        self._hurry(0.0)

    @override
    def when_durable(
        self, handle: Callable[[], None], on_durable: Callable[[], None]
    ) -> bool:
        # Nobody sends it again, to leave a row or not: what it changes need not wait for its rows.
        rows = self._domain.store_journal
        if rows is None:
            handle()
        elif rows.when_durable(handle, partial(self._when_written, on_durable)):
            return True
        return self._is_unwritten(on_durable)

    @override
    def show(self, handle: Callable[[], None]) -> None:
        rows = self._domain.store_journal
        if rows is None:
            handle()
        else:
            rows.show(handle)

    def _when_written(self, on_written: Callable[[], None]) -> None:
        if not self._is_unwritten(on_written):
            on_written()

    def _is_unwritten(self, on_written: Callable[[], None]) -> bool:
        """Whether something of what was changed until now is not written; then `on_written` is called when it is, if there is room for it."""
        last = self._entries[-1] if self._entries else self._frame
        if last is None:
            return False
        if len(last.on_written) < MAX_UNKEPT:
            last.on_written.append(on_written)
        self._hurry(self._limits.gather)
        return True

    def _note(self, find: Find, event: object) -> None:
        if self._message is not None:
            for change in find(self._domain, event):
                self._message.add(change)
                if isinstance(event, BIRTHS):
                    self._births.add(change)
            return
        for change in find(self._domain, event):
            self._open().add(change)
        self._hurry(self._limits.soon)

    def _note_heard(self, event: DeviceHeard) -> None:
        if not self._heard:
            self._heard_due = asyncio.get_running_loop().time() + self._limits.lazy
            self._hurry(self._limits.lazy)
        self._heard[event.device.id] = event.device

    def _forget_heard(self, event: DeviceRemoved) -> None:
        self._heard.pop(event.device.id, None)

    def _open(self) -> _Entry:
        """Return the entry for changes that no rows hold up."""
        if not self._entries or not self._entries[-1].is_ready:
            self._entries.append(_Entry())
        return self._entries[-1]

    def _add(self, entry: _Entry) -> None:
        if not entry.changes:
            return
        if entry.is_ready:
            self._open().append(entry)
            self._hurry(self._gathering)
        else:
            self._entries.append(entry)

    @property
    def _gathering(self) -> float:
        """How long messages may wait for others."""
        waiting, limits = len(self._waiting), self._limits
        if waiting >= limits.gather_messages:
            return 0.0
        return limits.gather_few if waiting >= FEW_MESSAGES else limits.gather

    def _hurry(self, delay: float) -> None:
        if self._trouble is not None:
            delay = max(delay, self._limits.retry)
        due = asyncio.get_running_loop().time() + delay
        if self._due_at is None or due < self._due_at:
            self._due_at = due
            self._changed.set()

    # To the disk.

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wait()
            async with self._writing:
                self._due_at = None
                is_written = await self._write_all()
            if not is_written:
                self._hurry(self._limits.retry)
                continue
            if self._heard:
                self._hurry(max(0.0, self._heard_due - loop.time()))
            if self._is_large and loop.time() >= self._snapshot_after:
                self._begin_snapshot()

    async def _wait(self) -> None:
        """Wait until something is due."""
        loop = asyncio.get_running_loop()
        while (due := self._due_at) is None or due > loop.time():
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._changed.wait()

    async def _write_all(self) -> bool:
        """Write all that is ready; False when the disk does not take it."""
        await self._collect_heard()
        while (entry := self._take_ready()) is not None:
            # Its thread can't be stopped, and what it has written must not be written again.
            self._frame = entry
            writing = asyncio.ensure_future(asyncio.to_thread(self._write_frame, entry))
            try:
                await asyncio.wait([writing])
            except asyncio.CancelledError:
                await asyncio.wait([writing])
                self._written(writing, entry)
                raise
            if not self._written(writing, entry):
                return False
        return True

    def _take_ready(self) -> _Entry | None:
        """Return what can be written now, all together; None when there is nothing."""
        if self._births.changes:
            # Before all else: what has changed of it since comes behind it.
            self._entries.appendleft(self._births)
            self._births = _Entry()
        if not (self._entries and self._entries[0].is_ready):
            return None
        entry = self._entries.popleft()
        while self._entries and self._entries[0].is_ready:
            entry.append(self._entries.popleft())
        return entry

    async def _collect_heard(self) -> None:
        if asyncio.get_running_loop().time() < self._heard_due:
            return
        heard, self._heard = self._heard, {}
        for count, device in enumerate(heard.values(), 1):
            if self._domain.devices.get(device.id) is device:
                self._open().add(device_change(device))
            if count % SLICE == 0:
                await asyncio.sleep(0)

    def _write_frame(self, entry: _Entry) -> _Frame:
        """Write one frame."""
        records, refused = encode(entry.changes.values())
        body = frame_body(records, entry.receipts)
        self._segments.append(body)
        self._image.put(records)
        return _Frame(len(body), len(records), refused)

    def _written(self, writing: asyncio.Future[_Frame], entry: _Entry) -> bool:
        self._frame = None
        if (error := writing.exception()) is not None:
            # What has come meanwhile joins it: however long this lasts, each object waits once.
            if self._entries and self._entries[0].is_ready:
                entry.append(self._entries.popleft())
            self._entries.appendleft(entry)
            self._failed(error)
            return False
        frame = writing.result()
        self._recovered()
        self._is_snapshot_due = True
        self.counters.add("frames")
        self.counters.add("records", frame.records)
        self.counters.add("bytes", frame.bytes)
        for change in frame.refused:
            self._refuse(change)
        self._receipts.add(entry.receipts)
        acknowledgements = [
            acknowledge
            for key in entry.receipts
            for acknowledge in self._waiting.pop(key, ())
        ]
        call_each((*acknowledgements, *entry.on_written))
        return True

    def _failed(self, error: BaseException) -> None:
        self.counters.add("disk_errors")
        if self._trouble is None:
            self._trouble = error
            _LOGGER.error(
                "What has changed can't be written down, and messages are not acknowledged until it can: %s",
                error,
                exc_info=None if isinstance(error, OSError) else error,
            )
            self._on_trouble(error)

    def _recovered(self) -> None:
        if self._trouble is not None:
            _LOGGER.info("What has changed is written down again")
            self._trouble = None
            self._on_trouble(None)

    def _refuse(self, change: Change) -> None:
        self.counters.add("refused")
        place = change.section, change.key
        if place not in self._logged and len(self._logged) < MAX_LOGGED:
            self._logged.add(place)
            _LOGGER.error(
                "%r of %s is no JSON, and is not saved", change.key, change.section
            )

    # Snapshots.

    @property
    def _is_large(self) -> bool:
        if self._is_paused or self._snapshot is not None:
            return False
        return self._segments.size > max(self._limits.journal_bytes, self._image.bytes)

    def _begin_snapshot(self) -> None:
        if not self._is_paused and self._snapshot is None:
            self._snapshot = asyncio.create_task(
                self._make_snapshot(), name="maestra snapshot"
            )

    async def _finish_snapshot(self) -> None:
        if self._snapshot is not None:
            await asyncio.wait([self._snapshot])

    async def _make_snapshot(self) -> None:
        """Save a snapshot of what is written by now, and then remove what is in it."""
        try:
            async with self._writing:
                written, structure, states = await asyncio.to_thread(self._cut_journal)
                self._is_snapshot_due = False
            await self._snapshots.save(structure, states)
            await asyncio.to_thread(
                self._remove_segments, written, list(self._receipts)
            )
            self.counters.add("snapshots")
        except Exception as error:  # noqa: BLE001  whatever it is, the journal goes on growing, and has all of it
            _LOGGER.error("A snapshot can't be saved: %r", error)
            self._is_snapshot_due = True
        finally:
            now = asyncio.get_running_loop().time()
            self._snapshot_after = now + self._limits.retry_snapshot
            self._snapshot = None

    def _cut_journal(self) -> tuple[list[Path], Json, Json]:
        return (self._segments.rotate(), *self._image.snapshot())

    def _remove_segments(self, written: list[Path], receipts: list[bytes]) -> None:
        # A broker may still send again what was acknowledged in the last moment.
        if receipts:
            self._segments.append(frame_body((), receipts))
        self._segments.remove(written)

    def _restore(self, structure: Json, states: Json) -> None:
        self._image.load(structure, states)
        sections = self._image.sections
        for body in self._segments.read():
            records, receipts = read_frame(body, sections)
            self._image.put(records)
            self._receipts.add(receipts)
            self._is_snapshot_due = self._is_snapshot_due or bool(records)
        if self._is_snapshot_due:
            structure, states = orjson.loads(orjson.dumps(self._image.snapshot()))
        left_out = restore(self._domain, structure, states)
        for kept in self._kept:
            left_out += _restore_kept(kept, structure)
        self._image.put(Record(section, key, None) for section, key in left_out)


def _restore_kept(kept: Kept, structure: Json) -> Iterator[tuple[str, str]]:
    """Give a topic what was kept of it; what can't be read is logged and left out: yields its sections and keys."""
    for section, take_back in kept.sections.items():
        for key, value in structure.get(section, {}).items():
            try:
                take_back(key, value)
            except UNREADABLE as error:
                _LOGGER.error(
                    "Saved, but not readable in %s: %r: %r (%r)",
                    section,
                    key,
                    value,
                    error,
                )
                yield section, key
