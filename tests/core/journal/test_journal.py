"""A domain on disk: what is acknowledged is there after a kill, in its order, once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import errno
from functools import partial
import os
from pathlib import Path
import threading
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import MaestraError
from custom_components.maestra.core.domain.events import EntityMoved
from custom_components.maestra.core.domain.journal import Receipt
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.core.journal import changes, journal as module
from custom_components.maestra.core.journal.journal import (
    FEW_MESSAGES,
    JournalLimits,
    StateJournal,
)
from custom_components.maestra.core.journal.segments import SUFFIX
from custom_components.maestra.core.store.entity_rows import EntityRecorder
from custom_components.maestra.core.store.journal import Inbox, StoreJournal
from custom_components.maestra.core.store.settings import WriteLimits
from tests.core.domain.strategies import slugs, texts, values
from tests.kits.journal import QUICK, FileSnapshots, content, found, journal_of
from tests.kits.process import PATIENCE

MQTT = Source("esp32", "mqtt-1")
SLOW = JournalLimits(gather=60, gather_few=60, soon=60, lazy=60, retry=0.01)
BOARD = {"name": "Board", "device_type": "esp32", "hardware_id": "AA"}


class Kept:
    """A domain with its journal, and what was acknowledged."""

    def __init__(self, folder: Path, limits: JournalLimits = QUICK) -> None:
        self.folder = folder
        self.domain = Domain(Bus())
        self.trouble: list[BaseException | None] = []
        self.journal = journal_of(
            self.domain, folder, limits, on_trouble=self.trouble.append
        )
        self.acknowledged: list[int] = []
        self._acknowledgement = asyncio.Condition()
        self._count = 0
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Load and begin."""
        await self.journal.load()
        self.journal.start()

    def says(self, change: Callable[[], object], *, again: int | None = None) -> bool:
        """Let a message of QoS 1 change something; returns whether it is acknowledged later."""
        number = self._count if again is None else again
        self._count += again is None
        receipt = Receipt(number.to_bytes(16), again is not None)
        journal = self.domain.journal
        assert journal is not None
        return journal.take(receipt, lambda: void(change), lambda: self._note(number))

    async def durably(self, change: Callable[[], object]) -> None:
        """Let a message change something, and wait until it is acknowledged."""
        number = self._count
        if self.says(change):
            await self.is_acknowledged(number)

    async def is_acknowledged(self, number: int) -> None:
        """Wait for the acknowledgement of a message."""
        async with asyncio.timeout(PATIENCE), self._acknowledgement:
            await self._acknowledgement.wait_for(lambda: number in self.acknowledged)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.005)

    def _note(self, number: int) -> None:
        self.acknowledged.append(number)
        self.tasks.append(asyncio.ensure_future(self._notify()))

    async def _notify(self) -> None:
        async with self._acknowledgement:
            self._acknowledgement.notify_all()

    def report(self, slug: str, **state: Any) -> Callable[[], object]:
        """Return what a client says of an entity."""
        return lambda: self.domain.entities.report(slug, state, source=MQTT)


def void(change: Callable[[], object]) -> None:
    change()


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncGenerator[Kept]:
    kept = Kept(tmp_path)
    await kept.start()
    yield kept
    await kept.journal.close()


def everything(domain: Domain) -> list[Callable[[], object]]:
    """Something of everything that can change, in an order that makes sense."""
    entities, devices = domain.entities, domain.devices
    return [
        lambda: domain.types.create("fog", default_state={"level": 0}),
        lambda: domain.types.update("fog", {"icon": "mdi:fog"}),
        lambda: domain.types.update("light", {"icon": "mdi:lamp"}),
        lambda: domain.types.create("gone"),
        lambda: domain.types.remove("gone", in_use=False),
        lambda: domain.streams.types.create({"name": "lidar", "display_name": "L"}),
        lambda: entities.create(name="Child", entity_type="fog"),
        lambda: entities.create(name="Hall", entity_type="space"),
        lambda: entities.edit("child", {"parent_id": "hall", "tags": ["a"]}),
        lambda: entities.report("node", {"t": 21.5, "at": {"x": 1}}, source=MQTT),
        lambda: entities.report("node", {"t": "warm", "at": {"y": 2}}, source=MQTT),
        lambda: entities.set("node", {"t": "cold"}, source=Source("x", "other")),
        lambda: entities.define_variable(
            "node",
            Variable(name="m", type=VariableType.NUMBER, direction=Direction.INPUT),
        ),
        lambda: entities.report("brief", {"a": 1}, source=MQTT),
        lambda: entities.delete("brief"),
        lambda: entities.report("brief", {"a": 2}, source=MQTT),
        lambda: devices.register(BOARD, source=MQTT),
        lambda: devices.report_metric("AA", {"metric_name": "a/b", "metric_value": 1}),
        lambda: devices.report_metric("AA", {"metric_name": "a/b", "metric_value": 2}),
        lambda: devices.heartbeat("AA", metadata={"up": 1}, source=Source("b", "c")),
        lambda: devices.heartbeat("AA", status="busy"),
        lambda: devices.discover({**BOARD, "hardware_id": "BB"}, address="192.0.2.7"),
        lambda: domain.provisioning.approve("BB", entity="node"),
        lambda: devices.register({**BOARD, "hardware_id": "CC"}),
        lambda: devices.report_metric("CC", {"metric_name": "a", "metric_value": 1}),
        lambda: domain.groups.put("Front", [devices["AA"].id, devices["CC"].id]),
        lambda: domain.groups.put("Back", []),
        lambda: domain.groups.remove("Back"),
        lambda: domain.configurations.push(devices["CC"], {"a": 1}),
        lambda: devices.block("CC", "spams"),
        lambda: devices.register({**BOARD, "hardware_id": "DD"}),
        lambda: devices.block("DD"),
        lambda: devices.unblock("DD"),
        *[lambda: domain.configurations.push(devices["AA"], {"a": 1})] * 25,
        lambda: domain.configurations.refused(devices["AA"], 24, "no such pin"),
        lambda: domain.configurations.applied(devices["AA"], 25),
        lambda: domain.collection.put({"scope_type": "global", "verbosity": "minimal"}),
        lambda: entities.delete("hall", cascade=True),
    ]


async def test_everything_that_changes_is_there_when_it_is_acknowledged(
    kept: Kept,
) -> None:
    """The disk has each change, as it was acknowledged, and nothing more."""
    for change in everything(kept.domain):
        await kept.durably(change)
        assert content(await found(kept.folder)) == content(kept.domain)


async def test_everything_is_in_the_snapshot(kept: Kept) -> None:
    """What is left of the journal after it are receipts."""
    for change in everything(kept.domain):
        kept.says(change)
    await kept.journal.save()
    (left,) = (kept.folder / "journal").glob(f"*{SUFFIX}")
    left.unlink()

    assert content(await found(kept.folder)) == content(kept.domain)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(
    reports=st.lists(
        st.tuples(slugs, st.dictionaries(texts, values, max_size=3)),
        min_size=1,
        max_size=5,
    )
)
def test_torn_at_every_byte(
    tmp_path_factory: pytest.TempPathFactory,
    reports: list[tuple[str, dict[str, Any]]],
) -> None:
    """A restart finds all that was acknowledged up to there, and no half of a message."""
    folder = tmp_path_factory.mktemp("kept")

    async def run() -> None:
        kept = Kept(folder)
        await kept.start()
        moments = [(0, states(kept.domain))]
        for slug, state in reports:
            await kept.durably(partial(reported, kept.domain, slug, state))
            moments.append((kept.journal.size, states(kept.domain)))
        kept.journal._task.cancel()  # type: ignore[union-attr]
        for path in (folder / "journal").glob(f"*{SUFFIX}"):
            whole = path.read_bytes()
            ends = {size + step for size, _ in moments for step in (-1, 0, 1)}
            for end in sorted({*range(0, len(whole), 23), *ends, len(whole)}):
                path.write_bytes(whole[: max(0, end)])
                expected = [there for size, there in moments if size <= max(0, end)]
                assert states(await found(folder)) == expected[-1]

    asyncio.run(run())


def states(domain: Domain) -> dict[str, Any]:
    """What entities are and say, by their ids."""
    return {
        entity.id: (
            entity.slug,
            # An absent key equals null (maestra.md §0): that it came tells nobody, and is not kept.
            {key: value for key, value in entity.state.items() if value is not None},
            entity.gateway,
            entity.infers,
            entity.variables,
        )
        for entity in domain.entities
    }


def reported(domain: Domain, slug: str, state: dict[str, Any]) -> None:
    try:
        domain.entities.report(slug, state, source=MQTT)
    except MaestraError:
        """Refused, as it would be by a gateway."""


async def test_known_and_new_entities_keep_their_ids(tmp_path: Path) -> None:
    """However often the process is killed, an entity is the one that it was."""
    ids: dict[str, str] = {}
    for run in range(4):
        kept = Kept(tmp_path)
        await kept.start()
        assert {each.slug: each.id for each in kept.domain.entities} == ids
        for slug in ("old", f"new-{run}"):
            await kept.durably(kept.report(slug, run=run))
        ids = {each.slug: each.id for each in kept.domain.entities}
        # Killed: nothing is saved.
        kept.journal._task.cancel()  # type: ignore[union-attr]
    assert len(ids) == 5


# Acknowledging.


async def test_nothing_is_acknowledged_before_it_is_written(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = threading.Event()
    sync = os.fdatasync

    def slow(descriptor: int) -> None:
        assert may_write.wait(10)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)
    assert kept.says(kept.report("desk", level=1))
    # The loop goes on meanwhile, and what comes shares the next write.
    for level in range(2, 40):
        assert kept.says(kept.report("desk", level=level))
        await asyncio.sleep(0)
    assert kept.acknowledged == []
    may_write.set()
    await kept.is_acknowledged(38)
    assert kept.acknowledged == list(range(39))
    assert kept.journal.counters["frames"] <= 2


async def test_a_broker_that_sends_few_at_a_time_is_not_slowed_down(
    tmp_path: Path,
) -> None:
    """Where it may send no more, nobody else comes to share the write."""
    kept = Kept(tmp_path, JournalLimits(gather=60))
    await kept.start()
    for burst in range(3):
        for number in range(FEW_MESSAGES):
            kept.says(kept.report("desk", level=burst * FEW_MESSAGES + number))
        await kept.is_acknowledged((burst + 1) * FEW_MESSAGES - 1)
    assert kept.journal.counters["frames"] == 3
    await kept.journal.close()


async def test_what_changes_nothing_is_acknowledged_at_once(kept: Kept) -> None:
    await kept.durably(lambda: kept.domain.devices.register(BOARD, source=MQTT))
    assert not kept.says(
        lambda: kept.domain.devices.report_event("AA", {"event_type": "pressed"})
    )
    assert not kept.says(lambda: kept.domain.devices.heartbeat("AA"))


async def test_a_message_that_comes_again_is_not_handled_again(tmp_path: Path) -> None:
    """Else it would undo what others have changed since."""
    kept = Kept(tmp_path)
    await kept.start()
    await kept.durably(kept.report("desk", level=1))
    await kept.durably(kept.report("desk", level=2))
    kept.journal._task.cancel()  # type: ignore[union-attr]

    again = Kept(tmp_path)
    await again.start()
    assert not again.says(again.report("desk", level=1), again=0)
    assert again.domain.entities["desk"].state == {"level": 2}
    # A snapshot does not forget it.
    await again.durably(again.report("desk", level=3))
    await again.journal.close()
    last = Kept(tmp_path)
    await last.start()
    assert not last.says(last.report("desk", level=1), again=0)
    await last.journal.close()


async def test_a_message_that_comes_again_while_it_waits(tmp_path: Path) -> None:
    """The connection was lost before the disk was done: both acknowledge, and it is handled once."""
    kept = Kept(tmp_path, SLOW)
    await kept.start()
    assert kept.says(kept.report("desk", level=1))
    assert kept.says(kept.report("desk", level=7), again=0)
    await kept.journal.close()
    assert kept.acknowledged == [0, 0]
    assert kept.domain.entities["desk"].state == {"level": 1}


async def test_a_handler_that_fails_leaves_what_it_has_done(kept: Kept) -> None:
    def fails() -> None:
        kept.domain.entities.report("desk", {"level": 1}, source=MQTT)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        kept.says(fails)
    await kept.durably(kept.report("other", level=1))
    assert (await found(kept.folder)).entities["desk"].state == {"level": 1}


async def test_what_nobody_waits_for_is_written_soon(kept: Kept) -> None:
    """What users, automations and other wires change."""
    kept.domain.entities.create(name="Hall", entity_type="space")
    await kept.until(lambda: kept.journal.counters["frames"])
    assert (await found(kept.folder)).entities.get("hall")


async def test_what_nobody_sends_again_is_told_of_when_it_is_written(
    kept: Kept,
) -> None:
    told = asyncio.Event()
    journal = kept.journal
    assert journal.when_durable(partial(void, kept.report("desk", level=1)), told.set)
    assert not told.is_set()
    await asyncio.wait_for(told.wait(), PATIENCE)
    assert (await found(kept.folder)).entities["desk"].state == {"level": 1}
    assert not journal.when_durable(lambda: None, told.clear)
    assert told.is_set()


# With a store.


class Rows:
    """A store's journal of which a test says when rows are durable."""

    def __init__(self, kept: Kept) -> None:
        self.inbox = Inbox(WriteLimits(batch_rows=1, most_batch_rows=1))
        self.journal = StoreJournal(self.inbox)
        kept.domain.store_journal = self.journal
        recorder = EntityRecorder(kept.domain, self._record)
        self.stop = recorder.start()

    def _record(self, table: Any, row: Any) -> None:
        if table.name == "entity_states":
            self.inbox.add(table, row)

    def store(self) -> None:
        """Store the rows of the next message."""
        self.journal.made_durable(self.inbox.cut())


async def test_what_nobody_sends_again_waits_for_its_rows_too(kept: Kept) -> None:
    """Where there is no room for them it is not told of, and holds up nothing."""
    rows = Rows(kept)
    told: list[str] = []
    report = partial(void, kept.report("desk", level=1))
    assert kept.journal.when_durable(report, lambda: told.append("stored"))
    await kept.until(lambda: kept.journal.counters["frames"])
    assert told == []
    rows.store()
    await kept.until(lambda: told == ["stored"])

    def no_room() -> None:
        kept.domain.entities.report("desk", {"level": 2}, source=MQTT)
        rows.inbox.refused += 1

    assert kept.journal.when_durable(no_room, lambda: told.append("refused"))
    rows.store()
    kept.domain.store_journal = None
    await kept.durably(kept.report("other", level=1))
    assert told == ["stored"]
    assert (await found(kept.folder)).entities["desk"].state == {"level": 2}
    rows.stop()


async def test_the_journal_is_never_ahead_of_the_store(kept: Kept) -> None:
    """Were it, a message that comes again would change nothing, and leave no row."""
    rows = Rows(kept)
    assert kept.says(kept.report("desk", level=1))
    assert kept.says(kept.report("desk", level=2))
    kept.domain.entities.create(name="Hall", entity_type="space")
    await kept.journal.save()
    there = await found(kept.folder)
    # Its id is kept for when the message comes again, and no more.
    (desk,) = there.entities
    assert desk.id == kept.domain.entities["desk"].id
    assert (desk.state, desk.variables) == ({}, {})

    rows.store()
    await kept.is_acknowledged(0)
    there = await found(kept.folder)
    assert there.entities["desk"].state == {"level": 1}
    # What others have changed comes after what they saw.
    assert there.entities.get("hall") is None
    assert kept.acknowledged == [0]

    rows.store()
    await kept.is_acknowledged(1)
    assert content(await found(kept.folder)) == content(kept.domain)
    rows.stop()


async def test_messages_are_acknowledged_in_order_whatever_the_store_does(
    kept: Kept,
) -> None:
    """Two batches are in flight at a time: the second may be committed first."""
    rows = Rows(kept)
    kept.says(kept.report("desk", level=1))
    kept.says(kept.report("desk", level=2))
    first, second = rows.inbox.cut(), rows.inbox.cut()
    rows.journal.made_durable(second)
    await kept.journal.save()
    assert kept.acknowledged == []
    rows.journal.made_durable(first)
    await kept.is_acknowledged(1)
    assert kept.acknowledged == [0, 1]
    rows.stop()


async def test_killed_before_the_store_has_it(tmp_path: Path) -> None:
    """What comes again is a change, leaves a row, and has the id that it had, though the row may be there already."""
    kept = Kept(tmp_path)
    await kept.start()
    rows = Rows(kept)
    kept.says(kept.report("desk", level=0))
    born = kept.domain.entities["desk"].id
    async with asyncio.timeout(PATIENCE):
        while not (await found(tmp_path)).entities.get("desk"):
            await asyncio.sleep(0.005)
    rows.stop()
    kept.journal._task.cancel()  # type: ignore[union-attr]

    again = Kept(tmp_path)
    await again.start()
    stored = Rows(again)
    again.says(again.report("desk", level=0), again=0)
    assert again.domain.entities["desk"].id == born
    assert len(stored.inbox) == 1
    stored.store()
    await again.is_acknowledged(0)
    stored.stop()
    await again.journal.close()


async def test_killed_between_store_and_journal(tmp_path: Path) -> None:
    """What the store has and the journal has not changes the domain again, without a second row."""
    kept = Kept(tmp_path)
    await kept.start()
    rows = Rows(kept)
    kept.says(kept.report("desk", level=1))
    rows.stop()
    kept.journal._task.cancel()  # type: ignore[union-attr]
    receipts = rows.inbox.cut().receipts

    again = Kept(tmp_path)
    await again.start()
    stored = Rows(again)
    stored.journal.learn(receipts, all_known=True)
    assert again.says(again.report("desk", level=1), again=0)
    await again.is_acknowledged(0)
    assert again.domain.entities["desk"].state == {"level": 1}
    assert len(stored.inbox) == 0
    stored.stop()
    await again.journal.close()


# A disk that fails.


async def test_a_full_disk_stops_nothing_but_acknowledgements(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    is_full = True
    sync = os.fdatasync

    def full(descriptor: int) -> None:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", full)
    for level in range(300):
        assert kept.says(kept.report("desk", level=level))
    await kept.until(lambda: kept.journal.counters["disk_errors"] > 3)
    assert kept.domain.entities["desk"].state == {"level": 299}
    assert kept.acknowledged == []
    # However long it lasts, an object waits once.
    assert sum(len(entry.changes) for entry in kept.journal._entries) <= 2
    assert len(kept.trouble) == 1
    assert caplog.text.count("can't be written down") == 1

    is_full = False
    await kept.is_acknowledged(299)
    assert kept.acknowledged == list(range(300))
    assert kept.trouble[-1] is None
    assert content(await found(kept.folder)) == content(kept.domain)


async def test_what_is_no_json_keeps_nothing_else_from_being_saved(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing lets such values in; a mistake must not cost more than what it is made with."""
    odd = kept.domain.entities.create(name="Odd", entity_type="space")
    for _ in range(3):
        await kept.durably(kept.report("desk", level=1))
        odd.state = {"a": 2**70, "b": "\ud800"}
        kept.domain.bus.publish(EntityMoved(odd))
    await kept.journal.save()
    there = await found(kept.folder)
    assert there.entities["desk"].state == {"level": 1}
    assert there.entities["odd"].state == {}
    assert caplog.text.count("is no JSON") == 1


@pytest.mark.parametrize(
    "line",
    [
        b'["unheard of","a",{}]',
        b"nothing",
        b'["entities"]',
        b'["entities","a",{"id":"a"}]',
        b'["entities","a",{"id":"a","slug":"a","type":"no such type"}]',
        b'["devices","a",[1]]',
        b'["states","a",7]',
        b'["blocked","",[{}]]',
        b'["metrics","a/b",{"name":"b"}]',
        b'["configurations","a/b",{}]',
    ],
)
async def test_a_record_that_can_not_be_read_costs_nothing_else(
    tmp_path: Path, line: bytes
) -> None:
    kept = Kept(tmp_path)
    await kept.start()
    await kept.durably(kept.report("desk", level=1))
    kept.journal._segments.append(b"\n" + line)
    await kept.durably(kept.report("desk", level=2))
    kept.journal._task.cancel()  # type: ignore[union-attr]

    again = Kept(tmp_path)
    await again.start()
    assert again.domain.entities["desk"].state == {"level": 2}
    await again.durably(again.report("desk", level=3))
    await again.journal.close()
    assert content(await found(tmp_path)) == content(again.domain)


# Snapshots.


async def test_a_journal_that_has_grown_becomes_a_snapshot(tmp_path: Path) -> None:
    """And the changes that come meanwhile are not lost, wherever it is killed."""
    limits = JournalLimits(
        gather=0, soon=0, lazy=0, retry_snapshot=0, journal_bytes=20_000
    )
    kept = Kept(tmp_path, limits)
    snapshots = kept.journal._snapshots
    assert isinstance(snapshots, FileSnapshots)
    meantimes = 0

    async def meanwhile() -> None:
        # A kill here finds a new structure with old states, and the whole journal.
        nonlocal meantimes
        if kept.domain.journal is not None:
            meantimes += 1
            await kept.durably(kept.report("between", n=meantimes))
            there = await found(tmp_path)
            assert there.entities["between"].state == {"n": meantimes}
            assert there.entities["desk"].state["level"] >= level - 1  # type: ignore[operator]

    snapshots.before_states = meanwhile
    await kept.start()
    level = 0
    while snapshots.saved < 3:
        level += 1
        await kept.durably(kept.report("desk", level=level))
        await kept.durably(kept.report(f"new-{level % 30}", level=level))
    await kept.journal.close()
    assert meantimes >= 3
    assert kept.journal.counters["snapshots"] >= 3
    assert content(await found(tmp_path)) == content(kept.domain)
    assert kept.journal.size < 20_000


async def test_no_snapshot_while_files_are_copied(tmp_path: Path) -> None:
    """A backup copies them one after the other: the pieces must fit together."""
    limits = JournalLimits(
        gather=0, soon=0, lazy=0, retry_snapshot=0, journal_bytes=1_000
    )
    kept = Kept(tmp_path, limits)
    await kept.start()
    await kept.durably(kept.report("desk", level=0))
    await kept.journal.save()
    await kept.journal.pause()
    before = {path: path.read_bytes() for path in (tmp_path / "snapshots").iterdir()}
    names = {path.name for path in (tmp_path / "journal").iterdir()}
    for level in range(50):
        await kept.durably(kept.report("desk", level=level))
    await kept.journal.save()
    assert before == {
        path: path.read_bytes() for path in (tmp_path / "snapshots").iterdir()
    }
    assert names == {path.name for path in (tmp_path / "journal").iterdir()}
    kept.journal.resume()
    await kept.durably(kept.report("desk", level=51))
    await kept.until(lambda: kept.journal.counters["snapshots"] > 1)
    await kept.journal.close()


async def test_a_snapshot_that_fails_costs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(tmp_path)
    await kept.start()
    await kept.durably(kept.report("desk", level=1))

    async def fails() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    snapshots = kept.journal._snapshots
    assert isinstance(snapshots, FileSnapshots)
    snapshots.before_states = fails
    await kept.journal.close()
    assert "A snapshot can't be saved" in caplog.text
    assert content(await found(tmp_path)) == content(kept.domain)


async def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    await kept.start()
    await kept.journal.close()
    assert not (tmp_path / "snapshots").exists()
    assert list((tmp_path / "journal").iterdir()) == []


# What it costs.


async def test_heartbeats_write_their_device_and_nothing_else(kept: Kept) -> None:
    """Changing metadata of some devices costs what they are, not what there is."""
    for number in range(300):
        kept.domain.devices.register({**BOARD, "hardware_id": f"{number}"})
        kept.domain.entities.report(f"e-{number}", {"a": 1}, source=MQTT)
    await kept.journal.save()
    records = kept.journal.counters["records"]
    snapshots = kept.journal.counters["snapshots"]
    for beat in range(10):
        for number in range(5):
            await kept.durably(
                partial(
                    kept.domain.devices.heartbeat,
                    f"{number}",
                    metadata={"uptime": beat},
                )
            )
    assert kept.journal.counters["records"] - records <= 10 * 5 * 2
    assert kept.journal.counters["snapshots"] == snapshots


async def test_signs_of_life_are_gathered(tmp_path: Path) -> None:
    """Devices that are only heard are written together, however often they are."""
    kept = Kept(tmp_path, SLOW)
    await kept.start()
    for number in range(50):
        kept.domain.devices.register({**BOARD, "hardware_id": f"{number}"})
    await kept.journal.save()
    records = kept.journal.counters["records"]
    for _ in range(20):
        for number in range(50):
            assert not kept.says(partial(kept.domain.devices.heartbeat, f"{number}"))
    await kept.journal.save()
    assert kept.journal.counters["records"] - records == 50
    assert content(await found(tmp_path)) == content(kept.domain)
    await kept.journal.close()


async def test_the_loop_has_its_turns(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON, files and snapshots are made in threads, and thousands of devices are looked at in slices."""
    threads: set[int] = set()
    for name in ("encode", "frame_body"):
        function = getattr(module, name)

        def noted(*arguments: Any, function: Any = function) -> Any:
            threads.add(threading.get_ident())
            return function(*arguments)

        monkeypatch.setattr(module, name, noted)
    snapshot = kept.journal._image.snapshot

    def noted_snapshot() -> Any:
        threads.add(threading.get_ident())
        return snapshot()

    monkeypatch.setattr(kept.journal._image, "snapshot", noted_snapshot)
    for number in range(1_000):
        kept.domain.devices.register({**BOARD, "hardware_id": f"{number}"})
    await kept.journal.save()

    looked_at: list[int] = []
    in_turn = 0

    def device_change(device: Any) -> Any:
        nonlocal in_turn
        in_turn += 1
        return change(device)

    change = changes.device_change
    monkeypatch.setattr(module, "device_change", device_change)
    for number in range(1_000):
        kept.domain.devices.heartbeat(f"{number}")
    saving = asyncio.create_task(kept.journal.save())
    while not saving.done():
        in_turn = 0
        await asyncio.sleep(0)
        looked_at.append(in_turn)
    assert sum(looked_at) == 1_000
    assert max(looked_at) <= module.SLICE
    assert threads
    assert threading.get_ident() not in threads


async def test_states_of_one_object_are_written_once_a_frame(tmp_path: Path) -> None:
    kept = Kept(tmp_path, SLOW)
    await kept.start()
    for level in range(1_000):
        kept.domain.entities.report("desk", {"level": level}, source=MQTT)
    await kept.journal.close()
    assert kept.journal.counters["records"] == 2


def test_the_journal_is_what_gateways_ask(tmp_path: Path) -> None:
    """With and without a store there is one, which asks the store's itself."""
    domain = Domain(Bus())
    journal = journal_of(domain, tmp_path)
    assert isinstance(journal, StateJournal)
    assert domain.journal is None
    store: Any = object()
    domain.store_journal = store
    assert domain.journal is store
    domain.state_journal = journal
    assert domain.journal is journal
